//! The `git` program, for what gix cannot do or would cost a hundred crates for: clone, fetch, push, gc and fsck.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use super::advice::advice;
use super::io_error;
use super::neighbour;
use super::open::{Located, locate, read_config};
use super::seal::Seal;
use crate::fs::child::wait;
use refmark_engine::ports::Cancel;
use refmark_types::address::without_secrets;
use refmark_types::error::{Code, Error, Result};

/// Runs Git with arguments; a seam for tests that must see which command ran. [`Git`] is the program itself.
pub trait GitProgram: Send + Sync {
    /// Runs `git` on a repository's objects and references and returns what it printed. `network` work sees of the user's
    /// Git configuration what [`super::settings`] honours (credentials, proxies, ssh); all other work sees none, and may use
    /// no network. An error `git-failed` with its words where it exits with anything but 0.
    fn run(&self, repository: &Path, network: bool, arguments: &[&str]) -> Result<String>;

    /// Runs `git` where it finds no repository, so that paths in `arguments` are absolute. `becomes` is the folder that the
    /// work is for, by which the user's settings may differ.
    fn run_outside(&self, becomes: Option<&Path>, network: bool, arguments: &[&str]) -> Result<String>;

    /// Runs `git` on a repository with the user's configuration unseen, hands it `input`, and puts what it prints into the
    /// new file `output`, unsynced. Where it fails, as in [`GitProgram::run`], no file is left.
    fn pipe(&self, repository: &Path, arguments: &[&str], input: &str, output: &Path) -> Result<()>;

    /// Packs what revisions reach (lines as `git rev-list` takes them; `^` leaves out, `--shallow ID` cuts behind a commit)
    /// into a new file. The bytes follow from the objects and from Git's version alone: nothing is taken over from the
    /// repository's own packs, and one thread makes the deltas.
    fn pack_objects(&self, git_dir: &Path, revisions: &str, into: &Path) -> Result<()> {
        let settings = ["pack.threads=1", "pack.compression=6", "pack.window=10", "pack.depth=50"];
        let mut arguments = Vec::new();
        for setting in settings {
            arguments.extend(["-c", setting]);
        }
        arguments.extend(["pack-objects", "--revs", "--stdout", "-q", "--delta-base-offset", "--no-reuse-object"]);
        arguments.push("--no-use-bitmap-index");
        self.pipe(git_dir, &arguments, revisions, into)
    }

    /// Checks a pack that needs no other, and writes its index to a new file.
    fn index_pack(&self, pack: &Path, index: &Path, format: &str) -> Result<()> {
        // Of no repository: there is none to compare each object with.
        let format = format!("--object-format={format}");
        let (index, pack) = (absolute(index)?, absolute(pack)?);
        let arguments = ["index-pack", &format, "--no-rev-index", "-o", text(&index)?, text(&pack)?];
        self.run_outside(None, false, &arguments).map(drop)
    }

    /// Git's version, such as `2.47.3`.
    fn version(&self) -> Result<String> {
        let said = self.run_outside(None, false, &["version"])?;
        Ok(said.trim().trim_start_matches("git version ").to_owned())
    }

    /// Clones a repository: bare, or with a worktree that is left empty. Remote branches are kept under
    /// `refs/remotes/origin/` in both. Nothing is checked out, and what arrives is synced.
    fn clone_into(&self, url: &str, into: &Path, bare: bool) -> Result<()> {
        let (url, into) = (outside(url)?, absolute(into)?);
        // No child runs in this process's folder.
        let here = Path::new(url).exists().then(|| absolute(Path::new(url))).transpose()?;
        let (url, target) = (here.as_deref().map_or(Ok(url), text)?, text(&into)?);
        neighbour::check(url)?;
        // `--no-local`: from a path, too, objects come as a pack that is checked; no hard links, no borrowed objects.
        let mut arguments = vec!["clone", "--quiet", "--no-local", "--template=", "--no-checkout", "--origin=origin"];
        let settings = [
            "core.fsync=all",
            "core.fsyncMethod=fsync",
            "gc.auto=0",
            "maintenance.auto=false",
            "remote.origin.fetch=+refs/heads/*:refs/remotes/origin/*",
        ];
        let kept = if bare { &settings[..] } else { &settings[..4] };
        if bare {
            arguments.push("--bare");
        }
        for setting in kept {
            arguments.extend(["-c", setting]);
        }
        arguments.extend(["--", url, target]);
        self.run_outside(Some(&into), true, &arguments).map(drop)
    }

    /// Fetches a remote's branches to `refs/remotes/<remote>/`, without tags and without gc; those that are gone there go.
    fn fetch(&self, git_dir: &Path, remote: &str) -> Result<()> {
        let remote = outside(remote)?;
        neighbour::check_remote(git_dir, remote)?;
        // Named, whatever the repository's own configuration says: a mirror's branches would overwrite ours.
        let branches = format!("+refs/heads/*:refs/remotes/{remote}/*");
        let mut arguments = vec!["fetch", "--quiet", "--no-tags", "--prune", "--no-write-fetch-head"];
        arguments.extend(["--no-auto-maintenance", "--no-recurse-submodules", "--", remote, &branches]);
        self.run(git_dir, true, &arguments).map(drop)
    }

