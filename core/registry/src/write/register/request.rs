//! A package as a person describes it: the options of the command, a line of a list, the arguments in Python.
//!
//! Every field of a registration is named here once, and each face hands over texts: what they mean is decided here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use refmark_records::manifest::{Contract, Lineage};
use refmark_store::fs::input::{document, read_json, read_text};
use refmark_types::canonical::{DOCUMENT_LIMIT, FreeJson, strict};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::{EntryId, ModelName, Release};
use refmark_types::reference::Reference;
use refmark_types::time::Timestamp;
use refmark_types::value::Value;
use serde::{Deserialize, Deserializer};

use super::Package;
use crate::{Registry, View};

/// A package as a person describes it, in texts that were not looked at yet. As JSON, the keys are the names of the command's
/// options, with `-` or `_`; what may be given more than once is one value or a list.
///
/// ```
/// use refmark_core::PackageRequest;
///
/// let line = r#"{"model": "sentiment", "path": "out/", "metrics": {"f1": 0.91}, "card": "README.md"}"#;
/// let request: PackageRequest = serde_json::from_str(line).unwrap();
/// assert_eq!((request.paths.len(), request.metrics["f1"]), (1, 0.91));
/// assert!(serde_json::from_str::<PackageRequest>(r#"{"model": "sentiment", "metrik": {}}"#).is_err());
/// ```
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PackageRequest {
    /// The model's name.
    pub model: String,
    /// Files and folders.
    #[serde(default, alias = "path", deserialize_with = "one_or_many")]
    pub paths: Vec<PathBuf>,
    /// Claimed metrics.
    #[serde(default, alias = "metric")]
    pub metrics: BTreeMap<String, f64>,
    /// Where it came from.
    #[serde(default)]
    pub lineage: LineageRequest,
    /// The model card, in Markdown.
    pub card: Option<Document>,
    /// The contract, in JSON.
    pub contract: Option<Document>,
    /// The evaluation card, in JSON.
    #[serde(alias = "evaluation_card")]
    pub evaluation_card: Option<Document>,
    /// Who answers for the model.
    pub owner: Option<String>,
    /// The artifact's type; a model where none is named.
    #[serde(rename = "type")]
    pub artifact_type: Option<String>,
    /// What it can do.
    #[serde(default, alias = "capability", deserialize_with = "one_or_many")]
    pub capabilities: Vec<String>,
    /// References to what it was made from.
    #[serde(default, alias = "parent", deserialize_with = "one_or_many")]
    pub parents: Vec<String>,
    /// Where the bytes came from.
    pub source: Option<String>,
    /// A name that the version carries for ever.
    pub release: Option<String>,
    /// What the version is.
    pub description: Option<String>,
    /// When another registry gave the number: RFC 3339.
    pub imported: Option<String>,
    /// Whether links out of a folder are followed.
    #[serde(default, alias = "follow_links")]
    pub follow_links: bool,
    /// Whether a package that lacks what its own files name is taken.
    #[serde(default, alias = "allow_incomplete")]
    pub allow_incomplete: bool,
    /// Patterns of files to leave out.
    #[serde(default, deserialize_with = "one_or_many")]
    pub ignore: Vec<String>,
    /// Files that are not here: path, SHA-256 in hex, size in bytes.
    #[serde(default)]
    pub absent: Vec<(String, String, u64)>,
    /// Where the files of `sha256_list` lie.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// More files that are not here, as `sha256sum` prints them.
    #[serde(alias = "sha256_list")]
    pub sha256_list: Option<PathBuf>,
}

/// A document: the file that holds it, or its text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Document {
    /// The file.
    File(PathBuf),
    /// What would stand in it.
    Text {
        /// The text.
        text: String,
    },
}

impl Document {
    fn text(&self) -> Result<String> {
        match self {
            Document::File(path) => read_text(path),
            Document::Text { text } => Ok(text.clone()),
        }
    }

    fn json<T: serde::de::DeserializeOwned>(&self, what: &str) -> Result<T> {
        match self {
            Document::File(path) => read_json(path, what),
            Document::Text { text } => document(text, what, Code::BadArgument),
        }
    }

