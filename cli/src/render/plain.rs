//! Any answer as a plain page: names and values, lists as tables. For answers whose shape says enough by itself.

use refmark_core::judgement::text::bounded;
use serde::Serialize;
use serde_json::Value;

use super::{Page, faint, safe};
use crate::answer::Render;

/// An answer under a title, shown plainly.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Plain<T> {
    /// What was done.
    #[serde(skip)]
    pub title: String,
    /// The answer.
    pub value: T,
}

impl<T: Serialize> Render for Plain<T> {
    fn render(&self, page: &mut Page) {
        if !self.title.is_empty() {
            page.line(safe(&self.title));
        }
        let value = serde_json::to_value(&self.value).unwrap_or_default();
        members(page, &value, "");
    }
}

/// The members of an object, one a line.
pub fn members(page: &mut Page, value: &Value, indent: &str) {
    let Value::Object(object) = value else { return page.line(format!("{indent}{}", short(value))) };
    let width = object.keys().map(|key| key.len()).max().unwrap_or(0);
    for (key, value) in object.iter().filter(|(_, value)| !is_empty(value)) {
        let name = faint(format!("{:<width$}", key.replace('_', " ")));
        match value {
            Value::Array(items) if items.iter().any(Value::is_object) => {
                page.line(format!("{indent}{name}"));
                items.iter().for_each(|item| page.line(format!("{indent}  {}", row(item))));
            }
            Value::Object(_) => {
                page.line(format!("{indent}{name}"));
                members(page, value, &format!("{indent}  "));
            }
            value => page.line(format!("{indent}{name}  {}", short(value))),
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// An item of a list on one line.
fn row(item: &Value) -> String {
    match item {
        Value::Object(object) => {
            let shown = object.iter().filter(|(_, value)| !is_empty(value) && !value.is_object());
            shown
                .map(|(key, value)| format!("{} {}", faint(key.replace('_', " ")), short(value)))
                .collect::<Vec<_>>()
                .join("  ")
        }
        other => short(other),
    }
}

fn short(value: &Value) -> String {
    match value {
        Value::String(text) => safe(text),
        Value::Array(items) => items.iter().map(short).collect::<Vec<_>>().join(", "),
        Value::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Null => "–".to_owned(),
        other => bounded(&safe(&other.to_string()), 400),
    }
}
