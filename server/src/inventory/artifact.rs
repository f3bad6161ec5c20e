//! What the service tells of a model: one record a name.

use std::collections::BTreeMap;

use refmark_core::records::trust::TrustState;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A format that the service takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// GGUF.
    Gguf,
    /// SafeTensors.
    Safetensors,
}

impl Format {
    /// The format's word, which is the ending of its files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Gguf => "gguf",
            Format::Safetensors => "safetensors",
        }
    }

    /// The format of a file, by its ending; an error holds the ending with its dot, in lower case, or nothing.
    pub fn of(filename: &str) -> Result<Format, String> {
        let base = filename.rsplit('/').next().unwrap_or_default();
        let ending = base.rfind('.').map(|at| base[at..].to_lowercase()).unwrap_or_default();
        match ending.as_str() {
            ".gguf" => Ok(Format::Gguf),
            ".safetensors" => Ok(Format::Safetensors),
            _ => Err(ending),
        }
    }
}

fn is_false(text: &str) -> bool {
    text.is_empty()
}

/// The record of a name, its fields in the order in which they are answered. What is empty is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// The name: free text of up to 256 bytes, unique for ever.
    pub name: String,
    /// The format.
    pub format: Format,
    /// The dropped file, relative to the registry's folder, as it was written.
    pub filename: String,
    /// Where the bytes lie, relative to the registry's folder, once they are trusted.
    #[serde(default, skip_serializing_if = "is_false")]
    pub object_path: String,
    /// The SHA-256 of the bytes, in lower-case hex.
    pub sha256: String,
    /// The size in bytes; 0 where nobody said it yet.
    pub size_bytes: i64,
    /// Where the bytes came from.
    #[serde(default, skip_serializing_if = "is_false")]
    pub source: String,
    /// When the record was acquired or promoted.
    pub promoted_at: String,
    /// The state now.
    #[serde(default)]
    pub state: TrustState,
    /// What each scanner said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scan_results: BTreeMap<String, String>,
    /// The version of each scanner.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scanner_versions: BTreeMap<String, String>,
    /// The policy under which it was judged.
    #[serde(default, skip_serializing_if = "is_false")]
    pub policy_version: String,
    /// The revision at its source.
    #[serde(default, skip_serializing_if = "is_false")]
    pub source_revision: String,
    /// What a guard said of the file's structure.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub gguf_guard_fingerprint: Value,
    /// The file with the digests of its tensors, relative to the registry's folder.
    #[serde(default, skip_serializing_if = "is_false")]
    pub gguf_guard_manifest: String,
    /// Why an operator keeps it closed, whatever its state.
    #[serde(default, skip_serializing_if = "is_false")]
    pub blocked_reason: String,
}

/// Where the object of a digest lies, relative to the registry's folder.
pub fn object_path(sha256: &str, format: Format) -> String {
    format!("objects/sha256/{}/{sha256}.{}", sha256.get(..2).unwrap_or_default(), format.as_str())
}

/// Whether a text is a SHA-256 in lower-case hex.
pub fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A value with the members of its objects in the order of their bytes, and whole numbers without a point: one spelling for
/// one meaning, so that digests over it agree.
pub fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut all: Vec<(String, Value)> = members.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            all.sort_by(|one, other| one.0.as_bytes().cmp(other.0.as_bytes()));
            Value::Object(all.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => Value::from(float as i64),
            _ => Value::Number(number),
        },
        other => other,
    }
}
