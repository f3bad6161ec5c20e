//! What the real `git` wrote.

use super::tools::{Git, eventful};
use crate::tree::spell;
use crate::{Format, Repository};
use refmark_engine::snapshot::{Change, History, Mode, first_parents};
use refmark_types::error::Code;
use refmark_types::oid::Oid;

const BOTH: [&str; 2] = ["sha1", "sha256"];

fn mode(octal: &str) -> Mode {
    match u32::from_str_radix(octal, 8).unwrap() {
        0o100644 => Mode::File,
        0o40000 => Mode::Folder,
        odd => Mode::Odd(odd),
    }
}

/// `git diff-tree -r -z`, as changes in path order.
fn diff_tree(git: &Git, parent: Option<&str>, commit: &str) -> Vec<Change> {
    let mut args = vec!["diff-tree", "-r", "-z", "--no-renames", "--no-commit-id"];
    match parent {
        Some(parent) => args.extend([parent, commit]),
        None => args.extend(["--root", commit]),
    }
    let out = git.run(&args);
    let fields: Vec<&[u8]> = out.split(|byte| *byte == 0).collect();
    let side = |octal: &str, id: &str| (octal != "000000").then(|| (mode(octal), Oid::parse(id).unwrap()));
    let mut changes: Vec<Change> = Vec::new();
    for pair in fields.chunks_exact(2) {
        let words: Vec<&str> = std::str::from_utf8(pair[0]).unwrap().trim_start_matches(':').split(' ').collect();
        let path = pair[1].split(|byte| *byte == b'/').map(spell).collect::<Vec<_>>().join("/");
        changes.push(Change { path, old: side(words[0], words[2]), new: side(words[1], words[3]) });
    }
    changes.sort_by(|one, other| one.path.cmp(&other.path));
    changes
}

/// Every object, every commit, every change and every tree are as Git says.
fn compare(git: &Git, repository: &Repository) {
    for (id, (kind, bytes)) in git.objects() {
        let object = repository.objects.find(id, 1 << 20).unwrap().unwrap();
        assert_eq!((object.kind.word(), &**object.bytes), (kind.as_str(), bytes.as_slice()), "{id}");
        let asked = History::load(repository, id, bytes.len() as u64);
        assert_eq!(asked.is_ok_and(|found| found == bytes), kind == "blob", "{id}");
        if kind == "blob" && !bytes.is_empty() {
            assert_eq!(History::load(repository, id, bytes.len() as u64 - 1).unwrap_err().code, Code::TooLarge);
        }
    }
    for commit in git.text(&["rev-list", "--all"]).lines() {
        let id = Oid::parse(commit).unwrap();
        let info = History::commit(repository, id).unwrap();
        let format = "%T%x00%P%x00%ct%x00%an <%ae>%x00%B";
        let told = git.text(&["show", "-s", &format!("--format={format}"), commit]);
        let parents: Vec<String> = info.parents.iter().map(Oid::to_string).collect();
        let ours = [info.tree.to_string(), parents.join(" "), info.time.unix().to_string(), info.author, info.message];
        assert_eq!(ours.join("\0").trim_end(), told);
        let parent = parents.first().map(String::as_str);
        assert_eq!(repository.changes(id).unwrap(), diff_tree(git, parent, commit), "{commit}");
        compare_tree(git, repository, commit);
    }
}

