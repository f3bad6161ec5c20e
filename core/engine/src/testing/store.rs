//! What every [`RecordStore`] must do. An adapter's tests call [`conforms`] with a maker of empty stores.

use crate::ports::store::{Identity, NewCommit, RecordStore};
use crate::snapshot::{Change, Mode};
use refmark_types::error::Code;
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// A commit with these parents and files, at a second of the caller's, by a fixed person.
pub fn commit(parents: &[Oid], second: i64, files: &[(&str, &[u8])]) -> NewCommit<'static> {
    let person = Identity { name: "Test".into(), email: "test@example.org".into() };
    NewCommit {
        parents: parents.to_vec(),
        files: files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect(),
        removals: Vec::new(),
        message: format!("at {second}\n"),
        author: person.clone(),
        committer: person,
        time: Timestamp::from_unix(1_700_000_000 + second),
        sign: None,
    }
}

/// Runs the whole suite; panics at the first promise that is broken. Each story gets a store of its own.
pub fn conforms(make: &dyn Fn() -> Box<dyn RecordStore>) {
    a_commit_is_read_back_as_it_was_written(&*make());
    a_commit_builds_on_its_first_parent(&*make());
    only_the_expected_head_moves(&*make());
    a_change_that_cannot_be_is_refused_and_leaves_nothing(&*make());
    changes_name_files_and_only_those_that_differ(&*make());
    ancestry_is_told_over_merges(&*make());
    revisions_are_found_as_people_write_them(&*make());
    a_large_change_is_one_commit_like_any_other(&*make());
}

fn a_commit_is_read_back_as_it_was_written(store: &dyn RecordStore) {
    let id = store.write(&commit(&[], 1, &[("a/b/c.json", b"{}\n"), ("README.md", b"hi")])).unwrap();
    let info = store.commit(id).unwrap();
    assert_eq!((info.id, info.parents.len(), info.time.unix()), (id, 0, 1_700_000_001));
    assert_eq!((info.author.as_str(), info.message.as_str()), ("Test <test@example.org>", "at 1\n"));
    let tree = store.snapshot(id).unwrap();
    assert_eq!(tree.read("a/b/c.json", 10).unwrap().unwrap(), b"{}\n");
    for free in ["a", "a/b", "a/b/c.json/d", "a/b/c", "", "a//b", "x", "README.md/"] {
        assert!(tree.find(free).unwrap().is_none(), "{free}");
    }
    let root: Vec<_> = tree.list("").unwrap().into_iter().map(|entry| (entry.name, entry.mode)).collect();
    assert_eq!(root, [("README.md".to_owned(), Mode::File), ("a".to_owned(), Mode::Folder)]);
    assert!(tree.list("nowhere").unwrap().is_empty() && tree.list("README.md").unwrap().is_empty());
    let entry = tree.find("README.md").unwrap().unwrap();
    assert_eq!(tree.load(entry.oid, 2).unwrap(), b"hi");
    assert_eq!(tree.load(entry.oid, 1).unwrap_err().code, Code::TooLarge);
    assert_eq!(store.load(id, 10_000).unwrap_err().code, Code::BadTree, "a commit is not a file");
    let absent = Oid::from_bytes(&vec![0x5a; id.as_bytes().len()]).unwrap();
    assert_eq!(store.commit(absent).unwrap_err().code, Code::Incomplete);
}

fn a_commit_builds_on_its_first_parent(store: &dyn RecordStore) {
    let one = store.write(&commit(&[], 1, &[("a/1", b"1"), ("a/2", b"2"), ("b", b"b")])).unwrap();
    let two = store.write(&commit(&[one], 2, &[("a/3", b"3"), ("a/2", b"two"), ("a-", b"-")])).unwrap();
    let mut third = commit(&[two, one], 3, &[("b/c", b"c")]);
    third.removals = vec!["b".into(), "a/1".into()];
    let three = store.write(&third).unwrap();
    let read = |id, path| {
        store.snapshot(id).unwrap().read(path, 9).unwrap().map(|snapshot| String::from_utf8(snapshot).unwrap())
    };
    assert_eq!(read(two, "a/1").as_deref(), Some("1"));
    assert_eq!(read(two, "a/2").as_deref(), Some("two"));
    assert_eq!(read(three, "b/c").as_deref(), Some("c"));
    assert_eq!((read(three, "b"), read(three, "a/1")), (None, None));
    assert_eq!(store.commit(three).unwrap().parents, [two, one]);
    let mut last = commit(&[three], 4, &[]);
    last.removals = vec!["a".into(), "b".into(), "a-".into()];
    let last = store.write(&last).unwrap();
    assert!(store.snapshot(last).unwrap().list("").unwrap().is_empty());
}

