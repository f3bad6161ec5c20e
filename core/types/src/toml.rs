//! TOML, which people write: policies, lock files, settings.

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Why a text is not what was asked for.
#[derive(Debug)]
pub struct Mistake {
    /// The line where it stands, from 1; none where it is in no line.
    pub line: Option<usize>,
    /// The line and what is wrong, as a message says it.
    pub said: String,
}

/// Reads a text of TOML 1.1.
///
/// # Errors
/// Where the text is not TOML, has a key twice, or does not say what the type holds.
///
/// ```
/// #[derive(serde::Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Limits {
///     records: u64,
/// }
///
/// let limits: Limits = refmark_types::toml::read("records = 16\n").unwrap();
/// assert_eq!(limits.records, 16);
/// let mistake = refmark_types::toml::read::<Limits>("records = 16\nrecord = 1\n").err().unwrap();
/// assert_eq!(mistake.line, Some(2));
/// ```
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    if let Some(at) = crate::nesting::too_deep(text) {
        return Err(Mistake::at(text, Some(at), "nested too deep"));
    }
    let table = DeTable::parse(text)
        .map_err(|error| Mistake::at(text, error.span().map(|span| span.start), error.message()))?;
    let mut json = AsJson::default();
    json.table(table.get_ref(), table.span().start).map_err(|(at, said)| Mistake::at(text, Some(at), said))?;
    serde_json::from_str(&json.text).map_err(|error| {
        let said = error.to_string();
        let said = said.rfind(" at line ").map_or(said.as_str(), |end| &said[..end]);
        Mistake::at(text, json.places.get(error.line().saturating_sub(1)).copied(), said)
    })
}

impl Mistake {
    fn at(text: &str, place: Option<usize>, said: &str) -> Mistake {
        let line = place.map(|place| text.get(..place).unwrap_or(text).matches('\n').count() + 1);
        let at = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        Mistake { line, said: at + said }
    }
}

/// A document of TOML as JSON, from which types are read. Every type that people write as TOML can then be read by one reader: a
/// second one, made by the compiler for each type, was a twentieth of the browser's module.
#[derive(Default)]
struct AsJson {
    /// A bracket, a name or a value a line.
    text: String,
    /// Where each line stands in the document of TOML, in bytes.
    places: Vec<usize>,
}

/// What has no place in JSON, and where it stands.
type NoJson = (usize, &'static str);

impl AsJson {
    fn line(&mut self, place: usize, piece: &str) {
        self.text.push_str(piece);
        self.text.push('\n');
        self.places.push(place);
    }

    fn table(&mut self, table: &DeTable<'_>, place: usize) -> Result<(), NoJson> {
        self.line(place, "{");
        for (number, (name, value)) in table.iter().enumerate() {
            let comma = if number > 0 { "," } else { "" };
            self.line(name.span().start, &format!("{comma}{}:", Value::from(name.get_ref().as_ref())));
            self.value(value)?;
        }
        self.line(place, "}");
        Ok(())
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>) -> Result<(), NoJson> {
        let place = value.span().start;
        let scalar = match value.get_ref() {
            DeValue::Table(table) => return self.table(table, place),
            DeValue::Array(items) => {
                self.line(place, "[");
                for (number, item) in items.iter().enumerate() {
                    if number > 0 {
                        self.line(item.span().start, ",");
                    }
                    self.value(item)?;
                }
                self.line(place, "]");
                return Ok(());
            }
            DeValue::String(text) => Value::from(text.as_ref()),
            DeValue::Boolean(flag) => Value::from(*flag),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map(Value::from)
                .map_err(|_| (place, "a whole number of more than 64 bits"))?,
            DeValue::Float(number) => number
                .as_str()
                .parse()
                .ok()
                .and_then(serde_json::Number::from_f64)
                .map(Value::from)
                .ok_or((place, "a number that is not finite"))?,
            DeValue::Datetime(_) => {
                return Err((place, "a date, which is neither a text nor a number: put it in quotes"));
            }
        };
        self.line(place, &scalar.to_string());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::canonical::FreeJson;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        name: String,
        #[serde(default)]
        inner: BTreeMap<String, Vec<u64>>,
        #[serde(default)]
        real: f64,
        #[serde(default)]
        free: FreeJson,
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, line, said) in [
            ("name = 'x'\nname = 'y'\n", Some(2), "duplicate"),
            ("name = 'x'\n\n[inner]\na = [\n  1,\n  'two',\n]\n", Some(6), "expected u64"),
            ("name = 'x'\nodd = 1\n", Some(2), "unknown field `odd`"),
            ("real = 1\n", Some(1), "missing field `name`"),
            ("name = 'x'\nreal = 2026-11-20\n", Some(2), "a date"),
            ("name = 'x'\n[inner]\n\nb = [1]\na = [1, -9]\n", Some(5), "expected u64"),
            ("name = 'x'\nreal = 99999999999999999999\n", Some(2), "64 bits"),
            ("name = 'x'\nfree = 2026-11-20\n", Some(2), "a date"),
            ("name = 'x'\nfree = [nan]\n", Some(2), "not finite"),
            ("name = 'x\n", Some(1), ""),
        ] {
            let mistake = read::<Sample>(text).unwrap_err();
            assert!(mistake.said.contains(said), "{text}: {}", mistake.said);
            assert_eq!(mistake.line, line, "{text}: {}", mistake.said);
        }
    }
}
