//! Gates on a field of the manifest, the change or a piece of evidence.

use super::{Finding, Status, Subject, evidence_of};
use refmark_records::gate::Operator;
use refmark_types::error::Result;
use refmark_types::name::EntryId;
use refmark_types::value::{Value, to_value};

pub(super) fn field(s: &Subject<'_>, of: &str, path: &str, op: Operator, value: Option<&Value>) -> Result<Finding> {
    let shown = value.map(Value::to_string).unwrap_or_default();
    let word = to_value(&op);
    let word = word.as_str().unwrap_or_default();
    let expected = format!("{of}.{path} {word} {shown}").trim_end().to_owned();
    let json = match of {
        "manifest" => s.reader.manifest(&s.artifact)?.map(|manifest| to_value(&*manifest)),
        "change" => Some(to_value(s.record.predicate())),
        _ => evidence_of(s, &EntryId::parse(of)?)?.counts.last().map(|evidence| {
            s.lost_keys.rests_on(&evidence.record);
            to_value(&**evidence)
        }),
    };
    let json = json.unwrap_or(Value::Null);
    if op == Operator::Absent {
        let found = at_path(&json, path).map_or_else(|| "absent".to_owned(), short);
        return Ok(Finding::check(found == "absent", expected, found));
    }
    let Some(at) = at_path(&json, path) else {
        let absent = Finding::new(Status::Missing, expected, "absent");
        return Ok(match of {
            "change" => absent.next(format!("give {path} with the change")),
            "manifest" => absent.next(format!("{path} is part of the artifact: register the files again with {path}")),
            _ => absent.next(s.attach(of)),
        });
    };
    let number = |v: Option<&Value>| v.and_then(Value::as_f64);
    let holds = match op {
        Operator::Exists => true,
        Operator::Absent => false,
        Operator::Equals => Some(at) == value,
        Operator::Differs => value.is_some_and(|value| at != value),
        Operator::In => value.and_then(Value::as_array).is_some_and(|list| list.contains(at)),
        Operator::AtLeast => matches!((number(Some(at)), number(value)), (Some(a), Some(b)) if a >= b),
        Operator::AtMost => matches!((number(Some(at)), number(value)), (Some(a), Some(b)) if a <= b),
        Operator::Contains => match (at, value) {
            (Value::Array(items), Some(value)) => items.contains(value),
            (Value::String(text), Some(Value::String(part))) => text.contains(part.as_str()),
            _ => false,
        },
    };
    Ok(Finding::check(holds, expected, short(at)))
}

/// What stands at a path, `.` between names.
fn at_path<'v>(json: &'v Value, path: &str) -> Option<&'v Value> {
    let at = path.split('.').try_fold(json, |at, name| match at {
        Value::Array(items) => name.parse::<usize>().ok().and_then(|n| items.get(n)),
        other => other.get(name),
    });
    at.filter(|value| !value.is_null())
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 120 { text } else { text.chars().take(119).chain(['…']).collect() }
}
