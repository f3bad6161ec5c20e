//! `import git-lfs`: models that a Git repository keeps with Git LFS. Each tag becomes a version.
//!
//! The repository is read as it lies on the disk: pointers at the tag's commit name objects by SHA-256, and these are in
//! `lfs/objects/<xx>/<yy>/<sha256>` where `git lfs fetch` brought them.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{ImportAnswer, building, is_file, name_of, open_repository, package_of, place_in};
use crate::registry::Writer;
use refmark_engine::ports::Silent;
use refmark_engine::snapshot::{CommitInfo, History};
use refmark_store::blob::{Work, digest_of_file};
use refmark_store::fs::disk::io_error;
use refmark_store::git::Repo;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::ModelName;
use refmark_types::oid::Oid;
use refmark_types::package_path::PackagePath;

/// The largest pointer, by Git LFS's specification.
const POINTER: usize = 1024;
/// The largest file that Git itself holds of a model, in bytes.
const IN_GIT: u64 = 256 << 20;

/// What is taken from a repository.
#[derive(Debug, Clone)]
pub struct LfsImport {
    /// The model that it becomes.
    pub model: ModelName,
    /// The folder in the repository, with `/` between its parts; the whole repository where none is named.
    pub folder: Option<PackagePath>,
    /// Only these tags; all where none is named, the branch's newest commit where the repository has none.
    pub tags: Vec<String>,
}

/// A commit that becomes a version.
struct Tagged {
    tag: Option<String>,
    commit: CommitInfo,
}

impl Writer<'_> {
    /// Brings over what a repository holds at each tag, the oldest commit first: one version a tag, with the tag as its release,
    /// the commit as lineage, and the commit's time as a claim. An object that is not here, or does not have the digest
    /// that its pointer says, leaves the tag out and is named.
    ///
    /// # Errors
    ///
    /// `not-found` where a tag that was named is not there; those of opening the repository; those of registering that are
    /// not about one version.
    pub fn import_git_lfs(&self, repository: &Path, wanted: &LfsImport) -> Result<ImportAnswer> {
        let repo = open_repository(self.registry, repository)?;
        let mut answer = ImportAnswer::default();
        for tagged in tagged(&repo, &wanted.tags)? {
            self.registry.world().cancel.check()?;
            self.import_commit(&repo, repository, wanted, &tagged, &mut answer)?;
        }
        Ok(answer)
    }

    fn import_commit(
        &self,
        repo: &Repo,
        repository: &Path,
        wanted: &LfsImport,
        tagged: &Tagged,
        answer: &mut ImportAnswer,
    ) -> Result<()> {
        let (commit, folder) = (&tagged.commit, wanted.folder.as_ref().map(PackagePath::as_str).unwrap_or_default());
        let name = name_of(repository)?;
        let source = format!("git-lfs:{name}/{folder}@{}", commit.id);
        let building = building(self.registry)?;
        if let Err(reason) = self.lay_out(repo, commit.id, folder, &building.path)? {
            answer.leave_out(source, reason);
            return Ok(());
        }
        let at = tagged.tag.as_ref().map_or_else(|| "the newest commit".to_owned(), |tag| format!("tag {tag}"));
        let what = format!("{at} of {name}");
        let package = package_of(wanted.model.clone(), &building.path, commit, tagged.tag.as_deref(), &what, source)?;
        self.bring(&package, answer)
    }

    /// Lays a commit's files out in a folder, large ones as links to their objects; the reason, where one cannot be had.
    fn lay_out(&self, repo: &Repo, commit: Oid, folder: &str, into: &Path) -> Result<std::result::Result<(), String>> {
        let work = Work { progress: &Silent, cancel: &self.registry.world().cancel };
        let snapshot = repo.snapshot(commit)?;
        let mut found = 0;
        for change in repo.between(None, commit)? {
            let inside = match folder {
                "" => Some(change.path.as_str()),
                folder => change.path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')),
            };
            let (Some(inside), Some((mode, oid))) = (inside, change.new) else { continue };
            if !is_file(mode) {
                return Ok(Err(format!("{} is a link or a submodule", change.path.escape_debug())));
            }
            let Ok(path) = PackagePath::parse(inside) else {
                return Ok(Err(format!("{} has a name that no package can hold", change.path.escape_debug())));
            };
            let bytes = snapshot.load(oid, IN_GIT)?;
            let target = place_in(into, &path)?;
            found += 1;
            let Some(pointer) = Pointer::parse(&bytes) else {
                std::fs::write(&target, &bytes).map_err(|error| io_error("write", &target, &error))?;
                continue;
            };
            let object = pointer.place(repo.git_dir());
            match std::fs::metadata(&object) {
                Err(_) => {
                    return Ok(Err(format!("{inside} is not here: `git lfs fetch --all` in the repository brings it")));
                }
                Ok(about) if about.len() == pointer.size && digest_of_file(&object, work)? == pointer.sha256 => {}
                Ok(_) => return Ok(Err(format!("{inside} is damaged: its object does not have the pointer's digest"))),
            }
            symlink(&object, &target).map_err(|error| io_error("link", &target, &error))?;
        }
        Ok(if found == 0 { Err("it holds no file there".to_owned()) } else { Ok(()) })
    }
}

