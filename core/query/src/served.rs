//! What a runtime says that it serves, against what is approved.

use serde_json::Value;

use crate::answer::resolve::ResolveAnswer;
use refmark_types::error::{Code, Error, Result};

/// Where an answer is looked at when nothing is named, in this order.
const USUAL: [&str; 4] = [".artifact", ".model.artifact", ".version", ".model.version"];

/// The value at a path such as `.models[0].version` or `.["my-model"].version`; nothing where there is none.
///
/// ```
/// use refmark_query::served::at;
///
/// let answer = serde_json::json!({"models": [{"version": 4}]});
/// assert_eq!(at(&answer, ".models[0].version")?, Some(&4.into()));
/// # Ok::<(), Box<refmark_types::error::Error>>(())
/// ```
pub fn at<'v>(answer: &'v Value, path: &str) -> Result<Option<&'v Value>> {
    let bad = || {
        Error::new(Code::BadArgument, format!("`{}` is no path into an answer", path.escape_debug()))
            .hint("write it as .models[0].version")
    };
    let mut rest = path.strip_prefix('.').ok_or_else(bad)?;
    let mut found = Some(answer);
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (step, after) = match inside.strip_prefix('"') {
                Some(name) => name.split_once("\"]").map(|(name, after)| (Step::Name(name), after)),
                None => {
                    inside.split_once(']').and_then(|(number, after)| Some((Step::At(number.parse().ok()?), after)))
                }
            }
            .ok_or_else(bad)?;
            found = found.and_then(|it| step.of(it));
            rest = after.strip_prefix('.').unwrap_or(after);
            continue;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() {
            return Err(bad());
        }
        found = found.and_then(|it| Step::Name(name).of(it));
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    Ok(found)
}

enum Step<'a> {
    Name(&'a str),
    At(usize),
}

impl Step<'_> {
    fn of<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        match self {
            Step::Name(name) => value.get(name),
            Step::At(number) => value.get(number),
        }
    }
}

/// The value that an answer gives for what is served: at the path, or at the first usual place that there is.
pub fn said<'v>(answer: &'v Value, path: Option<&str>) -> Result<Option<&'v Value>> {
    if let Some(path) = path {
        return at(answer, path);
    }
    for usual in USUAL {
        if let Some(found) = at(answer, usual)?.filter(|it| it.is_string() || it.is_number()) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Whether a value names the version that a reference means: its artifact, `MODEL/VERSION`, its address, or its number.
pub fn names(value: &Value, approved: &ResolveAnswer) -> bool {
    let artifact = &approved.artifact;
    let mut taken = vec![artifact.to_string(), artifact.digest().prefixed(), artifact.digest().hex()];
    if let (Some(model), Some(version)) = (&approved.model, approved.version) {
        taken.extend([format!("{model}/{version}"), format!("models:/{model}/{version}"), version.to_string()]);
    }
    match value {
        Value::String(text) => taken.contains(text),
        Value::Number(number) => approved.version.is_some() && number.as_u64() == approved.version,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_leads_where_it_says_and_a_bad_one_is_an_error() {
        let answer = json!({"a": [{"b-c": {"d": 1}}], "x.y": 2});
        assert_eq!(at(&answer, ".a[0].b-c.d").unwrap(), Some(&json!(1)));
        assert_eq!(at(&answer, ".a[0][\"b-c\"].d").unwrap(), Some(&json!(1)));
        assert_eq!(at(&answer, ".[\"x.y\"]").unwrap(), Some(&json!(2)));
        assert_eq!(at(&answer, ".a[7].b").unwrap(), None);
        assert_eq!(at(&answer, ".").unwrap(), Some(&answer));
        for bad in ["a", ".a[x]", ".a[", "..a", ".a[\"b]", ""] {
            assert!(at(&answer, bad).is_err(), "{bad}");
        }
        assert_eq!(said(&json!({"version": "4", "artifact": {"x": 1}}), None).unwrap(), Some(&json!("4")));
        assert_eq!(said(&json!({"status": "ok"}), None).unwrap(), None);
    }
}