    /// Pushes one refspec to a branch that is at `expected` (empty: that is not there), never by force: the caller has made
    /// sure that what is pushed follows it. An error `head-moved` where the remote's branch is elsewhere.
    fn push(&self, git_dir: &Path, remote: &str, refspec: &str, expected: &str) -> Result<()> {
        let (remote, refspec) = (outside(remote)?, outside(refspec)?);
        neighbour::check_remote(git_dir, remote)?;
        if refspec.starts_with('+') {
            return Err(Error::new(
                Code::BadArgument,
                format!("`{refspec}` would push by force; a registry is only added to"),
            ));
        }
        let branch = refspec.rsplit(':').next().unwrap_or_default();
        // Without it Git takes what holds the other side's commits anywhere behind it, as the second parent of a merge.
        let lease = format!("--force-with-lease={branch}:{expected}");
        let done =
            self.run(git_dir, true, &["push", "--quiet", "--porcelain", "--no-verify", &lease, "--", remote, refspec]);
        done.map(drop).map_err(|error| {
            let moved = ["non-fast-forward", "fetch first", "stale info", "cannot lock ref", "incorrect old value"]
                .iter()
                .any(|sign| error.message.contains(sign));
            if !moved {
                return error;
            }
            Error::new(Code::HeadMoved, format!("{remote} has commits on that branch that are not here"))
                .hint("fetch them, and make the change again on top of them")
                .field("remote", remote)
                .field("git", error.message)
        })
    }

    /// Packs all that is reachable with fresh deltas, keeps what is unreachable and younger than two weeks, drops the rest.
    /// Only for the holder of the registry's writer lock.
    fn gc(&self, git_dir: &Path) -> Result<()> {
        // `-A`, not `-a`: what a push has brought and not yet named is in a pack, too, and must outlive this.
        let repack = ["repack", "-A", "-d", "-f", "--quiet", "--unpack-unreachable=2.weeks.ago"];
        self.run(git_dir, false, &repack)?;
        self.run(git_dir, false, &["prune", "--expire=2.weeks.ago"]).map(drop)
    }

    /// Git's own check of objects and links; nothing where all is well, else an error with its words.
    fn fsck(&self, git_dir: &Path) -> Result<()> {
        self.run(git_dir, false, &["fsck", "--strict", "--no-dangling", "--no-progress"]).map(drop)
    }
}

/// The `git` on the path, or the one that is named.
pub struct Git {
    program: PathBuf,
    cancel: Cancel,
}

impl Default for Git {
    fn default() -> Self {
        Git::at("git")
    }
}

impl Git {
    /// A `git` at a path.
    pub fn at(program: impl Into<PathBuf>) -> Git {
        Git { program: program.into(), cancel: Cancel::default() }
    }

    /// The same, which ends where somebody asks to stop: a server that never answers is not waited for.
    #[must_use]
    pub fn until(self, cancel: &Cancel) -> Git {
        Git { cancel: cancel.clone(), ..self }
    }
}

impl Git {
    /// Where Git looks for the hooks of a repository, if its own configuration or the user's says another place than its
    /// folder `hooks`: as the user who asks would push to it.
    pub fn other_hooks(&self, repository: &Path) -> Result<Option<PathBuf>> {
        let Located { git_dir, common_dir, .. } = locate(repository)?;
        let own = read_config(&common_dir)?.string("core.hooksPath").map(|path| path.to_string());
        let said = match own {
            Some(path) => Some(path),
            None => Seal::over(repository)?.users_setting(&self.program, "core.hookspath")?,
        };
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let path = said.map(|said| match (said.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => git_dir.join(said),
        });
        let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        Ok(path.filter(|path| real(path) != real(&common_dir.join("hooks"))))
    }

    fn cannot_run(&self, error: &std::io::Error) -> Box<Error> {
        Error::new(Code::GitFailed, format!("cannot run {}: {error}", self.program.display()))
            .hint("install Git 2.30 or newer; clone, fetch, push, gc and export-site need it")
    }
}

impl GitProgram for Git {
    fn run(&self, repository: &Path, network: bool, arguments: &[&str]) -> Result<String> {
        self.run_sealed(&Seal::over(repository)?, network, arguments)
    }

    fn run_outside(&self, becomes: Option<&Path>, network: bool, arguments: &[&str]) -> Result<String> {
        let seal = Seal::empty()?;
        match becomes.filter(|_| network) {
            Some(folder) => self.run_sealed(&seal.asked_as_at(folder)?, network, arguments),
            None => self.run_sealed(&seal, network, arguments),
        }
    }

