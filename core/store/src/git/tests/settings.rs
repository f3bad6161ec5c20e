//! The table of settings, row by row, and repositories that arrive as folders which somebody else made.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{bare, git, grow};
use crate::git::program::{Git, GitProgram};
use crate::git::settings::{Source, TABLE, Treatment};
use crate::git::{Format, Repo};
use refmark_engine::ports::store::RecordStore;

/// Rows of a repository's own settings that refmark itself reads, each with the test that shows it.
const READ_BY_REFMARK: &[(&str, &str)] = &[
    ("core.bare", "a_worktrees_own_settings_go_before_the_shared_ones"),
    ("core.repositoryFormatVersion", "git_finds_nothing_wrong_with_loose_commits_and_a_bulk_pack_in_both_formats"),
    ("core.sharedRepository", "new_objects_and_branches_of_a_shared_repository_are_the_groups"),
    ("extensions.objectFormat", "git_finds_nothing_wrong_with_loose_commits_and_a_bulk_pack_in_both_formats"),
    ("extensions.preciousObjects", "a_repository_whose_objects_are_precious_is_never_cleared"),
    ("extensions.refStorage", "a_reftable_is_told_and_a_clone_never_has_one"),
    ("extensions.worktreeConfig", "a_worktrees_own_settings_go_before_the_shared_ones"),
    ("branch.*.remote", "the_remote_of_a_branch_is_the_one_that_is_said_to_be_it"),
];

#[test]
fn every_row_of_a_repositorys_own_settings_does_what_the_table_says() {
    for row in TABLE.iter().filter(|row| row.from == Source::Repository) {
        let key = row.name.replace('*', "x");
        if row.treatment == Treatment::Honoured {
            assert!(READ_BY_REFMARK.iter().any(|it| it.0 == row.name), "{key} has no test");
            continue;
        }
        let (_home, repo) = bare(Format::Sha1);
        git(repo.git_dir(), &["config", "--add", &key, "theirs"]);
        if row.treatment == Treatment::Refused {
            assert!(repo.integrity().unwrap().partial, "{key}");
        }
        for network in [true, false] {
            let seen = Git::default().run(repo.git_dir(), network, &["config", "--get-all", &key]).unwrap_or_default();
            let honoured = network && row.treatment == Treatment::ForNetwork;
            assert_eq!(seen.contains("theirs"), honoured, "{key}, network {network}: {seen}");
        }
    }
}

