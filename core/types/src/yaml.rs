//! YAML as JSON values: one document, no aliases, no key twice. Plain scalars become null, truth values and whole numbers
//! where they spell one; what is quoted stays text.

use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// The deepest nesting.
pub const DEPTH: usize = 64;

/// A collection that is being read.
enum Open {
    List(Vec<Value>),
    Map(Map<String, Value>, Option<String>),
}

/// Reads a document of at most [`DEPTH`] levels.
///
/// # Errors
///
/// A sentence that says why the text is no such document.
///
/// ```
/// use refmark_types::value::json;
///
/// assert_eq!(refmark_types::yaml::read("a: [1, 'b']")?, json!({"a": [1, "b"]}));
/// # Ok::<(), String>(())
/// ```
pub fn read(text: &str) -> Result<Value, String> {
    let mut open: Vec<Open> = Vec::new();
    let mut document = None;
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| error.to_string())?;
        let value = match event {
            Event::DocumentStart(..) => {
                documents += 1;
                continue;
            }
            Event::Alias(..) => return Err("it has aliases".to_owned()),
            Event::Scalar(text, ScalarStyle::Plain, ..) => plain(&text),
            Event::Scalar(text, ..) => Value::String(text.into_owned()),
            Event::SequenceStart(..) => {
                push(&mut open, Open::List(Vec::new()))?;
                continue;
            }
            Event::MappingStart(..) => {
                push(&mut open, Open::Map(Map::new(), None))?;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(items)) => Value::Array(items),
                Some(Open::Map(members, None)) => Value::Object(members),
                _ => return Err("a key has no value".to_owned()),
            },
            _ => continue,
        };
        match open.last_mut() {
            None => document = Some(value),
            Some(Open::List(items)) => items.push(value),
            Some(Open::Map(members, key)) => add(members, key, value)?,
        }
    }
    match documents {
        0 | 1 => Ok(document.unwrap_or_default()),
        _ => Err("it has more than one document".to_owned()),
    }
}

fn push(open: &mut Vec<Open>, new: Open) -> Result<(), String> {
    if matches!(open.last(), Some(Open::Map(_, None))) {
        return Err("a key is a list or a map".to_owned());
    }
    open.push(new);
    match open.len() > DEPTH {
        true => Err(format!("it is over {DEPTH} deep")),
        false => Ok(()),
    }
}

fn add(members: &mut Map<String, Value>, key: &mut Option<String>, value: Value) -> Result<(), String> {
    let Some(name) = key.take() else {
        *key = Some(match value {
            Value::String(name) => name,
            other => other.to_string(),
        });
        return Ok(());
    };
    match members.insert(name.clone(), value) {
        None => Ok(()),
        Some(_) => Err(format!("the key `{}` stands twice", name.escape_debug())),
    }
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        other => {
            let number = other.parse::<i64>().ok().filter(|number| number.to_string() == other);
            let float =
                || other.parse::<f64>().ok().filter(|_| other.bytes().all(|byte| b"0123456789.eE+-".contains(&byte)));
            match number {
                Some(number) => Value::from(number),
                None => {
                    float().and_then(serde_json::Number::from_f64).map_or_else(|| Value::from(other), Value::Number)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::json;

    #[test]
    fn one_document_is_read_and_what_is_ambiguous_is_refused() {
        let text = "# lock\nversion: 1\nmodels:\n  - name: 'a b'\n    blocked: true\n    size_bytes: 12\n    sha256: \"00\"\n    none:\n  - {x: [1, two]}\n";
        let expected = json!({"version": 1, "models": [
            {"name": "a b", "blocked": true, "size_bytes": 12, "sha256": "00", "none": null}, {"x": [1, "two"]}]});
        assert_eq!(read(text).unwrap(), expected);
        assert_eq!(read("").unwrap(), json!(null));
        for bad in ["a: 1\na: 2\n", "a: &x 1\nb: *x\n", "a: 1\n---\nb: 2\n", "a: [1\n", "[a]: 1\n"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read(&"[".repeat(100)).is_err());
    }
}