fn only_the_expected_head_moves(store: &dyn RecordStore) {
    let one = store.write(&commit(&[], 1, &[("a", b"1")])).unwrap();
    let two = store.write(&commit(&[one], 2, &[("a", b"2")])).unwrap();
    assert_eq!(store.head("main").unwrap(), None, "writing moves no branch");
    assert_eq!(store.move_branch("main", Some(one), two).unwrap_err().code, Code::HeadMoved);
    store.move_branch("main", None, one).unwrap();
    let lost = store.move_branch("main", None, two).unwrap_err();
    assert_eq!((lost.code, lost.fields["found"].as_str()), (Code::HeadMoved, Some(one.to_string().as_str())));
    assert!(lost.fields["expected"].is_null());
    store.move_branch("main", Some(one), two).unwrap();
    assert_eq!(store.head("main").unwrap(), Some(two));
    store.move_branch("side/x", None, one).unwrap();
    assert_eq!(store.branches().unwrap(), ["main", "side/x"]);
    assert_eq!(store.move_branch("side", None, one).unwrap_err().code, Code::Exists);
    assert_eq!(store.move_branch("../x", None, one).unwrap_err().code, Code::BadArgument);
    let absent = Oid::from_bytes(&vec![0x5a; one.as_bytes().len()]).unwrap();
    assert_eq!(store.move_branch("main", Some(two), absent).unwrap_err().code, Code::Incomplete);
    assert_eq!(store.recover().unwrap(), 0, "nothing is left behind");
}

fn a_change_that_cannot_be_is_refused_and_leaves_nothing(store: &dyn RecordStore) {
    let base = store.write(&commit(&[], 1, &[("a/b", b"1"), ("f", b"2")])).unwrap();
    let codes = |change: NewCommit<'_>| store.write(&change).unwrap_err().code;
    assert_eq!(codes(commit(&[base], 2, &[("a", b"")])), Code::Exists, "a file over a folder");
    assert_eq!(codes(commit(&[base], 2, &[("f/g", b"")])), Code::Exists, "a folder over a file");
    for path in ["", "/a", "a/", "a//b", "../a", "a/./b", ".git/config", "x/.GIT/y", "a\\b", "a\0"] {
        assert_eq!(codes(commit(&[base], 2, &[(path, b"")])), Code::Bug, "{path:?}");
    }
    assert_eq!(codes(commit(&[base], 2, &[("x", b"1"), ("x", b"2")])), Code::Bug, "one path twice");
    for gone in ["x", "a/x", "f/x", "x/y"] {
        let mut change = commit(&[base], 2, &[]);
        change.removals = vec![gone.into()];
        assert_eq!(codes(change), Code::NotFound, "{gone}");
    }
    let mut forged = commit(&[base], 2, &[]);
    forged.author.name = "eve <root@x>\ncommitter eve".into();
    assert_eq!(codes(forged), Code::BadArgument);
    let mut cut = commit(&[base], 2, &[]);
    cut.message = "a\0b".into();
    assert_eq!(codes(cut), Code::BadArgument);
    assert_eq!(store.recover().unwrap(), 0, "nothing is left behind");
}

fn changes_name_files_and_only_those_that_differ(store: &dyn RecordStore) {
    let one = store.write(&commit(&[], 1, &[("a/x", b"1"), ("a/y", b"1"), ("b", b"1"), ("c/d/e", b"1")])).unwrap();
    let mut next = commit(&[one], 2, &[("a/x", b"2"), ("b/z", b"1"), ("b-", b"3")]);
    next.removals = vec!["b".into(), "c".into()];
    let two = store.write(&next).unwrap();
    let side = |change: &Change| (change.path.clone(), change.old.is_some(), change.new.is_some());
    let told: Vec<_> = store.changes(two).unwrap().iter().map(side).collect();
    let expected = [("a/x", true, true), ("b", true, false), ("b-", false, true), ("b/z", false, true)];
    let mut expected: Vec<_> = expected.iter().map(|(path, old, new)| ((*path).to_owned(), *old, *new)).collect();
    expected.push(("c/d/e".to_owned(), true, false));
    assert_eq!(told, expected);
    assert_eq!(store.changes(one).unwrap(), store.between(None, one).unwrap());
    assert_eq!(store.changes(two).unwrap(), store.between(Some(one), two).unwrap());
    assert!(store.between(Some(two), two).unwrap().is_empty());
    let merge = store.write(&commit(&[one, two], 3, &[("m", b"1")])).unwrap();
    assert_eq!(store.changes(merge).unwrap().len(), 1, "a merge is told against its first parent");
}

