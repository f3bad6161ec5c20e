use super::*;

/// The text with every marked value replaced by this one.
fn put(text: &str, kind: Kind, value: &str) -> Result<String> {
    let found = marked(text, kind)?;
    apply(text, kind, &found, &vec![value.to_owned(); found.len()])
}

const DEPLOYMENT: &str = "\u{feff}# éclair\r
apiVersion: serving.kserve.io/v1beta1\r
metadata: {name: s, labels: {version: \"3\"}} # not a marker\r
spec:\r
    storageUri:   'models:/sentiment/3'   # {\"$refmark\": \"sentiment@champion:uri\"}\r
    # {\"$refmark\": \"sentiment@champion:uri\"}\r
    args: &a [--model, \"models:/sentiment/3\"]\r
    note: |\r
      keep   this  \r
    last: *a\r
---\r
version: models:/sentiment/3 # {\"$refmark\":\"sentiment@champion:uri\"}  \r
";

#[test]
fn only_the_marked_values_change_and_every_other_byte_stays() {
    let found = marked(DEPLOYMENT, Kind::Yaml).unwrap();
    assert_eq!(
        found.iter().map(|it| (it.line, it.value.as_str())).collect::<Vec<_>>(),
        [(5, "models:/sentiment/3"), (7, "models:/sentiment/3"), (12, "models:/sentiment/3")]
    );
    let new = put(DEPLOYMENT, Kind::Yaml, "models:/sentiment/41").unwrap();
    assert_eq!(new, DEPLOYMENT.replace("models:/sentiment/3", "models:/sentiment/41"));
    assert_eq!(put(&new, Kind::Yaml, "models:/sentiment/41").unwrap(), new, "a second time changes something");
    let env = "# a file\nA=1\nexport MODEL='sentiment/3' # {\"$refmark\": \"sentiment@champion:reference\"}\n\
               # {\"$refmark\": \"sentiment@champion:reference\"}\nB=sentiment/3\nC=\"x # y\"\n";
    let new = put(env, Kind::Env, "sentiment/4").unwrap();
    assert_eq!(new, env.replace("sentiment/3", "sentiment/4"));
}

#[test]
fn a_marker_that_marks_nothing_or_stands_in_a_text_is_an_error_and_never_passed_over() {
    for bad in [
        "a: 1 # {\"$refmark\": \"sentiment@champion\"}\n",
        "a: 1 # {\"$refmark\": \"sentiment@champion:colour\"}\n",
        "a: 1 # {\"$refmark\": \"sentiment@champion:version\", \"x\": 1}\n",
        "a: 1 # $refmark sentiment@champion:version\n",
        "a: # {\"$refmark\": \"sentiment@champion:version\"}\n  b: 1\n",
        "a: 1\n# {\"$refmark\": \"sentiment@champion:version\"}\n",
        "# {\"$refmark\": \"sentiment@champion:version\"}\n\na: 1\n",
        "a: |\n  x # {\"$refmark\": \"sentiment@champion:version\"}\n",
        "a: \"1 # {$refmark}\"\n",
        "a: [1, # {\"$refmark\": \"sentiment@champion:version\"}\n",
        "# {\"$refmark\": \"sentiment@champion:version\"}\na: 1 # {\"$refmark\": \"sentiment@champion:version\"}\n",
        "a: {{ .Values.x }} # {\"$refmark\": \"sentiment@champion:version\"}\nb: [\n",
    ] {
        assert!(marked(bad, Kind::Yaml).is_err(), "{bad}");
    }
    for bad in [
        "A=1# {\"$refmark\": \"sentiment@champion:version\"}\n",
        "A='1 # {\"$refmark\": \"sentiment@champion:version\"}'\n",
        "# {\"$refmark\": \"sentiment@champion:version\"}\n",
        "# {\"$refmark\": \"sentiment@champion:version\"}\n\nA=1\n",
    ] {
        assert!(marked(bad, Kind::Env).is_err(), "{bad}");
    }
}

#[test]
fn a_value_that_would_be_read_as_something_else_is_refused() {
    let plain = "a: x # {\"$refmark\": \"sentiment@champion:reference\"}\n";
    for bad in ["a: b", "x #y", "- x", "[1", "\"", "a\nb", "&x", "*x", "!x", "", " x", "{"] {
        assert!(put(plain, Kind::Yaml, bad).is_err(), "{bad:?}");
    }
    let quoted = plain.replace("x #", "\"x\" #");
    assert!(put(&quoted, Kind::Yaml, "my model/4: beta").unwrap().contains("\"my model/4: beta\""));
    assert!(put("A=x # {\"$refmark\": \"s@c:version\"}\n", Kind::Env, "my model/4").is_err());
}

#[test]
fn names_of_files_say_what_they_are_and_markers_are_no_moving_names() {
    assert_eq!(Kind::of_name("values.yaml"), Some(Kind::Yaml));
    assert_eq!((Kind::of_name(".env.prod"), Kind::of_name("x.env")), (Some(Kind::Env), Some(Kind::Env)));
    assert_eq!(Kind::of_name("environment"), None);
    let found = marked(DEPLOYMENT, Kind::Yaml).unwrap();
    let bare = without_markers(DEPLOYMENT, &found);
    assert_eq!(bare.len(), DEPLOYMENT.len());
    assert!(!bare.contains("@champion"));
}
