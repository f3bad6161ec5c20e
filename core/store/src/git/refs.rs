//! Branches: read loose or packed, moved by compare-and-swap under Git's own lock file, so that people's `git` and we
//! exclude each other.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::stage::Stage;
use super::{from_gix, io_error};
use crate::fs::durable::make_dirs_durably;
use crate::fs::host::is_before_this_boot;
use crate::fs::read::read_bounded;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;

/// The largest file of one reference, in bytes.
pub(super) const REF_LIMIT: u64 = 4096;
/// The largest `packed-refs`: some hundred thousand references.
const PACKED_LIMIT: u64 = 64 << 20;

/// How long another program's lock of a branch is waited for. Git holds one for a few milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many names may lead from one to the next.
const MAX_LINKS: usize = 5;

/// The references of a repository.
pub(super) struct Refs {
    /// Where `HEAD` is: a linked worktree has its own.
    pub(super) own_dir: PathBuf,
    /// Where the branches are.
    pub(super) common_dir: PathBuf,
    pub(super) hash: gix::hash::Kind,
}

enum Loose {
    Id(Oid),
    Link(String),
}

impl Refs {
    /// What a full name (`refs/heads/main`, `HEAD`) leads to, over symbolic links; nothing where it does not exist.
    pub(super) fn find(&self, name: &str) -> Result<Option<Oid>> {
        let mut name = name.to_owned();
        for _ in 0..MAX_LINKS {
            match self.loose(&name)? {
                Some(Loose::Id(id)) => return Ok(Some(id)),
                Some(Loose::Link(next)) => name = next,
                // Packed after loose: `git pack-refs` writes the one before it removes the other.
                None => return self.packed(&name),
            }
        }
        Err(broken(&name, "is behind more than five symbolic references"))
    }

    /// The branch that `HEAD` names, with `refs/heads/`; nothing where it names a commit.
    pub(super) fn symbolic_head(&self) -> Result<Option<String>> {
        Ok(match self.loose("HEAD")? {
            Some(Loose::Link(name)) => Some(name),
            _ => None,
        })
    }

    fn loose(&self, name: &str) -> Result<Option<Loose>> {
        if !is_safe(name) {
            return Ok(None);
        }
        let home = if name.starts_with("refs/") { &self.common_dir } else { &self.own_dir };
        let path = home.join(name);
        let Some(bytes) = read_bounded(&path, REF_LIMIT)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(link) = text.strip_prefix("ref:") {
            return Ok(Some(Loose::Link(link.trim().to_owned())));
        }
        match Oid::parse(text.trim_end()) {
            Ok(id) if id.as_bytes().len() == self.hash.len_in_bytes() => Ok(Some(Loose::Id(id))),
            _ => Err(broken(name, &format!("holds `{}`", text.chars().take(80).collect::<String>().escape_debug()))),
        }
    }

    fn packed(&self, name: &str) -> Result<Option<Oid>> {
        let Some(buffer) = self.packed_buffer()? else { return Ok(None) };
        let found = buffer.try_find(name).map_err(|error| broken("packed-refs", &error.to_string()))?;
        found.map(|reference| from_gix(&reference.target())).transpose()
    }

    fn packed_buffer(&self) -> Result<Option<gix::refs::packed::Buffer>> {
        let path = self.common_dir.join("packed-refs");
        match read_bounded(&path, PACKED_LIMIT)? {
            Some(bytes) => gix::refs::packed::Buffer::from_bytes(&bytes, self.hash)
                .map(Some)
                .map_err(|error| broken("packed-refs", &error.to_string())),
            None => Ok(None),
        }
    }