fn ancestry_is_told_over_merges(store: &dyn RecordStore) {
    let write = |parents: &[Oid], second| store.write(&commit(parents, second, &[])).unwrap();
    let root = write(&[], 1);
    let (left, right) = (write(&[root], 2), write(&[root], 3));
    let merge = write(&[left, right], 4);
    let (after_left, after_right) = (write(&[left], 5), write(&[right], 6));
    assert_eq!(store.merge_base(left, right).unwrap(), Some(root));
    assert_eq!(store.merge_base(merge, after_right).unwrap(), Some(right));
    assert_eq!(store.merge_base(after_left, after_right).unwrap(), Some(root));
    assert_eq!(store.merge_base(merge, left).unwrap(), Some(left));
    assert_eq!(store.merge_base(merge, merge).unwrap(), Some(merge));
    assert_eq!(store.merge_base(merge, write(&[], 9)).unwrap(), None);
    // A clock that ran backwards: the newer common ancestor is behind the older one.
    let (late, early) = (write(&[root], 900), 10);
    let old = write(&[late], early);
    let (one, other) = (write(&[old, late], 11), write(&[old], 12));
    assert_eq!(store.merge_base(one, other).unwrap(), Some(old));
    assert!(store.is_ancestor(right, merge).unwrap() && store.is_ancestor(merge, merge).unwrap());
    assert!(!store.is_ancestor(merge, right).unwrap() && !store.is_ancestor(after_left, merge).unwrap());
    assert!(store.on_first_parent_chain(merge, left).unwrap() && !store.on_first_parent_chain(merge, right).unwrap());
}

fn revisions_are_found_as_people_write_them(store: &dyn RecordStore) {
    let one = store.write(&commit(&[], 1, &[("a", b"1")])).unwrap();
    let side = store.write(&commit(&[one], 2, &[("s", b"1")])).unwrap();
    let two = store.write(&commit(&[one, side], 3, &[("a", b"2")])).unwrap();
    store.move_branch("main", None, two).unwrap();
    let found = |text: &str| store.resolve_revision(text);
    for (text, id) in
        [("main", two), ("main~1", one), ("main^", one), ("main^2", side), ("main^2~1", one), ("main^0", two)]
    {
        assert_eq!(found(text).unwrap(), id, "{text}");
    }
    assert_eq!(found("refs/heads/main~").unwrap(), one);
    assert_eq!(found(&one.to_string()).unwrap(), one);
    assert_eq!(found(&one.to_string()[..10]).unwrap(), one);
    for (text, code) in [
        ("nowhere", Code::NotFound),
        ("main~3", Code::NotFound),
        ("main^3", Code::NotFound),
        ("", Code::BadArgument),
        ("-x", Code::BadArgument),
        ("~1", Code::BadArgument),
        ("main~x", Code::BadArgument),
        ("main~99999999999999999999", Code::BadArgument),
        ("main:a", Code::BadArgument),
        ("../../etc/passwd", Code::NotFound),
        ("refs/../config", Code::NotFound),
        ("abcdef012345", Code::NotFound),
    ] {
        assert_eq!(found(text).unwrap_err().code, code, "{text}");
    }
}

fn a_large_change_is_one_commit_like_any_other(store: &dyn RecordStore) {
    let names: Vec<String> = (0..300).map(|number| format!("many/{:02x}/{number}", number % 16)).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), name.as_bytes())).collect();
    let one = store.write(&commit(&[], 1, &files)).unwrap();
    let two = store.write(&commit(&[one], 2, &[("few", b"1")])).unwrap();
    let tree = store.snapshot(two).unwrap();
    for name in &names {
        assert_eq!(tree.read(name, 99).unwrap().unwrap(), name.as_bytes());
    }
    assert_eq!(store.changes(one).unwrap().len(), 300);
    assert_eq!(store.changes(two).unwrap().len(), 1);
}
