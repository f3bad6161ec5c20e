//! Withheld and reordered records, rewritten and teleported branches, history that is not whole.

use refmark_core::engine::testing::registry::{Edit, Signed, Workshop};
use refmark_core::records::trust::TrustState;

use super::{Attack, Studio};

pub fn write(studio: &Studio) {
    bases(studio);
    branches(studio);
    state(studio);
    conditions(studio);
}

fn revocation(attack: &Attack) -> Signed {
    attack.scene.trust(attack.head, "bob", attack.two.artifact, Some(&attack.two.trust), TrustState::Revoked)
}

fn bases(studio: &Studio) {
    for (name, story, after) in [
        (
            "withheld-revocation",
            "A host makes the history anew and leaves out a revocation that a later signer saw.",
            false,
        ),
        (
            "reordered-records",
            "A host makes the history anew and puts a revocation behind a move whose signer saw it.",
            true,
        ),
    ] {
        let attack = studio.attack(name, story);
        let revoke = revocation(&attack);
        let revoked = attack.scene.land(attack.head, [revoke.edit()]);
        let go = attack.scene.alias(revoked, "ada", "canary", None, Some(&attack.one));
        let mut head = attack.scene.land(attack.head, [go.edit()]);
        if after {
            head = attack.scene.land(head, [revoke.edit()]);
        }
        attack.resolves("m@canary", None).ends(head, "failed", Some("bad-base"), Some(&go.path));
    }
    let attack = studio.attack("base-that-was-never-pushed", "A move that was signed on a commit of no branch.");
    let local = attack.scene.land(attack.head, [Edit::put("README.md", "local")]);
    let go = attack.scene.alias(local, "ada", "canary", None, Some(&attack.one));
    let head = attack.scene.land(attack.head, [go.edit()]);
    attack.ends(head, "failed", Some("bad-base"), Some(&go.path));
    let attack =
        studio.attack("base-that-was-bad", "A move that was signed on a commit at which a record was missing.");
    let broken = attack.scene.land(attack.head, [Edit::remove(&attack.one.version.path)]);
    let whole = attack.scene.land(broken, [attack.one.version.edit()]);
    let go = attack.scene.alias(broken, "ada", "canary", None, Some(&attack.one));
    let head = attack.scene.land(whole, [go.edit()]);
    attack.ends(head, "failed", Some("bad-base"), Some(&go.path));
    let attack = studio.attack("no-base", "A move that does not say what its signer saw.");
    let go = attack.scene.alias(attack.head, "ada", "canary", None, Some(&attack.one));
    let go = attack.scene.forge(&go, &["ada"], |it| {
        if let refmark_core::records::statement::Predicate::Alias(it) = it {
            it.base = None;
        }
    });
    let head = attack.scene.land(attack.head, [go.edit()]);
    attack.ends(head, "failed", Some("bad-base"), Some(&go.path));
}

fn branches(studio: &Studio) {
    let seen = |name, story, end: &dyn Fn(&Attack, refmark_core::types::oid::Oid) -> refmark_core::types::oid::Oid| {
        let attack = studio.attack(name, story);
        let newest = attack.scene.land(attack.head, [revocation(&attack).edit()]);
        let head = end(&attack, newest);
        attack.seen(newest).ends(head, "error", Some("history-rewritten"), None);
    };
    seen("branch-moved-back", "The branch is moved back to before a revocation.", &|attack, _| attack.head);
    seen("branch-rewritten", "The branch's newest commit is made anew without the revocation.", &|attack, _| {
        attack.scene.land(attack.head, [Edit::put("README.md", "nothing happened")])
    });
    seen("branch-forked", "The branch goes on from an old commit with a good record.", &|attack, _| {
        let go = attack.scene.alias(attack.head, "ada", "canary", None, Some(&attack.two));
        attack.scene.land(attack.head, [go.edit()])
    });
    seen(
        "branch-teleported",
        "A merge with an old first parent and the newest head as second: a fast-forward to Git.",
        &|attack, newest| attack.scene.git.put_tree_of(&[attack.head, newest], attack.head, attack.scene.tick()),
    );
    seen(
        "branch-teleported-with-the-newest-tree",
        "The same with the newest tree, so that only the chain of first parents differs.",
        &|attack, newest| attack.scene.git.put_tree_of(&[attack.head, newest], newest, attack.scene.tick()),
    );
    for (name, story, octopus) in [
        (
            "merge-that-drops-a-revocation",
            "A merge on top of the newest head takes the tree of before the revocation.",
            false,
        ),
        ("octopus-that-drops-a-revocation", "A merge of three parents takes the tree of before the revocation.", true),
    ] {
        let attack = studio.attack(name, story);
        let revoke = revocation(&attack);
        let newest = attack.scene.land(attack.head, [revoke.edit()]);
        let side = attack.scene.land(attack.head, [Edit::put("docs/x.md", "x")]);
        let parents = if octopus { vec![newest, side, attack.head] } else { vec![newest, attack.head] };
        let head = attack.scene.git.put_tree_of(&parents, attack.head, attack.scene.tick());
        attack.seen(newest).ends(head, "failed", Some("bad-tip"), Some(&revoke.path));
    }
}

