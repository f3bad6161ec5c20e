//! Policies, roots, pins and distrust.

use refmark_core::engine::testing::registry::{Edit, Scene, Signed, Team, principal, public};
use refmark_core::records::evidence::Verdict;
use refmark_core::records::root::{Keyholder, Quorum, Root};

use super::git::GitShop;
use super::{Attack, Studio, nothing};

pub fn write(studio: &Studio) {
    policies(studio);
    roots(studio);
    pins(studio);
    distrust(studio);
}

fn policy(attack: &Attack, number: u64, before: &Signed, signers: &[&str], text: &str) -> (Signed, Edit) {
    attack.scene.policy(number, Some(before), Some(attack.head), signers, text)
}

fn policies(studio: &Studio) {
    let with_eve = |number, scene: &Scene<GitShop>| {
        let mut team = Team::default();
        team.add("eve", "person", &["lead"]);
        team.text(number, scene.id)
    };
    for (name, story, signers, code) in [
        (
            "policy-by-a-member",
            "A member who is no keyholder of the root signs a policy that helps himself.",
            &["dan"][..],
            "bad-signature",
        ),
        ("policy-by-a-stranger", "A stranger signs a policy with his own key.", &["eve", "mallory"], "bad-signature"),
        ("policy-by-one-of-two", "One of the two keyholders that are needed signs a policy.", &["ada"], "refused"),
        ("policy-by-one-key-twice", "One keyholder signs a policy twice.", &["ada", "ada"], "bad-signature"),
    ] {
        let attack = studio.attack(name, story);
        let text = with_eve(2, &attack.scene);
        let (statement, text) = policy(&attack, 2, &attack.start.policy, signers, &text);
        let at = attack.scene.land(attack.head, [statement.edit(), text]);
        let go = attack.scene.alias(attack.head, "eve", "canary", None, Some(&attack.one));
        let head = attack.scene.land(at, [go.edit()]);
        attack.resolves("m@canary", None).ends(head, "failed", Some(code), Some(&statement.path));
    }
    let quorum: &[&str] = &["ada", "cy"];
    let attack = studio
        .attack("policy-text-swapped", "The keyholders signed a policy, and another text lies beside their statement.");
    let (statement, text) = policy(&attack, 2, &attack.start.policy, quorum, &Team::default().text(2, attack.scene.id));
    let other = Edit::put(text.path(), with_eve(2, &attack.scene));
    let head = attack.scene.land(attack.head, [statement.edit(), other]);
    attack.ends(head, "failed", Some("damaged"), Some(&statement.path));

    let attack = studio.attack("policy-text-alone", "A policy's text without the statement that signs it.");
    let path = "policy/0002.toml";
    let head = attack.scene.land(attack.head, [Edit::put(path, with_eve(2, &attack.scene))]);
    attack.ends(head, "failed", Some("bad-signature"), Some(path));

    let attack = studio.attack("policy-that-skips", "Policy 3 lands, and there is no policy 2.");
    let (two, _) = policy(&attack, 2, &attack.start.policy, quorum, &with_eve(2, &attack.scene));
    let (three, text) = policy(&attack, 3, &two, quorum, &with_eve(3, &attack.scene));
    let head = attack.scene.land(attack.head, [three.edit(), text]);
    attack.ends(head, "pending", Some("pending"), Some(&three.path));

    let attack = studio.attack("policy-rolled-back", "The text of policy 1 comes back as policy 3.");
    let (two, text) = policy(
        &attack,
        2,
        &attack.start.policy,
        quorum,
        &Team { approvals: 2, ..Team::default() }.text(2, attack.scene.id),
    );
    let at = attack.scene.land(attack.head, [two.edit(), text]);
    let (three, text) = policy(&attack, 3, &two, quorum, &Team::default().text(1, attack.scene.id));
    let head = attack.scene.land(at, [three.edit(), text]);
    attack.ends(head, "failed", Some("bad-record"), Some(&three.path));

    let attack = studio
        .attack("policy-with-a-weak-key", "A policy with a key of small order, under which one signature fits all.");
    let weak = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let extra = format!("\n[members.\"weak\"]\nkind = \"person\"\nroles = [\"lead\"]\nkeys = [\"{weak}\"]\n");
    let text = Team { extra, ..Team::default() }.text(2, attack.scene.id);
    let (statement, text) = policy(&attack, 2, &attack.start.policy, quorum, &text);
    let head = attack.scene.land(attack.head, [statement.edit(), text]);
    attack.ends(head, "failed", Some("bad-record"), Some(&statement.path));

    let attack = studio.attack("policy-with-a-shared-key", "A policy in which one key speaks for two members.");
    let mut team = Team::default();
    team.members[2].3 = vec!["bob".to_owned()];
    let (statement, text) = policy(&attack, 2, &attack.start.policy, quorum, &team.text(2, attack.scene.id));
    let head = attack.scene.land(attack.head, [statement.edit(), text]);
    attack.ends(head, "failed", Some("bad-record"), Some(&statement.path));

    let attack = studio.attack("policy-of-another-registry", "A policy whose text is another registry's.");
    let other = refmark_core::records::registry_id::RegistryId::from_bytes([8; 16]);
    let (statement, text) = policy(&attack, 2, &attack.start.policy, quorum, &Team::default().text(2, other));
    let head = attack.scene.land(attack.head, [statement.edit(), text]);
    attack.ends(head, "failed", Some("bad-record"), Some(&statement.path));
}