    /// All names below a prefix that ends in `/`, loose over packed, each without the prefix.
    pub(super) fn below(&self, prefix: &str) -> Result<BTreeMap<String, Oid>> {
        let mut found = BTreeMap::new();
        if let Some(buffer) = self.packed_buffer()? {
            let all = buffer.iter().map_err(|error| broken("packed-refs", &error.to_string()))?;
            for reference in all {
                let reference = reference.map_err(|error| broken("packed-refs", &error.to_string()))?;
                let name = reference.name.as_bstr().to_string();
                if let Some(short) = name.strip_prefix(prefix) {
                    found.insert(short.to_owned(), from_gix(&reference.target())?);
                }
            }
        }
        for file in files_below(&self.common_dir.join(prefix))? {
            let Ok(rest) = file.strip_prefix(self.common_dir.join(prefix)) else { continue };
            let Some(short) = rest.to_str().map(|text| text.replace('\\', "/")) else { continue };
            if !short.ends_with(".lock")
                && let Some(id) = self.find(&format!("{prefix}{short}"))?
            {
                found.insert(short, id);
            }
        }
        Ok(found)
    }

    /// Moves a branch, if it is where it is expected. See [`refmark_engine::ports::store::RecordStore::move_branch`].
    pub(super) fn compare_and_swap(&self, stage: &Stage, branch: &str, expected: Option<Oid>, new: Oid) -> Result<()> {
        let name = format!("refs/heads/{branch}");
        let path = self.common_dir.join(&name);
        let lock = lock_path(&path);
        let folder = path.parent().unwrap_or(&self.common_dir);
        make_dirs_durably(&*stage.disk, folder)?;
        let staged = stage.put("ref", format!("{new}\n").as_bytes(), 0o644)?;
        let done = self.take_lock(stage, branch, &staged, &lock, new).and_then(|()| {
            let moved = self.swap_under_lock(stage, branch, &name, expected, &lock, &path);
            if moved.is_err() {
                // Either it was never renamed, so the lock is ours to remove, or it is gone already.
                let _ = stage.disk.remove(&lock);
            }
            moved
        });
        stage.discard([&staged].into_iter());
        done?;
        // Up to `refs/heads`: a writer that was killed may have made a folder and never have come to its sync.
        let heads = self.common_dir.join("refs/heads");
        folder.ancestors().take_while(|folder| folder.starts_with(&heads)).try_for_each(|folder| stage.sync_dir(folder))
    }

    /// The lock is a second name of the staged file: complete from its first moment, and known as ours after a crash.
    fn take_lock(&self, stage: &Stage, branch: &str, staged: &Path, lock: &Path, new: Oid) -> Result<()> {
        let begun = Instant::now();
        loop {
            let taken = match stage.disk.link(staged, lock) {
                // Some network and removable disks have no links.
                Err(error) if error.code == Code::Unsupported => {
                    match stage.disk.write_new(lock, format!("{new}\n").as_bytes(), 0o644) {
                        Err(_) if lock.exists() => Ok(false),
                        other => other.map(|()| true),
                    }
                }
                other => other,
            };
            match taken? {
                true => return Ok(()),
                false if begun.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(5)),
                false => {
                    return Err(Error::new(
                        Code::Locked,
                        format!("another program holds the lock of branch `{branch}`: {}", lock.display()),
                    )
                    .hint(
                        Hint::of("try again; if no git or refmark is at work here, remove a lock that one left: ")
                            .then(Next::Unlock),
                    )
                    .field("branch", branch)
                    .at(lock.to_string_lossy()));
                }
            }
        }
    }

    fn swap_under_lock(
        &self,
        stage: &Stage,
        branch: &str,
        name: &str,
        expected: Option<Oid>,
        lock: &Path,
        path: &Path,
    ) -> Result<()> {
        if let Some(Loose::Link(target)) = self.loose(name)? {
            return Err(broken(name, &format!("is a symbolic reference to {target}, and refmark moves branches only")));
        }
        let found = self.find(name)?;
        if found != expected {
            return Err(head_moved(branch, expected, found));
        }
        if expected.is_none() {
            self.check_room(branch)?;
        }
        stage.disk.rename(lock, path)
    }

    /// A branch `a` and a branch `a/b` cannot both be, also where one of them is packed.
    fn check_room(&self, branch: &str) -> Result<()> {
        let clash = |other: &String| {
            other.strip_prefix(branch).is_some_and(|rest| rest.starts_with('/'))
                || branch.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        match self.below("refs/heads/")?.keys().find(|other| clash(other)) {
            None => Ok(()),
            Some(other) => Err(Error::new(
                Code::Exists,
                format!("branch `{branch}` cannot be made beside `{other}`: one name would be a folder of the other"),
            )),
        }
    }

    /// Removes the locks of branches that hold exactly what a dead writer had staged for them, and those that are older
    /// than this boot: whoever held them is gone with it. Returns how many.
    pub(super) fn clear_locks(&self, stage: &Stage, staged: &[Vec<u8>]) -> Result<usize> {
        let mut cleared = 0;
        for file in files_below(&self.common_dir.join("refs/heads"))? {
            let is_lock = file.extension().is_some_and(|extension| extension == "lock");
            if is_lock
                && (is_before_this_boot(&file)
                    || read_bounded(&file, REF_LIMIT).is_ok_and(|it| it.is_some_and(|it| staged.contains(&it))))
            {
                stage.disk.remove(&file)?;
                cleared += 1;
            }
        }
        Ok(cleared)
    }
}

