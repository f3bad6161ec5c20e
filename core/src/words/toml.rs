//! TOML, which people write, as the same [`Value`] that JSON is read into.

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use super::number;
use super::value::{Value, from_value};

/// Why a text is not what was asked for.
#[derive(Debug)]
pub struct Mistake {
    /// The line where it stands, from 1; none where it is in no line.
    pub line: Option<usize>,
    /// The line and what is wrong, as a message says it.
    pub said: String,
}

impl Mistake {
    fn new(text: &str, offset: Option<usize>, said: &str) -> Mistake {
        let line = offset.map(|offset| text.get(..offset).unwrap_or(text).matches('\n').count() + 1);
        let at = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        Mistake { line, said: at + said }
    }
}

/// Reads a text of TOML.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    let table = DeTable::parse(text)
        .map_err(|error| Mistake::new(text, error.span().map(|span| span.start), error.message()))?;
    let value = of_table(table.get_ref()).map_err(|offset| {
        Mistake::new(text, Some(offset), "neither a text, a number, true or false, a list nor a table")
    })?;
    from_value(&value).map_err(|wrong| {
        let offset = offset_of(table.get_ref(), &wrong.place());
        Mistake::new(text, offset, &wrong.to_string())
    })
}

/// The value of a table; the offset of what JSON has no word for, such as a date or `nan`.
fn of_table(table: &DeTable<'_>) -> Result<Value, usize> {
    let mut members = Vec::with_capacity(table.len());
    for (name, value) in table {
        let name = name.get_ref().clone().into_owned();
        members.push((name, of_value(value.get_ref()).map_err(|offset| offset.unwrap_or(value.span().start))?));
    }
    Ok(Value::Object(members))
}

fn of_value(value: &DeValue<'_>) -> Result<Value, Option<usize>> {
    Ok(match value {
        DeValue::String(it) => Value::String(it.clone().into_owned()),
        DeValue::Boolean(it) => Value::Bool(*it),
        DeValue::Integer(it) => Value::Number(i64::from_str_radix(it.as_str(), it.radix()).map_err(|_| None)? as f64),
        DeValue::Float(it) => {
            let number = number::parse(it.as_str()).filter(|it| it.is_finite());
            Value::Number(number.ok_or(None)?)
        }
        DeValue::Datetime(_) => return Err(None),
        DeValue::Array(items) => {
            let mut all = Vec::with_capacity(items.len());
            for item in items {
                all.push(of_value(item.get_ref()).map_err(|offset| offset.unwrap_or(item.span().start))?);
            }
            Value::Array(all)
        }
        DeValue::Table(table) => of_table(table)?,
    })
}

/// Where the value at a place stands; the innermost one on the way that is there.
fn offset_of(table: &DeTable<'_>, place: &[&str]) -> Option<usize> {
    let (first, rest) = place.split_first()?;
    let mut at = table.get(*first)?;
    for step in rest {
        let inner = match at.get_ref() {
            DeValue::Table(table) => table.get(*step),
            DeValue::Array(items) => step.parse::<usize>().ok().and_then(|step| items.get(step)),
            _ => None,
        };
        let Some(inner) = inner else { break };
        at = inner;
    }
    Some(at.span().start)
}

#[cfg(test)]
mod tests {
    use crate::words::map::Map;

    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        name: String,
        #[serde(default)]
        inner: Map<String, Vec<u64>>,
        #[serde(default)]
        real: f64,
    }

    #[test]
    fn a_text_is_read_as_its_own_crate_reads_it() {
        let text = "# why\nname = 'x'\nreal = -0.5\n[inner]\nb = [1, 0x10, 1_000]\na = []\n";
        assert_eq!(read::<Sample>(text).unwrap(), ::toml::from_str::<Sample>(text).unwrap());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, line, said) in [
            ("name = 'x'\nname = 'y'\n", Some(2), "duplicate"),
            ("name = 'x'\n\n[inner]\na = [\n  1,\n  'two',\n]\n", Some(6), "expected u64"),
            ("name = 'x'\nodd = 1\n", Some(2), "unknown field `odd`"),
            ("real = 1\n", None, "missing field `name`"),
            ("name = 'x'\nreal = 2026-11-20\n", Some(2), "neither a text"),
            ("name = 'x'\nreal = nan\n", Some(2), "neither a text"),
            ("name = 'x\n", Some(1), ""),
        ] {
            let mistake = read::<Sample>(text).unwrap_err();
            assert!(mistake.said.contains(said), "{text}: {}", mistake.said);
            assert_eq!(mistake.line, line, "{text}: {}", mistake.said);
        }
    }
}