/// A quorum of everybody who is named, each with a key.
fn held_by(root: &mut Root, names: &[&str]) {
    root.root = Quorum { threshold: names.len() as u64, principals: names.iter().map(|it| principal(it)).collect() };
    root.policy = root.root.clone();
    let holder = |name: &&str| Keyholder { principal: principal(name), keys: vec![public(name)] };
    root.keyholders = names.iter().map(holder).collect();
}

fn roots(studio: &Studio) {
    let rooted = |name, story, number, signers: &[&str], verdict, code, edit: &dyn Fn(&mut Root)| {
        let attack = studio.attack(name, story);
        let root = attack.scene.root(number, Some(&attack.start.root), Some(attack.head), signers, |it| edit(it));
        let head = attack.scene.land(attack.head, [root.edit()]);
        attack.ends(head, verdict, Some(code), Some(&root.path));
    };
    let both: &[&str] = &["ada", "bob"];
    rooted(
        "root-that-judges-itself",
        "A stranger makes himself the next root, with his own threshold reached.",
        2,
        &["eve"],
        "failed",
        "refused",
        &|it| held_by(it, &["eve"]),
    );
    rooted(
        "root-by-the-old-ones-alone",
        "The old keyholders hand the root to somebody who did not sign.",
        2,
        both,
        "failed",
        "refused",
        &|it| held_by(it, &["dan"]),
    );
    rooted("root-that-skips", "Root 3 lands, and there is no root 2.", 3, both, "failed", "premise-gone", &|_| {});
    rooted("root-threshold-zero", "A root that nobody need sign.", 2, both, "failed", "bad-record", &|it| {
        it.policy.threshold = 0
    });
    rooted("root-threshold-above-n", "A root that nobody can follow.", 2, both, "failed", "bad-record", &|it| {
        it.root.threshold = 4
    });
    rooted(
        "root-with-one-key-for-two",
        "Two keyholders of a root share a key.",
        2,
        both,
        "failed",
        "bad-record",
        &|it| {
            it.keyholders[1].keys = it.keyholders[0].keys.clone();
        },
    );
    rooted("root-with-a-name-twice", "A root's quorum counts ada twice.", 2, both, "failed", "bad-record", &|it| {
        it.root.principals[1] = it.root.principals[0].clone();
    });
    rooted(
        "root-of-another-registry",
        "A root that says it is another registry's.",
        2,
        both,
        "failed",
        "wrong-registry",
        &|it| {
            it.registry = refmark_core::records::registry_id::RegistryId::from_bytes([8; 16]);
        },
    );
    rooted(
        "root-of-a-newer-format-by-a-stranger",
        "A stranger's root of a newer format, to stop every reader.",
        2,
        &["eve"],
        "failed",
        "bad-signature",
        &|it| it.format = 99,
    );
    let attack = studio.attack(
        "root-of-a-newer-format",
        "The keyholders raise the format: whoever reads on would judge by rules that it does not know.",
    );
    let root = attack.scene.root(2, Some(&attack.start.root), Some(attack.head), both, |it| it.format = 99);
    let head = attack.scene.land(attack.head, [root.edit()]);
    attack.ends(head, "error", Some("upgrade-needed"), None);
    let attack = studio.attack("second-first-root", "A stranger puts his own first root over the registry's.");
    let root = attack.scene.root(1, None, None, &["eve"], |it| held_by(it, &["eve"]));
    let head = attack.scene.land(attack.head, [root.edit()]);
    attack.ends(head, "failed", Some("bad-tip"), Some(&root.path));
}

fn pins(studio: &Studio) {
    let attack = studio.attack("wrong-pin", "The reader pins a root that this registry never had.");
    let head = attack.head;
    attack.pin(nothing().prefixed()).ends(head, "failed", Some("wrong-root"), None);
    let attack = studio.attack("truncated-pin", "The reader pins the first digits of the root's digest.");
    let (head, pin) = (attack.head, attack.start.root.digest().prefixed());
    attack.pin(pin[..20].to_owned()).ends(head, "error", Some("bad-argument"), None);
    let attack = studio.attack(
        "another-registry-by-this-name",
        "Somebody founds a registry with the same id and name; the reader pins the real one's root.",
    );
    let root = attack.scene.root(1, None, None, &["eve"], |it| held_by(it, &["eve"]));
    let (statement, text) = attack.scene.policy(1, None, None, &["eve"], &Team::default().text(1, attack.scene.id));
    let founding = [root.edit(), statement.edit(), text];
    let head =
        refmark_core::engine::testing::registry::Workshop::put(&attack.scene.git, &[], &founding, attack.scene.tick());
    attack.ends(head, "failed", Some("wrong-root"), None);
}

