//! `pin lint`: manifests that name a model by something that moves.

use crate::registry::Pins;
use std::path::{Path, PathBuf};

use serde::Serialize;

use refmark_query::lint::{LintFinding, lint};
use refmark_store::fs::read::read_bounded;
use refmark_types::error::{Code, Error, Result};

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 1 << 20;
/// So many files are looked at.
const MAX_FILES: u64 = 100_000;
/// So many findings are listed.
const MAX_FINDINGS: usize = 1_000;
const ENDINGS: [&str; 12] =
    ["yaml", "yml", "json", "toml", "env", "ini", "cfg", "conf", "tf", "tfvars", "hcl", "properties"];

/// A finding and its file.
#[derive(Debug, Clone, Serialize)]
pub struct LintRow {
    /// The file.
    pub file: PathBuf,
    /// What was found in it.
    #[serde(flatten)]
    pub finding: LintFinding,
}

/// What `pin lint` found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LintAnswer {
    /// How many manifests were read.
    pub files: u64,
    /// What moves, by file and line.
    pub findings: Vec<LintRow>,
    /// Whether there was more than is listed or looked at.
    pub truncated: bool,
    /// Files that could not be read, and why.
    pub skipped: Vec<String>,
}

impl Pins<'_> {
    /// Looks for moving references to this registry's models in the manifests below a folder: YAML, JSON, TOML, env,
    /// Terraform and Dockerfiles, as far as `.gitignore` lets it. Links are not followed.
    pub fn lint_manifests(&self, folder: &Path) -> Result<LintAnswer> {
        let models = self.registry.view()?.facts()?.models()?;
        if !folder.exists() {
            return Err(Error::new(Code::NotFound, format!("{} is not there", folder.display())));
        }
        let mut answer = LintAnswer::default();
        let walk = ignore::WalkBuilder::new(folder)
            .hidden(false)
            .git_global(false)
            .follow_links(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .sort_by_file_path(|a, b| a.cmp(b))
            .build();
        let mut seen = 0;
        for entry in walk {
            self.registry.world.cancel.check()?;
            seen += 1;
            if seen > MAX_FILES || answer.findings.len() >= MAX_FINDINGS {
                answer.truncated = true;
                break;
            }
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    answer.skipped.push(error.to_string());
                    continue;
                }
            };
            if !entry.file_type().is_some_and(|kind| kind.is_file()) || !is_manifest(entry.path()) {
                continue;
            }
            if entry.metadata().is_ok_and(|found| found.len() > MAX_FILE) {
                answer.skipped.push(format!("{} is over {MAX_FILE} bytes", entry.path().display()));
                continue;
            }
            match read_bounded(entry.path(), MAX_FILE).map(|it| String::from_utf8(it.unwrap_or_default())) {
                Ok(Ok(text)) => {
                    answer.files += 1;
                    let row = |finding| LintRow { file: entry.path().to_owned(), finding };
                    answer.findings.extend(lint(&text, &models).into_iter().map(row));
                }
                Ok(Err(_)) => answer.skipped.push(format!("{} is not UTF-8", entry.path().display())),
                Err(error) => answer.skipped.push(format!("{}: {error}", entry.path().display())),
            }
        }
        answer.truncated |= answer.findings.len() > MAX_FINDINGS;
        answer.findings.truncate(MAX_FINDINGS);
        Ok(answer)
    }
}

fn is_manifest(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending).unwrap_or_default();
    name.starts_with("dockerfile")
        || name.starts_with("containerfile")
        || name.ends_with(".dockerfile")
        || name.starts_with(".env")
        || ENDINGS.contains(&ending)
}
