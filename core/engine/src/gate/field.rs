//! Gates on a field of the manifest, the change or a piece of evidence.

use super::{Found, Status, Subject, evidence_of};
use refmark_records::gate::Operator;
use refmark_types::error::Result;
use refmark_types::name::EntryId;
use refmark_types::value::{Value, to_value};

pub(super) fn field(s: &Subject<'_>, of: &str, path: &str, op: Operator, value: Option<&Value>) -> Result<Found> {
    let shown = value.map(Value::to_string).unwrap_or_default();
    let word = to_value(&op);
    let word = word.as_str().unwrap_or_default();
    let expected = format!("{of}.{path} {word} {shown}").trim_end().to_owned();
    let json = match of {
        "manifest" => s.facts.manifest(&s.artifact)?.map(|it| to_value(&*it)),
        "change" => Some(to_value(s.record.predicate())),
        _ => evidence_of(s, &EntryId::parse(of)?)?.last().map(|it| {
            s.doubt.rests_on(&it.record);
            to_value(&**it)
        }),
    };
    let json = json.unwrap_or(Value::Null);
    let at = path.split('.').try_fold(&json, |at, name| match at {
        Value::Array(items) => name.parse::<usize>().ok().and_then(|n| items.get(n)),
        other => other.get(name),
    });
    let Some(at) = at.filter(|it| !it.is_null()) else {
        let absent = Found::new(Status::Missing, expected, "absent");
        return Ok(match of {
            "change" => absent.next(format!("say it with the change: --{path} …")),
            "manifest" => absent.next(format!("{path} is part of the artifact: register it again with it")),
            _ => absent.next(format!("refmark attach REF --type {of} FILE")),
        });
    };
    let number = |v: Option<&Value>| v.and_then(Value::as_f64);
    let holds = match op {
        Operator::Exists => true,
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
    let mut found = at.to_string();
    if found.chars().count() > 120 {
        found = found.chars().take(119).chain(['…']).collect();
    }
    Ok(Found::check(holds, expected, found))
}