fn distrust(studio: &Studio) {
    let distrusting = |attack: &Attack, name: &str, number, before: &Signed, since, signers: &[&str]| {
        let key = public(name).id();
        let extra = format!("\n[[distrust]]\nkey = \"{key}\"\nsince = \"{since}\"\nreason = \"stolen\"\n");
        let text = Team { extra, ..Team::default() }.text(number, attack.scene.id);
        policy(attack, number, before, signers, &text)
    };
    let attack = studio.attack(
        "move-slipped-in-before-its-keys-distrust",
        "A stolen key's move is landed just before the policy that distrusts the key.",
    );
    let stolen = attack.scene.alias(attack.head, "bob", "canary", None, Some(&attack.two));
    let at = attack.scene.land(attack.head, [stolen.edit()]);
    let (two, text) = distrusting(&attack, "bob", 2, &attack.start.policy, attack.head, &["ada", "cy"]);
    let head = attack.scene.land(at, [two.edit(), text]);
    attack.ends(head, "failed", Some("distrusted"), Some(&stolen.path));

    let attack = studio.attack("move-by-a-distrusted-key", "A key that was distrusted goes on signing.");
    let (two, text) = distrusting(&attack, "bob", 2, &attack.start.policy, attack.head, &["ada", "cy"]);
    let at = attack.scene.land(attack.head, [two.edit(), text]);
    let stolen = attack.scene.alias(attack.head, "bob", "canary", None, Some(&attack.two));
    let head = attack.scene.land(at, [stolen.edit()]);
    attack.resolves("m@canary", None).ends(head, "failed", Some("distrusted"), Some(&stolen.path));

    let attack = studio.attack(
        "stolen-approval-that-names-another-path",
        "A stolen key approves a move, and names another path as what it approves.",
    );
    let go = attack.scene.alias(attack.head, "dan", "champion", None, Some(&attack.one));
    let yes = attack.scene.approve_with(attack.head, "bob", &go, |it| it.change = "README.md".to_owned());
    let at = attack.scene.land(attack.head, [go.edit(), yes.edit()]);
    let (two, text) = distrusting(&attack, "bob", 2, &attack.start.policy, attack.head, &["ada", "cy"]);
    let head = attack.scene.land(at, [two.edit(), text]);
    attack.ends(head, "failed", Some("distrusted"), Some(&go.path));

    let attack = studio.attack(
        "landed-under-a-tainted-policy",
        "A stolen root key signs a policy that lets a stranger in, who moves an alias in the same commit.",
    );
    let mut team = Team::default();
    team.add("eve", "person", &["lead"]);
    let (two, text) = policy(&attack, 2, &attack.start.policy, &["bob", "cy"], &team.text(2, attack.scene.id));
    let go = attack.scene.alias(attack.head, "eve", "canary", None, Some(&attack.one));
    let at = attack.scene.land(attack.head, [two.edit(), text, go.edit()]);
    let (three, text) = distrusting(&attack, "bob", 3, &two, attack.head, &["ada", "cy"]);
    let head = attack.scene.land(at, [three.edit(), text]);
    attack.ends(head, "failed", Some("distrusted"), Some(&go.path));

    let attack = studio.attack(
        "distrust-since-a-commit-that-is-none",
        "A distrust that names a commit of no history, so that nothing would be tainted.",
    );
    let since = refmark_core::types::oid::Oid::parse(&"1".repeat(40)).unwrap();
    let (two, text) = distrusting(&attack, "bob", 2, &attack.start.policy, since, &["ada", "cy"]);
    let head = attack.scene.land(attack.head, [two.edit(), text]);
    attack.ends(head, "failed", Some("bad-base"), Some(&two.path));
    let asks = Team { gates: "{ type = \"evidence\", of = \"evaluation\" }".to_owned(), ..Team::default() };
    let attack = studio.attack_on(
        &asks,
        "promotion-by-a-lost-keys-evidence",
        "A thief of CI's key writes a passing evaluation, by which the gate of a promotion opens.",
    );
    let forged = attack.scene.evidence(attack.head, "bot", attack.two.artifact, Verdict::Pass, |_| {});
    let go = attack.scene.alias(attack.head, "dan", "champion", None, Some(&attack.two));
    let yes = attack.scene.approve(attack.head, "bob", &go);
    let at = attack.scene.land(attack.head, [forged.edit(), go.edit(), yes.edit()]);
    let (key, since) = (public("bot").id(), attack.head);
    let extra = format!("\n[[distrust]]\nkey = \"{key}\"\nsince = \"{since}\"\nreason = \"stolen\"\n");
    let text = Team { extra, gates: asks.gates.clone(), ..Team::default() }.text(2, attack.scene.id);
    let (two, text) = policy(&attack, 2, &attack.start.policy, &["ada", "cy"], &text);
    let head = attack.scene.land(at, [two.edit(), text]);
    attack.ends(head, "failed", Some("distrusted"), Some(&go.path));
}
