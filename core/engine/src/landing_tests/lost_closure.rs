//! Taint follows everything that an answer rests on, stays until it is confirmed, and is never taken back in passing.

use super::lost_keys::{distrust, distrust_under, walked};
use super::*;
use crate::testing::registry::{Team, public};
use crate::verify::Subject;
use refmark_records::evidence::Verdict;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::name::{AliasName, ModelName};

/// Whether an answer about a version, by an alias's move where one is given, rests on a lost key.
fn answer(
    scene: &Scene<MemoryHistory>,
    head: Oid,
    of: &Made,
    version: u64,
    alias: Option<(&str, u64)>,
) -> Option<String> {
    let verified = walked(scene, head);
    let model = ModelName::parse("m").unwrap();
    let alias = alias.map(|(name, n)| (AliasName::parse(name).unwrap(), n));
    let alias = alias.as_ref().map(|(name, n)| (name, *n));
    verified.taint_of(&Subject { artifact: &of.artifact, version: Some((&model, version)), alias }).unwrap()
}

fn by_id(scene: &Scene<MemoryHistory>, head: Oid, of: &Made) -> Option<String> {
    walked(scene, head).taint_of(&Subject { artifact: &of.artifact, version: None, alias: None }).unwrap()
}

#[test]
fn what_a_good_key_promoted_on_a_lost_keys_version_is_tainted_by_alias_version_and_id() {
    let scene = Scene::in_memory();
    let start = scene.start_with(&Team::default());
    let since = start.head;
    // dan's key is lost: it registers and trusts version 1; cy, in good faith, promotes it.
    let one = scene.version(since, "dan", "m", None, "weights of one");
    let mut at = scene.land(since, one.edits());
    let go = scene.alias(at, "cy", "canary", None, Some(&one));
    at = scene.land(at, [go.edit()]);
    assert_eq!(answer(&scene, at, &one, 1, Some(("canary", 1))), None);
    let (policy, text) = distrust(&scene, &start, since, "dan", since);
    at = scene.land(at, [policy.edit(), text]);
    let seen = see(&scene, at);
    for path in [&one.version.path, &one.trust.path, &go.path] {
        assert!(seen.tainted.contains(path), "{path}: {:?}", seen.tainted);
    }
    assert!(answer(&scene, at, &one, 1, None).is_some() && answer(&scene, at, &one, 1, Some(("canary", 1))).is_some());
    assert!(by_id(&scene, at, &one).is_some());

    // Confirmed with good keys, step by step: a version of the same artifact, its trust, the alias.
    let again = scene.forge(&one.version, &["ada"], |forged| {
        if let refmark_records::statement::Predicate::Version(version) = forged {
            (version.by, version.version, version.base) = (crate::testing::registry::principal("ada"), 2, Some(at));
            (version.previous, version.time) = (Some(one.version.digest()), scene.tick());
        }
    });
    let yes = scene.trust(at, "ada", one.artifact, Some(&one.trust), TrustState::Trusted);
    at = scene.land(at, [again.edit(), yes.edit()]);
    let seen = see(&scene, at);
    seen.has(&again);
    seen.has(&yes);
    assert_eq!((by_id(&scene, at, &one), answer(&scene, at, &one, 2, None)), (None, None));
    assert!(answer(&scene, at, &one, 1, None).is_some(), "the lost key's own version stays tainted");
    let late = scene.alias(at, "cy", "canary-eu", None, Some(&one));
    at = scene.land(at, [late.edit()]);
    see(&scene, at).has_not(&late, Standing::Refused, Code::Refused);
}

#[test]
fn a_lost_keys_trust_taints_an_honest_alias_until_both_are_confirmed() {
    let scene = Scene::in_memory();
    let start = scene.start_with(&Team::default());
    let one = scene.version(start.head, "ada", "m", None, "weights of one");
    let untrusted = one.edits().into_iter().filter(|edit| edit.path() != one.trust.path);
    let since = scene.land(start.head, untrusted);
    let trusted = scene.trust(since, "dan", one.artifact, None, TrustState::Trusted);
    let mut at = scene.land(since, [trusted.edit()]);
    let go = scene.alias(at, "cy", "canary", None, Some(&one));
    at = scene.land(at, [go.edit()]);
    let (policy, text) = distrust(&scene, &start, since, "dan", since);
    at = scene.land(at, [policy.edit(), text]);
    assert!(answer(&scene, at, &one, 1, Some(("canary", 1))).is_some());
    // The alias cannot be confirmed before what it rests on.
    let again = scene.alias(at, "cy", "canary", Some(&go), Some(&one));
    let tried = scene.land(at, [again.edit()]);
    see(&scene, tried).has_not(&again, Standing::Pending, Code::Pending);
    let yes = scene.trust(at, "bob", one.artifact, Some(&trusted), TrustState::Trusted);
    at = scene.land(at, [yes.edit(), again.edit()]);
    let seen = see(&scene, at);
    seen.has(&yes);
    seen.has(&again);
    assert_eq!(answer(&scene, at, &one, 1, Some(("canary", 2))), None);
    // Without a taint, a move that goes nowhere is none.
    let third = scene.alias(at, "cy", "canary", Some(&again), Some(&one));
    see(&scene, scene.land(at, [third.edit()])).has_not(&third, Standing::Refused, Code::BadRecord);
}

