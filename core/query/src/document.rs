//! Attached documents: what of an evaluation's or a scan's own JSON is read into the evidence.
//!
//! ParsedDocument, where they are there: `verdict`, `summary`, `run` (or `run_url`), `suite`, `dataset`, `tool` (each a name, a
//! `NAME@VERSION`, or an object with `name`, `version` and `sha256`), and `metrics` (a number, or an object with `value`
//! and `better`). What the document says besides is kept as it is.

use refmark_records::evidence::{Direction, Metric, MetricValue, Named, Verdict};
use refmark_records::layout::Document;
use refmark_records::manifest::Contract;
use refmark_types::canonical::{FreeJson, FreeMap, RECORD_LIMIT, strict};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::value::{Value, from_value, json};

/// So many bytes of a document are kept in the record itself; of a longer one its digest.
pub const KEPT_IN_RECORD: usize = 256 * 1024;

/// What is read from a document into the evidence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParsedDocument {
    /// What it comes to.
    pub verdict: Option<Verdict>,
    /// One sentence.
    pub summary: Option<String>,
    /// The run that produced it.
    pub run: Option<String>,
    /// The suite, and its version.
    pub suite: Option<Named>,
    /// The dataset.
    pub dataset: Option<Named>,
    /// What was measured.
    pub metrics: FreeMap<Metric>,
    /// The tool, and its version.
    pub tool: Option<Named>,
    /// The document itself, or null where it is too long to be kept in a record.
    pub details: FreeJson,
    /// The document's digest.
    pub sha256: Option<Digest>,
}

/// Reads a document: JSON, or any UTF-8 text. What is neither is kept by its digest. Linear in its size.
///
/// # Errors
///
/// `bad-argument` where JSON cannot be read, or a member that is read has another form; the field `field` names it.
///
/// # Examples
///
/// ```
/// let found = refmark_query::document::read(br#"{"verdict": "pass", "metrics": {"f1": 0.91}}"#)?;
/// assert_eq!(found.metrics.get("f1").and_then(|metric| metric.value.number()), Some(0.91));
/// # Ok::<(), Box<refmark_types::error::Error>>(())
/// ```
pub fn read(bytes: &[u8]) -> Result<ParsedDocument> {
    let mut found = ParsedDocument { sha256: Some(Digest::of(bytes)), ..ParsedDocument::default() };
    let text = std::str::from_utf8(bytes).ok();
    let looks_like_json = text.is_some_and(|text| text.trim_start().starts_with(['{', '[']));
    if looks_like_json && bytes.len() as u64 <= RECORD_LIMIT {
        let (_, value) = strict(bytes, RECORD_LIMIT).map_err(|error| {
            Error::new(Code::BadArgument, format!("the document cannot be read as JSON: {}", error.message))
                .hint("numbers that are not finite are written as texts: \"NaN\", \"Infinity\"")
        })?;
        members(&value, &mut found)?;
        if bytes.len() <= KEPT_IN_RECORD {
            found.details = FreeJson(value);
        }
    } else if let Some(text) = text.filter(|_| bytes.len() <= KEPT_IN_RECORD) {
        found.details = FreeJson(json!({ "text": text }));
    }
    Ok(found)
}

