//! Keys that were lost to somebody else: what they taint, and what they no longer open.

use super::stories::remember;
use super::*;
use crate::testing::registry::{Team, public};
use refmark_records::evidence::Verdict;

pub(super) fn distrust(
    scene: &Scene<MemoryHistory>,
    start: &Start,
    base: Oid,
    name: &str,
    since: Oid,
) -> (Signed, Edit) {
    distrust_under(&Team::default(), scene, start, base, name, since)
}

pub(super) fn distrust_under(
    team: &Team,
    scene: &Scene<MemoryHistory>,
    start: &Start,
    base: Oid,
    name: &str,
    since: Oid,
) -> (Signed, Edit) {
    let extra = format!("\n[[distrust]]\nkey = \"{}\"\nsince = \"{since}\"\nreason = \"stolen\"\n", public(name).id());
    let team = Team { extra, members: team.members.clone(), gates: team.gates.clone(), ..Team::default() };
    scene.policy(2, Some(&start.policy), Some(base), &["ada", "cy"], &team.text(2, scene.id))
}

#[test]
fn a_stolen_keys_moves_are_tainted_since_a_commit_and_refused_from_the_distrust_on() {
    let Two { scene, start, one, two, head } = two_versions();
    let honest = scene.alias(head, "bob", "canary", None, Some(&one));
    let since = scene.land(head, [honest.edit()]);
    let stolen = scene.alias(head, "bob", "canary", Some(&honest), Some(&two));
    let bad = scene.land(since, [stolen.edit()]);
    let (policy, text) = distrust(&scene, &start, since, "bob", since);
    let at = scene.land(bad, [policy.edit(), text]);
    let seen = see(&scene, at);
    assert_eq!(seen.tainted, std::slice::from_ref(&stolen.path), "what was in the state at `since` is not");
    assert_eq!(seen.outcome, Outcome::Failed);
    let late = scene.alias(head, "bob", "canary-eu", None, Some(&one));
    see(&scene, scene.land(at, [late.edit()])).has_not(&late, Standing::Refused, Code::Distrusted);
    // A reader that goes on from before the distrust is sent back to the start, and never misses it.
    let remembered = remember(&scene, bad);
    let mut resumed = Verifier::resume(&scene.git, at, &remembered).unwrap();
    let error = resumed.run(|_| Ok(())).unwrap_err();
    assert!(super::super::verify::NeedsWholeWalk::is(&error));
    // Whoever wrote the distrust itself does not remember a walk that does not know what it taints.
    let mut verified = walked(&scene, bad);
    assert!(!verified.follow(at, &scene.git.changes(at).unwrap(), None).unwrap());
}

pub(super) fn walked(scene: &Scene<MemoryHistory>, head: Oid) -> Verified<'_> {
    let mut verifier = Verifier::from_the_start(&scene.git, head, None).unwrap();
    verifier.run(|_| Ok(())).unwrap();
    verifier.finish().unwrap()
}

#[test]
fn a_stolen_approval_taints_its_change_whatever_path_it_names() {
    let Two { scene, start, one, head, .. } = two_versions();
    let go = scene.alias(head, "dan", "champion", None, Some(&one));
    let yes = scene.approve_with(head, "bob", &go, |approval| approval.change = "trust/0001.json".to_owned());
    let moved = scene.land(head, [go.edit(), yes.edit()]);
    see(&scene, moved).has(&go);
    let (policy, text) = distrust(&scene, &start, head, "bob", head);
    let seen = see(&scene, scene.land(moved, [policy.edit(), text]));
    assert!(seen.tainted.contains(&go.path), "{:?}", seen.tainted);
    assert!(!seen.tainted.contains(&"trust/0001.json".to_owned()));
}

#[test]
fn what_took_effect_under_a_tainted_policy_is_tainted_in_its_own_landing_too() {
    let Two { scene, start, one, head, .. } = two_versions();
    let mut team = Team::default();
    team.add("eve", "person", &["lead"]);
    let (two, text) = scene.policy(2, Some(&start.policy), Some(head), &["bob", "cy"], &team.text(2, scene.id));
    let with = scene.alias(head, "eve", "canary", None, Some(&one));
    let after = scene.alias(head, "eve", "canary-eu", None, Some(&one));
    let mut at = scene.land(head, [two.edit(), text, with.edit()]);
    at = scene.land(at, [after.edit()]);
    see(&scene, at).has(&after);
    let team = Team {
        extra: format!("\n[[distrust]]\nkey = \"{}\"\nsince = \"{head}\"\nreason = \"s\"\n", public("bob").id()),
        ..Team::default()
    };
    let (three, text) = scene.policy(3, Some(&two), Some(head), &["ada", "cy"], &team.text(3, scene.id));
    let seen = see(&scene, scene.land(at, [three.edit(), text]));
    for path in [&two.path, &with.path, &after.path] {
        assert!(seen.tainted.contains(path), "{path}: {:?}", seen.tainted);
    }
}

