//! Every Git setting and variable that can touch refmark, in one table: what is honoured, what is overridden, what is
//! refused. The code that starts `git` asks this table, its tests go through it row by row, and docs/git.md prints it.

use std::fmt::Write as _;

/// Where a setting comes from. What a user set is the user's wish; what a repository's own folder says is data, because
/// a registry can arrive as a folder that somebody else made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The system's and the user's Git configuration, `git -c`, and `GIT_CONFIG_COUNT`.
    User,
    /// The repository's own `config` and `config.worktree`.
    Repository,
    /// An environment variable.
    Environment,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Handed to `git` where it clones, fetches or pushes, and to no other child.
    ForNetwork,
    /// Read by refmark itself, or handed to every child.
    Honoured,
    /// Without effect: refmark decides.
    Overridden,
    /// An error names it, or history is `incomplete`.
    Refused,
}

/// One row: a key, what becomes of it, and why. In `name` a `*` stands for anything.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The key or variable, as Git's manual spells it.
    pub name: &'static str,
    /// Where it comes from.
    pub from: Source,
    /// What becomes of it.
    pub treatment: Treatment,
    /// Why, or what happens instead.
    pub why: &'static str,
}

const fn row(from: Source, treatment: Treatment, name: &'static str, why: &'static str) -> Row {
    Row { name, from, treatment, why }
}

use Source::{Environment, Repository, User};
use Treatment::{ForNetwork, Honoured, Overridden, Refused};