/// Reads the document that evidence of a type is: a text of a card, a plan or a runbook as it stands, whatever it begins with;
/// a contract and an evaluation card as JSON of which no member means anything else.
///
/// # Errors
///
/// `bad-argument` where a contract or a card is none, `too-large` where a record cannot hold it; else those of [`read`].
pub fn read_as(evidence_type: &str, bytes: &[u8]) -> Result<ParsedDocument> {
    const TEXTS: [&str; 3] = ["rollback-plan", "runbook", "migration-document"];
    let document = Document::of_evidence(evidence_type);
    if document.is_some() && bytes.len() > KEPT_IN_RECORD {
        let said = format!("a {evidence_type} of {} KiB does not fit in a record", bytes.len() / 1024);
        return Err(Error::new(Code::TooLarge, said).hint(format!(
            "what comes later has at most {} KiB; what is registered may be longer",
            KEPT_IN_RECORD / 1024
        )));
    }
    let bare = |details| Ok(ParsedDocument { sha256: Some(Digest::of(bytes)), details, ..ParsedDocument::default() });
    match document {
        Some(Document::ModelCard) => {
            let text = std::str::from_utf8(bytes).ok().filter(|text| !text.trim().is_empty());
            let text =
                text.ok_or_else(|| Error::new(Code::BadArgument, "a model card is UTF-8 text, and not empty"))?;
            bare(FreeJson(json!({ "text": text })))
        }
        Some(of) => {
            let (_, value) = strict(bytes, RECORD_LIMIT).map_err(|error| {
                Error::new(Code::BadArgument, format!("the {evidence_type} cannot be read as JSON: {}", error.message))
            })?;
            if of == Document::Contract {
                from_value::<Contract>(&value).map_err(|error| {
                    Error::new(Code::BadArgument, format!("the contract is none: {error}"))
                        .hint(r#"{"inputs": [{"name": "text", "type": "string"}], "outputs": [...]}"#)
                })?;
            }
            bare(FreeJson(value))
        }
        // A plan in Markdown may well begin with a bracket: a badge, a link, a list of tasks.
        None if TEXTS.contains(&evidence_type) => match (read(bytes), std::str::from_utf8(bytes)) {
            (Err(_), Ok(text)) if bytes.len() <= KEPT_IN_RECORD => bare(FreeJson(json!({ "text": text }))),
            (found, _) => found,
        },
        None => read(bytes),
    }
}

fn members(value: &Value, found: &mut ParsedDocument) -> Result<()> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    found.verdict = match text("verdict") {
        Some(word) => Some(Verdict::parse(&word).ok_or_else(|| wrong("verdict", "pass, fail or info", &word))?),
        None => None,
    };
    found.summary = text("summary");
    found.run = text("run").or_else(|| text("run_url"));
    for (key, into) in [("suite", &mut found.suite), ("dataset", &mut found.dataset), ("tool", &mut found.tool)] {
        *into = value.get(key).map(|value| named(key, value)).transpose()?;
    }
    let Some(metrics) = value.get("metrics") else { return Ok(()) };
    let metrics = metrics.as_object().ok_or_else(|| wrong("metrics", "an object", &metrics.to_string()))?;
    for (name, value) in metrics {
        found.metrics.insert(name.clone(), metric(name, value)?);
    }
    Ok(())
}

/// A metric as a document writes it.
fn metric(name: &str, value: &Value) -> Result<Metric> {
    let place = format!("metrics.{name}");
    let (number, better) = match value {
        Value::Object(_) => (value.get("value").unwrap_or(&Value::Null), value.get("better")),
        plain => (plain, None),
    };
    let value = match number {
        Value::Number(number) => MetricValue::of(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) if matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity" | "inf" | "-inf") => {
            MetricValue::Text(text.clone())
        }
        other => return Err(wrong(&place, "a number", &other.to_string())),
    };
    let better = match better {
        None => Direction::guess(name),
        Some(word) => match word.as_str() {
            Some("higher") => Direction::Higher,
            Some("lower") => Direction::Lower,
            _ => return Err(wrong(&place, "better: higher or lower", &word.to_string())),
        },
    };
    Ok(Metric { value, better })
}

fn named(key: &str, value: &Value) -> Result<Named> {
    match value {
        Value::String(text) => Ok(parse_named(text)),
        Value::Object(_) => {
            let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
            let name = text("name").ok_or_else(|| wrong(&format!("{key}.name"), "a text", "nothing"))?;
            let sha256 = text("sha256").or_else(|| text("digest")).map(|hex| Digest::parse(&hex)).transpose()?;
            Ok(Named { name, version: text("version"), sha256 })
        }
        other => Err(wrong(key, "a name, or an object with name, version and sha256", &other.to_string())),
    }
}

/// Reads `NAME` or `NAME@VERSION`.
pub fn parse_named(text: &str) -> Named {
    match text.rsplit_once('@') {
        Some((name, version)) if !name.is_empty() && !version.is_empty() => {
            Named { name: name.to_owned(), version: Some(version.to_owned()), sha256: None }
        }
        _ => Named { name: text.to_owned(), version: None, sha256: None },
    }
}

