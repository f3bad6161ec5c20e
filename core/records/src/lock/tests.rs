//! Lock files: what is written is read back, and what somebody altered is none.

use super::*;

fn pin(name: &str) -> Pin {
    let files = vec![PinnedFile {
        path: PackagePath::parse("onnx/m 'ü'.onnx").unwrap(),
        size: 12,
        sha256: Digest::of(b"f"),
        class: FileClass::Tensors,
        format: "onnx".into(),
    }];
    let rest = ManifestRest(r#"{"files":[],"format":"onnx","type":"model"}"#.to_owned());
    Pin {
        name: ModelName::parse(name).unwrap(),
        model: ModelName::parse("sentiment").unwrap(),
        version: 3,
        artifact: rest.with(&files).unwrap().id().unwrap(),
        alias: Some(AliasName::parse("champion").unwrap()),
        moved: Some(PinnedMove { sequence: 4, statement: Digest::of(b"m") }),
        head: Oid::parse(&"a".repeat(40)).unwrap(),
        checked: Timestamp::from_unix(1_800_000_000),
        rest,
        files,
    }
}

#[test]
fn a_pin_of_which_a_part_was_changed_is_no_pin() {
    let text = lock(vec![pin("a")]).print().unwrap();
    for (from, to) in [
        (Digest::of(b"f").hex(), Digest::of(b"g").hex()),
        (pin("a").artifact.to_string(), ArtifactId::new(Digest::of(b"other")).to_string()),
        ("size = 12".to_owned(), "size = 13".to_owned()),
        ("class = \"tensors\"".to_owned(), "class = \"data\"".to_owned()),
        ("format = \"onnx\"".to_owned(), "format = \"npy\"".to_owned()),
        ("'ü'.onnx".to_owned(), "'u'.onnx".to_owned()),
        ("model\\\"}\"".to_owned(), "other\\\"}\"".to_owned()),
    ] {
        assert!(text.contains(&from), "{from} in {text}");
        let error = LockFile::parse(&text.replacen(&from, &to, 1)).unwrap_err();
        assert!(error.code == Code::Tampered && error.message.contains("do not belong together"), "{to}: {error}");
    }
    let old = text.replace("format = 2", "format = 1");
    assert_eq!(LockFile::parse(&old).unwrap_err().code, Code::FormatRetired);
}

fn lock(pins: Vec<Pin>) -> LockFile {
    LockFile {
        registry: LockedRegistry {
            id: RegistryId::from_bytes([7; 16]),
            name: "models".into(),
            url: "../models".into(),
            root: Digest::of(b"r"),
            max_offline: Some(Span::parse("30d").unwrap()),
        },
        remotes: BTreeMap::from([(RemoteName::parse("store").unwrap(), "../models/refmark".into())]),
        pins,
    }
}

#[test]
fn a_lock_file_is_read_as_it_was_printed_and_pins_keep_their_order() {
    let mut made = lock(vec![pin("b")]);
    assert!(made.put(pin("a")).is_none());
    assert!(made.put(pin("a")).is_some());
    let text = made.print().unwrap();
    assert!(text.starts_with("# refmark.lock"));
    assert_eq!(LockFile::parse(&text).unwrap(), made);
    assert_eq!(LockFile::parse(&text).unwrap().print().unwrap(), text);
    assert_eq!(text.matches("[[pin]]").count(), 2);
    assert!(made.remove(&ModelName::parse("a").unwrap()).is_some());
    assert!(made.pin(&ModelName::parse("a").unwrap()).is_none());
}

#[test]
fn what_a_newer_refmark_wrote_asks_for_an_upgrade_and_what_nobody_wrote_is_refused() {
    let text = lock(vec![pin("a")]).print().unwrap();
    let newer = text.replace("format = 2", "format = 3\nsomething_new = 3");
    assert_eq!(LockFile::parse(&newer).unwrap_err().code, Code::UpgradeNeeded);
    for (from, to) in [
        ("format = 2", "format = 2\nsomething_new = 3"),
        ("format = 2", "format = 0"),
        ("version = 3", "version = 3\nnewest = true"),
        ("version = 3", "version = 0"),
        ("version = 3", "version = -3"),
        ("size = 12", "size = 12.5"),
        ("path = \"onnx/", "path = \"../"),
        ("class = \"tensors\"", "class = \"fine\""),
        ("sha256-", "sha256-0"),
        ("root = \"sha256:", "root = \""),
        ("\"30d\"", "\"030d\""),
        ("alias = \"champion\"\n", ""),
        ("alias = \"champion\"", "alias = \"latest\""),
        ("url = \"../models\"", "url = \"a\\nb\""),
        ("[[pin]]", "[[pin]]\nname = \"x\""),
    ] {
        assert!(text.contains(from), "{from}");
        let error = LockFile::parse(&text.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.code, Code::BadRecord, "{to}: {error}");
    }
}

#[test]
fn names_that_stand_twice_or_differ_in_case_alone_cannot_share_a_folder() {
    for names in [["a", "a"], ["b", "a"], ["A", "a"]] {
        let error = lock(names.iter().map(|name| pin(name)).collect()).print().unwrap_err();
        assert_eq!(error.code, Code::BadRecord, "{names:?}");
    }
}

#[test]
fn no_cut_lock_file_panics_or_reads_as_another_one() {
    let whole = lock(vec![pin("a"), pin("b")]);
    let text = whole.print().unwrap();
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        if let Ok(read) = LockFile::parse(&text[..end]) {
            assert!(read.pins.iter().all(|pin| whole.pins.contains(pin)), "{end}");
        }
    }
}