#[test]
fn reviving_what_was_revoked_is_confirmed_only_by_those_whom_the_lost_key_skipped() {
    let Two { scene, start, one, head: since, .. } = two_versions();
    let gone = scene.trust(since, "ada", one.artifact, Some(&one.trust), TrustState::Revoked);
    let since = scene.land(since, [gone.edit()]);
    // bob's lost key and cy, who was talked into it, revive it; bob trusts it.
    let back = scene.trust(since, "bob", one.artifact, Some(&gone), TrustState::Quarantined);
    let yes = scene.approve(since, "cy", &back);
    let mut at = scene.land(since, [back.edit(), yes.edit()]);
    let trusted = scene.trust(at, "ada", one.artifact, Some(&back), TrustState::Trusted);
    at = scene.land(at, [trusted.edit()]);
    see(&scene, at).has(&trusted);
    let (policy, text) = distrust(&scene, &start, since, "bob", since);
    at = scene.land(at, [policy.edit(), text]);
    assert!(see(&scene, at).tainted.contains(&trusted.path), "it rests on a state that a lost key brought");
    let alone = scene.trust(at, "ada", one.artifact, Some(&trusted), TrustState::Trusted);
    let tried = scene.land(at, [alone.edit()]);
    see(&scene, tried).has_not(&alone, Standing::Pending, Code::Pending);
    at = scene.land(tried, [scene.approve(tried, "cy", &alone).edit()]);
    see(&scene, at).has(&alone);
    assert_eq!(answer(&scene, at, &one, 1, None), None);
}

#[test]
fn a_stage_an_owner_and_a_baseline_by_a_lost_key_taint_what_passed_by_them() {
    let gates = "{ type = \"metric\", metric = \"f1\", baseline = \"canary\" }";
    let team = Team { gates: gates.to_owned(), ..Team::default() };
    let Two { scene, start, one, two, head } = two_versions_of(&team);
    let metric = |artifact, value: f64| {
        scene.evidence(head, "bot", artifact, Verdict::Pass, |scene| {
            let value = refmark_records::evidence::MetricValue::of(value);
            let better = refmark_records::evidence::Direction::Higher;
            scene.metrics.insert("f1".to_owned(), refmark_records::evidence::Metric { value, better });
            scene.dataset = Some(refmark_records::evidence::Named {
                name: "d".to_owned(),
                version: Some("1".to_owned()),
                sha256: None,
            });
        })
    };
    let since = scene.land(head, [metric(one.artifact, 0.5).edit(), metric(two.artifact, 0.6).edit()]);
    // dan's lost key moves the baseline to the weak version; an honest promotion is compared with that.
    let weak = scene.alias(since, "dan", "canary", None, Some(&one));
    let mut at = scene.land(since, [weak.edit()]);
    let go = scene.alias(at, "ada", "champion", None, Some(&two));
    at = scene.land(at, [go.edit(), scene.approve(at, "cy", &go).edit()]);
    see(&scene, at).has(&go);
    let staged = scene.stage(at, "dan", &two, None, Stage::Staging);
    let on = scene.stage(at, "ada", &two, Some(&staged), Stage::Production);
    at = scene.land(at, [staged.edit(), on.edit()]);
    see(&scene, at).has(&on);
    let (policy, text) = distrust_under(&team, &scene, &start, since, "dan", since);
    let seen = see(&scene, scene.land(at, [policy.edit(), text]));
    for path in [&weak.path, &go.path, &staged.path, &on.path] {
        assert!(seen.tainted.contains(path), "{path}: {:?}", seen.tainted);
    }
}

#[test]
fn a_lost_key_signs_nothing_in_no_quorum() {
    let Two { scene, start, head, .. } = two_versions();
    let (two, text) = distrust(&scene, &start, head, "bob", head);
    let at = scene.land(head, [two.edit(), text]);
    let lost = format!("\n[[distrust]]\nkey = \"{}\"\nsince = \"{head}\"\nreason = \"stolen\"\n", public("bob").id());
    let team = |extra: &str| Team { extra: format!("{lost}{extra}"), ..Team::default() };
    for signers in [&["ada", "bob"][..], &["ada", "bob", "cy"]] {
        let (three, text) = scene.policy(3, Some(&two), Some(at), signers, &team("# x\n").text(3, scene.id));
        see(&scene, scene.land(at, [three.edit(), text])).has_not(&three, Standing::Refused, Code::Distrusted);
    }
    // Nor does it sign the policy that distrusts it.
    let (own, text) = scene.policy(2, Some(&start.policy), Some(head), &["bob", "cy"], &team("").text(2, scene.id));
    see(&scene, scene.land(head, [own.edit(), text])).has_not(&own, Standing::Refused, Code::Distrusted);
    // Nor takes the distrust back, or lets it begin later.
    for text in
        [Team::default().text(3, scene.id), team("").text(3, scene.id).replace(&head.to_string(), &at.to_string())]
    {
        let (three, text) = scene.policy(3, Some(&two), Some(at), &["bob", "cy"], &text);
        see(&scene, scene.land(at, [three.edit(), text])).has_not(&three, Standing::Refused, Code::Distrusted);
    }
}