    fn beside(&mut self, folder: &Path) {
        if let Document::File(path) = self {
            *path = folder.join(&*path);
        }
    }
}

/// Where a package came from: keys and values, or the JSON file that has them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum LineageRequest {
    /// Keys and texts, numbers, true or false.
    Keys(BTreeMap<String, Value>),
    /// The file.
    File(PathBuf),
}

impl Default for LineageRequest {
    fn default() -> Self {
        LineageRequest::Keys(BTreeMap::new())
    }
}

impl LineageRequest {
    /// Keys and values of a JSON file.
    pub fn read(path: &Path) -> Result<BTreeMap<String, Value>> {
        read_json(path, "the lineage")
    }

    fn lineage(&self) -> Result<Lineage> {
        let read;
        let keys = match self {
            LineageRequest::Keys(keys) => keys,
            LineageRequest::File(path) => {
                read = LineageRequest::read(path)?;
                &read
            }
        };
        let text = |(key, value): (&String, &Value)| match value {
            Value::String(text) => Ok((key.clone(), text.clone())),
            Value::Number(number) => Ok((key.clone(), number.to_string())),
            Value::Bool(flag) => Ok((key.clone(), flag.to_string())),
            _ => Err(Error::new(Code::BadArgument, format!("the lineage key {key} holds neither text nor number"))),
        };
        keys.iter().map(text).collect()
    }
}

impl PackageRequest {
    /// Reads a list, a JSON object a line; the files that its lines name lie beside it.
    ///
    /// # Errors
    /// `bad-argument` with the line's number, where a line is no package or the list has none.
    pub fn read_list(path: &Path) -> Result<Vec<PackageRequest>> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let text = read_text(path)?;
        let mut requests = Vec::new();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |why: &dyn std::fmt::Display| {
                Error::new(Code::BadArgument, format!("line {} of {}: {why}", at + 1, path.display()))
                    .hint(r#"write one object a line, such as {"model": "a", "paths": ["a/"], "metrics": {"f1": 0.9}}"#)
                    .field("line", at + 1)
            };
            strict(line.as_bytes(), DOCUMENT_LIMIT).map_err(|error| wrong(&error.message))?;
            let mut request: PackageRequest = serde_json::from_str(line).map_err(|error| wrong(&error))?;
            request.beside(folder);
            requests.push(request);
        }
        match requests.is_empty() {
            true => Err(Error::new(Code::BadArgument, format!("{} has no line", path.display()))),
            false => Ok(requests),
        }
    }

    /// The files that it names lie relative to this folder.
    fn beside(&mut self, folder: &Path) {
        for path in self.paths.iter_mut().chain(&mut self.sha256_list) {
            *path = folder.join(&*path);
        }
        for document in [&mut self.card, &mut self.contract, &mut self.evaluation_card].into_iter().flatten() {
            document.beside(folder);
        }
        if let LineageRequest::File(path) = &mut self.lineage {
            *path = folder.join(&*path);
        }
    }

    /// The package: names are parsed, documents read, parents looked up in the view. Its files are left where they are.
    ///
    /// # Errors
    /// `bad-name` and `bad-argument` where a text is not what its field takes, `not-found` for a parent that is nowhere.
    pub fn package(&self, registry: &Registry, view: &View<'_>) -> Result<Package> {
        let mut package = Package::new(ModelName::parse(&self.model)?, self.paths.clone())?;
        package.metrics = self.metrics.iter().map(|(name, value)| (name.clone(), *value)).collect();
        package.lineage = self.lineage.lineage()?;
        package.card = self.card.as_ref().map(Document::text).transpose()?;
        let contract = self.contract.as_ref();
        package.contract = contract.map(|given| given.json::<Contract>("the contract")).transpose()?;
        let card = self.evaluation_card.as_ref();
        package.evaluation_card = card.map(|given| given.json::<FreeJson>("the evaluation card")).transpose()?;
        package.owner = self.owner.clone();
        if let Some(kind) = &self.artifact_type {
            package.artifact_type = EntryId::parse(kind)?;
        }
        package.capabilities = self.capabilities.clone();
        for parent in &self.parents {
            package.parents.push(registry.read().side(view, &Reference::parse(parent)?)?.artifact);
        }
        package.source = self.source.clone().or_else(|| self.reference.clone());
        package.release = self.release.as_deref().map(Release::parse).transpose()?;
        package.description = self.description.clone();
        package.imported = self.imported.as_deref().map(Timestamp::parse_lenient).transpose()?;
        package.follow_links = self.follow_links;
        package.allow_incomplete = self.allow_incomplete;
        package.ignore = self.ignore.clone();
        for (path, sha256, size) in &self.absent {
            let sha256 = Digest::parse(sha256.strip_prefix("sha256:").unwrap_or(sha256))?;
            package.absent.push((path.clone(), sha256, *size));
        }
        if let Some(path) = &self.sha256_list {
            package.absent.extend(digest_list(path, &read_text(path)?)?);
        }
        Ok(package)
    }
}

