//! Any answer as a plain page: names and values, lists as tables. For answers whose shape says enough by itself.

use refmark_core::types::text::bounded;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Cell, Page, Table, faint, safe};
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
                page.table(table(items, indent));
            }
            Value::Array(items) if items.len() > 1 && items.iter().any(|item| short(item).len() > 30) => {
                page.line(format!("{indent}{name}"));
                items.iter().for_each(|item| page.line(format!("{indent}  {}", short(item))));
            }
            Value::Object(signatures) if signatures.contains_key("lacking") => {
                page.line(format!("{indent}{name}  {}", signed(signatures)));
            }
            Value::Object(_) => {
                page.line(format!("{indent}{name}"));
                members(page, value, &format!("{indent}  "));
            }
            value => page.line(format!("{indent}{name}  {}", short(value))),
        }
    }
}

/// Who signed, how many more must, and who of them could: `ada; 1 more, of bo, cy`.
fn signed(signatures: &Map<String, Value>) -> String {
    let of = |key: &str| signatures.get(key).map(short).unwrap_or_default();
    match signatures.get("lacking").and_then(Value::as_u64) {
        None | Some(0) => of("by"),
        Some(lacking) => format!("{}; {lacking} more, of {}", of("by"), of("could")),
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

/// The items of a list as a table: a column for every member that is no object itself.
fn table(items: &[Value], indent: &str) -> Table {
    let mut heads: Vec<&String> = Vec::new();
    for (key, value) in items.iter().filter_map(Value::as_object).flatten() {
        if !value.is_object() && !is_empty(value) && !heads.contains(&key) {
            heads.push(key);
        }
    }
    let head = |(at, key): (usize, &&String)| {
        let name = key.replace('_', " ").to_uppercase();
        if at == 0 { format!("{indent}  {name}") } else { name }
    };
    let mut table = Table::of(heads.iter().enumerate().map(head).collect());
    for item in items {
        let cell = |(at, key): (usize, &&String)| {
            let text = item.get(key.as_str()).filter(|it| !is_empty(it)).map(abridged).unwrap_or_default();
            if at == 0 { format!("{indent}  {text}") } else { text }
        };
        table.cells(heads.iter().enumerate().map(cell).map(Cell::from).collect());
    }
    table
}

/// A value for a table's cell: digests by their first digits.
fn abridged(value: &Value) -> String {
    let text = short(value);
    match text.strip_prefix("sha256-").or_else(|| text.strip_prefix("sha256:")) {
        Some(hex) if hex.len() == 64 => text.chars().take(15).collect(),
        _ => text,
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
