//! What the files of an artifact hold: `contents.jsonl` beside the manifest, which names it by its digest.
//!
//! One line of JSON for each thing, so that a model of a million tensors is written and read in one pass:
//!
//! ```text
//! {"file":"model.gguf","other":"sha256:…"}            the lines that follow are of this file
//! {"value":"tokenizer.ggml.eos_token_id","is":"2"}     what the file says of itself, sorted by name
//! {"finding":"dangerous-import","value":"os.system","opcode":"GLOBAL","offset":0}
//! ["blk.0.attn_q.weight","Q4_K",[4096,4096],9437184,"blake3:…"]  a tensor: name, type, shape, bytes, digest or null
//! ```
//!
//! Every byte of a file is a tensor's or counts into `other`, the digest of all bytes outside of tensors. So two files with
//! equal tensors and equal `other` hold the same, whatever their own digests are.

use std::fmt::Write as _;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::manifest::{Manifest, TensorEntry};
use refmark_types::digest::{Blake3, Digest};
use refmark_types::error::{Code, Error, Result};

/// The largest table that is written or read, in bytes: about a million and a half tensors.
pub const CONTENTS_LIMIT: u64 = 256 << 20;

/// What a scan found in a file, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptFinding {
    /// The kind's word, such as `dangerous-import`, `config-code` or `problem`.
    #[serde(rename = "finding")]
    pub kind: String,
    /// The import, the setting's value, or the problem in a sentence.
    pub value: String,
    /// The member of an archive and the setting; empty for the file itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The opcode of a pickle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opcode: Option<String>,
    /// Its offset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

/// What one file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileContents {
    /// The file.
    pub path: String,
    /// The SHA-256 of its bytes outside of tensors; none where it has no tensors, or they were not digested.
    pub other: Option<Digest>,
    /// What it says of itself, sorted by name.
    pub values: Vec<(String, String)>,
    /// What a reviewer should see.
    pub findings: Vec<KeptFinding>,
    /// Its tensors, by where they lie.
    pub tensors: Vec<TensorEntry>,
}

/// What the files of an artifact hold. Files that hold nothing of these are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// The files, sorted by path.
    pub files: Vec<FileContents>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileLine {
    file: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    other: Option<Digest>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ValueLine {
    value: String,
    is: String,
}

#[derive(Serialize, Deserialize)]
struct TensorLine(String, String, Vec<u64>, u64, Option<Sum>);

/// A tensor's digest as a line has it: `blake3:<hex>`, or the bare hex of a SHA-256, as tables had it first.
#[derive(Clone, Copy)]
enum Sum {
    Blake3(Blake3),
    Sha256(Digest),
}

impl Sum {
    fn of(tensor: &TensorEntry) -> Option<Sum> {
        tensor.blake3.map(Sum::Blake3).or(tensor.sha256.map(Sum::Sha256))
    }
}

impl Serialize for Sum {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Sum::Blake3(digest) => serializer.serialize_str(&format!("blake3:{}", digest.hex())),
            Sum::Sha256(digest) => digest.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Sum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let sum = match text.strip_prefix("blake3:") {
            Some(hex) => Blake3::parse(hex).map(Sum::Blake3),
            // A digest's own reader takes a prefix, too; a line that has one is not printed so, and refused for that.
            None => Digest::parse(&text).ok().map(Sum::Sha256),
        };
        sum.ok_or_else(|| serde::de::Error::custom("expected a digest"))
    }
}

impl Contents {
    /// The stored form.
    ///
    /// # Errors
    ///
    /// `too-large` over [`CONTENTS_LIMIT`].
    pub fn print(&self) -> Result<String> {
        let mut text = String::new();
        let mut line = |value: serde_json::Result<String>| -> Result<()> {
            let value =
                value.map_err(|error| refmark_types::error::bug(format!("a line cannot be written: {error}")))?;
            text.push_str(&value);
            text.push('\n');
            if text.len() as u64 > CONTENTS_LIMIT { Err(too_large(text.len() as u64)) } else { Ok(()) }
        };
        for file in &self.files {
            line(serde_json::to_string(&FileLine { file: file.path.clone(), other: file.other }))?;
            for (value, is) in &file.values {
                line(serde_json::to_string(&ValueLine { value: value.clone(), is: is.clone() }))?;
            }
            for finding in &file.findings {
                line(serde_json::to_string(finding))?;
            }
            for tensor in &file.tensors {
                line(serde_json::to_string(&(
                    &tensor.name,
                    &tensor.dtype,
                    &tensor.shape,
                    tensor.bytes,
                    Sum::of(tensor),
                )))?;
            }
        }
        Ok(text)
    }

