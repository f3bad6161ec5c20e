//! People's own `git` reads what is written here, and we read what it writes.

use std::fs;
use std::process::Command;

use super::{bare, commit, git, grow, try_git};
use crate::git::program::{Git, GitProgram};
use crate::git::{Format, Repo, RepoCondition};
use refmark_engine::ports::store::RecordStore;
use refmark_engine::snapshot::{Change, History, Mode};
use refmark_types::error::Code;
use refmark_types::oid::Oid;
use tempfile::TempDir;

#[test]
fn git_finds_nothing_wrong_with_loose_commits_and_a_bulk_pack_in_both_formats() {
    for format in [Format::Sha1, Format::Sha256] {
        let (home, repo) = bare(format);
        for number in 0..50u8 {
            let (name, bytes) = (format!("a/{:x}/b/{number}", number % 16), vec![number; usize::from(number) * 40]);
            grow(&repo, i64::from(number), &[(&name, &bytes)]);
        }
        let names: Vec<String> = (0..1000).map(|number| format!("bulk/{:x}/{number}", number % 16)).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), name.as_bytes())).collect();
        let tip = grow(&repo, 100, &files);
        let packs = fs::read_dir(repo.git_dir().join("objects/pack")).unwrap().count();
        assert_eq!(packs, 2, "one pack and its index");
        let at = repo.git_dir();
        git(at, &["fsck", "--strict", "--full"]);
        let index = fs::read_dir(at.join("objects/pack")).unwrap().map(|entry| entry.unwrap().path());
        for index in index.filter(|path| path.extension().is_some_and(|it| it == "idx")) {
            git(at, &["verify-pack", index.to_str().unwrap()]);
        }
        assert_eq!(git(at, &["rev-parse", "main", "HEAD"]), format!("{tip}\n{tip}\n"));
        assert_eq!(git(at, &["rev-list", "--count", "main"]).trim(), "51");
        assert_eq!(git(at, &["show", "main:a/7/b/39"]).as_bytes(), vec![39; 39 * 40]);
        assert_eq!(git(at, &["log", "-1", "--format=%an <%ae> %at %s"]), "Test <test@example.org> 1700000100 at 100\n");
        git(home.path(), &["clone", "-q", "r", "copy"]);
        assert_eq!(fs::read(home.path().join("copy/bulk/7/999")).unwrap(), b"bulk/7/999");
        assert_eq!(git(at, &["config", "gc.auto"]).trim(), "0");
        assert_eq!(repo.integrity().unwrap(), RepoCondition::default());
    }
}

/// What `git diff-tree` says, as changes in path order.
fn told_by_git(repo: &Repo, arguments: &[&str]) -> Vec<Change> {
    let all = [&["diff-tree", "-r", "-z", "--no-renames", "--no-commit-id"], arguments].concat();
    let said = git(repo.git_dir(), &all);
    let mut parts = said.split('\0');
    let mut changes = Vec::new();
    while let (Some(head), Some(path)) = (parts.next().filter(|it| !it.is_empty()), parts.next()) {
        let fields: Vec<&str> = head.trim_start_matches(':').split(' ').collect();
        let side = |mode: &str, id: &str| match mode {
            "000000" => None,
            "100644" => Some((Mode::File, Oid::parse(id).unwrap())),
            odd => Some((Mode::Odd(u32::from_str_radix(odd, 8).unwrap()), Oid::parse(id).unwrap())),
        };
        changes.push(Change { path: path.into(), old: side(fields[0], fields[2]), new: side(fields[1], fields[3]) });
    }
    changes.sort_by(|one, other| one.path.cmp(&other.path));
    changes
}

/// A small generator with a fixed seed: histories are random and the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % limit
    }
}

