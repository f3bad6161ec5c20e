//! What a request says: the fields of its body, or the parameters of its query.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::failure::{Failure, Result};
use crate::http::query::decode;

/// The fields of a request.
#[derive(Debug, Default)]
pub struct Said(BTreeMap<String, Value>);

impl Said {
    /// Of a query; a parameter that stands several times is a list.
    pub fn of_query(query: Option<&str>) -> Result<Said> {
        let mut said = Said::default();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let text = |text: &str| decode(text, true).and_then(|bytes| String::from_utf8(bytes).ok());
            let (Some(key), Some(value)) = (text(key), text(value)) else {
                return Err(Failure::parameter("the query is not percent-encoded UTF-8"));
            };
            let value = Value::String(value);
            match said.0.get_mut(&key) {
                None => drop(said.0.insert(key, value)),
                Some(Value::Array(all)) => all.push(value),
                Some(one) => *one = Value::Array(vec![one.take(), value]),
            }
        }
        Ok(said)
    }

    /// Of a body: a JSON object.
    pub fn of_body(body: &[u8]) -> Result<Said> {
        if body.is_empty() {
            return Ok(Said::default());
        }
        let fields: Map<String, Value> =
            serde_json::from_slice(body).map_err(|_| Failure::parameter("the body is no JSON object"))?;
        Ok(Said(fields.into_iter().filter(|(_, value)| !value.is_null()).collect()))
    }

    /// A text; a number is its digits.
    pub fn text(&self, name: &str) -> Result<Option<String>> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(Failure::parameter(format!("the parameter '{name}' is no text"))),
        }
    }

    /// A text that must be there.
    pub fn needed(&self, name: &str) -> Result<String> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| Failure::parameter(format!("Missing value for required parameter '{name}'.")))
    }

    /// A list of texts; one text is a list of one.
    pub fn texts(&self, name: &str) -> Result<Vec<String>> {
        let wrong = || Failure::parameter(format!("the parameter '{name}' is no list of texts"));
        match self.0.get(name) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![text.clone()]),
            Some(Value::Array(all)) => {
                all.iter().map(|it| it.as_str().map(ToOwned::to_owned).ok_or_else(wrong)).collect()
            }
            Some(_) => Err(wrong()),
        }
    }

    /// A whole number.
    pub fn whole(&self, name: &str) -> Result<Option<i64>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let number = text.parse().ok();
        let wrong = || Failure::parameter(format!("the parameter '{name}' is no whole number: '{text}'"));
        number.map(Some).ok_or_else(wrong)
    }

    /// Yes or no; no where it is not said.
    pub fn flag(&self, name: &str) -> Result<bool> {
        match self.0.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::String(text)) if matches!(text.as_str(), "true" | "false") => Ok(text == "true"),
            Some(_) => Err(Failure::parameter(format!("the parameter '{name}' is true or false"))),
        }
    }

    /// Tags: a list of `{"key", "value"}`.
    pub fn tags(&self) -> Result<Vec<(String, String)>> {
        let wrong = || Failure::parameter("the parameter 'tags' is no list of key and value");
        let Some(tags) = self.0.get("tags") else { return Ok(Vec::new()) };
        let one = |tag: &Value| {
            let key = tag["key"].as_str().ok_or_else(wrong)?;
            let value = if tag["value"].is_null() { "" } else { tag["value"].as_str().ok_or_else(wrong)? };
            Ok((key.to_owned(), value.to_owned()))
        };
        tags.as_array().ok_or_else(wrong)?.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Said;

    #[test]
    fn a_repeated_parameter_is_a_list_and_a_wrong_type_is_refused() {
        let said = Said::of_query(Some("order_by=name+ASC&order_by=timestamp%20DESC&max_results=5")).unwrap();
        assert_eq!(said.texts("order_by").unwrap(), ["name ASC", "timestamp DESC"]);
        assert_eq!(said.whole("max_results").unwrap(), Some(5));
        assert_eq!(said.texts("max_results").unwrap(), ["5"]);
        let body =
            br#"{"name": "a", "tags": [{"key": "k", "value": "v"}, {"key": "n"}], "version": 3, "x": null, "l": {}}"#;
        let said = Said::of_body(body).unwrap();
        assert_eq!(said.tags().unwrap(), [("k".into(), "v".into()), ("n".into(), String::new())]);
        assert_eq!((said.needed("version").unwrap(), said.text("x").unwrap()), ("3".to_owned(), None));
        assert!(said.text("l").is_err() && said.flag("name").is_err() && said.needed("x").is_err());
        assert!(Said::of_body(b"[]").is_err() && Said::of_query(Some("a=%ff")).is_err());
        assert!(Said::of_body(br#"{"tags": {"a": 1}}"#).unwrap().tags().is_err());
    }
}