fn compare_tree(git: &Git, repository: &Repository, commit: &str) {
    let snapshot = repository.snapshot(Oid::parse(commit).unwrap()).unwrap();
    let out = git.run(&["ls-tree", "-r", "-t", "-z", commit]);
    for line in out.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let tab = line.iter().position(|byte| *byte == b'\t').unwrap();
        let words: Vec<&str> = std::str::from_utf8(&line[..tab]).unwrap().split(' ').collect();
        let path = line[tab + 1..].split(|byte| *byte == b'/').map(spell).collect::<Vec<_>>().join("/");
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let entries = snapshot.list(folder).unwrap();
        let entry = entries.iter().find(|entry| entry.name == name).unwrap();
        assert_eq!((entry.mode, entry.oid.to_string().as_str()), (mode(words[0]), words[2]), "{path}");
        let found = snapshot.find(&path).unwrap();
        assert_eq!(found.is_some(), entry.mode != Mode::Folder, "{path}");
        assert!(found.is_none_or(|found| found == *entry));
        assert!(snapshot.find(&format!("{path}/below")).unwrap().is_none_or(|below| below.name == "below"));
    }
    assert!(snapshot.find("").unwrap().is_none() && snapshot.list("nowhere").unwrap().is_empty());
}

#[test]
fn a_repository_is_read_as_git_reads_it_packed_loose_and_mixed() {
    for format in BOTH {
        let mut git = eventful(format);
        compare(&git, &git.reader(true));
        git.run(&["gc", "-q"]);
        compare(&git, &git.reader(true));
        compare(&git, &git.reader(false));
        git.write("after", "gc\n");
        git.commit("loose beside packed");
        let repository = git.reader(true);
        compare(&git, &repository);
        let format = if format == "sha1" { Format::Sha1 } else { Format::Sha256 };
        assert_eq!(repository.format(), Some(format));
        assert_eq!(repository.branch("main"), Some(git.oid("HEAD")));
    }
}

#[test]
fn deltas_by_offset_and_by_id_and_none_at_all_come_to_the_same() {
    for format in BOTH {
        let git = eventful(format);
        for (use_offset, window) in [("true", "50"), ("false", "50"), ("true", "0")] {
            let setting = format!("repack.useDeltaBaseOffset={use_offset}");
            let window = format!("--window={window}");
            git.run(&["-c", &setting, "repack", "-q", "-adf", "--depth=4095", &window]);
            let kinds = kinds(&git);
            assert_eq!(kinds.contains(&6), use_offset == "true" && window != "--window=0");
            assert_eq!(kinds.contains(&7), use_offset == "false");
            compare(&git, &git.reader(true));
            compare(&git, &git.reader(false));
        }
    }
}

/// The types of the entries in the one pack.
fn kinds(git: &Git) -> Vec<u8> {
    let (pack, idx) = git.packs().remove(0);
    let format = format!("--object-format={}", git.text(&["rev-parse", "--show-object-format"]));
    let shown = git.feed(&["show-index", &format], &idx);
    let offsets = String::from_utf8(shown).unwrap();
    offsets.lines().map(|line| pack[line.split(' ').next().unwrap().parse::<usize>().unwrap()] >> 4 & 7).collect()
}

#[test]
fn a_bundle_brings_its_refs_and_its_objects() {
    for (format, version) in [("sha1", "2"), ("sha1", "3"), ("sha256", "3")] {
        let git = eventful(format);
        let version = format!("--version={version}");
        git.run(&["bundle", "create", "-q", &version, ".git/whole.bundle", "--all"]);
        let whole = std::fs::read(git.path().join(".git/whole.bundle")).unwrap();
        let repository = Repository::new();
        repository.add_bundle(whole).unwrap();
        compare(&git, &repository);
        assert_eq!(repository.branch("side"), Some(git.oid("side")));
    }
}

#[test]
fn a_thin_bundle_is_read_after_what_it_builds_on_and_refused_before() {
    for format in BOTH {
        let git = eventful(format);
        git.run(&["branch", "old", "main~12"]);
        git.run(&["bundle", "create", "-q", ".git/old.bundle", "old"]);
        git.run(&["bundle", "create", "-q", ".git/new.bundle", "--all", "^old"]);
        let read = |name: &str| std::fs::read(git.path().join(".git").join(name)).unwrap();
        let repository = Repository::new();
        let error = repository.add_bundle(read("new.bundle")).unwrap_err();
        assert_eq!(error.code, Code::Incomplete, "{error}");
        repository.add_bundle(read("old.bundle")).unwrap();
        repository.add_bundle(read("new.bundle")).unwrap();
        compare(&git, &repository);
    }
}