/// The table. The first row that fits a key decides; what no row names is overridden.
pub const TABLE: &[Row] = &[
    row(User, ForNetwork, "credential.*", "credential helpers and user names for remotes"),
    row(User, ForNetwork, "http.*", "proxies, certificates, headers, cookies"),
    row(User, ForNetwork, "core.sshCommand", "how ssh is started"),
    row(User, ForNetwork, "ssh.variant", "what that program takes"),
    row(User, ForNetwork, "core.gitProxy", "a proxy for git://"),
    row(User, ForNetwork, "core.askPass", "a program that asks for passwords"),
    row(User, ForNetwork, "url.*.insteadOf", "addresses are rewritten as Git rewrites them"),
    row(User, ForNetwork, "url.*.pushInsteadOf", "the same, for pushes"),
    row(User, ForNetwork, "protocol.version", "what the other side speaks"),
    row(User, ForNetwork, "safe.directory", "whose repositories may be cloned, fetched and pushed to on this machine"),
    row(User, ForNetwork, "include.path", "read as Git reads it"),
    row(User, ForNetwork, "includeIf.*.path", "read as Git reads it, for the registry's own folder"),
    row(User, Overridden, "safe.bareRepository", "a registry is named to Git, never found by it"),
    row(
        User,
        Overridden,
        "core.hooksPath",
        "no child runs hooks; `hook install` refuses where Git would not run its hook",
    ),
    row(User, Overridden, "core.fsmonitor", "nothing is checked out"),
    row(User, Overridden, "core.pager", "children write to pipes"),
    row(User, Overridden, "core.fsync", "objects and references are always synced"),
    row(User, Overridden, "core.autocrlf", "records are bytes; nothing is checked out"),
    row(User, Overridden, "init.*", "refmark makes repositories with files for references"),
    row(User, Overridden, "protocol.*.allow", "file, git, http, https and ssh, where a network is meant; else none"),
    row(User, Overridden, "fetch.*", "branches of the remote, by name, without tags"),
    row(User, Overridden, "push.*", "one branch at a time, never by force"),
    row(User, Overridden, "transfer.*", "what arrives is verified by refmark"),
    row(User, Overridden, "gc.*", "`refmark gc` keeps what is younger than two weeks"),
    row(User, Overridden, "maintenance.*", "no maintenance runs beside the writer's lock"),
    row(User, Overridden, "pack.*", "packs of a site have the same bytes everywhere"),
    row(User, Overridden, "user.*", "commits carry the principal that signed the record"),
    row(User, Overridden, "commit.gpgSign", "commits are signed with the principal's key"),
    row(User, Overridden, "gpg.*", "no signing program is started"),
    row(User, Overridden, "alias.*", "commands are called by their own names"),
    row(Repository, Honoured, "core.bare", "whether there is a worktree"),
    row(Repository, Honoured, "core.repositoryFormatVersion", "0 and 1"),
    row(Repository, Honoured, "core.sharedRepository", "the modes of new files and folders"),
    row(Repository, Honoured, "extensions.objectFormat", "sha1 and sha256"),
    row(Repository, Honoured, "extensions.preciousObjects", "`refmark gc` removes nothing"),
    row(
        Repository,
        Honoured,
        "extensions.refStorage",
        "files; a reftable is an error that says how to turn it into files",
    ),
    row(Repository, Honoured, "extensions.worktreeConfig", "config.worktree is read after config"),
    row(Repository, Honoured, "branch.*.remote", "which remote is the registry's origin, where `origin` is none"),
    row(Repository, ForNetwork, "remote.*.url", "where to fetch from; a password in it is never shown or written"),
    row(Repository, ForNetwork, "remote.*.pushUrl", "where to push to"),
    row(Repository, ForNetwork, "http.*.extraHeader", "what CI checkouts put there to be let in"),
    row(
        Repository,
        Refused,
        "extensions.partialClone",
        "nothing is fetched on demand: where an object is missing that is needed, it is incomplete",
    ),
    row(
        Repository,
        Refused,
        "remote.*.promisor",
        "nothing is fetched on demand: where an object is missing that is needed, it is incomplete",
    ),
    row(
        Repository,
        Refused,
        "remote.*.partialCloneFilter",
        "nothing is fetched on demand: where an object is missing that is needed, it is incomplete",
    ),
    row(Repository, Overridden, "remote.*.uploadPack", "it would name a program to run"),
    row(Repository, Overridden, "remote.*.receivePack", "it would name a program to run"),
    row(Repository, Overridden, "remote.*.vcs", "it would name a program to run"),
    row(Repository, Overridden, "remote.*.proxy", "a folder does not choose the way that a user's password takes"),
    row(Repository, Overridden, "remote.*.fetch", "refmark names what it fetches"),
    row(Repository, Overridden, "remote.*.mirror", "a mirror's branches are fetched beside its own"),
    row(Repository, Overridden, "core.sshCommand", "it would name a program to run"),
    row(Repository, Overridden, "core.gitProxy", "it would name a program to run"),
    row(Repository, Overridden, "core.askPass", "it would name a program to run"),
    row(Repository, Overridden, "core.fsmonitor", "it would name a program to run"),
    row(Repository, Overridden, "core.hooksPath", "it would name programs to run"),
    row(Repository, Overridden, "core.alternateRefsCommand", "it would name a program to run"),
    row(Repository, Overridden, "core.pager", "it would name a program to run"),
    row(Repository, Overridden, "core.editor", "it would name a program to run"),
    row(Repository, Overridden, "core.worktree", "nothing is checked out"),
    row(Repository, Overridden, "credential.*", "it would name a program to run"),
    row(Repository, Overridden, "http.*", "a folder does not choose the way that a user's password takes"),
    row(Repository, Overridden, "url.*", "a folder does not rewrite addresses"),
    row(Repository, Overridden, "include.path", "no other file is read"),
    row(Repository, Overridden, "includeIf.*.path", "no other file is read"),
    row(Repository, Overridden, "filter.*", "it would name programs to run"),
    row(Repository, Overridden, "diff.*", "it would name programs to run"),
    row(Repository, Overridden, "gpg.*", "it would name programs to run"),
    row(Repository, Overridden, "uploadpack.*", "it would name a program to run"),
    row(Repository, Overridden, "pack.*", "packs of a site have the same bytes everywhere"),
    row(Repository, Overridden, "gc.*", "`refmark gc` keeps what is younger than two weeks"),
    row(Repository, Overridden, "alias.*", "commands are called by their own names"),
    row(Environment, Honoured, "GIT_EXEC_PATH", "where Git's own programs are"),
    row(
        Environment,
        ForNetwork,
        "GIT_CONFIG_COUNT",
        "with GIT_CONFIG_KEY_n and GIT_CONFIG_VALUE_n: as the user's settings above",
    ),
    row(Environment, ForNetwork, "GIT_CONFIG_PARAMETERS", "as the user's settings above"),
    row(Environment, ForNetwork, "GIT_CONFIG_GLOBAL", "which file has the user's settings"),
    row(Environment, ForNetwork, "GIT_CONFIG_SYSTEM", "which file has the system's settings"),
    row(Environment, ForNetwork, "GIT_CONFIG_NOSYSTEM", "whether the system's are read"),
    row(Environment, ForNetwork, "GIT_SSH", "how ssh is started"),
    row(Environment, ForNetwork, "GIT_SSH_COMMAND", "how ssh is started"),
    row(Environment, ForNetwork, "GIT_SSH_VARIANT", "what that program takes"),
    row(Environment, ForNetwork, "GIT_ASKPASS", "a program that asks for passwords"),
    row(Environment, ForNetwork, "GIT_PROXY_COMMAND", "a proxy for git://"),
    row(Environment, ForNetwork, "GIT_SSL_*", "certificates"),
    row(Environment, ForNetwork, "GIT_PROXY_SSL_*", "certificates of a proxy"),
    row(Environment, ForNetwork, "GIT_HTTP_*", "how http is spoken"),
    row(
        Environment,
        Overridden,
        "GIT_ALLOW_PROTOCOL",
        "it can take away from file, git, http, https and ssh, and add nothing",
    ),
    row(Environment, Overridden, "GIT_DIR", "a registry is named by -R, never by a hook's environment"),
    row(Environment, Overridden, "GIT_COMMON_DIR", "the same"),
    row(Environment, Overridden, "GIT_WORK_TREE", "nothing is checked out"),
    row(Environment, Overridden, "GIT_INDEX_FILE", "no index is touched"),
    row(Environment, Overridden, "GIT_NAMESPACE", "branches are what they are called"),
    row(Environment, Overridden, "GIT_PREFIX", "set by hooks and aliases"),
    row(Environment, Overridden, "GIT_OBJECT_DIRECTORY", "read by the pre-receive hook alone"),
    row(Environment, Overridden, "GIT_ALTERNATE_OBJECT_DIRECTORIES", "read by the pre-receive hook alone"),
    row(Environment, Overridden, "GIT_QUARANTINE_PATH", "read by the pre-receive hook alone"),
    row(Environment, Overridden, "GIT_CONFIG", "read by `git config` alone"),
    row(Environment, Overridden, "GIT_GRAFT_FILE", "grafts are ignored"),
    row(Environment, Overridden, "GIT_SHALLOW_FILE", "history is the repository's own"),
    row(Environment, Overridden, "GIT_REPLACE_REF_BASE", "replacements are ignored"),
    row(Environment, Overridden, "GIT_CEILING_DIRECTORIES", "children find nothing; everything is named"),
    row(Environment, Overridden, "GIT_TEMPLATE_DIR", "clones are made without templates"),
    row(Environment, Overridden, "GIT_DEFAULT_HASH", "a clone has its origin's format"),
    row(Environment, Overridden, "GIT_DEFAULT_REF_FORMAT", "clones are made with files for references"),
    row(Environment, Overridden, "GIT_TERMINAL_PROMPT", "no child asks on a terminal"),
    row(Environment, Overridden, "GIT_EXTERNAL_DIFF", "it would name a program to run"),
    row(Environment, Overridden, "GIT_PAGER", "children write to pipes"),
    row(Environment, Overridden, "GIT_EDITOR", "nothing is edited"),
    row(Environment, Overridden, "GIT_TRACE*", "what Git says is read for its errors"),
];