/// Makes every program that a folder can name, and every hook, leave a mark.
fn spoil(repo: &Path, mark: &Path) {
    let run = format!("sh -c 'touch {}' #", mark.display());
    let script = repo.join("evil.sh");
    fs::write(&script, format!("#!/bin/sh\ntouch {}\nexit 1\n", mark.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let script = script.display().to_string();
    let hooks = repo.join("evil-hooks");
    for folder in [&hooks, &repo.join("hooks")] {
        fs::create_dir_all(folder).unwrap();
        for hook in [
            "pre-push",
            "post-checkout",
            "reference-transaction",
            "pre-auto-gc",
            "post-index-change",
            "fsmonitor-watchman",
        ] {
            fs::copy(repo.join("evil.sh"), folder.join(hook)).unwrap();
        }
    }
    let included = repo.join("included");
    fs::write(&included, format!("[core]\n\tsshCommand = \"{script}\"\n\tfsmonitor = \"{script}\"\n")).unwrap();
    for (key, value) in [
        ("core.sshCommand", run.as_str()),
        ("core.gitProxy", &script),
        ("core.askPass", &script),
        ("core.fsmonitor", &script),
        ("core.hooksPath", &hooks.display().to_string()),
        ("core.alternateRefsCommand", &run),
        ("core.pager", &run),
        ("core.editor", &run),
        ("credential.helper", &format!("!{run}")),
        ("remote.origin.uploadpack", &run),
        ("remote.origin.receivepack", &run),
        ("remote.origin.vcs", "ext"),
        ("url.ext::sh -c touch% pwned.insteadOf", "https://"),
        ("protocol.ext.allow", "always"),
        ("protocol.allow", "always"),
        ("uploadpack.packObjectsHook", &script),
        ("gpg.program", &script),
        ("push.gpgSign", "true"),
        ("filter.evil.clean", &run),
        ("filter.evil.process", &run),
        ("diff.external", &script),
        ("alias.fetch", &format!("!{run}")),
        ("alias.config", &format!("!{run}")),
        ("pager.fetch", &run),
        ("gc.recentObjectsHook", &run),
        ("extensions.partialClone", "evil"),
        ("remote.evil.promisor", "true"),
        ("remote.evil.url", "ssh://evil.invalid/x"),
        ("include.path", &included.display().to_string()),
        ("trace2.eventTarget", &mark.with_extension("trace").display().to_string()),
    ] {
        git(repo, &["config", key, value]);
    }
    git(repo, &["config", "core.repositoryFormatVersion", "1"]);
}

#[test]
fn nothing_in_a_repositorys_folder_is_ever_run() {
    let (home, origin) = bare(Format::Sha1);
    grow(&origin, 1, &[("a", b"1")]);
    let program = Git::default();
    let copy = home.path().join("copy");
    program.clone_into(origin.git_dir().to_str().unwrap(), &copy, true).unwrap();
    let repo = Repo::open(&copy).unwrap();
    let next = grow(&repo, 2, &[("b", b"2")]);
    // A commit that names an object which is not there: Git would ask the promisor for it.
    let missing = git(&copy, &["rev-parse", "HEAD:b"]);
    let (mark, out) = (home.path().join("pwned"), home.path().join("out.pack"));
    spoil(&copy, &mark);
    // Plain Git would run it: else this test would show nothing.
    super::try_git(&copy, &["ls-remote", "ssh://evil.invalid/x"]);
    assert!(mark.exists());
    fs::remove_file(&mark).unwrap();
    let _ = fs::remove_file(mark.with_extension("trace"));
    let before = origin.head("main").unwrap().unwrap().to_string();
    let _ = program.fetch(&copy, "origin");
    let _ = program.fsck(&copy);
    let _ = program.pack_objects(&copy, &format!("{next}\n"), &out);
    let _ = program.push(&copy, "origin", "refs/heads/main:refs/heads/main", &before);
    let _ = program.gc(&copy);
    let _ = program.run(&copy, true, &["ls-remote", "origin"]);
    let missing = missing.trim();
    let _ = fs::remove_file(copy.join("objects").join(&missing[..2]).join(&missing[2..]));
    for path in fs::read_dir(copy.join("objects/pack")).unwrap().map(|it| it.unwrap().path()) {
        fs::remove_file(path).unwrap();
    }
    let _ = fs::remove_file(&out);
    assert!(program.pack_objects(&copy, &format!("{next}\n"), &out).is_err(), "what is missing is not fetched");
    let _ = program.fsck(&copy);
    let _ = program.clone_into(copy.to_str().unwrap(), &home.path().join("again"), true);
    assert!(!mark.exists() && !mark.with_extension("trace").exists(), "something of the folder was run");
}

#[test]
fn objects_that_are_borrowed_reach_no_child() {
    let (home, repo) = bare(Format::Sha1);
    grow(&repo, 1, &[("a", b"1")]);
    git(home.path(), &["clone", "-q", "--bare", "--shared", "r", "borrowed"]);
    let error = Git::default().fsck(&home.path().join("borrowed")).unwrap_err();
    assert_eq!(error.code, refmark_types::error::Code::Incomplete);
    assert!(error.hint_text().unwrap().contains("repack"));
}

#[test]
fn a_private_folder_is_gone_when_its_child_has_ended() {
    let (_home, repo) = bare(Format::Sha1);
    grow(&repo, 1, &[("a", b"1")]);
    let said = Git::default().run(repo.git_dir(), false, &["rev-parse", "--absolute-git-dir"]).unwrap();
    assert!(said.contains("refmark-git-"), "{said}");
    assert!(!Path::new(said.trim()).exists());
    assert!(repo.git_dir().join("objects").is_dir() && repo.git_dir().join("refs/heads/main").exists());
}

#[test]
fn new_objects_and_branches_of_a_shared_repository_are_the_groups() {
    let (_home, repo) = bare(Format::Sha1);
    git(repo.git_dir(), &["config", "core.sharedRepository", "group"]);
    let repo = Repo::open(repo.git_dir()).unwrap();
    let head = grow(&repo, 1, &[("a", b"1")]).to_string();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    let folder = repo.git_dir().join("objects").join(&head[..2]);
    assert_eq!(mode(&folder) & 0o2070, 0o2070);
    assert_eq!(mode(&folder.join(&head[2..])) & 0o040, 0o040);
    assert_eq!(mode(&repo.git_dir().join("refs/heads/main")) & 0o060, 0o060);
    Git::default().gc(repo.git_dir()).unwrap();
    let packs = fs::read_dir(repo.git_dir().join("objects/pack")).unwrap();
    assert!(packs.map(|it| it.unwrap().path()).all(|path| mode(&path) & 0o040 == 0o040), "Git's own files, too");
}

#[test]
fn a_worktrees_own_settings_go_before_the_shared_ones() {
    let (home, repo) = bare(Format::Sha1);
    grow(&repo, 1, &[("a", b"1")]);
    let at = repo.git_dir().to_owned();
    // As `git sparse-checkout` and `git worktree` do: what is a worktree's own leaves the shared file.
    git(&at, &["worktree", "add", "-q", home.path().join("tree").to_str().unwrap(), "-b", "side"]);
    git(&at, &["config", "core.repositoryFormatVersion", "1"]);
    git(&at, &["config", "extensions.worktreeConfig", "true"]);
    git(&at, &["config", "--unset", "core.bare"]);
    fs::write(at.join("config.worktree"), "[core]\n\tbare = true\n").unwrap();
    assert!(Repo::open(&at).unwrap().is_bare());
    let tree = Repo::open(&home.path().join("tree")).unwrap();
    assert!(!tree.is_bare() && tree.worktree().is_some());
    grow(&Repo::open(&at).unwrap(), 2, &[("b", b"2")]);
    Git::default().gc(&at).unwrap();
    assert_eq!(tree.head_branch().unwrap().as_deref(), Some("side"));
}

#[test]
fn a_repository_whose_objects_are_precious_is_never_cleared() {
    let (_home, repo) = bare(Format::Sha1);
    grow(&repo, 1, &[("a", b"1")]);
    git(repo.git_dir(), &["config", "core.repositoryFormatVersion", "1"]);
    git(repo.git_dir(), &["config", "extensions.preciousObjects", "true"]);
    assert!(Git::default().gc(repo.git_dir()).unwrap_err().message.contains("precious"));
}

#[test]
fn a_reftable_is_told_and_a_clone_never_has_one() {
    let (home, repo) = bare(Format::Sha1);
    grow(&repo, 1, &[("a", b"1")]);
    let program = Git::default();
    let (made, _) = super::try_git(home.path(), &["init", "-q", "--bare", "--ref-format=reftable", "tables"]);
    if !made {
        return; // This Git has none.
    }
    let tables = home.path().join("tables");
    git(repo.git_dir(), &["push", "-q", tables.to_str().unwrap(), "main"]);
    let error = Repo::open(&tables).err().unwrap();
    assert!(error.hint_text().unwrap().contains("git refs migrate"), "{error}");
    program.clone_into(tables.to_str().unwrap(), &home.path().join("copy"), true).unwrap();
    let copy = Repo::open(&home.path().join("copy")).unwrap();
    assert_eq!(copy.head("main").unwrap(), repo.head("main").unwrap());
}

#[test]
fn the_remote_of_a_branch_is_the_one_that_is_said_to_be_it() {
    let (_home, repo) = bare(Format::Sha1);
    let add = |name: &str| git(repo.git_dir(), &["remote", "add", name, "https://h/x"]);
    assert_eq!(repo.upstream("main").unwrap(), None);
    add("backup");
    assert_eq!(repo.upstream("main").unwrap().as_deref(), Some("backup"));
    assert_eq!(repo.comes_from("main").unwrap(), None, "a remote of another name need not be where it comes from");
    add("mirror");
    let error = repo.upstream("main").unwrap_err();
    assert!(error.message.contains("backup, mirror") && error.hint_text().unwrap().contains("branch.main.remote"));
    add("origin");
    assert_eq!(repo.upstream("main").unwrap().as_deref(), Some("origin"));
    git(repo.git_dir(), &["config", "branch.main.remote", "mirror"]);
    assert_eq!(repo.comes_from("main").unwrap().as_deref(), Some("mirror"));
}

#[test]
fn the_page_on_git_prints_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/git.md");
    let page = fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- table: begin -->\n\n", "<!-- table: end -->");
    let (before, rest) = page.split_once(begin).unwrap();
    let (table, after) = rest.split_once(end).unwrap();
    let wanted = crate::git::settings::markdown();
    if table != wanted && std::env::var_os("REFMARK_UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{before}{begin}{wanted}{end}{after}")).unwrap();
        return;
    }
    assert!(table == wanted, "run this test with REFMARK_UPDATE_DOCS=1 to print the table to docs/git.md");
}

