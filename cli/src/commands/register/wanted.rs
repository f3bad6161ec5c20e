//! A package as people describe it, on the command line or in a line of a list.

use std::path::{Path, PathBuf};

use refmark_core::records::manifest::{Contract, Lineage};
use refmark_core::types::canonical::FreeJson;
use refmark_core::types::digest::Digest;
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::{EntryId, ModelName, Release};
use refmark_core::types::reference::Reference;
use refmark_core::{Package, Registry, View};
use serde::Deserialize;
use std::collections::BTreeMap;

use super::super::attach::number;
use super::super::values::{pair, read_json, read_text};
use crate::args::versions::RegisterArgs;

/// A package as people describe it. The keys of a list's lines are the options' names.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Wanted {
    model: String,
    #[serde(default, alias = "path")]
    paths: OneOrMany<PathBuf>,
    #[serde(default, alias = "metric")]
    metrics: BTreeMap<String, f64>,
    #[serde(default)]
    lineage: LineageOrFile,
    card: Option<PathBuf>,
    contract: Option<PathBuf>,
    #[serde(alias = "evaluation_card")]
    evaluation_card: Option<PathBuf>,
    owner: Option<String>,
    #[serde(rename = "type")]
    artifact_type: Option<String>,
    #[serde(default, alias = "capability")]
    capabilities: OneOrMany<String>,
    #[serde(default, alias = "parent")]
    parents: OneOrMany<String>,
    source: Option<String>,
    release: Option<String>,
    description: Option<String>,
    #[serde(default, alias = "follow_links")]
    follow_links: bool,
    #[serde(default, alias = "allow_incomplete")]
    allow_incomplete: bool,
    #[serde(default)]
    ignore: OneOrMany<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    #[serde(alias = "sha256_list")]
    sha256_list: Option<PathBuf>,
}

/// One value, or a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        OneOrMany::Many(Vec::new())
    }
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            OneOrMany::Many(all) => all,
            OneOrMany::One(one) => std::slice::from_ref(one),
        }
    }
}

/// Where a package came from: keys and values, or the file that has them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum LineageOrFile {
    Keys(BTreeMap<String, serde_json::Value>),
    File(PathBuf),
}

impl Default for LineageOrFile {
    fn default() -> Self {
        LineageOrFile::Keys(BTreeMap::new())
    }
}

impl Wanted {
    /// What the command line describes.
    pub fn of(args: &RegisterArgs) -> Result<Wanted> {
        let mut metrics = BTreeMap::new();
        for text in &args.metrics {
            let (name, value) = pair(text, "a metric")?;
            let number = number(name, value)?;
            metrics.insert(name.to_owned(), number);
        }
        let mut lineage = BTreeMap::new();
        for text in &args.lineage {
            match text.split_once('=') {
                Some((key, value)) => drop(lineage.insert(key.to_owned(), serde_json::Value::from(value))),
                None => lineage.extend(read_json::<BTreeMap<String, serde_json::Value>>(
                    Path::new(text),
                    "a JSON object of keys and values",
                )?),
            }
        }
        Ok(Wanted {
            model: args.model.clone().unwrap_or_default(),
            paths: OneOrMany::Many(args.paths.clone()),
            metrics,
            lineage: LineageOrFile::Keys(lineage),
            card: args.card.clone(),
            contract: args.contract.clone(),
            evaluation_card: args.evaluation_card.clone(),
            owner: args.owner.clone(),
            artifact_type: Some(args.artifact_type.clone()),
            capabilities: OneOrMany::Many(args.capabilities.clone()),
            parents: OneOrMany::Many(args.parents.clone()),
            source: args.source.clone(),
            release: args.release.clone(),
            description: args.description.clone(),
            follow_links: args.follow_links,
            allow_incomplete: args.allow_incomplete,
            ignore: OneOrMany::Many(args.ignore.clone()),
            reference: args.reference.clone(),
            sha256_list: args.sha256_list.clone(),
        })
    }