#[test]
fn what_a_shallow_clone_lacks_is_incomplete_and_said() {
    let git = eventful("sha1");
    let clone = Git::init("sha1");
    let url = format!("file://{}", git.path().display());
    clone.run(&["fetch", "-q", "--depth=3", &url, "main:refs/remotes/origin/main"]);
    clone.run(&["gc", "-q"]);
    let repository = clone.reader(true);
    let text = std::fs::read_to_string(clone.path().join(".git/shallow")).unwrap();
    repository.add_shallow(&text).unwrap();
    let head = repository.branch("main").unwrap();
    assert_eq!(head, git.oid("main"));
    let cut = *repository.shallow().first().unwrap();
    assert_eq!(first_parents(&repository, head, None).unwrap_err().code, Code::MissingObject);
    assert_eq!(repository.changes(cut).unwrap_err().code, Code::MissingObject);
    assert!(repository.snapshot(cut).unwrap().find("README.md").unwrap().is_some());
}

#[test]
fn refs_are_read_as_git_writes_them() {
    let git = eventful("sha1");
    git.run(&["pack-refs", "--all"]);
    let repository = Repository::new();
    repository.add_packed_refs(&std::fs::read_to_string(git.path().join(".git/packed-refs")).unwrap()).unwrap();
    repository.add_head(&std::fs::read_to_string(git.path().join(".git/HEAD")).unwrap()).unwrap();
    assert_eq!(repository.head().as_deref(), Some("refs/heads/main"));
    assert_eq!(repository.branch("main"), Some(git.oid("main")));
    assert_eq!(repository.branch("refs/tags/v1.0"), Some(git.oid("v1.0")));
    repository.add_ref("refs/heads/main", git.oid("side"));
    assert_eq!(repository.branch("main"), Some(git.oid("side")));
    assert_eq!(repository.refs().len(), 3);
    for text in ["nonsense", "abc refs/heads/main", "\u{feff}"] {
        assert_eq!(repository.add_packed_refs(text).unwrap_err().code, Code::BadPack);
        assert_eq!(repository.add_shallow(text).unwrap_err().code, Code::BadPack);
        assert_eq!(repository.add_head(text).unwrap_err().code, Code::BadPack);
    }
}

#[test]
fn what_is_of_another_object_format_is_refused() {
    let (one, other) = (eventful("sha1"), eventful("sha256"));
    one.run(&["gc", "-q"]);
    other.run(&["gc", "-q"]);
    for with_idx in [true, false] {
        let repository = one.reader(true);
        let (pack, idx) = other.packs().remove(0);
        let error = repository.add_pack("sha256", pack, with_idx.then_some(idx)).unwrap_err();
        assert_eq!(error.code, Code::BadPack);
        assert_eq!(repository.add_loose(&other.oid("HEAD").to_string(), vec![]).unwrap_err().code, Code::BadPack);
        assert_eq!(History::commit(&repository, other.oid("HEAD")).unwrap_err().code, Code::MissingObject);
    }
}

#[test]
fn two_commits_far_apart_differ_as_git_says() {
    let git = eventful("sha1");
    let repository = git.reader(true);
    for (from, to) in [("main~10", "main"), ("side", "main"), ("main", "main~8"), ("main", "main")] {
        let ours = repository.between(Some(git.oid(from)), git.oid(to)).unwrap();
        assert_eq!(ours, diff_tree(&git, Some(from), to), "{from}..{to}");
    }
    let all = repository.between(None, git.oid("main")).unwrap();
    assert_eq!(all.len(), git.run(&["ls-tree", "-r", "-z", "main"]).split(|byte| *byte == 0).count() - 1);
}
