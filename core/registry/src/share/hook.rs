//! `hook`: a `pre-receive` hook on a bare repository, so that a server takes nothing that readers would refuse.

use crate::registry::Sharing;
use std::path::PathBuf;

use serde::Serialize;

use crate::context::SETTINGS_LIMIT;
use crate::registry::HERE_BRANCH;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::snapshot::{History, Mode};
use refmark_engine::verify::Problem;
use refmark_query::check::{Arrival, check};
use refmark_query::review::RangeVerdict;
use refmark_store::fs::durable::replace;
use refmark_store::fs::read::read_text_bounded;
use refmark_store::git::Repo;
use refmark_store::git::program::Git;
use refmark_types::canonical::MANIFEST_LIMIT;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;

#[cfg(test)]
mod tests;

/// The first line of what refmark's hook says, by which it knows its own.
const MINE: &str = "# refmark: judges every push (refmark hook install)";
/// What a registry of its own takes beside its branch: proposals, and what people say of commits. All are small.
const KINDS: [&str; 3] = ["refs/heads/", "refs/tags/", "refs/notes/"];
/// So many files may one push to a branch beside the registry's bring.
const PROPOSAL_FILES: usize = 20_000;
/// So many bytes may they have in all.
const PROPOSAL_BYTES: u64 = 256 << 20;

/// Where Git keeps a push's objects until the hook has said yes: `GIT_OBJECT_DIRECTORY` and
/// `GIT_ALTERNATE_OBJECT_DIRECTORIES`.
#[derive(Debug, Clone)]
pub struct Quarantine {
    /// The push's own objects.
    pub object_dir: PathBuf,
    /// Where the others are.
    pub alternates: Vec<PathBuf>,
}

/// What came of a push.
#[derive(Debug, Clone, Serialize)]
pub struct HookAnswer {
    /// Whether Git may take it; it takes all of a push or nothing.
    pub accepted: bool,
    /// The exit status that says the same.
    pub exit: u8,
    /// Each reference of the push.
    pub refs: Vec<PushedRef>,
}

/// A reference of a push.
#[derive(Debug, Clone, Serialize)]
pub struct PushedRef {
    /// Its full name.
    pub name: String,
    /// What it comes to.
    pub verdict: RangeVerdict,
    /// Why it is not `ok`.
    pub problems: Vec<Problem>,
}

impl HookAnswer {
    /// What whoever pushed reads, a line each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for it in &self.refs {
            for problem in it.problems.iter().take(20) {
                let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
                let text = format!("{} {}: {} {}{hint}", it.verdict.as_str(), it.name, problem.code, problem.message);
                lines.push(refmark_types::text::one_line(&text));
            }
        }
        lines
    }
}

/// What was installed.
#[derive(Debug, Clone, Serialize)]
pub struct HookInstalled {
    /// The hook's path.
    pub path: String,
    /// Whether it was there already.
    pub unchanged: bool,
}

