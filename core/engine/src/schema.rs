//! A small, bounded part of JSON Schema: enough to say what evidence of a type must hold.
//!
//! Known keywords: `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `minProperties`, `items`,
//! `minItems`, `maxItems`, `minimum`, `maximum`, `minLength`, `maxLength`, `anyOf`, `allOf`, and the words that only
//! explain (`$schema`, `$id`, `title`, `description`, `examples`). Any other keyword makes the schema itself wrong: a
//! reader that passed over it would let pass what its author meant to refuse. No references and no patterns, so that
//! every check ends.

use refmark_types::error::{Code, Error, Result};
use refmark_types::number::print;
use refmark_types::value::{Map, Value};

/// The most comparisons that one check may take.
const STEPS: usize = 100_000;
const KNOWN: [&str; 16] = [
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "minProperties",
    "items",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "anyOf",
    "allOf",
];
const EXPLAIN: [&str; 5] = ["$schema", "$id", "title", "description", "examples"];
const TYPES: [&str; 7] = ["object", "array", "string", "number", "integer", "boolean", "null"];

/// Whether a schema is one that this reader can hold records to.
///
/// # Errors
///
/// `bad-record` names the place of a keyword that is not read, or of a wrong form.
pub fn check_schema(schema: &Value) -> Result<()> {
    well_formed(schema, "")
}

fn wrong(at: &str, what: impl std::fmt::Display) -> Box<Error> {
    let place = if at.is_empty() { "the schema".to_owned() } else { format!("the schema at {at}") };
    Error::new(Code::BadRecord, format!("{place} {what}"))
        .hint("a small part of JSON Schema is read: see docs/catalog.md")
}

fn well_formed(schema: &Value, at: &str) -> Result<()> {
    let words = match schema {
        Value::Bool(_) => return Ok(()),
        Value::Object(words) => words,
        _ => return Err(wrong(at, "is neither an object nor true or false")),
    };
    for (word, value) in words {
        let here = format!("{at}/{word}");
        let good = match word.as_str() {
            known if EXPLAIN.contains(&known) => true,
            "type" => types(value).is_some_and(|all| !all.is_empty() && all.iter().all(|name| TYPES.contains(name))),
            "enum" => value.as_array().is_some_and(|all| !all.is_empty()),
            "const" => true,
            "required" => value.as_array().is_some_and(|all| all.iter().all(|name| name.as_str().is_some())),
            "minProperties" | "minItems" | "maxItems" | "minLength" | "maxLength" => value.as_u64().is_some(),
            "minimum" | "maximum" => value.as_f64().is_some(),
            "items" | "additionalProperties" => {
                well_formed(value, &here)?;
                true
            }
            "properties" => match value.as_object() {
                Some(inner) => {
                    inner.iter().try_for_each(|(name, schema)| well_formed(schema, &format!("{here}/{name}")))?;
                    true
                }
                None => false,
            },
            "anyOf" | "allOf" => match value.as_array() {
                Some(all) if !all.is_empty() => {
                    all.iter().enumerate().try_for_each(|(n, schema)| well_formed(schema, &format!("{here}/{n}")))?;
                    true
                }
                _ => false,
            },
            _ => return Err(wrong(at, format!("has the word `{}`, which is not read", word.escape_debug()))),
        };
        if !good {
            return Err(wrong(at, format!("has a `{word}` of the wrong form")));
        }
    }
    debug_assert!(words.iter().all(|(word, _)| KNOWN.contains(&word.as_str()) || EXPLAIN.contains(&word.as_str())));
    Ok(())
}