fn wrong(place: &str, expected: &str, found: &str) -> Box<Error> {
    let found: String = found.chars().take(60).collect();
    Error::new(
        Code::BadArgument,
        format!("{place} of the document must be {expected}, and is {}", found.escape_debug()),
    )
    .field("field", place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_evaluation_says_what_was_measured_on_what_and_by_which_tool() {
        let digest = Digest::of(b"march");
        let text = format!(
            r#"{{"verdict": "pass", "summary": "fine", "run_url": "https://ci/1", "suite": "core@2026.1",
                "dataset": {{"name": "march", "digest": "{digest}"}}, "tool": "lm-eval",
                "metrics": {{"f1": 0.91, "p95_ms": {{"value": 30, "better": "lower"}}, "loss": "NaN"}}, "rows": [1, 2]}}"#
        );
        let found = read(text.as_bytes()).unwrap();
        assert_eq!((found.verdict, found.run.as_deref()), (Some(Verdict::Pass), Some("https://ci/1")));
        assert_eq!(found.suite.unwrap().version.as_deref(), Some("2026.1"));
        assert_eq!(found.dataset.unwrap().sha256, Some(digest));
        assert_eq!(found.metrics.get("f1").unwrap().better, Direction::Higher);
        assert_eq!(found.metrics.get("p95_ms").unwrap().better, Direction::Lower);
        assert_eq!(found.metrics.get("loss").unwrap().value.number(), None);
        assert_eq!(found.details.0.get("rows"), Some(&json!([1, 2])));
    }

    #[test]
    fn a_text_is_kept_and_what_is_neither_is_known_by_its_digest() {
        assert_eq!(read("# Runbook".as_bytes()).unwrap().details, FreeJson(json!({"text": "# Runbook"})));
        let binary = read(&[0xff, 0xfe, 0]).unwrap();
        assert!(binary.details.0.is_null() && binary.sha256.is_some());
        let long = read("x".repeat(KEPT_IN_RECORD + 1).as_bytes()).unwrap();
        assert!(long.details.0.is_null());
    }

    #[test]
    fn a_card_a_plan_and_a_contract_are_read_as_what_they_are() {
        let badge = b"[![build](https://ci.example.com/b.svg)](https://ci.example.com)\n\nRoll back.";
        for of in ["model-card", "runbook"] {
            let found = read_as(of, badge).unwrap();
            assert_eq!(found.details.0.get("text").and_then(Value::as_str).map(str::len), Some(badge.len()), "{of}");
        }
        let card = read_as("evaluation-card", br#"{"metrics": ["f1"], "suite": 3}"#).unwrap();
        assert!(card.metrics.is_empty() && card.details.0.get("suite") == Some(&json!(3)));
        let contract = br#"{"inputs": [{"name": "text", "type": "string"}], "outputs": []}"#;
        assert!(read_as("contract", contract).is_ok());
        for (of, text, said) in [
            ("contract", r#"{"input": []}"#, "unknown field"),
            ("contract", "inputs: text", "JSON"),
            ("evaluation-card", "# Card", "JSON"),
            ("model-card", "  ", "not empty"),
        ] {
            let error = read_as(of, text.as_bytes()).unwrap_err();
            assert!(error.code == Code::BadArgument && error.message.contains(said), "{of}: {error}");
        }
        let long = vec![b'a'; KEPT_IN_RECORD + 1];
        assert_eq!(read_as("model-card", &long).unwrap_err().code, Code::TooLarge);
    }

    #[test]
    fn a_document_that_says_something_else_is_refused_with_the_field() {
        for (text, said) in [
            (r#"{"verdict": "maybe"}"#, "verdict"),
            (r#"{"metrics": [1]}"#, "metrics"),
            (r#"{"metrics": {"f1": true}}"#, "metrics.f1"),
            (r#"{"metrics": {"f1": "high"}}"#, "metrics.f1"),
            (r#"{"metrics": {"f1": {"value": 1, "better": "up"}}}"#, "better"),
            (r#"{"dataset": {"version": "1"}}"#, "dataset.name"),
            (r#"{"f1": NaN}"#, "JSON"),
            (r#"{"verdict": "pass", "verdict": "fail"}"#, "twice"),
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(error.message.contains(said), "{text}: {error}");
        }
    }
}