fn state(studio: &Studio) {
    let spoiled = |name, story, edit: &dyn Fn(&Attack) -> Edit| {
        let attack = studio.attack(name, story);
        let edit = edit(&attack);
        let path = edit.path().to_owned();
        let head = attack.scene.land(attack.head, [edit]);
        attack.ends(head, "failed", Some("bad-tip"), Some(&path));
    };
    spoiled("edited-record", "A record that had taken effect is edited.", &|it| {
        it.one.version.edited("\"m\"", "\"n\"")
    });
    spoiled("deleted-record", "A record that had taken effect is removed.", &|it| Edit::remove(&it.two.trust.path));
    spoiled("edited-manifest", "A manifest that had taken effect is edited.", &|it| {
        Edit::put(it.one.manifest.path(), "{}\n")
    });
    spoiled("edited-policy", "The text of the policy is edited in place.", &|it| {
        let mut team = refmark_core::engine::testing::registry::Team::default();
        team.add("eve", "person", &["lead"]);
        Edit::put("policy/0001.toml", team.text(1, it.scene.id))
    });
    spoiled("record-made-executable", "A record's mode is changed, and not its bytes.", &|it| {
        Edit::Odd(it.one.version.path.clone(), 0o100755, it.one.version.bytes())
    });
    spoiled("record-made-a-link", "A record is replaced by a link to where its bytes are.", &|it| {
        Edit::Odd(it.one.version.path.clone(), 0o120000, b"/tmp/version.json".to_vec())
    });
    let attack = studio.attack("forges-revert", "A forge's Revert button takes a good promotion out of the tree.");
    let go = attack.scene.alias(attack.head, "ada", "canary", None, Some(&attack.one));
    let moved = attack.scene.land(attack.head, [go.edit()]);
    let head = attack.scene.git.put_tree_of(&[moved], attack.head, attack.scene.tick());
    attack.ends(head, "failed", Some("bad-tip"), Some(&go.path));
    let attack = studio.attack("revert-of-a-revert", "A forge's Revert is itself reverted: everything is as it was.");
    let go = attack.scene.alias(attack.head, "ada", "canary", None, Some(&attack.one));
    let moved = attack.scene.land(attack.head, [go.edit()]);
    let reverted = attack.scene.git.put_tree_of(&[moved], attack.head, attack.scene.tick());
    let head = attack.scene.git.put_tree_of(&[reverted], moved, attack.scene.tick());
    attack.resolves("m@canary", Some(1)).ends(head, "ok", None, None);
    let attack = studio.attack(
        "junk-beside-a-good-move",
        "A stranger's junk lands before a good move, which takes effect all the same.",
    );
    let at = attack.scene.land(attack.head, [Edit::put("junk.txt", "junk"), Edit::put("trust/0002.json", "{}")]);
    let go = attack.scene.alias(attack.head, "ada", "canary", None, Some(&attack.one));
    let head = attack.scene.land(at, [go.edit()]);
    attack.resolves("m@canary", Some(1)).ends(head, "failed", Some("wrong-path"), Some("junk.txt"));
}

fn conditions(studio: &Studio) {
    let attack = studio.attack(
        "unsigned-move-in-a-shallow-clone",
        "A move that nobody signed, in a clone whose history is cut off, so that only the tree can be looked at.",
    );
    let go = attack.scene.alias(attack.head, "ada", "canary", None, Some(&attack.one));
    let go = attack.scene.forge(&go, &[], |_| {});
    let head = attack.scene.land(attack.head, [go.edit()]);
    attack.condition("shallow").ends(head, "failed", Some("bad-signature"), Some(&go.path));

    for (condition, story) in [
        ("shallow", "The clone has the newest commit only."),
        ("grafted", "A grafts file cuts off the history before the newest commit."),
        ("replaced", "The newest commit is replaced by an older one."),
        ("missing", "An object of the history is not there."),
        ("borrowed", "Every object lies in somebody else's repository, which an alternates file names."),
    ] {
        let attack = studio.attack(&format!("history-{condition}"), story);
        let head = attack.scene.land(attack.head, [revocation(&attack).edit()]);
        // Where not even the newest commit is here, there is nothing to give a verdict on.
        let verdict = if condition == "borrowed" { "error" } else { "incomplete" };
        attack.condition(condition).ends(head, verdict, Some("incomplete"), None);
    }
}