#[test]
fn changes_are_those_of_diff_tree_over_random_histories_made_by_git() {
    let names = ["a", "a-", "a.b", "a/b", "a/b/c", "a/b-", "b", "b/a/a", "b/a/b", "c/d/e/f", "c/d", "ü", "a0"];
    for seed in 0..4 {
        let (_home, repo) = bare(if seed % 2 == 0 { Format::Sha1 } else { Format::Sha256 });
        let at = repo.git_dir().to_owned();
        let mut dice = Dice(seed);
        let mut commits: Vec<Oid> = Vec::new();
        for number in 0..15 {
            let mut parents: Vec<String> = Vec::new();
            for _ in 0..dice.below(3).min(commits.len()) {
                parents.push(commits[dice.below(commits.len())].to_string());
            }
            git(&at, &["read-tree", parents.first().map_or("--empty", |parent| parent)]);
            for _ in 0..1 + dice.below(4) {
                let path = names[dice.below(names.len())];
                if dice.below(4) == 0 {
                    git(&at, &["rm", "-rq", "--cached", "--ignore-unmatch", path]);
                    continue;
                }
                fs::write(at.join("content"), format!("{}", dice.below(5))).unwrap();
                let blob = git(&at, &["hash-object", "-w", "content"]);
                let mode = ["100644", "100644", "100755", "120000"][dice.below(4)];
                git(&at, &["rm", "-rq", "--cached", "--ignore-unmatch", path]);
                let entry = format!("{mode},{},{path}", blob.trim());
                // Where a file stands in the way of a folder, Git replaces it.
                git(&at, &["update-index", "--add", "--replace", "--cacheinfo", &entry]);
            }
            let tree = git(&at, &["write-tree"]);
            let message = format!("c{number}");
            let mut arguments = vec!["commit-tree", tree.trim(), "-m", &message];
            parents.dedup();
            parents.iter().for_each(|parent| arguments.extend(["-p", parent]));
            commits.push(Oid::parse(git(&at, &arguments).trim()).unwrap());
        }
        for id in &commits {
            let name = id.to_string();
            match repo.commit(*id).unwrap().parents.first() {
                None => assert_eq!(repo.changes(*id).unwrap(), told_by_git(&repo, &["--root", &name])),
                Some(first) => {
                    assert_eq!(repo.changes(*id).unwrap(), told_by_git(&repo, &[&first.to_string(), &name]));
                }
            }
            let other = commits[dice.below(commits.len())];
            assert_eq!(repo.between(Some(other), *id).unwrap(), told_by_git(&repo, &[&other.to_string(), &name]));
            let (found, said) = try_git(&at, &["merge-base", "--all", &other.to_string(), &name]);
            let base = repo.merge_base(other, *id).unwrap();
            assert_eq!(found, base.is_some());
            assert!(base.is_none_or(|base| said.contains(&base.to_string())), "{base:?} is not among {said}");
            let (yes, _) = try_git(&at, &["merge-base", "--is-ancestor", &other.to_string(), &name]);
            assert_eq!(repo.is_ancestor(other, *id).unwrap(), yes);
        }
    }
}

#[test]
fn packed_refs_gc_and_a_hundred_new_packs_are_followed_by_one_open_handle() {
    let (_home, repo) = bare(Format::Sha1);
    let at = repo.git_dir().to_owned();
    let first = grow(&repo, 0, &[("a/b/c", b"first")]);
    git(&at, &["pack-refs", "--all", "--prune"]);
    assert!(!at.join("refs/heads/main").exists());
    assert_eq!(repo.head("main").unwrap(), Some(first));
    assert_eq!(repo.move_branch("main", None, first).unwrap_err().code, Code::HeadMoved);
    let mut ids = vec![first];
    for number in 1..=100 {
        ids.push(grow(&repo, number, &[(&format!("n/{number}"), b"x")]));
        git(&at, &["repack", "-d", "-q"]);
        assert_eq!(repo.snapshot(*ids.last().unwrap()).unwrap().read("a/b/c", 9).unwrap().unwrap(), b"first");
    }
    let program = Git::default();
    program.gc(&at).unwrap();
    program.fsck(&at).unwrap();
    let reopened = Repo::open(&at).unwrap();
    for store in [&repo, &reopened] {
        for id in &ids {
            assert_eq!(store.snapshot(*id).unwrap().read("a/b/c", 9).unwrap().unwrap(), b"first");
        }
        assert_eq!(store.changes(*ids.last().unwrap()).unwrap().len(), 1);
    }
    grow(&repo, 200, &[("a/b/d", b"after")]);
    program.fsck(&at).unwrap();
    assert!(program.version().unwrap().starts_with(|first: char| first.is_ascii_digit()));
}