/// What becomes of a key of the user's or a repository's configuration, or of a variable.
pub fn treatment(from: Source, key: &str) -> Treatment {
    let found = TABLE.iter().find(|row| row.from == from && fits(row.name, key));
    found.map_or(Overridden, |row| row.treatment)
}

/// Whether a key fits a row's name. Git compares sections and names without case, and so does this throughout: a part
/// between dots that differs in case alone is no other kind of key. Variables have no dots and are compared as they are.
fn fits(name: &str, key: &str) -> bool {
    let (name, key) = match name.contains('.') {
        true => (name.to_ascii_lowercase(), key.to_ascii_lowercase()),
        false => (name.to_owned(), key.to_owned()),
    };
    match name.split_once('*') {
        None => name == key,
        Some((before, after)) => {
            key.len() >= before.len() + after.len() && key.starts_with(before) && key.ends_with(after)
        }
    }
}

/// The table as docs/git.md prints it.
pub fn markdown() -> String {
    let mut text = String::new();
    for (from, heading) in [
        (User, "The system's and the user's settings"),
        (Repository, "The repository's own `config`"),
        (Environment, "Environment variables"),
    ] {
        let _ = write!(text, "### {heading}\n\n| name | what becomes of it | |\n|---|---|---|\n");
        for row in TABLE.iter().filter(|row| row.from == from) {
            let what = match row.treatment {
                ForNetwork => "honoured for clone, fetch and push",
                Honoured => "honoured",
                Overridden => "without effect",
                Refused => "refused",
            };
            let _ = writeln!(text, "| `{}` | {what} | {} |", row.name, row.why);
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_that_fits_decides_and_what_none_names_is_overridden() {
        assert_eq!(treatment(Repository, "http.https://forge.example/.extraheader"), ForNetwork);
        assert_eq!(treatment(Repository, "http.proxy"), Overridden);
        assert_eq!(treatment(Repository, "core.SSHcommand"), Overridden);
        assert_eq!(treatment(User, "core.sshcommand"), ForNetwork);
        assert_eq!(treatment(User, "url.ssh://git@h/.insteadof"), ForNetwork);
        assert_eq!(treatment(User, "something.new"), Overridden);
        assert_eq!(treatment(Environment, "GIT_TRACE2_EVENT"), Overridden);
        assert_eq!(treatment(Environment, "GIT_SSL_CAINFO"), ForNetwork);
        assert_eq!(treatment(Environment, "GIT_NEW"), Overridden);
    }

    #[test]
    fn no_row_is_hidden_behind_another() {
        for (at, row) in TABLE.iter().enumerate() {
            let key = row.name.replace('*', "x");
            let first = TABLE.iter().position(|it| it.from == row.from && fits(it.name, &key));
            assert_eq!(first, Some(at), "{}", row.name);
        }
    }
}