#[test]
fn a_folder_to_clone_from_in_which_a_fifo_or_a_device_stands_for_a_file_of_gits_keeps_nobody_waiting() {
    use std::os::unix::fs::symlink;
    let home = tempfile::tempdir().unwrap();
    let origin = home.path().join("origin");
    let repo = crate::git::Repo::init(&origin, true, crate::git::Format::Sha1, "main").unwrap();
    drop(repo);
    let program = crate::git::program::Git::default();
    let spoil: [(&str, bool); 7] = [
        ("objects/info/alternates", false),
        ("objects/info/alternates", true),
        ("objects/info/commit-graph", false),
        ("objects/pack/multi-pack-index", false),
        ("refs/heads/zero", true),
        ("packed-refs", true),
        ("objects/aa/0123456789012345678901234567890123456a", false),
    ];
    for (name, endless) in spoil {
        let place = origin.join(name);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        let kept = home.path().join("kept");
        let _ = std::fs::rename(&place, &kept);
        match endless {
            true => symlink("/dev/zero", &place).unwrap(),
            false => {
                rustix::fs::mknodat(rustix::fs::CWD, &place, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
                    .unwrap()
            }
        }
        let error = program.clone_into(origin.to_str().unwrap(), &home.path().join("copy"), true).unwrap_err();
        assert_eq!(error.code, refmark_types::error::Code::NotAFile, "{name}: {error}");
        std::fs::remove_file(&place).unwrap();
        let _ = std::fs::rename(&kept, &place);
    }
    program.clone_into(origin.to_str().unwrap(), &home.path().join("copy"), true).unwrap();
}