#[test]
fn revisions_of_clones_tags_and_worktrees_are_found_without_touching_worktree_or_index() {
    let home = TempDir::new().unwrap();
    let at = home.path().join("project");
    let repo = Repo::init(&at, false, Format::Sha1, "main").unwrap();
    fs::write(at.join("code.py"), "print()\n").unwrap();
    git(&at, &["add", "."]);
    git(&at, &["commit", "-qm", "code"]);
    git(&at, &["tag", "-am", "t", "v1"]);
    git(&at, &["worktree", "add", "-q", "../linked", "-b", "side"]);
    let linked = Repo::open(&home.path().join("linked")).unwrap();
    assert_eq!(linked.git_dir(), fs::canonicalize(at.join(".git")).unwrap());
    let record = linked.write(&commit(&[], 1, &[("trust/0001.json", b"{}")])).unwrap();
    linked.move_branch("refmark", None, record).unwrap();
    assert_eq!(git(&at, &["status", "--porcelain"]), "");
    assert_eq!(repo.branches().unwrap(), ["main", "refmark", "side"]);
    assert_eq!(linked.head_branch().unwrap().as_deref(), Some("side"));
    assert_eq!(repo.resolve_revision("v1").unwrap(), repo.head("main").unwrap().unwrap());
    assert_eq!(linked.resolve_revision("HEAD").unwrap(), linked.head("side").unwrap().unwrap());
    assert!(repo.checked_out_at("refmark").unwrap().is_empty());
    assert_eq!(repo.checked_out_at("side").unwrap(), [fs::canonicalize(home.path().join("linked")).unwrap()]);
    assert_eq!(repo.checked_out_at("main").unwrap().len(), 1);
    let program = Git::default();
    for (name, is_bare) in [("copy.git", true), ("copy", false)] {
        let into = home.path().join(name);
        program.clone_into(at.to_str().unwrap(), &into, is_bare).unwrap();
        let copy = Repo::open(&into).unwrap();
        assert_eq!(copy.resolve_revision("origin/refmark").unwrap(), record, "{name}");
        let next = repo.write(&commit(&[repo.head("refmark").unwrap().unwrap()], 2, &[("x", b"1")])).unwrap();
        repo.move_branch("refmark", repo.head("refmark").unwrap(), next).unwrap();
        program.fetch(copy.git_dir(), "origin").unwrap();
        assert_eq!(copy.resolve_revision("origin/refmark").unwrap(), next, "{name}");
        let mine = copy.write(&commit(&[record], 3, &[("y", b"1")])).unwrap();
        let own = copy.head("refmark").unwrap();
        copy.move_branch("refmark", own, mine).unwrap();
        let lost = program.push(copy.git_dir(), "origin", "refmark:refmark", &record.to_string()).unwrap_err();
        assert_eq!(lost.code, Code::HeadMoved, "{lost}");
        repo.move_branch("refmark", Some(next), record).unwrap();
        program.push(copy.git_dir(), "origin", "refmark:pushed", "").unwrap();
        assert_eq!(repo.head("pushed").unwrap(), Some(mine));
        git(&at, &["branch", "-D", "-q", "pushed"]);
    }
    // An IPv6 address is one: nobody listens there.
    for address in ["http://[::1]:1/x", "ssh://[::1]:1/x", "[::1]:x"] {
        let refused = program.clone_into(address, &home.path().join("no"), true).unwrap_err();
        assert_eq!(refused.code, Code::GitFailed, "{address}: {refused}");
    }
    for hostile in ["--upload-pack=touch pwned", "ext::sh -c touch% pwned", "::x", "my-helper::x", "", "a\nb"] {
        assert_eq!(program.clone_into(hostile, &home.path().join("no"), true).unwrap_err().code, Code::BadArgument);
        assert_eq!(program.fetch(&at, hostile).unwrap_err().code, Code::BadArgument);
    }
    let refused = program.clone_into("https://user:secret@127.0.0.1:1/x", &home.path().join("no"), true).unwrap_err();
    assert!(refused.code == Code::GitFailed && !refused.message.contains("secret"), "{refused}");
}

