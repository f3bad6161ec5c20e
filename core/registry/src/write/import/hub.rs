//! `import hf`: models from the cache that the Hugging Face Hub's own tools keep.
//!
//! ```text
//! models--<owner>--<name>/refs/<ref>                  the commit that a branch or tag was when it was asked for
//! models--<owner>--<name>/snapshots/<commit>/<file>   links to
//! models--<owner>--<name>/blobs/<id>                  the bytes: named by SHA-256 (large files) or by Git's blob id
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::ImportAnswer;
use crate::registry::Writer;
use crate::write::register::Package;
use refmark_engine::ports::Silent;
use refmark_store::blob::{Work, digest_of_file};
use refmark_store::fs::read::{names, read_bounded, read_text_bounded};
use refmark_store::git::blob_id;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::ModelName;

/// The largest file that the Hub keeps in Git itself is 10 MB.
const IN_GIT: u64 = 16 << 20;
/// The largest model card that is taken, in bytes.
const CARD: u64 = 1 << 20;

/// What is taken from a cache.
#[derive(Debug, Clone, Default)]
pub struct HubImport {
    /// The repositories, as `owner/name`; all where none is named.
    pub only: Vec<String>,
    /// The model that the one repository becomes; `owner.name` where none is given.
    pub model: Option<ModelName>,
}

struct Snapshot {
    folder: PathBuf,
    commit: String,
    since: std::time::SystemTime,
}

impl Writer<'_> {
    /// Brings the models of a Hub cache over: each snapshot is a version, the oldest first, with `hf://owner/name@commit` as its
    /// source. Every file is checked against the id that the Hub gave it; a snapshot with a wrong file is left out and named.
    ///
    /// Errors: `not-found` where the folder is no such cache, or lacks a repository that was named; those of registering that
    /// are not about one version.
    pub fn import_hub(&self, cache: &Path, wanted: &HubImport) -> Result<ImportAnswer> {
        let mut repositories = BTreeMap::new();
        for folder in [cache.to_owned(), cache.join("hub")] {
            for (name, entry) in names(&folder)? {
                if let Some(repository) = name.strip_prefix("models--") {
                    repositories.entry(repository.replace("--", "/")).or_insert(entry.path());
                }
            }
        }
        if repositories.is_empty() {
            return Err(Error::new(Code::NotFound, format!("{} holds no model of the Hub", cache.display()))
                .hint("name the folder with models--OWNER--NAME in it, such as ~/.cache/huggingface/hub")
                .at(cache.display().to_string()));
        }
        if let Some(missing) = wanted.only.iter().find(|name| !repositories.contains_key(*name)) {
            return Err(Error::new(Code::NotFound, format!("{missing} is not in {}", cache.display()))
                .hint(format!("bring it there first: hf download {missing}")));
        }
        repositories.retain(|name, _| wanted.only.is_empty() || wanted.only.contains(name));
        if wanted.model.is_some() && repositories.len() != 1 {
            return Err(Error::new(Code::BadArgument, "one model was named for several repositories")
                .hint("name the one repository"));
        }
        let mut answer = ImportAnswer::default();
        for (name, folder) in &repositories {
            self.import_repository(name, folder, wanted.model.as_ref(), &mut answer)?;
        }
        Ok(answer)
    }

    fn import_repository(
        &self,
        name: &str,
        folder: &Path,
        model: Option<&ModelName>,
        answer: &mut ImportAnswer,
    ) -> Result<()> {
        let model = match model.cloned().map_or_else(|| ModelName::parse(&name.replace('/', ".")), Ok) {
            Ok(model) => model,
            Err(error) => {
                answer.leave_out(format!("hf://{name}"), error.message);
                return Ok(());
            }
        };
        let named = refs(&folder.join("refs"))?;
        for snapshot in snapshots(folder)? {
            self.registry.world().cancel.check()?;
            let source = format!("hf://{name}@{}", snapshot.commit);
            match self.checked(folder, &snapshot.folder)? {
                Err(reason) => answer.leave_out(source, reason),
                Ok(()) => {
                    let mut package = Package::new(model.clone(), vec![snapshot.folder.clone()])?;
                    package.follow_links = true;
                    package.card = card(&snapshot.folder)?;
                    let known: Vec<&str> = named.get(&snapshot.commit).into_iter().flatten().map(|it| &**it).collect();
                    let known = if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) };
                    package.description = Some(format!("{name} at the Hub, revision {}{known}", snapshot.commit));
                    package.source = Some(source);
                    self.bring(&package, answer)?;
                }
            }
        }
        Ok(())
    }

    /// Whether each file of a snapshot is what the Hub named it; the reason, where one is not.
    fn checked(&self, repository: &Path, snapshot: &Path) -> Result<std::result::Result<(), String>> {
        let work = Work { progress: &Silent, cancel: &self.registry.world().cancel };
        let Ok(blobs) = std::fs::canonicalize(repository.join("blobs")) else { return Ok(Ok(())) };
        let mut folders = vec![snapshot.to_owned()];
        while let Some(folder) = folders.pop() {
            for (name, entry) in names(&folder)? {
                let path = entry.path();
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() {
                    folders.push(path);
                    continue;
                }
                if !kind.is_symlink() {
                    continue;
                }
                let Ok(target) = std::fs::canonicalize(&path) else {
                    return Ok(Err(format!("{name} is not downloaded: its link leads nowhere")));
                };
                if target.parent() != Some(&*blobs) {
                    return Ok(Err(format!("{name} is a link out of the cache, to {}", target.display())));
                }
                let id = target.file_name().and_then(|id| id.to_str()).unwrap_or_default();
                let found = match id.len() {
                    64 => digest_of_file(&target, work)?.hex(),
                    40 => match read_bounded(&target, IN_GIT)? {
                        Some(bytes) => blob_id(&bytes)?.to_string(),
                        None => return Ok(Err(format!("{name} is not downloaded"))),
                    },
                    _ => return Ok(Err(format!("{name} is named by an id of no known kind, {}", id.escape_debug()))),
                };
                if found != id {
                    return Ok(Err(format!(
                        "{name} is damaged: the Hub names its bytes {id}, and they hash to {found}"
                    )));
                }
            }
        }
        Ok(Ok(()))
    }
}

/// The names of each commit.
fn refs(folder: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, entry) in names(folder)? {
        if entry.path().is_file()
            && let Some(text) = read_text_bounded(&entry.path(), 1024)?
        {
            found.entry(text.trim().to_owned()).or_default().push(name);
        }
    }
    Ok(found)
}

/// The snapshots, in the order in which they came.
fn snapshots(repository: &Path) -> Result<Vec<Snapshot>> {
    let mut found = Vec::new();
    for (commit, entry) in names(&repository.join("snapshots"))? {
        let folder = entry.path();
        if let Ok(about) = std::fs::metadata(&folder)
            && about.is_dir()
            && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            let since = about.modified().unwrap_or(std::time::UNIX_EPOCH);
            found.push(Snapshot { folder, commit, since });
        }
    }
    found.sort_by(|a, b| (a.since, &a.commit).cmp(&(b.since, &b.commit)));
    Ok(found)
}

fn card(snapshot: &Path) -> Result<Option<String>> {
    let path = snapshot.join("README.md");
    match std::fs::metadata(&path) {
        Ok(about) if about.is_file() && about.len() <= CARD => {
            let bytes =
                std::fs::read(&path).map_err(|error| refmark_store::fs::disk::io_error("read", &path, &error))?;
            Ok(String::from_utf8(bytes).ok().filter(|text| !text.trim().is_empty()))
        }
        _ => Ok(None),
    }
}
