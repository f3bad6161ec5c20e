//! What a scan found in the files of an artifact, as it was kept when the artifact was registered.

use serde::Serialize;

use refmark_engine::state_reader::StateReader;
use refmark_records::contents::{Contents, KeptFinding};
use refmark_types::digest::ArtifactId;
use refmark_types::error::Result;

/// Something that the scan found in a file, as it was kept with the artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileFinding {
    /// The file.
    pub file: String,
    /// What was found.
    #[serde(flatten)]
    pub finding: KeptFinding,
}

impl FileFinding {
    /// Whether it is told to people who look for danger. That a pickle imports and calls what every pickle of its kind does is
    /// kept, and not told.
    pub fn is_told(&self) -> bool {
        !matches!(self.finding.kind.as_str(), "import" | "call")
    }

    /// It in a few words, without the file: `dangerous import os.system, GLOBAL at byte 2`.
    ///
    /// # Examples
    ///
    /// ```
    /// use refmark_query::findings::FileFinding;
    /// use refmark_records::contents::KeptFinding;
    ///
    /// let finding = KeptFinding {
    ///     kind: "config-code".to_owned(),
    ///     value: "modeling.Model".to_owned(),
    ///     path: "auto_map.AutoModel".to_owned(),
    ///     opcode: None,
    ///     offset: None,
    /// };
    /// let found = FileFinding { file: "config.json".to_owned(), finding };
    /// assert_eq!(found.in_words(), "auto_map.AutoModel names code: modeling.Model");
    /// ```
    pub fn in_words(&self) -> String {
        let KeptFinding { kind, value, path, opcode, offset } = &self.finding;
        // A setting is cut out of its file with that file's own spacing.
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        let place = if path.is_empty() { String::new() } else { format!(" in {path}") };
        let mut text = match kind.as_str() {
            "config-code" if path.is_empty() => format!("names code: {value}"),
            "config-code" => format!("{path} names code: {value}"),
            "problem" => format!("{value}{place}"),
            "pickle" if value.is_empty() => format!("a pickle{place}"),
            kind => format!("{} {value}{place}", kind.replace('-', " ")),
        };
        if let Some(opcode) = opcode {
            text.push_str(&format!(", {opcode}"));
        }
        if let Some(offset) = offset {
            text.push_str(&format!(" at byte {offset}"));
        }
        text
    }
}

/// All that the scan found in an artifact's files when it was registered. Costs the reading of the table of contents, where
/// that lists any.
///
/// # Errors
///
/// `bad-record` where the table of contents is none.
pub fn findings_of(reader: StateReader<'_>, artifact: &ArtifactId) -> Result<Vec<FileFinding>> {
    let listed =
        reader.manifest(artifact)?.and_then(|manifest| manifest.contents).is_some_and(|table| table.findings > 0);
    let contents = if listed { reader.contents(artifact)? } else { None };
    Ok(contents.iter().flat_map(kept_findings).collect())
}

pub(crate) fn kept_findings(contents: &Contents) -> impl Iterator<Item = FileFinding> {
    let finding = |file: &str, it: &KeptFinding| FileFinding { file: file.to_owned(), finding: it.clone() };
    contents.files.iter().flat_map(move |file| file.findings.iter().map(move |it| finding(&file.path, it)))
}