#[test]
fn a_shallow_grafted_replaced_borrowed_or_partial_repository_says_so() {
    let (home, repo) = bare(Format::Sha1);
    let one = grow(&repo, 1, &[("a", b"1")]);
    let two = grow(&repo, 2, &[("a", b"2")]);
    let url = format!("file://{}", repo.git_dir().display());
    git(home.path(), &["clone", "-q", "--bare", "--depth=1", &url, "shallow"]);
    let shallow = Repo::open(&home.path().join("shallow")).unwrap();
    assert!(shallow.integrity().unwrap().shallow && !shallow.integrity().unwrap().is_sound());
    assert_eq!(shallow.changes(two).unwrap_err().code, Code::Incomplete);
    assert_eq!(shallow.snapshot(two).unwrap().read("a", 9).unwrap().unwrap(), b"2");

    git(home.path(), &["clone", "-q", "--bare", "--shared", "r", "borrowed"]);
    let borrowed = Repo::open(&home.path().join("borrowed")).unwrap();
    assert_eq!(borrowed.integrity().unwrap().alternates, [repo.git_dir().join("objects")]);
    assert_eq!(borrowed.commit(two).unwrap_err().code, Code::Incomplete, "what is borrowed is not held");

    let at = repo.git_dir();
    git(at, &["config", "uploadpack.allowFilter", "true"]);
    git(home.path(), &["clone", "-q", "--bare", "--filter=blob:none", &url, "partial"]);
    assert!(Repo::open(&home.path().join("partial")).unwrap().integrity().unwrap().partial);

    git(at, &["replace", &two.to_string(), &one.to_string()]);
    fs::write(at.join("info/grafts"), format!("{two}\n")).unwrap();
    let condition = repo.integrity().unwrap();
    assert_eq!(condition.replace_refs, [two.to_string()]);
    assert!(condition.grafts && !condition.shallow && !condition.partial);
    let info = repo.commit(two).unwrap();
    assert_eq!((info.id, info.parents), (two, vec![one]), "replacements and grafts change nothing here");
}

#[test]
fn a_push_is_read_from_quarantine_before_any_branch_names_it() {
    let (home, repo) = bare(Format::Sha1);
    grow(&repo, 1, &[("a", b"1")]);
    git(home.path(), &["clone", "-q", "r", "work"]);
    let work = home.path().join("work");
    let mut tips = Vec::new();
    for (number, unpack) in [(1, "1"), (2, "1000")] {
        // Once as a pack, once as loose objects.
        git(repo.git_dir(), &["config", "receive.unpackLimit", unpack]);
        fs::write(work.join("b"), format!("{number}")).unwrap();
        git(&work, &["add", "."]);
        git(&work, &["commit", "-qm", "b"]);
        let hook = repo.git_dir().join("hooks/pre-receive");
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        let note = home.path().join("seen");
        let script = format!(
            "#!/bin/sh\ncp -r \"$GIT_OBJECT_DIRECTORY\" {0}\nprintf '%s' \"$GIT_ALTERNATE_OBJECT_DIRECTORIES\" >{0}/borrowed\nexit 1\n",
            note.display()
        );
        fs::write(&hook, script).unwrap();
        assert!(Command::new("chmod").arg("+x").arg(&hook).status().unwrap().success());
        assert!(!try_git(&work, &["push", "-q"]).0, "the hook refuses");
        let tip = Oid::parse(git(&work, &["rev-parse", "HEAD"]).trim()).unwrap();
        let borrowed = fs::read_to_string(note.join("borrowed")).unwrap();
        let seen = Repo::open_in_quarantine(repo.git_dir(), &note, &[borrowed.into()]).unwrap();
        assert_eq!(seen.snapshot(tip).unwrap().read("b", 9).unwrap().unwrap(), format!("{number}").as_bytes());
        assert_eq!(seen.snapshot(tip).unwrap().read("a", 9).unwrap().unwrap(), b"1");
        assert_eq!(repo.commit(tip).unwrap_err().code, Code::Incomplete);
        assert_eq!(seen.write(&commit(&[tip], 9, &[])).unwrap_err().code, Code::Bug);
        fs::remove_dir_all(&note).unwrap();
        tips.push(tip);
    }
    assert_ne!(tips[0], tips[1]);
}

#[test]
fn a_signed_commit_has_its_signature_where_git_looks_for_it() {
    for (format, field) in [(Format::Sha1, "gpgsig"), (Format::Sha256, "gpgsig-sha256")] {
        let (_home, repo) = bare(format);
        let sign = |bytes: &[u8]| {
            assert!(bytes.starts_with(b"tree ") && !bytes.windows(6).any(|part| part == b"gpgsig"));
            Ok("-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n".to_owned())
        };
        let mut change = commit(&[], 1, &[("a", b"1")]);
        change.sign = Some(&sign);
        let id = repo.write(&change).unwrap();
        repo.move_branch("main", None, id).unwrap();
        let raw = git(repo.git_dir(), &["cat-file", "commit", "main"]);
        let header = format!("\n{field} -----BEGIN SSH SIGNATURE-----\n abc\n -----END SSH SIGNATURE-----\n\nat 1\n");
        assert!(raw.ends_with(&header), "{raw}");
        git(repo.git_dir(), &["fsck", "--strict"]);
        assert_eq!(repo.commit(id).unwrap().message, "at 1\n");
    }
}