impl Sharing<'_> {
    /// Whether refmark's hook judges what is pushed here.
    pub fn has_hook(&self) -> Result<bool> {
        let path = self.registry.git_dir().join("hooks/pre-receive");
        Ok(read_text_bounded(&path, SETTINGS_LIMIT)?.is_some_and(|there| there.contains(MINE)))
    }

    /// Installs the hook, which runs `program hook pre-receive`. An error `exists` where there is another hook.
    pub fn install_hook(&self, program: &str) -> Result<HookInstalled> {
        if !self.registry.repo.is_bare() {
            return Err(Error::new(
                Code::Unsupported,
                format!("{} is not a bare repository", self.registry.path().display()),
            )
            .hint("people push to bare repositories: install the hook on the server's copy"));
        }
        let folder = self.registry.repo.git_dir().join("hooks");
        if let Some(other) = Git::default().other_hooks(self.registry.repo.git_dir())? {
            return Err(Error::new(
                Code::Unsupported,
                format!("core.hooksPath is {}, so that Git would never run a hook of this registry", other.display()),
            )
            .hint(format!(
                "give the registry its own again, which goes before the user's: git -C {0} config core.hooksPath {1}",
                self.registry.repo.git_dir().display(),
                folder.display()
            ))
            .field("hooks_path", other.display().to_string()));
        }
        let path = folder.join("pre-receive");
        let quoted = format!("'{}'", program.replace('\'', "'\\''"));
        let text = format!("#!/bin/sh\n{MINE}\nexec {quoted} hook pre-receive\n");
        let answer = |unchanged| HookInstalled { path: path.display().to_string(), unchanged };
        match read_text_bounded(&path, SETTINGS_LIMIT) {
            Ok(Some(there)) if there == text => return Ok(answer(true)),
            Ok(Some(there)) if !there.contains(MINE) => {
                return Err(Error::new(Code::Exists, format!("{} is another hook", path.display()))
                    .hint(format!(
                        "call it from there, with the push on its standard input: {program} hook pre-receive"
                    ))
                    .at(path.display().to_string()));
            }
            Ok(_) => {}
            Err(error) => return Err(error),
        }
        let disk = &self.registry.world.disk;
        disk.make_dirs(&folder)?;
        replace(&**disk, &path, text.as_bytes(), 0o755)?;
        Ok(answer(false))
    }

    /// Judges a push: lines of `OLD NEW REF` as Git gives them to a `pre-receive` hook. Writes nothing.
    pub fn pre_receive(&self, input: &str, quarantine: Option<&Quarantine>) -> Result<HookAnswer> {
        let incoming = match quarantine {
            Some(it) => Some(Repo::open_in_quarantine(self.registry.repo.git_dir(), &it.object_dir, &it.alternates)?),
            None => None,
        };
        let history = incoming.as_ref().unwrap_or(&self.registry.repo);
        let mut refs = Vec::new();
        for line in input.lines().filter(|line| !line.trim().is_empty()) {
            let [old, new, name] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else {
                return Err(Error::new(
                    Code::BadArgument,
                    "expected lines of `OLD NEW REF`, as Git gives them to pre-receive",
                ));
            };
            let judged = self.judge_ref(history, parse(old)?, parse(new)?, name);
            refs.push(match judged {
                Ok((verdict, problems)) => PushedRef { name: name.to_owned(), verdict, problems },
                Err(error) if error.code == Code::Bug => return Err(error),
                // What cannot be judged is not taken.
                Err(error) => {
                    let problems = vec![Problem::of(&error, None, None)];
                    PushedRef { name: name.to_owned(), verdict: RangeVerdict::Failed, problems }
                }
            });
        }
        let worst = refs.iter().max_by_key(|it| it.verdict);
        let exit = match worst {
            None => 0,
            Some(it) if it.verdict == RangeVerdict::Ok => 0,
            Some(it) => it.problems.first().map_or(3, |problem| problem.code.exit().status().max(1)),
        };
        Ok(HookAnswer { accepted: exit == 0, exit, refs })
    }

    fn judge_ref(
        &self,
        history: &Repo,
        old: Option<Oid>,
        new: Option<Oid>,
        name: &str,
    ) -> Result<(RangeVerdict, Vec<Problem>)> {
        let refused = |error: Box<Error>| Ok((RangeVerdict::Refused, vec![Problem::of(&error, None, new)]));
        let own = format!("refs/heads/{}", self.registry.branch);
        if name != own && name.eq_ignore_ascii_case(&own) {
            return refused(Error::new(
                Code::Refused,
                format!("`{}` would be the registry's own branch, where case is not told apart", name.escape_debug()),
            ));
        }
        if name != own {
            return match (name.starts_with("refs/replace/"), new, self.registry.branch == HERE_BRANCH) {
                (true, ..) => refused(Error::new(
                    Code::Refused,
                    "replaced objects are not taken: they would show another history",
                )),
                // Beside a project's own branches the registry is a guest.
                (.., true) => Ok((RangeVerdict::Ok, Vec::new())),
                (_, None, false) => Ok((RangeVerdict::Ok, Vec::new())),
                (_, Some(new), false) if KINDS.iter().any(|kind| name.starts_with(kind)) => {
                    self.judge_proposal(history, new)
                }
                _ => refused(Error::new(
                    Code::Refused,
                    format!("`{}` is no branch, tag or note, and is not taken", name.escape_debug()),
                )),
            };
        }
        let head = self.registry.head()?;
        let Some(new) = new else {
            return refused(Error::new(
                Code::HistoryRewritten,
                format!("branch {} is the registry, and is not deleted", self.registry.branch),
            ));
        };
        if old != Some(head) {
            return Err(Error::new(
                Code::HeadMoved,
                format!("the branch is at {}, and the push says otherwise", head.short()),
            )
            .hint("fetch and try again"));
        }
        let range = self.registry.range_of(history, head, new)?;
        let mut answer = check(&range, Arrival::Push, self.registry.world.clock.now())?;
        for problem in self.registry.false_claims(history, range.merge_base, new)? {
            answer.add_problem(RangeVerdict::Refused, problem);
        }
        Ok((answer.verdict, answer.problems))
    }

    /// A proposal may hold anything, as long as it is small: it has no authority.
    fn judge_proposal(&self, history: &Repo, new: Oid) -> Result<(RangeVerdict, Vec<Problem>)> {
        let new = history.resolve_revision(&new.to_string()).map_err(|error| {
            Error::new(Code::Refused, format!("{} leads to no commit: {}", new.short(), error.message))
                .hint("a file or a tree by itself is nothing that a registry keeps")
        })?;
        let base = history.merge_base(self.registry.head()?, new)?;
        let changes = history.between(base, new)?;
        let too_large = |what: String| {
            let error = Error::new(Code::TooLarge, what)
                .hint("weights belong in the blob store, and a branch is for a proposal: records and companions");
            Ok((RangeVerdict::Refused, vec![Problem::of(&error, None, Some(new))]))
        };
        if changes.len() > PROPOSAL_FILES {
            return too_large(format!(
                "the branch changes {} files, and {PROPOSAL_FILES} are the limit",
                changes.len()
            ));
        }
        let mut bytes = 0u64;
        for change in &changes {
            let Some((Mode::File, oid)) = change.new else { continue };
            match history.load(oid, MANIFEST_LIMIT) {
                Ok(file) => bytes += file.len() as u64,
                Err(error) if error.code == Code::TooLarge => {
                    return too_large(format!("{} has over {MANIFEST_LIMIT} bytes", change.path.escape_debug()));
                }
                Err(error) => return Err(error),
            }
            if bytes > PROPOSAL_BYTES {
                return too_large(format!("the branch brings over {PROPOSAL_BYTES} bytes"));
            }
        }
        Ok((RangeVerdict::Ok, Vec::new()))
    }
}

/// An id; nothing for the zeros by which Git says that there is none.
fn parse(text: &str) -> Result<Option<Oid>> {
    if !text.is_empty() && text.bytes().all(|byte| byte == b'0') { Ok(None) } else { Oid::parse(text).map(Some) }
}
