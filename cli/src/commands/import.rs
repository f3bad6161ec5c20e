//! `import`: brings over what other tools keep. MLflow reads its own registries best, so its importer is the Python package's.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::{Command, Stdio};

use refmark_core::store::fs::child::wait;
use refmark_core::types::error::{Code, Error};
use refmark_core::types::name::ModelName;
use refmark_core::types::package_path::PackagePath;
use refmark_core::{DvcImport, HubImport, ImportAnswer, LfsImport};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::propose;
use crate::answer::{Render, Reply, reply};
use crate::app::App;
use crate::args::tools::{ImportAction, ImportArgs};
use crate::render::{Page, doubtful, safe, warning};
use refmark_core::types::text::counted;

/// What was brought over, as the Python package says it.
#[derive(Serialize, Deserialize)]
pub struct Imported {
    /// How many models.
    models: u64,
    /// How many versions.
    versions: u64,
    /// The versions whose files could not be read.
    without_files: Vec<String>,
    /// How many numbers were given up before, and stay empty.
    gaps: u64,
    /// Names that cannot stand here as they were there, each with its name here.
    #[serde(default)]
    renamed: BTreeMap<String, String>,
}

impl Render for Imported {
    fn render(&self, page: &mut Page) {
        page.line(format!("brought {} models and {} versions over", self.models, self.versions));
        for (there, here) in &self.renamed {
            page.line(format!("{} cannot be a name here, and is {}", safe(there), safe(here)));
        }
        for version in &self.without_files {
            page.line(format!("without its files, which could not be read: {version}"));
        }
    }
}

impl Render for ImportAnswer {
    fn render(&self, page: &mut Page) {
        let here = self.versions.len() as u64 - self.created;
        page.line(format!("brought {} over; {here} were here already", counted(self.created as usize, "version")));
        for it in self.versions.iter().filter(|it| it.created) {
            page.line(format!("  {}/{}  {}", it.model, it.version, safe(&it.source)));
        }
        for it in &self.left_out {
            page.line(format!("{} {}: {}", doubtful("left out:"), safe(&it.source), safe(&it.reason)));
        }
        self.warnings.iter().for_each(|said| page.line(warning(said)));
    }

    fn status(&self) -> u8 {
        u8::from(!self.left_out.is_empty())
    }
}

/// Runs the command.
pub fn run(app: &App, args: &ImportArgs) -> Reply {
    match &args.action {
        ImportAction::Mlflow { location } => mlflow(app, location),
        ImportAction::Dvc { repository, only } => {
            let registry = app.registry()?;
            let signer = app.signer(&registry)?;
            reply(registry.write(&*signer).import_dvc(repository, &DvcImport { only: only.clone() })?)
        }
        ImportAction::GitLfs { repository, model, folder, tags, proposal } => {
            let folder = folder.as_deref().map(|text| PackagePath::parse(text.trim_end_matches('/'))).transpose()?;
            let wanted = LfsImport { model: ModelName::parse(model)?, folder, tags: tags.clone() };
            let registry = app.registry()?;
            propose::change(app, &registry, proposal, |writer| reply(writer.import_git_lfs(repository, &wanted)?))
        }
        ImportAction::Hf { cache, only, model, proposal } => {
            let model = model.as_deref().map(ModelName::parse).transpose()?;
            let wanted = HubImport { only: only.clone(), model };
            let registry = app.registry()?;
            propose::change(app, &registry, proposal, |writer| reply(writer.import_hub(cache, &wanted)?))
        }
    }
}

fn mlflow(app: &App, location: &str) -> Reply {
    let registry = app.registry()?;
    let python = std::env::var_os("REFMARK_PYTHON").unwrap_or_else(|| OsString::from("python3"));
    let mut command = Command::new(&python);
    command.args(["-m", "refmark", "import", "mlflow", "--json", "-R"]).arg(registry.path()).arg("--").arg(location);
    let globals = app.globals();
    command.envs(globals.key.as_ref().map(|key| ("REFMARK_KEY", key)));
    command.envs(globals.trust_root.as_ref().map(|root| ("REFMARK_TRUST_ROOT", root)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(|error| missing(&python, &error.to_string()))?;
    let done = wait(child, Vec::new(), app.cancel())?.output;
    if !done.status.success() {
        return Err(told(&done.stdout).unwrap_or_else(|| missing(&python, last_line(&done.stderr).trim())));
    }
    let imported: Imported = serde_json::from_slice(&done.stdout)
        .map_err(|error| missing(&python, &format!("its answer cannot be read: {error}")))?;
    reply(imported)
}

/// The error that the Python package reports.
fn told(said: &[u8]) -> Option<Box<Error>> {
    let said: Value = serde_json::from_slice(said).ok()?;
    let text = |key: &str| said["error"][key].as_str();
    let error = Error::new(Code::parse(text("code")?)?, text("message")?);
    Some(match text("hint") {
        Some(hint) => error.hint(hint.to_owned()),
        None => error,
    })
}

fn last_line(said: &[u8]) -> Cow<'_, str> {
    let last = said.trim_ascii_end().rsplit(|byte| *byte == b'\n').next();
    String::from_utf8_lossy(last.unwrap_or_default())
}

fn missing(python: &OsString, why: &str) -> Box<Error> {
    let python = python.to_string_lossy();
    Error::new(Code::Unsupported, format!("{python} could not import: {why}"))
        .hint("pip install 'refmark[mlflow]'; REFMARK_PYTHON names the Python that has it")
}