#[test]
fn a_distrust_must_name_a_good_commit_at_or_before_its_own_base() {
    let Two { scene, start, head, .. } = two_versions();
    let later = scene.land(head, [Edit::put("README.md", "x")]);
    let (policy, text) = distrust(&scene, &start, head, "bob", later);
    see(&scene, scene.land(later, [policy.edit(), text])).has_not(&policy, Standing::Refused, Code::BadBase);
}

/// A team whose champion needs a passing evaluation.
fn gated() -> Team {
    Team { gates: "{ type = \"evidence\", of = \"evaluation\" }".to_owned(), ..Team::default() }
}

#[test]
fn evidence_by_a_lost_key_counts_for_no_gate_and_taints_what_passed_by_it() {
    let Two { scene, start, one, two, head } = two_versions_of(&gated());
    let honest = scene.evidence(head, "bot", one.artifact, Verdict::Pass, |_| {});
    let since = scene.land(head, [honest.edit()]);
    let forged = scene.evidence(since, "bot", two.artifact, Verdict::Pass, |_| {});
    let go = scene.alias(since, "dan", "champion", None, Some(&two));
    let mut at = scene.land(since, [forged.edit(), go.edit(), scene.approve(since, "bob", &go).edit()]);
    see(&scene, at).has(&go);
    let (policy, text) = distrust_under(&gated(), &scene, &start, since, "bot", since);
    at = scene.land(at, [policy.edit(), text]);
    let seen = see(&scene, at);
    assert!(seen.tainted.contains(&forged.path) && !seen.tainted.contains(&honest.path), "{:?}", seen.tainted);
    assert!(seen.tainted.contains(&go.path), "what passed by that evidence is tainted, too: {:?}", seen.tainted);

    // From now on it opens no gate, and what was in the state at `since` still does.
    let back = scene.alias(at, "dan", "champion", Some(&go), Some(&one));
    at = scene.land(at, [back.edit(), scene.approve(at, "bob", &back).edit()]);
    see(&scene, at).has(&back);
    let again = scene.alias(at, "dan", "champion", Some(&back), Some(&two));
    let yes = scene.approve(at, "bob", &again);
    let moved = scene.land(at, [again.edit(), yes.edit()]);
    see(&scene, moved).has_not(&again, Standing::Pending, Code::Pending);
    // A reader that goes on from what it remembered says the same.
    let remembered = remember(&scene, at);
    let mut resumed = Verifier::resume(&scene.git, moved, &remembered).unwrap();
    resumed.run(|_| Ok(())).unwrap();
    assert_eq!(resumed.finish().unwrap().outcome(), Outcome::Failed, "the taint stays");
    assert_eq!(walked(&scene, moved).walk.inert().len(), 1);
}

#[test]
fn a_distrust_holds_for_what_lands_with_it() {
    let Two { scene, start, two, head, .. } = two_versions_of(&gated());
    let forged = scene.evidence(head, "bot", two.artifact, Verdict::Pass, |_| {});
    let at = scene.land(head, [forged.edit()]);
    let (policy, text) = distrust_under(&gated(), &scene, &start, head, "bot", head);
    let go = scene.alias(at, "dan", "champion", None, Some(&two));
    let yes = scene.approve(at, "bob", &go);
    let seen = see(&scene, scene.land(at, [policy.edit(), text, go.edit(), yes.edit()]));
    assert!(!seen.effects.contains_key(&go.path), "{:?}", seen.effects);
}

#[test]
fn a_new_policy_that_distrusts_nobody_else_needs_no_walk_from_the_start() {
    let Two { scene, start, one, head, .. } = two_versions();
    let stolen = scene.alias(head, "bob", "canary", None, Some(&one));
    let mut at = scene.land(head, [stolen.edit()]);
    let (two, text) = distrust(&scene, &start, head, "bob", head);
    at = scene.land(at, [two.edit(), text]);
    let remembered = remember(&scene, at);
    let lost = format!("\n[[distrust]]\nkey = \"{}\"\nsince = \"{head}\"\nreason = \"stolen\"\n", public("bob").id());
    let mut team = Team { extra: lost, ..Team::default() };
    team.add("eve", "person", &["lead"]);
    let (three, text) = scene.policy(3, Some(&two), Some(at), &["ada", "cy"], &team.text(3, scene.id));
    let head = scene.land(at, [three.edit(), text]);
    let mut resumed = Verifier::resume(&scene.git, head, &remembered).unwrap();
    resumed.run(|_| Ok(())).unwrap();
    assert_eq!(resumed.finish().unwrap().tainted, see(&scene, head).tainted);
    // Once nobody is distrusted any more, what the key had signed is not good for that.
    let (four, text) = scene.policy(4, Some(&three), Some(head), &["ada", "cy"], &Team::default().text(4, scene.id));
    let seen = see(&scene, scene.land(head, [four.edit(), text]));
    seen.has(&four);
    assert!(seen.tainted.contains(&stolen.path), "{:?}", seen.tainted);
}
