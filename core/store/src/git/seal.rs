//! Where children of refmark run: `git` with an environment and a configuration of our own making.
//!
//! A registry can arrive as a folder that somebody else made, and Git runs what a folder's `config` and `hooks` name. So
//! no child ever sees a repository's own folder: it is given a private one, whose `config` is ours and whose objects and
//! references are links to the real ones. Of the user's settings a child sees what the table in [`super::settings`]
//! honours, and nothing of it is written to a file but which folders are safe.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::io_error;
use super::open::{Located, alternates_of, locate, placed, read_config};
use super::settings::{Source, Treatment, treatment};
use crate::fs::host::unique_name;
use crate::fs::sibling::Beside;
use refmark_types::error::{Code, Error, Result};

/// The transports that may be used where a network is meant: all that run no program that an address names.
const PROTOCOLS: [&str; 5] = ["file", "git", "http", "https", "ssh"];

/// What of a repository's folder a child works on. Not `config`, `hooks`, `info` and `modules`.
const LINKED: [&str; 8] = ["objects", "refs", "packed-refs", "reftable", "logs", "worktrees", "index", "shallow"];

/// What holds for every child, after whatever is handed on.
const OURS: [(&str, &str); 10] = [
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.fsync", "all"),
    ("core.fsyncMethod", "fsync"),
    ("core.commitGraph", "false"),
    ("protocol.ext.allow", "never"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("submodule.recurse", "false"),
    ("advice.detachedHead", "false"),
];

/// A private folder for one child, removed when dropped.
pub(super) struct Seal {
    folder: PathBuf,
    /// Whether it stands for a repository; else the child is to find none.
    repository: bool,
    /// Settings of the repository that are handed on.
    data: Vec<(String, String)>,
    /// The repository whose folder the user's conditional settings are asked for.
    asked_for: Option<PathBuf>,
    /// A folder that was made to ask for them.
    made_up: Option<PathBuf>,
}

impl Seal {
    /// A folder in which `git` finds no repository at all.
    pub(super) fn empty() -> Result<Seal> {
        Ok(Seal { folder: private_folder()?, repository: false, data: Vec::new(), asked_for: None, made_up: None })
    }

    /// A folder that stands for a repository: bare, a worktree, or a `.git`.
    pub(super) fn over(repository: &Path) -> Result<Seal> {
        let Located { git_dir, common_dir, .. } = locate(repository)?;
        if !alternates_of(&common_dir.join("objects"))?.is_empty() {
            return Err(Error::new(
                Code::Incomplete,
                format!("{} borrows objects from another repository", common_dir.display()),
            )
            .hint("give it its own: git repack -a -d, and remove objects/info/alternates"));
        }
        let config = read_config(&common_dir)?;
        let mut seal = Seal::empty()?;
        seal.repository = true;
        for name in LINKED {
            let (from, to) = (common_dir.join(name), seal.folder.join(name));
            if name != "reftable" || from.exists() {
                symlink(&from, &to).map_err(|error| io_error("link", &to, &error))?;
            }
        }
        let head = fs::read(git_dir.join("HEAD")).map_err(|error| io_error("read", &git_dir.join("HEAD"), &error))?;
        seal.put("HEAD", &head)?;
        let mut own = String::from("[core]\n\tbare = true\n");
        let word = |key: &str| config.string(key).map(|value| value.to_string());
        for (key, section, name) in [
            ("core.repositoryFormatVersion", "core", "repositoryFormatVersion"),
            ("core.sharedRepository", "core", "sharedRepository"),
            ("extensions.objectFormat", "extensions", "objectFormat"),
            ("extensions.refStorage", "extensions", "refStorage"),
            ("extensions.preciousObjects", "extensions", "preciousObjects"),
        ] {
            if let Some(value) = word(key).filter(|value| value.chars().all(|it| it.is_ascii_alphanumeric())) {
                own.push_str(&format!("[{section}]\n\t{name} = {value}\n"));
            }
        }
        seal.put("config", own.as_bytes())?;
        for (key, value) in entries(&config) {
            if treatment(Source::Repository, &key) == Treatment::ForNetwork {
                let is_address = key.starts_with("remote.") && (key.ends_with(".url") || key.ends_with(".pushurl"));
                // The child runs in another folder.
                seal.data.push((key, if is_address { placed(&common_dir, &value) } else { value }));
            }
        }
        let includes = |name: &str| config.sections_by_name(name).is_some_and(|mut all| all.next().is_some());
        // Git would read what those name; and a folder may name what never ends.
        if !includes("include") && !includes("includeIf") {
            seal.asked_for = Some(common_dir);
        }
        Ok(seal)
    }

    /// Asks for the user's conditional settings as they hold for a folder that is yet to be made.
    pub(super) fn asked_as_at(mut self, folder: &Path) -> Result<Seal> {
        let Some(like) = Beside::of(folder).map(|beside| beside.fresh()) else { return Ok(self) };
        if DirBuilder::new().mode(0o700).create(&like).is_ok() {
            // The least that Git takes for a repository.
            let made = [("objects", true), ("refs", true), ("HEAD", false)].iter().try_for_each(|(name, is_folder)| {
                match is_folder {
                    true => fs::create_dir(like.join(name)),
                    false => fs::write(like.join(name), "ref: refs/heads/main\n"),
                }
            });
            made.map_err(|error| io_error("create", &like, &error))?;
            self.made_up = Some(like.clone());
            self.asked_for = Some(like);
        }
        Ok(self)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let written = made.and_then(|mut file| std::io::Write::write_all(&mut file, bytes));
        written.map_err(|error| io_error("write", &path, &error))
    }

    /// A child of this program, sealed. With `network` it sees the user's settings as far as the table honours them.
    pub(super) fn command(&self, program: &Path, network: bool) -> Result<Command> {
        let mut settings: Vec<(String, String)> = Vec::new();
        let mut safe = Vec::new();
        if network {
            for (key, value) in self.users_settings(program)? {
                if treatment(Source::User, &key) != Treatment::ForNetwork {
                    continue;
                }
                match key.eq_ignore_ascii_case("safe.directory") {
                    true => safe.push(value),
                    false => settings.push((key, value)),
                }
            }
            settings.extend(self.data.iter().cloned());
        } else {
            settings.push(("protocol.allow".to_owned(), "never".to_owned()));
        }
        settings.extend(OURS.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        // The other end of a path is a child of the child, and sees files alone.
        let lines: String = safe.iter().map(|it| format!("\tdirectory = \"{}\"\n", quoted(it))).collect();
        let users = self.folder.join("users-config");
        if !users.exists() {
            self.put("users-config", format!("[safe]\n{lines}").as_bytes())?;
        }
        let mut command = self.bare_command(program);
        for (name, value) in std::env::vars_os() {
            let honoured = match name.to_str().map(|name| treatment(Source::Environment, name)) {
                Some(Treatment::ForNetwork) => network,
                Some(Treatment::Honoured) => true,
                _ => false,
            };
            if is_gits(&name) && honoured && !configures(&name) {
                command.env(name, value);
            }
        }
        let allowed = std::env::var("GIT_ALLOW_PROTOCOL").ok();
        let allowed = |it: &&str| allowed.as_ref().is_none_or(|all| all.split(':').any(|one| one == *it));
        let protocols: Vec<&str> = PROTOCOLS.iter().copied().filter(allowed).collect();
        command.env("GIT_ALLOW_PROTOCOL", if network { protocols.join(":") } else { "none".to_owned() });
        command.env("GIT_CONFIG_GLOBAL", users);
        command.env("GIT_CONFIG_COUNT", settings.len().to_string());
        for (at, (key, value)) in settings.into_iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{at}"), key).env(format!("GIT_CONFIG_VALUE_{at}"), value);
        }
        Ok(command)
    }

    /// A child that sees nothing of the user's Git, and no repository but this one.
    fn bare_command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder);
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_gits(name)) {
            command.env_remove(name);
        }
        command
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_DEFAULT_REF_FORMAT", "files")
            .env("GIT_PAGER", "cat")
            .env("LC_ALL", "C")
            .env("LANGUAGE", "C");
        match self.repository {
            true => command.env("GIT_DIR", &self.folder),
            false => command.env("GIT_CEILING_DIRECTORIES", self.folder.parent().unwrap_or(Path::new("/"))),
        };
        command
    }

    /// What the user's settings say of one key, written in lower case.
    pub(super) fn users_setting(&self, program: &Path, key: &str) -> Result<Option<String>> {
        let mut all = self.users_settings(program)?;
        all.retain(|(name, _)| name.eq_ignore_ascii_case(key));
        Ok(all.pop().map(|(_, value)| value))
    }

    /// The user's settings in their order, as Git itself reads them: the system's, the user's, then the environment's.
    fn users_settings(&self, program: &Path) -> Result<Vec<(String, String)>> {
        let mut command = self.bare_command(program);
        for name in ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"] {
            command.env_remove(name);
        }
        command.env_remove("GIT_DIR");
        for (name, value) in std::env::vars_os().filter(|(name, _)| configures(name)) {
            command.env(name, value);
        }
        if let Some(folder) = self.asked_for.as_ref().filter(|folder| folder.join("HEAD").exists()) {
            command.env("GIT_DIR", folder);
        }
        command.args(["config", "--includes", "--show-scope", "--null", "--list"]);
        let output = command
            .stdin(std::process::Stdio::null())
            .output()
            .map_err(|error| Error::new(Code::GitFailed, format!("cannot run {}: {error}", program.display())))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(Error::new(Code::GitFailed, format!("Git cannot read its own settings: {said}"))
                .hint("`git config --list --show-origin` names the file"));
        }
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut parts = said.split('\0');
        let mut found = Vec::new();
        while let (Some(scope), Some(entry)) = (parts.next(), parts.next()) {
            // A key without `=` is true.
            let (key, value) = entry.split_once('\n').unwrap_or((entry, "true"));
            if matches!(scope, "system" | "global" | "command") {
                found.push((key.to_owned(), value.to_owned()));
            }
        }
        Ok(found)
    }
}

