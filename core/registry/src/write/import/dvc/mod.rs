//! `import dvc`: models that a Git repository keeps with DVC and names with GTO's tags: versions, and stages as aliases.
//!
//! The repository is read as it lies on the disk; files come out of Git or out of `.dvc/cache`, where `dvc fetch` brought them.

mod files;
mod tags;

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::Path;

use self::files::Place;
use self::tags::{GtoTag, Said};
use super::{ImportAnswer, open_repository, package_of, place_in};
use crate::registry::Writer;
use refmark_engine::plan::PromoteRequest;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::snapshot::{CommitInfo, History, Snapshot};
use refmark_store::fs::disk::io_error;
use refmark_store::git::{Repo, TagInfo};
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::{AliasName, ModelName};
use refmark_types::oid::Oid;
use refmark_types::package_path::PackagePath;

/// The largest file that Git itself holds of a model, in bytes.
const IN_GIT: u64 = 256 << 20;

/// What is taken from a repository.
#[derive(Debug, Clone, Default)]
pub struct DvcImport {
    /// Only these artifacts; all that GTO's tags, or else `dvc.yaml`, name.
    pub only: Vec<String>,
}

/// A version of an artifact: the commit, and the tag that gave it.
struct Tagged {
    artifact: String,
    release: Option<String>,
    commit: CommitInfo,
}

