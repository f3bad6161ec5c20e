//! The `git` program, for what gix cannot do or would cost a hundred crates for: clone, fetch, push, gc and fsck.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::io_error;
use refmark_types::error::{Code, Error, Result};

/// Runs Git with arguments; a seam for tests that must see which command ran. [`Git`] is the program itself.
pub trait GitProgram: Send + Sync {
    /// Runs `git` in a folder and returns what it printed. `network` work sees the user's Git configuration (credentials,
    /// proxies, ssh); all other work sees none. An error `git-failed` with its words where it exits with anything but 0.
    fn run(&self, folder: &Path, network: bool, arguments: &[&str]) -> Result<String>;

    /// Runs `git` in a folder with the user's configuration unseen, hands it `input`, and puts what it prints into the new file
    /// `output`, unsynced. Where it fails, as in [`GitProgram::run`], no file is left.
    fn pipe(&self, folder: &Path, arguments: &[&str], input: &str, output: &Path) -> Result<()>;

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
        let arguments =
            ["--git-dir=/dev/null", "index-pack", &format, "--no-rev-index", "-o", text(index)?, text(pack)?];
        self.run(Path::new("/"), false, &arguments).map(drop)
    }

    /// Git's version, such as `2.47.3`.
    fn version(&self) -> Result<String> {
        let said = self.run(Path::new("."), false, &["version"])?;
        Ok(said.trim().trim_start_matches("git version ").to_owned())
    }

    /// Clones a repository: bare, or with a worktree that is left empty. Remote branches are kept under
    /// `refs/remotes/origin/` in both. Nothing is checked out, and what arrives is synced.
    fn clone_into(&self, url: &str, into: &Path, bare: bool) -> Result<()> {
        let (url, target) = (outside(url)?, text(into)?);
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
        self.run(Path::new("."), true, &arguments).map(drop)
    }

    /// Fetches a remote's branches, without tags and without gc.
    fn fetch(&self, git_dir: &Path, remote: &str) -> Result<()> {
        let remote = outside(remote)?;
        let arguments =
            ["fetch", "--quiet", "--no-tags", "--no-auto-maintenance", "--no-recurse-submodules", "--", remote];
        self.run(git_dir, true, &arguments).map(drop)
    }

    /// Pushes one refspec, never by force. An error `head-moved` where the remote's branch is elsewhere.
    fn push(&self, git_dir: &Path, remote: &str, refspec: &str) -> Result<()> {
        let (remote, refspec) = (outside(remote)?, outside(refspec)?);
        if refspec.starts_with('+') {
            return Err(Error::new(
                Code::BadArgument,
                format!("`{refspec}` would push by force; a registry is only added to"),
            ));
        }
        let done = self.run(git_dir, true, &["push", "--quiet", "--porcelain", "--no-verify", "--", remote, refspec]);
        done.map(drop).map_err(|error| {
            let moved =
                ["non-fast-forward", "fetch first", "stale info"].iter().any(|sign| error.message.contains(sign));
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
}

impl Default for Git {
    fn default() -> Self {
        Git { program: PathBuf::from("git") }
    }
}

impl Git {
    /// A `git` at a path.
    pub fn at(program: impl Into<PathBuf>) -> Git {
        Git { program: program.into() }
    }
}

/// What stands in the environment of a hook or a shell and would turn Git to another repository or history.
const DROPPED: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_CEILING_DIRECTORIES",
    "GIT_TEMPLATE_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_TRACE",
];

impl Git {
    fn command(&self, folder: &Path, network: bool) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(folder);
        DROPPED.iter().for_each(|name| {
            command.env_remove(name);
        });
        command
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("LC_ALL", "C");
        if !network {
            command.env("GIT_CONFIG_GLOBAL", null_device()).env("GIT_CONFIG_NOSYSTEM", "1");
        }
        for setting in [
            "protocol.ext.allow=never",
            "core.hooksPath=/dev/null",
            "core.fsmonitor=false",
            "core.fsync=all",
            "advice.detachedHead=false",
        ] {
            command.args(["-c", setting]);
        }
        command
    }

    fn cannot_run(&self, error: &std::io::Error) -> Box<Error> {
        Error::new(Code::GitFailed, format!("cannot run {}: {error}", self.program.display()))
            .hint("install Git 2.30 or newer; clone, fetch, push, gc and export-site need it")
    }
}

impl GitProgram for Git {
    fn run(&self, folder: &Path, network: bool, arguments: &[&str]) -> Result<String> {
        let mut command = self.command(folder, network);
        let output = command.args(arguments).stdin(Stdio::null()).output().map_err(|error| self.cannot_run(&error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(failed(arguments, &output))
    }

    fn pipe(&self, folder: &Path, arguments: &[&str], input: &str, output: &Path) -> Result<()> {
        let file = File::create_new(output).map_err(|error| io_error("create", output, &error))?;
        let piped = self.piped(folder, arguments, input, file);
        if piped.is_err() {
            let _ = std::fs::remove_file(output);
        }
        piped
    }
}

impl Git {
    fn piped(&self, folder: &Path, arguments: &[&str], input: &str, into: File) -> Result<()> {
        let mut command = self.command(folder, false);
        command.args(arguments).stdin(Stdio::piped()).stdout(into).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| self.cannot_run(&error))?;
        // Who stops reading has failed, and says why below.
        let told = child.stdin.take().map(|mut stdin| stdin.write_all(input.as_bytes()));
        let output = child.wait_with_output().map_err(|error| self.cannot_run(&error))?;
        match (output.status.success(), told) {
            (true, Some(Ok(()))) => Ok(()),
            _ => Err(failed(arguments, &output)),
        }
    }
}

/// Git's own words for why it failed.
fn failed(arguments: &[&str], output: &Output) -> Box<Error> {
    let verb = arguments.iter().find(|it| !it.starts_with('-') && !it.contains('=')).copied().unwrap_or_default();
    let said = [&output.stderr[..], &output.stdout[..]].map(|bytes| without_secrets(&String::from_utf8_lossy(bytes)));
    let said = said.join("\n").replace('\t', "  ");
    let error = Error::new(Code::GitFailed, format!("git {verb} failed: {}", said.trim()))
        .field("command", verb)
        .field("status", output.status.code())
        .field("signal", output.status.signal());
    match said.contains("dubious ownership") {
        true => {
            error.hint("the repository belongs to another user: where you trust its owner, tell Git so, as it says")
        }
        false => error,
    }
}

fn null_device() -> &'static str {
    if cfg!(windows) { "NUL" } else { "/dev/null" }
}

/// Git repeats URLs in its messages, credentials and all.
fn without_secrets(said: &str) -> String {
    let word = |word: &str| match (word.find("://"), word.find('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}://***{}", &word[..scheme], &word[at..]),
        _ => word.to_owned(),
    };
    said.split_inclusive(char::is_whitespace).map(word).collect()
}

/// A text from outside that becomes an argument: never an option, never a command.
fn outside(argument: &str) -> Result<&str> {
    if argument.is_empty()
        || argument.starts_with('-')
        || argument.contains("::")
        || argument.contains(char::is_control)
    {
        return Err(Error::new(Code::BadArgument, format!("`{}` is not handed to git", argument.escape_debug()))
            .hint("an address or name does not begin with `-` and holds no `::` or control characters"));
    }
    Ok(argument)
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