    fn pipe(&self, repository: &Path, arguments: &[&str], input: &str, output: &Path) -> Result<()> {
        let seal = Seal::over(repository)?;
        let file = File::create_new(output).map_err(|error| io_error("create", output, &error))?;
        let piped = self.piped(&seal, arguments, input, file);
        if piped.is_err() {
            let _ = std::fs::remove_file(output);
        }
        piped
    }
}

impl Git {
    fn run_sealed(&self, seal: &Seal, network: bool, arguments: &[&str]) -> Result<String> {
        let mut command = seal.command(&self.program, network)?;
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().map_err(|error| self.cannot_run(&error))?;
        let output = wait(child, Vec::new(), &self.cancel)?.output;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(failed(arguments, &output))
    }

    fn piped(&self, seal: &Seal, arguments: &[&str], input: &str, into: File) -> Result<()> {
        let mut command = seal.command(&self.program, false)?;
        command.args(arguments).stdin(Stdio::piped()).stdout(into).stderr(Stdio::piped());
        let child = command.spawn().map_err(|error| self.cannot_run(&error))?;
        // Who stops reading has failed, and says why below.
        let ended = wait(child, input.as_bytes().to_vec(), &self.cancel)?;
        match ended.output.status.success() && ended.was_fed {
            true => Ok(()),
            false => Err(failed(arguments, &ended.output)),
        }
    }
}

/// How a `git` that failed ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("git ended{}", signal.map(|signal| format!(" by signal {signal}")).unwrap_or_default())]
pub struct GitEnded {
    /// The signal that ended it, if one did.
    pub signal: Option<i32>,
}

/// Git's own words for why it failed.
fn failed(arguments: &[&str], output: &Output) -> Box<Error> {
    let verb = arguments.iter().find(|it| !it.starts_with('-') && !it.contains('=')).copied().unwrap_or_default();
    let said = [&output.stderr[..], &output.stdout[..]].map(|bytes| hide_secrets(&String::from_utf8_lossy(bytes)));
    let said = said.join("\n").replace('\t', "  ");
    let error = Error::new(Code::GitFailed, format!("git {verb} failed: {}", said.trim()))
        .field("command", verb)
        .field("status", output.status.code())
        .field("signal", output.status.signal())
        .caused_by(GitEnded { signal: output.status.signal() });
    match advice(&said) {
        Some(advice) => error.hint(advice),
        None => error,
    }
}

/// Git repeats URLs in its messages, credentials and all.
fn hide_secrets(said: &str) -> String {
    let word = |word: &str| match word.find("://") {
        Some(at) => {
            let start = word[..at].rfind(|it: char| !it.is_ascii_alphanumeric() && it != '+').map_or(0, |at| at + 1);
            // What ends a sentence or a quotation belongs to no address.
            let end = word.trim_end_matches(|it: char| it.is_whitespace() || "'\"`.,:;)>".contains(it)).len();
            let end = end.max(start);
            format!("{}{}{}", &word[..start], without_secrets(&word[start..end]), &word[end..])
        }
        None => word.to_owned(),
    };
    said.split_inclusive(char::is_whitespace).map(word).collect()
}

/// For `NAME::ADDRESS` Git starts the program `git-remote-NAME`; the colons of an IPv6 address name none.
fn starts_a_helper(argument: &str) -> bool {
    let is_name = |name: &str| name.bytes().all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it));
    argument.split_once("::").is_some_and(|(name, _)| is_name(name))
}

/// A text from outside that becomes an argument: never an option, never a command.
fn outside(argument: &str) -> Result<&str> {
    if argument.is_empty()
        || argument.starts_with('-')
        || starts_a_helper(argument)
        || argument.contains(char::is_control)
    {
        return Err(Error::new(Code::BadArgument, format!("`{}` is not handed to git", argument.escape_debug()))
            .hint("an address or name does not begin with `-`, names no helper as `ext::` does, and holds no control characters"));
    }
    Ok(argument)
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| io_error("resolve", path, &error))
}

fn text(path: &Path) -> Result<&str> {
    path.to_str()
        .ok_or_else(|| Error::new(Code::BadArgument, format!("the path {} is not UTF-8", path.display())))
        .and_then(outside)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    #[test]
    fn where_git_mistrusts_the_owner_the_error_says_what_to_do() {
        let said = b"fatal: detected dubious ownership in repository at '/r'\n\n\tgit config --global --add safe.directory /r\n";
        let output = Output { status: ExitStatus::from_raw(128 << 8), stdout: Vec::new(), stderr: said.to_vec() };
        let error = failed(&["-c", "a=b", "clone", "/r"], &output);
        assert!(error.message.starts_with("git clone failed: fatal: detected") && !error.message.contains('\t'));
        assert!(error.hint_text().as_deref().is_some_and(|hint| hint.contains("another user")), "{:?}", error.hint);
    }
}