    /// Reads the stored form. Only what [`Self::print`] writes is taken.
    ///
    /// # Errors
    ///
    /// `bad-record` with the number of the first line that is not as it should be; `too-large`.
    pub fn parse(bytes: &[u8]) -> Result<Contents> {
        let mut contents = Contents::default();
        Contents::each(bytes, &mut |line| match (line, contents.files.last_mut()) {
            (Line::File(file), _) => {
                contents.files.push(FileContents { path: file.file, other: file.other, ..FileContents::default() });
            }
            (Line::Value(line), Some(file)) => file.values.push((line.value, line.is)),
            (Line::Finding(finding), Some(file)) => file.findings.push(finding),
            (Line::Tensor(TensorLine(name, dtype, shape, bytes, sum)), Some(file)) => {
                let (sha256, blake3) = match sum {
                    Some(Sum::Sha256(digest)) => (Some(digest), None),
                    Some(Sum::Blake3(digest)) => (None, Some(digest)),
                    None => (None, None),
                };
                file.tensors.push(TensorEntry { file: file.path.clone(), name, dtype, shape, bytes, sha256, blake3 });
            }
            _ => {}
        })?;
        Ok(contents)
    }

    /// Checks the stored form line by line, keeping none, and returns how many tensors and findings it lists.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub fn check(bytes: &[u8]) -> Result<(u64, u64)> {
        let (mut tensors, mut findings) = (0, 0);
        Contents::each(bytes, &mut |line| match line {
            Line::Tensor(_) => tensors += 1,
            Line::Finding(_) => findings += 1,
            _ => {}
        })?;
        Ok((tensors, findings))
    }

    fn each(bytes: &[u8], take: &mut dyn FnMut(Line)) -> Result<()> {
        if bytes.len() as u64 > CONTENTS_LIMIT {
            return Err(too_large(bytes.len() as u64));
        }
        let bad = |number: usize, why: &str| {
            Error::new(Code::BadRecord, format!("line {} of the table of contents {why}", number + 1))
        };
        let text = std::str::from_utf8(bytes).map_err(|_| bad(0, "or another is no UTF-8"))?;
        if !text.is_empty() && !text.ends_with('\n') {
            return Err(bad(text.lines().count().saturating_sub(1), "has no end"));
        }
        let mut again = String::new();
        let mut order = Order::default();
        for (number, text) in text.split_terminator('\n').enumerate() {
            let line = Line::parse(text).ok_or_else(|| bad(number, "is none that refmark writes"))?;
            again.clear();
            line.print(&mut again);
            if again != text {
                return Err(bad(number, "is not as refmark writes it"));
            }
            if !order.takes(&line) {
                return Err(bad(number, "is not where it belongs"));
            }
            take(line);
        }
        Ok(())
    }

    /// What an artifact's files hold: of its table where there is one, else of the manifest itself.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub fn of(manifest: &Manifest, table: Option<&[u8]>) -> Result<Contents> {
        if let Some(table) = table {
            return Contents::parse(table);
        }
        let mut contents = Contents::default();
        for tensor in &manifest.tensors {
            match contents.files.last_mut().filter(|file| file.path == tensor.file) {
                Some(file) => file.tensors.push(tensor.clone()),
                None => contents.files.push(FileContents {
                    path: tensor.file.clone(),
                    tensors: vec![tensor.clone()],
                    ..FileContents::default()
                }),
            }
        }
        Ok(contents)
    }

    /// All tensors, in the order of the files.
    pub fn tensors(&self) -> impl Iterator<Item = &TensorEntry> + Clone {
        self.files.iter().flat_map(|file| &file.tensors)
    }
}

enum Line {
    File(FileLine),
    Value(ValueLine),
    Finding(KeptFinding),
    Tensor(TensorLine),
}

impl Line {
    fn parse(text: &str) -> Option<Line> {
        if text.starts_with('[') {
            return serde_json::from_str(text).ok().map(Line::Tensor);
        }
        if text.starts_with("{\"file\":") {
            return serde_json::from_str(text).ok().map(Line::File);
        }
        // A finding has a member `value` too, but not as its first.
        if text.starts_with("{\"value\":") {
            return serde_json::from_str(text).ok().map(Line::Value);
        }
        serde_json::from_str(text).ok().map(Line::Finding)
    }