    /// The files that it names lie relative to this folder.
    pub fn beside(mut self, folder: &Path) -> Wanted {
        let place = |path: &PathBuf| folder.join(path);
        self.paths = OneOrMany::Many(self.paths.as_slice().iter().map(place).collect());
        for file in [&mut self.card, &mut self.contract, &mut self.evaluation_card, &mut self.sha256_list] {
            *file = file.as_ref().map(place);
        }
        if let LineageOrFile::File(path) = &self.lineage {
            self.lineage = LineageOrFile::File(place(path));
        }
        self
    }

    /// The package, with its files read but for the weights.
    pub fn package(&self, registry: &Registry, view: &View<'_>) -> Result<Package> {
        let mut package = Package::new(ModelName::parse(&self.model)?, self.paths.as_slice().to_vec())?;
        package.metrics = self.metrics.iter().map(|(name, value)| (name.clone(), *value)).collect();
        package.lineage = self.lineage()?;
        package.card = self.card.as_deref().map(read_text).transpose()?;
        package.contract =
            self.contract.as_deref().map(|path| read_json::<Contract>(path, "a contract")).transpose()?;
        let card = self.evaluation_card.as_deref();
        package.evaluation_card = card.map(|path| read_json::<FreeJson>(path, "JSON")).transpose()?;
        package.owner = self.owner.clone();
        if let Some(kind) = &self.artifact_type {
            package.artifact_type = EntryId::parse(kind)?;
        }
        package.capabilities = self.capabilities.as_slice().to_vec();
        for parent in self.parents.as_slice() {
            package.parents.push(registry.read().side(view, &Reference::parse(parent)?)?.artifact);
        }
        package.source = self.source.clone().or_else(|| self.reference.clone());
        package.release = self.release.as_deref().map(Release::parse).transpose()?;
        package.description = self.description.clone();
        package.follow_links = self.follow_links;
        package.allow_incomplete = self.allow_incomplete;
        package.ignore = self.ignore.as_slice().to_vec();
        if let Some(path) = &self.sha256_list {
            package.absent = absent(path, &read_text(path)?)?;
        }
        Ok(package)
    }

    fn lineage(&self) -> Result<Lineage> {
        let read;
        let keys = match &self.lineage {
            LineageOrFile::Keys(keys) => keys,
            LineageOrFile::File(path) => {
                read = read_json(path, "a JSON object of keys and values")?;
                &read
            }
        };
        let text = |(key, value): (&String, &serde_json::Value)| match value {
            serde_json::Value::String(text) => Ok((key.clone(), text.clone())),
            serde_json::Value::Number(number) => Ok((key.clone(), number.to_string())),
            serde_json::Value::Bool(flag) => Ok((key.clone(), flag.to_string())),
            _ => Err(Error::new(Code::BadArgument, format!("the lineage key {key} holds neither text nor number"))),
        };
        keys.iter().map(text).collect()
    }
}

/// Files by their digests: `<sha256>  <path>` as `sha256sum` prints it, or `<sha256> <size> <path>`.
fn absent(list: &Path, text: &str) -> Result<Vec<(String, Digest, u64)>> {
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
        let files = absent(Path::new("list"), &text).unwrap();
        let found: Vec<_> = files.iter().map(|(path, _, size)| (path.as_str(), *size)).collect();
        assert_eq!(found, [("a b.bin", 0), ("c.bin", 0), ("d.bin", 12)]);
        for wrong in ["", "abc  d", hex.as_str(), &format!("{hex} x d")] {
            assert!(absent(Path::new("list"), wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_line_of_a_list_takes_the_options_names_and_no_others() {
        let line = r#"{"model": "m", "path": "a", "metrics": {"f1": 1}, "lineage": {"run": 7}, "capability": "x"}"#;
        let wanted: Wanted = serde_json::from_str(line).unwrap();
        assert_eq!(wanted.lineage().unwrap().get("run").map(String::as_str), Some("7"));
        assert_eq!(wanted.paths.as_slice().len(), 1);
        assert!(serde_json::from_str::<Wanted>(r#"{"model": "m", "metrik": {}}"#).is_err());
    }
}