fn types(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(one) => Some(vec![one]),
        Value::Array(all) => all.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// Whether a value is as a schema says.
///
/// # Errors
///
/// `bad-record` names the field, what was expected and what was found; `too-large` where the check would take more than
/// 100,000 comparisons.
///
/// # Examples
///
/// ```
/// use refmark_engine::schema::check;
/// use refmark_types::value::json;
///
/// let schema = json!({"type": "object", "required": ["run"]});
/// assert!(check(&schema, &json!({"run": "ci/1"})).is_ok());
/// assert!(check(&schema, &json!({})).unwrap_err().message.contains("run is missing"));
/// ```
pub fn check(schema: &Value, value: &Value) -> Result<()> {
    check_schema(schema)?;
    let mut steps = 0;
    match mismatch(schema, value, "", &mut steps)? {
        None => Ok(()),
        Some((at, message)) => {
            let field = if at.is_empty() { "it".to_owned() } else { at.trim_start_matches('.').to_owned() };
            Err(Error::new(Code::BadRecord, format!("{field} {message}")).field("field", field))
        }
    }
}

type Mismatch = Option<(String, String)>;

fn mismatch(schema: &Value, value: &Value, at: &str, steps: &mut usize) -> Result<Mismatch> {
    *steps += 1;
    if *steps > STEPS {
        return Err(Error::new(Code::TooLarge, "the schema takes too many comparisons on this value"));
    }
    let no = |message: String| Ok(Some((at.to_owned(), message)));
    match schema {
        Value::Bool(true) => return Ok(None),
        Value::Object(_) => {}
        _ => return no("is not allowed here".to_owned()),
    }
    if let Some(all) = schema.get("type").and_then(types)
        && !all.iter().any(|name| is_a(value, name))
    {
        return no(format!("must be {}, and is {}", all.join(" or "), kind(value)));
    }
    if let Some(Value::Array(all)) = schema.get("enum")
        && !all.contains(value)
    {
        let all: Vec<String> = all.iter().map(Value::to_string).collect();
        return no(format!("must be one of {}, and is {}", all.join(", "), short(value)));
    }
    if let Some(only) = schema.get("const")
        && only != value
    {
        return no(format!("must be {only}, and is {}", short(value)));
    }
    if let Some(message) = sized(schema, value) {
        return no(message);
    }
    for (word, any) in [("allOf", false), ("anyOf", true)] {
        let Some(Value::Array(all)) = schema.get(word) else { continue };
        let mut first = None;
        let mut fits = 0;
        for inner in all {
            match mismatch(inner, value, at, steps)? {
                None => fits += 1,
                found => first = first.or(found),
            }
        }
        if (any && fits == 0) || (!any && fits < all.len()) {
            return Ok(first);
        }
    }
    match value {
        Value::Object(members) => object(schema, members, at, steps),
        Value::Array(items) => {
            let Some(inner) = schema.get("items") else { return Ok(None) };
            for (n, item) in items.iter().enumerate() {
                if let found @ Some(_) = mismatch(inner, item, &format!("{at}.{n}"), steps)? {
                    return Ok(found);
                }
            }
            Ok(None)
        }
        _ => Ok(None),
    }
}

fn object(schema: &Value, members: &Map<String, Value>, at: &str, steps: &mut usize) -> Result<Mismatch> {
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        *steps += 1 + members.len() / 64;
        if !members.contains_key(name) {
            return Ok(Some((format!("{at}.{name}"), "is missing".to_owned())));
        }
    }
    let known = schema.get("properties");
    // Looking one up in a long list takes its time too.
    let look_up = known.and_then(Value::as_object).map_or(0, |known| known.len() / 64);
    for (name, member) in members {
        *steps += look_up;
        let inner = known.and_then(|known| known.get(name)).or(schema.get("additionalProperties"));
        let Some(inner) = inner else { continue };
        if let found @ Some(_) = mismatch(inner, member, &format!("{at}.{name}"), steps)? {
            return Ok(found);
        }
    }
    Ok(None)
}

