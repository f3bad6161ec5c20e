//! The `git` program, for what gix cannot do or would cost a hundred crates for: clone, fetch, push, gc and fsck.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::words::fault::{Code, Fault, Result};

/// Runs Git with arguments; a seam for tests that must see which command ran. [`Git`] is the program itself.
pub trait GitProgram: Send + Sync {
    /// Runs `git` in a folder and returns what it printed. `network` work sees the user's Git configuration (credentials,
    /// proxies, ssh); all other work sees none. A fault `git-failed` with its words where it exits with anything but 0.
    fn run(&self, folder: &Path, network: bool, arguments: &[&str]) -> Result<String>;

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

    /// Pushes one refspec, never by force. A fault `head-moved` where the remote's branch is elsewhere.
    fn push(&self, git_dir: &Path, remote: &str, refspec: &str) -> Result<()> {
        let (remote, refspec) = (outside(remote)?, outside(refspec)?);
        if refspec.starts_with('+') {
            return Err(Fault::new(
                Code::BadArgument,
                format!("`{refspec}` would push by force; a registry is only added to"),
            ));
        }
        let done = self.run(git_dir, true, &["push", "--quiet", "--porcelain", "--no-verify", "--", remote, refspec]);
        done.map(drop).map_err(|fault| {
            let moved =
                ["non-fast-forward", "fetch first", "stale info"].iter().any(|sign| fault.message.contains(sign));
            if !moved {
                return fault;
            }
            Fault::new(Code::HeadMoved, format!("{remote} has commits on that branch that are not here"))
                .hint("fetch them, and make the change again on top of them")
                .field("remote", remote)
                .field("git", fault.message)
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

    /// Git's own check of objects and links; nothing where all is well, else a fault with its words.
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

impl GitProgram for Git {
    fn run(&self, folder: &Path, network: bool, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.program);
        command.current_dir(folder).stdin(Stdio::null());
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
        let output = command.args(arguments).output().map_err(|error| {
            Fault::new(Code::GitFailed, format!("cannot run {}: {error}", self.program.display()))
                .hint("install Git 2.30 or newer; clone, fetch, push and gc need it")
        })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let verb = arguments.first().copied().unwrap_or_default();
        let said =
            [&output.stderr[..], &output.stdout[..]].map(|bytes| without_secrets(&String::from_utf8_lossy(bytes)));
        Err(Fault::new(Code::GitFailed, format!("git {verb} failed: {}", said.join("\n").trim()))
            .field("command", verb)
            .field("status", output.status.code()))
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
        return Err(Fault::new(Code::BadArgument, format!("`{}` is not handed to git", argument.escape_debug()))
            .hint("an address or name does not begin with `-` and holds no `::` or control characters"));
    }
    Ok(argument)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str()
        .ok_or_else(|| Fault::new(Code::BadArgument, format!("the path {} is not UTF-8", path.display())))
        .and_then(outside)
}