/// The tags that were named, else all, by the times of their commits; the newest commit where there is none.
fn tagged(repo: &Repo, only: &[String]) -> Result<Vec<Tagged>> {
    let names = if only.is_empty() { repo.tags()? } else { only.to_vec() };
    let mut found = Vec::new();
    for tag in names {
        match repo.tag(&tag) {
            Ok(info) => found.push(Tagged { commit: repo.commit(info.commit)?, tag: Some(tag) }),
            // A tag of a tree or a blob is nobody's version; one that was asked for by name is told.
            Err(error) if error.code == Code::BadArgument && only.is_empty() => {}
            Err(error) => return Err(error),
        }
    }
    found.sort_by(|a, b| (a.commit.time, &a.tag).cmp(&(b.commit.time, &b.tag)));
    if found.is_empty() {
        let branch =
            repo.head_branch()?.ok_or_else(|| Error::new(Code::NotFound, "the repository has no tag and no branch"))?;
        let head = refmark_engine::ports::store::RecordStore::head(repo, &branch)?;
        let head = head.ok_or_else(|| Error::new(Code::NotFound, format!("the branch {branch} has no commit")))?;
        found.push(Tagged { tag: None, commit: repo.commit(head)? });
    }
    Ok(found)
}

/// What Git holds in the place of a large file.
#[derive(Debug, PartialEq, Eq)]
struct Pointer {
    sha256: Digest,
    size: u64,
}

impl Pointer {
    /// Reads a pointer of version 1; none where the bytes are a file of their own.
    fn parse(bytes: &[u8]) -> Option<Pointer> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= POINTER)?;
        let rest = text.strip_prefix("version https://git-lfs.github.com/spec/v1\n")?;
        let line = |key: &str| rest.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
        let sha256 = Digest::parse(line("oid")?.strip_prefix("sha256:")?).ok()?;
        Some(Pointer { sha256, size: line("size")?.parse().ok()? })
    }

    /// Where the object lies.
    fn place(&self, git_dir: &Path) -> PathBuf {
        let hex = self.sha256.hex();
        git_dir.join("lfs/objects").join(&hex[..2]).join(&hex[2..4]).join(hex)
    }
}

#[cfg(test)]
mod tests {
    use super::Pointer;

    #[test]
    fn a_pointer_is_read_whatever_extensions_it_has_and_a_text_about_one_is_a_file() {
        let hex = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{hex}\nsize 12345\n");
        let read = Pointer::parse(pointer.as_bytes()).unwrap();
        assert_eq!((read.sha256.hex().as_str(), read.size), (hex, 12345));
        let extended = pointer.replace("oid ", &format!("ext-0-foo sha256:{hex}\noid "));
        assert_eq!(Pointer::parse(extended.as_bytes()), Some(read));
        for other in [
            "",
            "version https://git-lfs.github.com/spec/v1\n",
            &pointer.replace("sha256:4", "sha256:x"),
            &pointer.replace("size 1", "size -1"),
            &format!("# {pointer}"),
            &format!("{pointer}{}", " ".repeat(1024)),
        ] {
            assert_eq!(Pointer::parse(other.as_bytes()), None, "{other}");
        }
    }
}