impl Drop for Seal {
    fn drop(&mut self) {
        // Links are removed, never followed.
        let _ = fs::remove_dir_all(&self.folder);
        self.made_up.iter().for_each(|folder| drop(fs::remove_dir_all(folder)));
    }
}

/// Whether a variable is one of Git's.
fn is_gits(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"GIT_")
}

/// Whether a variable says which settings are the user's.
fn configures(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    let numbered = name.starts_with("GIT_CONFIG_KEY_") || name.starts_with("GIT_CONFIG_VALUE_");
    let honoured = treatment(Source::Environment, &name) == Treatment::ForNetwork;
    numbered || (name.starts_with("GIT_CONFIG_") && honoured)
}

/// A folder that nobody else can write, with a name that nobody can guess.
fn private_folder() -> Result<PathBuf> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(refmark_types::error::bug)?;
    let name = format!("refmark-git-{}-{}", unique_name(), refmark_types::digest::encode_hex(&random));
    let folder = std::env::temp_dir().join(name);
    DirBuilder::new().mode(0o700).create(&folder).map_err(|error| {
        io_error("create", &folder, &error).hint("git needs a folder for temporary files: TMPDIR names one")
    })?;
    // Where it is named by a link, Git would look above the wrong folder.
    Ok(fs::canonicalize(&folder).unwrap_or(folder))
}

/// A value between quotes in Git's configuration.
fn quoted(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// All keys and values of a configuration; the values of one key in their order.
fn entries(config: &gix::config::File) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for section in config.sections() {
        let header = section.header();
        let prefix = match header.subsection_name() {
            Some(name) => format!("{}.{name}", header.name()),
            None => header.name().to_string(),
        };
        let names: BTreeSet<String> = section.value_names().map(|name| name.to_string().to_ascii_lowercase()).collect();
        for name in names {
            for value in section.values(&name) {
                found.push((format!("{prefix}.{name}"), value.to_string()));
            }
        }
    }
    found
}