fn sized(schema: &Value, value: &Value) -> Option<String> {
    let bound = |word: &str| schema.get(word).and_then(Value::as_u64);
    let (count, least, most, what) = match value {
        Value::Object(members) => (members.len() as u64, bound("minProperties"), None, "members"),
        Value::Array(items) => (items.len() as u64, bound("minItems"), bound("maxItems"), "items"),
        Value::String(text) => (text.chars().count() as u64, bound("minLength"), bound("maxLength"), "characters"),
        Value::Number(number) => {
            let bound = |word: &str| schema.get(word).and_then(Value::as_f64);
            let number = number.as_f64()?;
            if let Some(least) = bound("minimum").filter(|least| number < *least) {
                return Some(format!("must be at least {}, and is {}", print(least), print(number)));
            }
            return bound("maximum")
                .filter(|most| number > *most)
                .map(|most| format!("must be at most {}, and is {}", print(most), print(number)));
        }
        _ => return None,
    };
    if let Some(least) = least.filter(|least| count < *least) {
        return Some(format!("must have at least {least} {what}, and has {count}"));
    }
    most.filter(|most| count > *most).map(|most| format!("must have at most {most} {what}, and has {count}"))
}

fn is_a(value: &Value, kind_of: &str) -> bool {
    match kind_of {
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.as_f64().is_some(),
        other => kind(value) == other,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 { text } else { text.chars().take(59).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refmark_types::value::json;

    #[test]
    fn a_value_is_held_to_each_word_of_the_schema() {
        let schema = json!({
            "type": "object",
            "required": ["verdict"],
            "properties": {
                "verdict": {"enum": ["pass", "fail"]},
                "metrics": {"type": "object", "minProperties": 1, "additionalProperties": {"type": ["number", "string"]}},
                "share": {"type": "number", "minimum": 0, "maximum": 1},
                "tags": {"type": "array", "maxItems": 2, "items": {"type": "string", "minLength": 1}},
                "count": {"type": "integer"},
                "who": {"anyOf": [{"type": "string"}, {"type": "object", "required": ["name"]}]},
            },
            "additionalProperties": false
        });
        let ok = |value: Value| check(&schema, &value).unwrap();
        ok(
            json!({"verdict": "pass", "metrics": {"f1": 1, "auc": "NaN"}, "share": 0.5, "tags": ["a"], "count": 2.0, "who": "x"}),
        );
        for (value, said) in [
            (json!([]), "must be object"),
            (json!({}), "verdict is missing"),
            (json!({"verdict": "maybe"}), "one of"),
            (json!({"verdict": "pass", "metrics": {}}), "at least 1 members"),
            (json!({"verdict": "pass", "metrics": {"f1": true}}), "metrics.f1 must be number or string"),
            (json!({"verdict": "pass", "share": 1.5}), "at most 1"),
            (json!({"verdict": "pass", "tags": ["a", "b", "c"]}), "at most 2"),
            (json!({"verdict": "pass", "tags": [""]}), "tags.0"),
            (json!({"verdict": "pass", "count": 1.5}), "integer"),
            (json!({"verdict": "pass", "who": {"id": 1}}), "who must be string"),
            (json!({"verdict": "pass", "other": 1}), "not allowed"),
        ] {
            let error = check(&schema, &value).unwrap_err();
            assert!(error.message.contains(said), "{value}: {error}");
        }
    }

    #[test]
    fn a_schema_with_a_word_that_is_not_read_is_refused() {
        for schema in [
            json!({"pattern": "^a"}),
            json!({"$ref": "#"}),
            json!({"type": "thing"}),
            json!({"properties": {"a": {"format": "date"}}}),
            json!({"required": "a"}),
            json!({"anyOf": []}),
            json!({"minItems": -1}),
            json!(7),
        ] {
            assert_eq!(check_schema(&schema).unwrap_err().code, Code::BadRecord, "{schema}");
        }
        check_schema(&json!({"title": "x", "description": "y", "type": ["string", "null"]})).unwrap();
    }

    #[test]
    fn a_check_ends_whatever_the_schema() {
        let mut schema = json!({"type": "string"});
        for _ in 0..12 {
            schema = json!({"allOf": [schema.clone(), schema.clone(), schema.clone()]});
        }
        assert_eq!(check(&schema, &json!("x")).unwrap_err().code, Code::TooLarge);
    }
}
