//! Evidence: evaluations, scans, runbooks, sign-offs.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::common::predicate;
use refmark_types::canonical::{FreeJson, FreeMap};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::json::NUMBER_LIMIT;
use refmark_types::name::EntryId;
use refmark_types::number;
use refmark_types::value::Value;

/// The type of the evidence that says who took quarantined bytes, when and why.
pub const QUARANTINE_PULL: &str = "quarantine-pull";

/// What a piece of evidence comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It speaks for the artifact.
    Pass,
    /// It speaks against the artifact, and blocks until a waiver or a later pass.
    Fail,
    /// It says something, neither for nor against.
    Info,
}

impl Verdict {
    /// The verdict's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Info => "info",
        }
    }

    /// The verdict of this word.
    pub fn parse(text: &str) -> Option<Verdict> {
        [Verdict::Pass, Verdict::Fail, Verdict::Info].into_iter().find(|verdict| verdict.as_str() == text)
    }
}

/// A name with a version or digest, such as a tool, a suite or a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The SHA-256 of its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
}

impl Named {
    /// Reads `NAME`, `NAME@VERSION` or `NAME@sha256:<hex>`. An error where the digest is none.
    pub fn read(text: &str) -> Result<Named> {
        let (name, rest) = text.split_once('@').map_or((text, None), |(name, rest)| (name, Some(rest)));
        let hex = rest.and_then(|rest| rest.strip_prefix("sha256:"));
        let sha256 = hex.map(Digest::parse).transpose()?;
        let version = rest.filter(|_| hex.is_none()).map(str::to_owned);
        Ok(Named { name: name.to_owned(), version, sha256 })
    }
}

/// Which way a metric improves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Higher is better.
    Higher,
    /// Lower is better.
    Lower,
}

impl Direction {
    /// What a metric's name says of its direction, where it says anything: losses, errors, times and sizes are better low.
    pub fn guess(metric: &str) -> Direction {
        const LOW: [&str; 16] = [
            "loss",
            "error",
            "err",
            "rmse",
            "mae",
            "mse",
            "mape",
            "perplexity",
            "ppl",
            "latency",
            "ms",
            "seconds",
            "toxicity",
            "wer",
            "cer",
            "fpr",
        ];
        let lower = metric.to_ascii_lowercase();
        let low = lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| LOW.contains(&word));
        if low { Direction::Lower } else { Direction::Higher }
    }
}

/// A metric's value. What is not finite is a text (`NaN`, `Infinity`) and fails its gate.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum MetricValue {
    /// A finite number.
    Number(f64),
    /// Not a number.
    Text(String),
}

impl<'de> Deserialize<'de> for MetricValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<MetricValue, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(MetricValue::Text(text)),
            other => other
                .as_f64()
                .map(MetricValue::Number)
                .ok_or_else(|| D::Error::custom("expected a number, or a text where it is not finite")),
        }
    }
}

impl MetricValue {
    /// The value of a metric that somebody states. A number that records cannot hold is an error of code `bad-argument`.
    pub fn stated(name: &str, number: f64) -> Result<MetricValue> {
        if number.is_finite() && number.abs() > NUMBER_LIMIT {
            let what = format!(
                "metric {name} is {number:e}: records hold numbers up to ±(2^53−1), which all readers read alike"
            );
            return Err(Error::new(Code::BadArgument, what).hint("state it in a larger unit, or as its logarithm"));
        }
        Ok(MetricValue::of(number))
    }

    /// The value as it can be stored.
    pub fn of(number: f64) -> MetricValue {
        match number {
            _ if number.is_finite() => MetricValue::Number(number),
            _ if number.is_nan() => MetricValue::Text("NaN".to_owned()),
            _ => MetricValue::Text(if number > 0.0 { "inf" } else { "-inf" }.to_owned()),
        }
    }

    /// The finite number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            MetricValue::Number(number) => Some(*number),
            MetricValue::Text(_) => None,
        }
    }
}

impl std::fmt::Display for MetricValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MetricValue::Number(number) => f.write_str(&number::print(*number)),
            MetricValue::Text(text) => f.write_str(text),
        }
    }
}

/// A metric as it was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// The value.
    pub value: MetricValue,
    /// Which way it improves.
    pub better: Direction,
}

predicate! {
    /// What was found out about an artifact.
    Evidence {
        /// The artifact: the evidence counts for no other.
        artifact: ArtifactId,
        /// The type, an entry of the catalog's `evidence-type`.
        #[serde(rename = "type")]
        evidence_type: EntryId,
        /// What it comes to.
        verdict: Verdict,
        /// One sentence for people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        summary: Option<String>,
        /// The run that produced it, such as a CI job's URL.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run: Option<String>,
        /// The suite of tests, and its version.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        suite: Option<Named>,
        /// The dataset, by digest: metrics from other data are not comparable.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dataset: Option<Named>,
        /// What was measured.
        #[serde(default, skip_serializing_if = "FreeMap::is_empty")]
        metrics: FreeMap<Metric>,
        /// The tool, and its version.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tool: Option<Named>,
        /// The attached document's name and digest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document: Option<Named>,
        /// The attached document itself, where it is JSON, or a text under `text`.
        #[serde(default, skip_serializing_if = "is_null")]
        details: FreeJson,
        ...
    }
}

fn is_null(json: &FreeJson) -> bool {
    json.0.is_null()
}

impl Evidence {
    /// The text of the attached document, where it is one.
    pub fn text(&self) -> Option<&str> {
        self.details.0.get("text").and_then(Value::as_str).filter(|text| !text.trim().is_empty())
    }

    /// The digest in the evidence's path: of its canonical form without the path itself, which holds the digest.
    pub fn path_digest(&self) -> Result<Digest> {
        let mut bare = self.clone();
        bare.path = String::new();
        Ok(Digest::of(&refmark_types::canonical::canonical_bytes(&bare)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_that_records_cannot_hold_is_told_by_its_name() {
        for fits in [0.91, -NUMBER_LIMIT, NUMBER_LIMIT, f64::NAN, f64::INFINITY] {
            MetricValue::stated("f1", fits).unwrap();
        }
        for number in [1e300, -1e16] {
            let error = MetricValue::stated("flops", number).unwrap_err();
            assert!(error.code == Code::BadArgument && error.message.starts_with("metric flops is "), "{error}");
        }
    }
}