/// One value, or a list of them.
fn one_or_many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany<T> {
        Many(Vec<T>),
        One(T),
    }
    Ok(match OneOrMany::deserialize(from)? {
        OneOrMany::Many(all) => all,
        OneOrMany::One(one) => vec![one],
    })
}

/// Files by their digests: `<sha256>  <path>` as `sha256sum` prints it, or `<sha256> <size> <path>`.
fn digest_list(list: &Path, text: &str) -> Result<Vec<(String, Digest, u64)>> {
    let mut files = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let error = || {
            Error::new(Code::BadArgument, format!("line {} of {} is no digest and path", at + 1, list.display()))
                .hint("write `<sha256>  <path>` as sha256sum prints it, or `<sha256> <size in bytes> <path>`")
        };
        let (digest, rest) = line.split_once(' ').ok_or_else(error)?;
        let digest = Digest::parse(digest).map_err(|_| error())?;
        let (size, path) = match rest.strip_prefix([' ', '*']) {
            Some(path) => (0, path),
            None => {
                let (size, path) = rest.split_once(' ').ok_or_else(error)?;
                (size.parse().map_err(|_| error())?, path.trim_start())
            }
        };
        files.push((path.trim_start_matches("./").to_owned(), digest, size));
    }
    if files.is_empty() {
        return Err(Error::new(Code::BadArgument, format!("{} lists no file", list.display())));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_digests_is_read_with_and_without_sizes() {
        let hex = "a".repeat(64);
        let text = format!("{hex}  ./a b.bin\n{hex} *c.bin\n\n{hex} 12 d.bin\n");
        let files = digest_list(Path::new("list"), &text).unwrap();
        let found: Vec<_> = files.iter().map(|(path, _, size)| (path.as_str(), *size)).collect();
        assert_eq!(found, [("a b.bin", 0), ("c.bin", 0), ("d.bin", 12)]);
        for wrong in ["", "abc  d", hex.as_str(), &format!("{hex} x d")] {
            assert!(digest_list(Path::new("list"), wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_line_of_a_list_takes_the_options_names_and_no_others() {
        let line = r#"{"model": "m", "path": "a", "metrics": {"f1": 1}, "lineage": {"run": 7}, "capability": "x"}"#;
        let request: PackageRequest = serde_json::from_str(line).unwrap();
        assert_eq!(request.lineage.lineage().unwrap().get("run").map(String::as_str), Some("7"));
        assert_eq!(request.paths.len(), 1);
        assert!(serde_json::from_str::<PackageRequest>(r#"{"model": "m", "metrik": {}}"#).is_err());
    }

    #[test]
    fn a_document_is_a_file_beside_the_list_or_a_text() {
        let line = r#"{"model": "m", "card": "README.md", "contract": {"text": "{}"}}"#;
        let mut request: PackageRequest = serde_json::from_str(line).unwrap();
        request.beside(Path::new("list"));
        assert!(matches!(&request.card, Some(Document::File(path)) if path == Path::new("list/README.md")));
        assert_eq!(request.contract.unwrap().text().unwrap(), "{}");
    }
}