impl Writer<'_> {
    /// Brings over what a repository's GTO tags name, the oldest commit first; then each stage that a version has now becomes an
    /// alias. A repository without such tags gives the artifacts of `dvc.yaml` at its newest commit. Who tagged, and when,
    /// stand in the descriptions and reasons: claims. What cannot be had, or what the policy refuses, is named.
    ///
    /// # Errors
    ///
    /// `not-found` where there is no repository or nothing to take; those of registering that are not about one version.
    pub fn import_dvc(&self, repository: &Path, wanted: &DvcImport) -> Result<ImportAnswer> {
        let repo = open_repository(self.registry, repository)?;
        let mut answer = ImportAnswer::default();
        let (versions, stages) = said(&repo, wanted)?;
        if versions.is_empty() {
            return Err(Error::new(Code::NotFound, format!("{} names no such artifact", repository.display()))
                .hint("artifacts are named by tags such as NAME@v1.0.0, or in `artifacts:` of dvc.yaml"));
        }
        let mut brought: BTreeMap<(String, Oid), (ModelName, u64)> = BTreeMap::new();
        for tagged in &versions {
            self.registry.world().cancel.check()?;
            let before = answer.versions.len();
            self.import_tagged(&repo, repository, tagged, &mut answer)?;
            if let Some(done) = answer.versions.get(before) {
                brought.insert((tagged.artifact.clone(), tagged.commit.id), (done.model.clone(), done.version));
            }
        }
        for ((artifact, stage), tag) in stages {
            let what = format!("{artifact}#{stage}");
            match brought.get(&(artifact, tag.commit)) {
                Some((model, version)) => self.give_alias(&what, (model, &stage, *version), &tag, &mut answer)?,
                None => answer.leave_out(what, "it is of a version that was not brought over"),
            }
        }
        Ok(answer)
    }

    fn import_tagged(&self, repo: &Repo, repository: &Path, tagged: &Tagged, answer: &mut ImportAnswer) -> Result<()> {
        let commit = &tagged.commit;
        let name = super::name_of(repository)?;
        let source = format!("dvc:{name}/{}@{}", tagged.artifact, commit.id);
        let model = match ModelName::parse(&tagged.artifact.replace(['/', '='], ".")) {
            Ok(model) => model,
            Err(error) => {
                answer.leave_out(source, error.message);
                return Ok(());
            }
        };
        let building = super::building(self.registry)?;
        let snapshot = repo.snapshot(commit.id)?;
        if let Err(reason) = lay_out(&*snapshot, repo.git_dir(), &tagged.artifact, &building.path)? {
            answer.leave_out(source, reason);
            return Ok(());
        }
        let at = tagged.release.as_deref().unwrap_or("the newest commit");
        let what = format!("{at} of {} in {name}", tagged.artifact);
        let package = package_of(model, &building.path, commit, tagged.release.as_deref(), &what, source)?;
        self.bring(&package, answer)
    }

    /// Moves an alias to the version that has its stage, unless it is there already.
    fn give_alias(
        &self,
        what: &str,
        (model, stage, version): (&ModelName, &str, u64),
        tag: &TagInfo,
        answer: &mut ImportAnswer,
    ) -> Result<()> {
        let alias = match AliasName::parse(stage) {
            Ok(alias) => alias,
            Err(error) => {
                answer.leave_out(what, error.message);
                return Ok(());
            }
        };
        let view = self.registry.view()?;
        let now = view.facts()?.alias(model, &alias)?.and_then(|moved| moved.to);
        if now.is_some_and(|to| to.version == version) {
            return Ok(());
        }
        let reason = format!("GTO's tag {} by {} on {}", tag.name, tag.by, tag.time);
        let request =
            PromoteRequest { model: model.clone(), alias, version, reason, expect: None, evidence: Vec::new() };
        match self.promote(&request) {
            Ok(_) => Ok(()),
            Err(error) if super::is_its_own(error.code) || error.code == Code::NotTrusted => {
                answer.leave_out(what, error.message);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

type Stages = BTreeMap<(String, String), TagInfo>;

/// What GTO's tags say: the versions, oldest commit first, and which commit has each stage now.
fn said(repo: &Repo, wanted: &DvcImport) -> Result<(Vec<Tagged>, Stages)> {
    let is_wanted = |name: &str| wanted.only.is_empty() || wanted.only.iter().any(|only| only == name);
    let (mut versions, mut stages) = (Vec::new(), Vec::new());
    for name in repo.tags()? {
        let Some(tag) = GtoTag::parse(&name).filter(|tag| is_wanted(&tag.artifact)) else { continue };
        let info = repo.tag(&name)?;
        match tag.said {
            Said::Version(release) => {
                let commit = repo.commit(info.commit)?;
                versions.push(Tagged { artifact: tag.artifact, release: Some(release), commit });
            }
            Said::Stage(stage, has) => stages.push(((tag.number, info.time), tag.artifact, stage, has, info)),
        }
    }
    versions.sort_by(|a, b| (a.commit.time, &a.artifact, &a.release).cmp(&(b.commit.time, &b.artifact, &b.release)));
    stages.sort_by_key(|stage| stage.0);
    let mut now = Stages::new();
    for (_, artifact, stage, has, info) in stages {
        match has {
            true => drop(now.insert((artifact, stage), info)),
            false => drop(now.remove(&(artifact, stage))),
        }
    }
    if versions.is_empty()
        && let Some(branch) = repo.head_branch()?
        && let Some(head) = repo.head(&branch)?
    {
        let commit = repo.commit(head)?;
        for (artifact, _) in files::artifacts(&*repo.snapshot(head)?, "")? {
            if is_wanted(&artifact) {
                versions.push(Tagged { artifact, release: None, commit: commit.clone() });
            }
        }
    }
    Ok((versions, now))
}

/// Lays an artifact's files out in a folder, those of the cache as links; the reason, where one cannot be had.
fn lay_out(
    snapshot: &dyn Snapshot,
    git_dir: &Path,
    artifact: &str,
    into: &Path,
) -> Result<std::result::Result<(), String>> {
    // `folder=name` is an artifact of the dvc.yaml in that folder.
    let (folder, name) = artifact.rsplit_once('=').unwrap_or(("", artifact));
    let named = files::artifacts(snapshot, folder)?.into_iter().find(|(known, _)| known == name);
    let path = named.map_or_else(|| name.to_owned(), |(_, path)| path);
    let found = match files::files(snapshot, git_dir, &path)? {
        Ok(found) => found,
        Err(reason) => return Ok(Err(reason)),
    };
    let own = path.rsplit('/').next().unwrap_or(&path);
    for (inside, place) in &found {
        let inside = if inside.is_empty() { own } else { inside };
        let Ok(inside) = PackagePath::parse(inside) else {
            return Ok(Err(format!("{} has a name that no package can hold", inside.escape_debug())));
        };
        if let Err(reason) = lay_file(snapshot, git_dir, (&inside, place), into)? {
            return Ok(Err(reason));
        }
    }
    Ok(Ok(()))
}

fn lay_file(
    snapshot: &dyn Snapshot,
    git_dir: &Path,
    (inside, place): (&PackagePath, &Place),
    into: &Path,
) -> Result<std::result::Result<(), String>> {
    let target = place_in(into, inside)?;
    match place {
        Place::Git(oid) => {
            let bytes = snapshot.load(*oid, IN_GIT)?;
            std::fs::write(&target, &bytes).map_err(|error| io_error("write", &target, &error))?;
        }
        Place::Cache(sum) => {
            let Some(object) = files::place(git_dir, &sum.hex) else {
                return Ok(Err(format!("{inside} is not in the cache: `dvc fetch` brings it")));
            };
            if !files::is_sound(&object, sum)? {
                return Ok(Err(format!("{inside} is damaged: the cache's file does not have the MD5 that names it")));
            }
            symlink(&object, &target).map_err(|error| io_error("link", &target, &error))?;
        }
    }
    Ok(Ok(()))
}
