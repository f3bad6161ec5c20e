//! Hostile tree entries.

use refmark_core::engine::testing::registry::Edit;
use refmark_core::types::oid::Oid;

use super::{Attack, Studio};

pub fn write(studio: &Studio) {
    let lands = |name, story, code, edit: Edit| {
        let attack = studio.attack(name, story);
        let path = edit.path().to_owned();
        let head = attack.scene.land(attack.head, [edit]);
        attack.ends(head, "failed", Some(code), Some(&path));
    };
    lands(
        "tree-link",
        "A symbolic link where a record would lie.",
        "bad-tree",
        Edit::Odd("trust/0002.json".into(), 0o120000, b"0001.json".to_vec()),
    );
    lands(
        "tree-link-companion",
        "The README is a link to a secret of the reader's.",
        "bad-tree",
        Edit::Odd("README.md".into(), 0o120000, b"/etc/passwd".to_vec()),
    );
    lands(
        "tree-submodule",
        "A submodule among the records.",
        "bad-tree",
        Edit::Odd("models/evil".into(), 0o160000, b"1111111111111111111111111111111111111111".to_vec()),
    );
    lands(
        "tree-executable",
        "An executable file among the records.",
        "bad-tree",
        Edit::Odd("policy/0002.json".into(), 0o100755, b"#!/bin/sh\n".to_vec()),
    );
    lands(
        "tree-case-twin",
        "A folder that differs from trust/ in case alone.",
        "wrong-path",
        Edit::put("Trust/0001.json", "{}"),
    );
    lands(
        "tree-unicode-twin",
        "A name that looks like the root's, with another letter.",
        "wrong-path",
        Edit::put("trust/0001.js\u{43e}n", "{}"),
    );
    lands(
        "tree-bidi-name",
        "A name that turns its own end around on the screen.",
        "wrong-path",
        Edit::put("trust/\u{202e}nosj.1000", "{}"),
    );
    lands("tree-device-name", "A file that is a device on Windows.", "wrong-path", Edit::put("models/con", "x"));
    lands(
        "tree-alternate-stream",
        "A name with a colon, which writes into another file on Windows.",
        "wrong-path",
        Edit::put("trust/0001.json:evil", "x"),
    );
    lands(
        "tree-newline-in-a-name",
        "A name with a line break and a forged line behind it.",
        "wrong-path",
        Edit::put("trust/x\nok", "x"),
    );
    lands(
        "tree-wider-number",
        "A root whose number is written with other digits.",
        "wrong-path",
        Edit::put("trust/00001.json", "{}"),
    );
    lands(
        "tree-attributes",
        "Attributes that would make Git run a filter.",
        "wrong-path",
        Edit::put(".gitattributes", "* filter=evil"),
    );
    lands(
        "tree-modules",
        "A .gitmodules file.",
        "wrong-path",
        Edit::put(".gitmodules", "[submodule \"x\"]\n\turl = -u/x\n"),
    );
    lands("tree-deep", "A path of a hundred folders.", "wrong-path", Edit::put(&format!("{}x", "d/".repeat(100)), "x"));

    let attack = studio.attack("tree-backslash", "A name with a backslash, which is a folder on Windows.");
    let head = attack.scene.land(attack.head, [Edit::put("trust\\0002.json", "x")]);
    attack.ends(head, "failed", Some("wrong-path"), Some("trust\\x5c0002.json"));
    let attack = studio.attack("tree-not-utf8", "A name that is not UTF-8.");
    let blob = attack.scene.git.object("blob", b"x");
    let head = with_entry(&attack, b"100644", b"caf\xe9", blob);
    attack.ends(head, "failed", Some("wrong-path"), Some("caf\\xe9"));
    let attack = studio.attack("tree-named-as-a-file", "A tree that names another tree as if it were a record.");
    let tree = attack.scene.git.object("tree", b"");
    let page = attack.scene.git.object("tree", &raw_entry(b"100644", b"01.json", tree));
    let folder = attack.scene.git.object("tree", &raw_entry(b"40000", b"0000", page));
    let head = with_entry(&attack, b"40000", b"checkpoints", folder);
    attack.ends(head, "failed", Some("bad-tree"), Some("checkpoints/0000/01.json"));

    for (name, story, entry) in [
        ("tree-dot-dot", "A folder named `..`.", &b".."[..]),
        ("tree-dot", "A folder named `.`.", b"."),
        ("tree-slash-in-a-name", "An entry whose name holds a slash.", b"trust/0002.json"),
    ] {
        let attack = studio.attack(name, story);
        let blob = attack.scene.git.object("blob", b"x");
        let tree = attack.scene.git.object("tree", &raw_entry(b"100644", entry, blob));
        let head = with_entry(&attack, b"40000", b"zzz", tree);
        attack.ends(head, "failed", Some("bad-tree"), None);
    }
    let attack = studio.attack("tree-name-twice", "A folder in which one name stands twice.");
    let (one, two) = (attack.scene.git.object("blob", b"1"), attack.scene.git.object("blob", b"2"));
    let twice = [raw_entry(b"100644", b"a", one), raw_entry(b"100644", b"a", two)].concat();
    let tree = attack.scene.git.object("tree", &twice);
    let head = with_entry(&attack, b"40000", b"zzz", tree);
    attack.ends(head, "failed", Some("bad-tree"), None);
}

fn raw_entry(mode: &[u8], name: &[u8], id: Oid) -> Vec<u8> {
    [mode, b" ", name, b"\0", id.as_bytes()].concat()
}

/// A commit on top of the head whose root tree has one more entry, last in order.
fn with_entry(attack: &Attack, mode: &[u8], name: &[u8], id: Oid) -> Oid {
    let root = std::process::Command::new("git")
        .arg("-C")
        .arg(&attack.scene.git.folder)
        .args(["cat-file", "tree", &format!("{}^{{tree}}", attack.head)])
        .output()
        .expect("git is installed")
        .stdout;
    let mut entries = Vec::new();
    let mut at = 0;
    while at < root.len() {
        let end = at + root[at..].iter().position(|byte| *byte == 0).expect("a name ends") + 21;
        entries.push(root[at..end].to_vec());
        at = end;
    }
    entries.push(raw_entry(mode, name, id));
    let named = |entry: &Vec<u8>| {
        let space = entry.iter().position(|byte| *byte == b' ').expect("a mode ends");
        let end = entry.iter().position(|byte| *byte == 0).expect("a name ends");
        let mut name = entry[space + 1..end].to_vec();
        if entry.starts_with(b"40000") {
            name.push(b'/');
        }
        name
    };
    entries.sort_by_key(named);
    let tree = attack.scene.git.object("tree", &entries.concat());
    attack.scene.git.commit_tree(&[attack.head], &tree.to_string(), attack.scene.tick())
}