/// An error unless Git and every file system can hold a branch of this name, and no program takes it for an option.
pub(super) fn check_branch(name: &str) -> Result<()> {
    let good = |part: &str| {
        !part.is_empty() && !part.starts_with(['.', '-']) && !part.ends_with(['.']) && !part.ends_with(".lock")
    };
    let known = |char: char| char.is_alphanumeric() || "._-/+#@=,%".contains(char);
    if name.split('/').all(good) && name.chars().all(known) && !name.contains("..") && !matches!(name, "HEAD" | "@") {
        return Ok(());
    }
    Err(Error::new(Code::BadArgument, format!("`{}` is not a branch name that refmark takes", name.escape_debug())).hint(
        "letters, digits and . _ - + # @ = , % in parts between slashes; no part begins with . or -, or ends in . or .lock",
    ))
}

/// Names come from files and people: none may lead out of the repository.
fn is_safe(name: &str) -> bool {
    let inside = name.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    inside && !name.contains(['\\', '\0', ':']) && (name.starts_with("refs/") || !name.contains('/'))
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory)
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if is_nothing(&error) => continue,
            other => other.map_err(|error| io_error("list", &folder, &error))?,
        };
        for entry in entries {
            let entry = entry.map_err(|error| io_error("list", &folder, &error))?;
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(_) => found.push(entry.path()),
                Err(error) => return Err(io_error("look at", &entry.path(), &error)),
            }
        }
    }
    Ok(found)
}

fn head_moved(branch: &str, expected: Option<Oid>, found: Option<Oid>) -> Box<Error> {
    let at = |id: Option<Oid>| id.map_or("nowhere".to_owned(), |id| id.to_string());
    Error::new(
        Code::HeadMoved,
        format!("branch `{branch}` moved: expected at {}, found at {}", at(expected), at(found)),
    )
    .hint("another writer was first; plan the change again from the new head")
    .field("branch", branch)
    .field("expected", expected)
    .field("found", found)
}

fn broken(name: &str, what: &str) -> Box<Error> {
    Error::new(Code::GitFailed, format!("Git reference {name} {what}"))
        .hint("`git fsck` and `git show-ref` tell more; a reference can be put back with `git update-ref`")
        .field("reference", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branch_names_that_git_lets_in_and_people_regret_are_refused() {
        for good in ["main", "refmark", "feature/a.b", "über", "a@b", "release-1.0"] {
            check_branch(good).unwrap();
        }
        for bad in [
            "",
            "-a",
            "a/-b",
            "@",
            "HEAD",
            "a..b",
            "a b",
            "a\u{202e}b",
            ".a",
            "a.lock",
            "a/",
            "/a",
            "a~1",
            "a:b",
            "a\\b",
            "a.",
        ] {
            assert_eq!(check_branch(bad).unwrap_err().code, Code::BadArgument, "{bad}");
        }
    }
}