    fn print(&self, into: &mut String) {
        let text = match self {
            Line::File(line) => serde_json::to_string(line),
            Line::Value(line) => serde_json::to_string(line),
            Line::Finding(line) => serde_json::to_string(line),
            Line::Tensor(line) => serde_json::to_string(line),
        };
        let _ = write!(into, "{}", text.unwrap_or_default());
    }
}

/// Files are sorted by path; within a file come values, sorted by name, then findings, then tensors.
#[derive(Default)]
struct Order {
    file: Option<String>,
    value: Option<String>,
    part: u8,
}

impl Order {
    fn takes(&mut self, line: &Line) -> bool {
        let part = match line {
            Line::File(line) => {
                let after = self.file.as_ref().is_none_or(|before| before.as_bytes() < line.file.as_bytes());
                *self = Order { file: Some(line.file.clone()), value: None, part: 0 };
                return after;
            }
            Line::Value(line) => {
                let after = self.value.as_ref().is_none_or(|before| before.as_bytes() < line.value.as_bytes());
                self.value = Some(line.value.clone());
                if !after {
                    return false;
                }
                1
            }
            Line::Finding(_) => 2,
            Line::Tensor(_) => 3,
        };
        let after = self.file.is_some() && part >= self.part;
        self.part = part;
        after
    }
}

fn too_large(bytes: u64) -> Box<Error> {
    Error::new(
        Code::TooLarge,
        format!("the table of contents has {bytes} bytes or more; the limit is {CONTENTS_LIMIT}"),
    )
    .hint("make several models of it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents() -> Contents {
        let tensor = |name: &str| TensorEntry {
            file: "model.gguf".into(),
            name: name.into(),
            dtype: "F32".into(),
            shape: vec![2, 3],
            bytes: 24,
            sha256: Some(Digest::of(name.as_bytes())),
            blake3: None,
        };
        let finding = KeptFinding {
            kind: "config-code".into(),
            value: "{{ x }}".into(),
            path: "tokenizer.chat_template".into(),
            opcode: None,
            offset: None,
        };
        let file = FileContents {
            path: "model.gguf".into(),
            other: Some(Digest::of(b"header")),
            values: vec![("a".into(), "1".into()), ("b\n".into(), "\"é\"".into())],
            findings: vec![finding],
            tensors: vec![
                tensor("w"),
                TensorEntry { sha256: None, ..tensor("v") },
                TensorEntry { sha256: None, blake3: Some(Blake3::from_bytes([7; 32])), ..tensor("u") },
            ],
        };
        let config =
            FileContents { path: "z.json".into(), values: vec![("x".into(), "3".into())], ..FileContents::default() };
        Contents { files: vec![file, config] }
    }

    #[test]
    fn what_is_printed_reads_back_and_is_counted() {
        let text = contents().print().unwrap();
        assert_eq!(text.lines().count(), 9, "{text}");
        assert!(text.contains(&format!(r#",24,"blake3:{}"]"#, "07".repeat(32))), "{text}");
        assert_eq!(Contents::parse(text.as_bytes()).unwrap(), contents());
        assert_eq!(Contents::check(text.as_bytes()).unwrap(), (3, 1));
        assert_eq!(Contents::check(b"").unwrap(), (0, 0));
    }

    #[test]
    fn only_what_is_printed_is_taken() {
        let text = contents().print().unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let join = |lines: &[&str]| lines.join("\n") + "\n";
        let mut swapped = lines.clone();
        swapped.swap(1, 2);
        let mut late = lines.clone();
        late.swap(3, 4);
        for wrong in [
            text.trim_end().to_owned(),
            text.replace("\"F32\",", "\"F32\", "),
            text.replace("\"is\":\"1\"", "\"is\":\"1\",\"more\":1"),
            join(&lines[1..]),
            join(&swapped),
            join(&late),
            join(&[lines[0], lines[0]]),
            text.replace("[2,3]", "[2.0,3]"),
            text.replace("blake3:07", "blake3:0"),
            text.replace("blake3:", "blake2:"),
            text.replace("\"blake3:", "\"sha256:"),
        ] {
            assert_eq!(Contents::parse(wrong.as_bytes()).unwrap_err().code, Code::BadRecord, "{wrong}");
        }
    }
}
