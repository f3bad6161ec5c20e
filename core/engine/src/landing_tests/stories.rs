//! One rule, one story.

use super::*;
use crate::landing::PENDING_LIMIT;
use crate::testing::registry::{Team, principal, public};
use crate::verify::Remembered;
use refmark_records::evidence::Verdict;
use refmark_records::layout::{Document, Place};
use refmark_records::root::{FORMAT, Keyholder, Quorum};
use refmark_records::statement::Predicate;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;

#[test]
fn a_move_takes_effect_with_its_approval_in_one_commit_or_in_two() {
    let Two { scene, one, head, .. } = two_versions();
    let go = scene.alias(head, "dan", "champion", None, Some(&one));
    let yes = scene.approve(head, "bob", &go);
    let together = see(&scene, scene.land(head, [go.edit(), yes.edit()]));
    together.has(&go);
    assert_eq!(together.outcome, Outcome::Ok);
    let moved = scene.land(head, [go.edit()]);
    let waiting = see(&scene, moved);
    waiting.has_not(&go, Standing::Pending, Code::Pending);
    assert_eq!(waiting.outcome, Outcome::Pending);
    let approved = scene.land(moved, [yes.edit()]);
    let apart = see(&scene, approved);
    apart.has(&go);
    assert_eq!(apart.effects[&go.path], approved, "it took effect where it became whole");
}

#[test]
fn a_forges_revert_is_bad_until_it_is_itself_reverted_and_nothing_is_lost_meanwhile() {
    let Two { scene, one, two, head, .. } = two_versions();
    let go = scene.alias(head, "ada", "canary", None, Some(&one));
    let moved = scene.land(head, [go.edit()]);
    let reverted = scene.git.put_tree_of(&[moved], head, scene.tick());
    let bad = see(&scene, reverted);
    assert!(!bad.tip_is_good());
    assert_eq!(bad.problems[0].code, Code::BadTip);
    // Somebody lands a good record on the bad tip: it waits for the state to be whole.
    let other = scene.alias(head, "ada", "canary-eu", None, Some(&two));
    let more = scene.land(reverted, [other.edit()]);
    assert!(!see(&scene, more).effects.contains_key(&other.path));
    let restored = scene.land(more, [go.edit()]);
    let whole = see(&scene, restored);
    whole.has(&go);
    whole.has(&other);
    assert_eq!(whole.effects[&other.path], restored);
    assert_eq!(whole.commits.iter().map(|commit| commit.1).collect::<Vec<_>>(), [true, true, true, false, false, true]);
    assert_eq!(whole.outcome, Outcome::Ok);
}

#[test]
fn what_arrives_at_a_bad_commit_is_judged_in_order_where_the_state_is_restored() {
    let Two { scene, one, two, head, .. } = two_versions();
    let broken = scene.land(head, [Edit::remove(&one.version.path)]);
    let first = scene.alias(head, "ada", "canary", None, Some(&one));
    let second = scene.alias(head, "ada", "canary", Some(&first), Some(&two));
    let at = scene.land(broken, [first.edit()]);
    let at = scene.land(at, [second.edit()]);
    let seen = see(&scene, scene.land(at, [one.version.edit()]));
    seen.has(&first);
    seen.has(&second);
}

#[test]
fn a_base_that_was_bad_or_is_of_another_history_refuses_the_record() {
    let Two { scene, one, head, .. } = two_versions();
    let broken = scene.land(head, [Edit::remove(&one.version.path)]);
    let whole = scene.land(broken, [one.version.edit()]);
    let on_bad = scene.alias(broken, "ada", "canary", None, Some(&one));
    see(&scene, scene.land(whole, [on_bad.edit()])).has_not(&on_bad, Standing::Refused, Code::BadBase);
    let elsewhere = scene.land(head, [Edit::put("README.md", "a branch that never landed")]);
    let unpushed = scene.alias(elsewhere, "ada", "canary", None, Some(&one));
    see(&scene, scene.land(whole, [unpushed.edit()])).has_not(&unpushed, Standing::Refused, Code::BadBase);
    let none = scene.forge(&unpushed, &["ada"], |forged| {
        if let Predicate::Alias(alias_move) = forged {
            alias_move.base = None;
        }
    });
    see(&scene, scene.land(whole, [none.edit()])).has_not(&none, Standing::Refused, Code::BadBase);
}

#[test]
fn a_history_that_leaves_out_a_revocation_fails_at_the_next_record() {
    let Two { scene, one, two, head, .. } = two_versions();
    let revoke = scene.trust(head, "bob", two.artifact, Some(&two.trust), TrustState::Revoked);
    let revoked = scene.land(head, [revoke.edit()]);
    let after = scene.alias(revoked, "ada", "canary", None, Some(&one));
    see(&scene, scene.land(revoked, [after.edit()])).has(&after);
    // A host rebuilds the commits without the revocation, which nobody signed as commits.
    let rebuilt = scene.land(head, [after.edit()]);
    see(&scene, rebuilt).has_not(&after, Standing::Refused, Code::BadBase);
    // Or puts it after.
    let reordered = scene.land(scene.land(head, [after.edit()]), [revoke.edit()]);
    see(&scene, reordered).has_not(&after, Standing::Refused, Code::BadBase);
}

#[test]
fn a_teleported_branch_with_the_newest_head_as_second_parent_is_rewritten_history() {
    let Two { scene, two, head, .. } = two_versions();
    let revoke = scene.trust(head, "bob", two.artifact, Some(&two.trust), TrustState::Revoked);
    let newest = scene.land(head, [revoke.edit()]);
    let remembered = remember(&scene, newest);
    // For Git this descends from the newest head; its first parent is an old one, and its tree lacks the revocation.
    let teleported = scene.git.put_tree_of(&[head, newest], head, scene.tick());
    let error = Verifier::resume(&scene.git, teleported, &remembered).err().unwrap();
    assert_eq!(error.code, Code::HistoryRewritten);
    // With the newest tree it is still another chain: the remembered head is not on it.
    let sly = scene.git.put_tree_of(&[head, newest], newest, scene.tick());
    assert_eq!(Verifier::resume(&scene.git, sly, &remembered).err().unwrap().code, Code::HistoryRewritten);
    // A merge with the newest head as first parent that takes the old tree is bad.
    let octopus = scene.git.put_tree_of(&[newest, head], head, scene.tick());
    assert!(!see(&scene, octopus).tip_is_good());
}

pub(super) fn remember<W: Workshop>(scene: &Scene<W>, head: Oid) -> Remembered {
    let mut verifier = Verifier::from_the_start(&scene.git, head, None).unwrap();
    verifier.run(|_| Ok(())).unwrap();
    verifier.finish().unwrap().remember().unwrap()
}

#[test]
fn junk_by_strangers_has_no_effect_and_holds_up_nobody() {
    let Two { scene, one, head, .. } = two_versions();
    let forged = scene.forge(&scene.alias(head, "ada", "canary", None, Some(&one)), &["eve"], |_| {});
    let manifest = Place::Document(refmark_types::digest::ArtifactId::new(Digest::of(b"x")), Document::Manifest).path();
    let junk = [
        Edit::put("src/main.rs", "fn main() {}"),
        Edit::put("policy/0002.toml", "format = 1"),
        Edit::put("trust/0002.json", "{}"),
        Edit::put("trust/0009.json", scene.root(9, None, Some(head), &["eve"], |_| {}).bytes()),
        Edit::put(&manifest, manifest_of(&one)),
        Edit::put("models/0/0/x", [0xff, 0xfe]),
        Edit::Odd("README.md".into(), 0o120000, b"/etc/passwd".to_vec()),
        Edit::Odd("artifacts/sub".into(), 0o160000, b"1111111111111111111111111111111111111111".to_vec()),
        Edit::put("docs", "a file where the companions' folder is"),
        forged.edit(),
        Edit::put("LICENSE", "a companion"),
    ];
    let mut at = head;
    for edit in junk.clone() {
        at = scene.land(at, [edit]);
    }
    let real = scene.alias(head, "ada", "canary-eu", None, Some(&one));
    let seen = see(&scene, scene.land(at, [real.edit()]));
    seen.has(&real);
    assert!(seen.commits.iter().all(|commit| commit.1), "no commit is bad");
    assert_eq!(seen.inert.len(), junk.len() - 1, "all but the companion: {:#?}", seen.inert);
    assert!(seen.inert.values().all(|landing| landing.0 == Standing::Refused), "none waits: {:#?}", seen.inert);
    // In one landing with something good it spoils that landing, and only that.
    let spoiled = scene.land(head, [real.edit(), Edit::put("x", "y")]);
    let seen = see(&scene, spoiled);
    assert_eq!(seen.inert[&real.path], (Standing::Refused, None));
    seen.path_has_not("x", Standing::Refused, Code::WrongPath);
    // Taking the junk away leaves the rest, which is a landing of its own.
    let seen = see(&scene, scene.land(spoiled, [Edit::remove("x")]));
    seen.has(&real);
    assert_eq!(seen.outcome, Outcome::Ok);
}

fn manifest_of(made: &Made) -> Vec<u8> {
    match &made.manifest {
        Edit::Put(_, bytes) => bytes.clone(),
        _ => Vec::new(),
    }
}

#[test]
fn a_manifest_in_a_foreign_folder_is_refused_and_stops_no_reader() {
    let Two { scene, one, two, head, .. } = two_versions();
    // Named by a version of dan's own making, so that only the digest speaks against it.
    let three = scene.version(head, "dan", "m", Some(&two), "three");
    let swapped = Edit::put(three.manifest.path(), manifest_of(&one));
    let seen = see(&scene, scene.land(head, [three.version.edit(), three.trust.edit(), swapped]));
    seen.path_has_not(three.manifest.path(), Standing::Refused, Code::Damaged);
}

#[test]
fn a_root_of_a_newer_format_stops_readers_only_where_its_quorum_signed_it() {
    let Two { scene, start, head, .. } = two_versions();
    let newer =
        |signers: &[&str]| scene.root(2, Some(&start.root), Some(head), signers, |root| root.format = FORMAT + 1);
    let by_eve = newer(&["eve"]);
    see(&scene, scene.land(head, [by_eve.edit()])).has_not(&by_eve, Standing::Refused, Code::BadSignature);
    let real = scene.land(head, [newer(&["ada", "bob"]).edit()]);
    let mut verifier = Verifier::from_the_start(&scene.git, real, None).unwrap();
    assert_eq!(verifier.run(|_| Ok(())).unwrap_err().code, Code::UpgradeNeeded);
}

#[test]
fn a_registry_of_format_1_ends_in_an_error_that_says_what_reads_it() {
    let scene = Scene::in_memory();
    let root = scene.root(1, None, None, &["ada", "bob"], |root| root.format = 1);
    let head = scene.git.put(&[], &[root.edit()], scene.tick());
    let mut verifier = Verifier::from_the_start(&scene.git, head, None).unwrap();
    let error = verifier.run(|_| Ok(())).unwrap_err();
    assert_eq!(error.code, Code::FormatRetired);
    assert!(error.hint_text().unwrap().contains("refmark 0.1"));
}

#[test]
fn a_flood_of_junk_is_refused_in_linear_work_and_one_of_pending_moves_at_the_limit() {
    let Two { scene, one, head, .. } = two_versions();
    let mut at = head;
    for n in 0..300 {
        at = scene.land(at, [Edit::put(&format!("junk/{n}"), "x"), Edit::put(&format!("policy/{n:04}.x"), "")]);
    }
    let seen = see(&scene, at);
    assert!(seen.judgements < 310, "{}", seen.judgements);
    let mut moves = Vec::new();
    for n in 0..PENDING_LIMIT + 3 {
        let go = scene.alias(head, "dan", "champion", None, Some(&one));
        let go = scene.forge(&go, &["dan"], |forged| {
            if let Predicate::Alias(alias_move) = forged {
                alias_move.sequence = n as u64 + 2;
                alias_move.previous = Some(Digest::of(b"none"));
            }
        });
        at = scene.land(at, [go.edit()]);
        moves.push(go);
    }
    let real = scene.alias(head, "ada", "canary", None, Some(&one));
    at = scene.land(at, [real.edit()]);
    let seen = see(&scene, at);
    seen.has(&real);
    let pending = seen.inert.values().filter(|landing| landing.0 == Standing::Pending).count();
    assert_eq!(pending, PENDING_LIMIT);
    seen.has_not(moves.last().unwrap(), Standing::Waiting, Code::Pending);

    // A full queue delays, and refuses nothing: whoever has fewer places gets one, and is approved like anybody.
    let honest = scene.alias(head, "ada", "champion", None, Some(&one));
    at = scene.land(at, [honest.edit()]);
    see(&scene, at).has_not(&honest, Standing::Pending, Code::Pending);
    let yes = scene.approve(head, "bob", &honest);
    at = scene.land(at, [yes.edit()]);
    see(&scene, at).has(&honest);
    // Files that are taken away leave their places to those who wait.
    let gone: Vec<Edit> = moves.iter().take(10).map(|it| Edit::remove(&it.path)).collect();
    let seen = see(&scene, scene.land(at, gone));
    assert!(seen.inert.values().all(|landing| landing.0 != Standing::Waiting));
}

#[test]
fn two_hundred_and_fifty_six_files_without_a_signature_do_not_take_the_places_of_those_who_wait() {
    let Two { scene, one, head, .. } = two_versions();
    let mut at = head;
    for n in 0..PENDING_LIMIT as u64 + 1 {
        let artifact = refmark_types::digest::ArtifactId::new(Digest::of(&n.to_be_bytes()));
        at = scene.land(at, [Edit::put(&Place::Document(artifact, Document::ModelCard).path(), "# junk")]);
        at = scene.land(at, [Edit::put(&Place::PolicyText(n + 2).path(), "junk")]);
    }
    let go = scene.alias(head, "dan", "champion", None, Some(&one));
    let moved = scene.land(at, [go.edit()]);
    see(&scene, moved).has_not(&go, Standing::Pending, Code::Pending);
    let yes = scene.approve(head, "bob", &go);
    see(&scene, scene.land(moved, [yes.edit()])).has(&go);
}

#[test]
fn what_is_refused_is_not_judged_again_and_what_waits_only_when_something_took_effect() {
    let Two { scene, one, two, head, .. } = two_versions();
    let waiting = scene.alias(head, "dan", "champion", None, Some(&one));
    let mut at = scene.land(head, [waiting.edit()]);
    let before = see(&scene, at).judgements;
    for n in 0..20 {
        at = scene.land(at, [Edit::put("README.md", format!("{n}"))]);
    }
    assert_eq!(see(&scene, at).judgements, before, "a companion is no reason to judge");
    let nobody = scene.approve(head, "eve", &waiting);
    at = scene.land(at, [nobody.edit()]);
    let seen = see(&scene, at);
    assert_eq!(seen.judgements, before + 1, "an approval that does not count is no effect");
    seen.has_not(&nobody, Standing::Refused, Code::Refused);
    let real = scene.alias(head, "ada", "canary", None, Some(&two));
    at = scene.land(at, [real.edit()]);
    assert_eq!(see(&scene, at).judgements, before + 3, "the real one, and the waiting one once more");
}

#[test]
fn an_approved_move_to_a_version_that_was_then_revoked_never_wakes_up() {
    let Two { scene, one, head, .. } = two_versions();
    let go = scene.alias(head, "dan", "champion", None, Some(&one));
    let mut at = scene.land(head, [go.edit()]);
    let revoke = scene.trust(head, "bob", one.artifact, Some(&one.trust), TrustState::Revoked);
    at = scene.land(at, [revoke.edit()]);
    at = scene.land(at, [scene.approve(head, "bob", &go).edit()]);
    see(&scene, at).has_not(&go, Standing::Refused, Code::Refused);
    let back = scene.trust(at, "bob", one.artifact, Some(&revoke), TrustState::Quarantined);
    at = scene.land(at, [back.edit(), scene.approve(at, "cy", &back).edit()]);
    let trusted = scene.trust(at, "bob", one.artifact, Some(&back), TrustState::Trusted);
    at = scene.land(at, [trusted.edit()]);
    let seen = see(&scene, at);
    seen.has(&trusted);
    seen.has_not(&go, Standing::Refused, Code::Refused);
}

#[test]
fn a_move_that_fails_and_lacks_something_is_refused_and_does_not_wait() {
    let Two { scene, one, two, head, .. } = two_versions();
    let first = scene.alias(head, "ada", "canary", None, Some(&two));
    let second = scene.alias(head, "ada", "canary", Some(&first), Some(&one));
    let revoke = scene.trust(head, "bob", one.artifact, Some(&one.trust), TrustState::Revoked);
    let mut at = scene.land(head, [revoke.edit()]);
    // Its predecessor has not landed, and it goes to what is revoked.
    at = scene.land(at, [second.edit()]);
    see(&scene, at).has_not(&second, Standing::Refused, Code::Refused);
    let back = scene.trust(at, "bob", one.artifact, Some(&revoke), TrustState::Quarantined);
    at = scene.land(at, [back.edit(), scene.approve(at, "cy", &back).edit()]);
    at = scene.land(at, [scene.trust(at, "bob", one.artifact, Some(&back), TrustState::Trusted).edit()]);
    at = scene.land(at, [first.edit()]);
    let seen = see(&scene, at);
    seen.has(&first);
    seen.has_not(&second, Standing::Refused, Code::Refused);
}

#[test]
fn an_approval_fits_one_change_once_and_not_the_same_move_another_day() {
    let Two { scene, one, two, head, .. } = two_versions();
    let first = scene.alias(head, "dan", "champion", None, Some(&one));
    let yes = scene.approve(head, "bob", &first);
    let mut at = scene.land(head, [first.edit(), yes.edit()]);
    let second = scene.alias(at, "dan", "champion", Some(&first), Some(&two));
    at = scene.land(at, [second.edit(), scene.approve(at, "bob", &second).edit()]);
    // Back to one: the first approval, put where this move's would lie, is of another statement.
    let again = scene.alias(at, "dan", "champion", Some(&second), Some(&one));
    let place = Place::Approval(again.digest(), principal("bob")).path();
    at = scene.land(at, [again.edit()]);
    at = scene.land(at, [Edit::put(&place, yes.bytes())]);
    let seen = see(&scene, at);
    seen.has_not(&again, Standing::Pending, Code::Pending);
    seen.path_has_not(&place, Standing::Refused, Code::WrongPath);
}

#[test]
fn agents_the_author_and_one_person_with_two_keys_are_not_two_people() {
    let mut team = Team { approvals: 2, ..Team::default() };
    team.members[1].3.push("bob#2".to_owned());
    let Two { scene, one, head, .. } = two_versions_of(&team);
    let go = scene.alias(head, "ada", "champion", None, Some(&one));
    let by_author = scene.approve(head, "ada", &go);
    let by_agent = scene.approve(head, "bot", &go);
    let by_bob = scene.approve(head, "bob", &go);
    let mut at = scene.land(head, [go.edit(), by_author.edit(), by_agent.edit(), by_bob.edit()]);
    let seen = see(&scene, at);
    seen.has_not(&go, Standing::Pending, Code::Pending);
    // The same person's second key speaks at the same path: it replaces the file, and a person counts once.
    let by_second = scene.approve_with(head, "bob#2", &go, |_| {});
    assert_eq!(by_second.path, by_bob.path);
    at = scene.land(at, [by_second.edit()]);
    let seen = see(&scene, at);
    seen.has_not(&go, Standing::Pending, Code::Pending);
    at = scene.land(at, [scene.approve(head, "cy", &go).edit()]);
    see(&scene, at).has(&go);
}

#[test]
fn an_approval_that_does_not_count_is_inert_and_spoils_nothing() {
    let Two { scene, one, head, .. } = two_versions();
    let go = scene.alias(head, "dan", "champion", None, Some(&one));
    let yes = scene.approve(head, "bob", &go);
    let stranger = scene.approve(head, "eve", &go);
    let by_agent = scene.approve(head, "bot", &go);
    let seen = see(&scene, scene.land(head, [go.edit(), yes.edit(), stranger.edit(), by_agent.edit()]));
    seen.has(&go);
    seen.has(&yes);
    seen.has_not(&stranger, Standing::Refused, Code::Refused);
    seen.has_not(&by_agent, Standing::Refused, Code::Refused);
}

#[test]
fn an_approval_that_ended_counts_until_a_checkpoint_has_seen_the_end() {
    let Two { scene, one, head, .. } = two_versions();
    let go = scene.alias(head, "dan", "champion", None, Some(&one));
    let end = scene.tick();
    let yes = scene.approve_with(head, "bob", &go, |approval| approval.not_after = Some(end));
    scene.pass(86_400);
    see(&scene, scene.land(head, [go.edit(), yes.edit()])).has(&go);
    let witness = scene.checkpoint(head, 2, None);
    let seen_late = scene.land(head, [witness.edit()]);
    let seen = see(&scene, scene.land(seen_late, [go.edit(), yes.edit()]));
    seen.has(&witness);
    assert!(!seen.effects.contains_key(&go.path));
    let lying = scene.checkpoint(head, 3, None);
    see(&scene, scene.land(head, [lying.edit()])).has_not(&lying, Standing::Refused, Code::BadRecord);
}

#[test]
fn time_is_ordered_against_the_predecessor_and_not_before_the_head_that_was_seen() {
    let Two { scene, one, two, head, .. } = two_versions();
    let first = scene.alias(head, "ada", "canary", None, Some(&one));
    let at = scene.land(head, [first.edit()]);
    scene.pass(-1_800);
    let early = scene.alias(at, "ada", "canary", Some(&first), Some(&two));
    see(&scene, scene.land(at, [early.edit()])).has_not(&early, Standing::Refused, Code::PremiseGone);
    // Clocks differ by less than a day; and whoever saw a head did not sign before it was made.
    let other = scene.alias(at, "ada", "canary-eu", None, Some(&two));
    see(&scene, scene.land(at, [other.edit()])).has(&other);
    scene.pass(-172_800);
    let dated_back = scene.alias(at, "ada", "canary-eu", None, Some(&two));
    scene.pass(259_200);
    see(&scene, scene.land(at, [dated_back.edit()])).has_not(&dated_back, Standing::Refused, Code::Refused);
}

#[test]
fn of_two_moves_of_one_alias_the_second_has_lost_its_premise() {
    let Two { scene, one, two, head, .. } = two_versions();
    let first = scene.alias(head, "ada", "canary", None, Some(&one));
    let ours = scene.alias(head, "ada", "canary", Some(&first), Some(&two));
    let theirs = scene.alias(head, "bob", "canary", Some(&first), None);
    let at = scene.land(head, [first.edit()]);
    let at = scene.land(at, [theirs.edit()]);
    let late = scene.forge(&ours, &["ada"], |forged| {
        if let Predicate::Alias(alias_move) = forged {
            alias_move.sequence = 3;
        }
    });
    see(&scene, scene.land(at, [late.edit()])).has_not(&late, Standing::Refused, Code::PremiseGone);
    // Put over the other's file it is tampering, not a move.
    let over = scene.land(at, [ours.edit()]);
    assert!(!see(&scene, over).tip_is_good());
}

#[test]
fn inert_files_may_be_replaced_and_removed() {
    let Two { scene, one, two, head, .. } = two_versions();
    let wrong = scene.forge(&scene.alias(head, "ada", "canary", None, Some(&one)), &["eve"], |_| {});
    let at = scene.land(head, [wrong.edit(), Edit::put("x", "y")]);
    let right = scene.alias(head, "ada", "canary", None, Some(&two));
    let replaced = scene.land(at, [right.edit()]);
    let seen = see(&scene, replaced);
    seen.has(&right);
    assert_eq!(seen.inert.len(), 1);
    let clean = see(&scene, scene.land(replaced, [Edit::remove("x")]));
    assert_eq!((clean.outcome, clean.inert.len()), (Outcome::Ok, 0));
}

#[test]
fn laundering_weights_that_were_revoked_needs_a_second_look_even_after_they_were_deleted() {
    let Two { scene, one, head, .. } = two_versions();
    let revoke = scene.trust(head, "bob", one.artifact, Some(&one.trust), TrustState::Revoked);
    let delete = scene.trust(head, "bob", one.artifact, Some(&revoke), TrustState::Deleted);
    let revoked = scene.land(head, [revoke.edit()]);
    for at in [revoked, scene.land(revoked, [delete.edit()])] {
        let washed = scene.version(at, "dan", "other", None, "weights of one");
        let seen = see(&scene, scene.land(at, washed.edits()));
        seen.has_not(&washed.trust, Standing::Refused, Code::Refused);
        let held = scene.trust(at, "dan", washed.artifact, None, TrustState::Quarantined);
        let seen = see(&scene, scene.land(at, [washed.version.edit(), washed.manifest.clone(), held.edit()]));
        seen.has(&held);
    }
}

#[test]
fn evidence_that_a_move_names_must_be_about_what_it_moves_to() {
    let Two { scene, one, two, head, .. } = two_versions();
    let of_two = scene.evidence(head, "bot", two.artifact, Verdict::Pass, |_| {});
    let at = scene.land(head, [of_two.edit()]);
    let naming = |to: &Made| {
        scene.forge(&scene.alias(at, "ada", "canary", None, Some(to)), &["ada"], |forged| {
            if let Predicate::Alias(alias_move) = forged {
                alias_move.evidence = vec![of_two.digest()];
            }
        })
    };
    let swapped = naming(&one);
    see(&scene, scene.land(at, [swapped.edit()])).has_not(&swapped, Standing::Pending, Code::Pending);
    let right = naming(&two);
    see(&scene, scene.land(at, [right.edit()])).has(&right);
}

#[test]
fn a_landing_over_the_policys_caps_is_refused_unread() {
    let team =
        Team { head: "limits = { files_per_landing = 20, bytes_per_landing = 9000 }\n".into(), ..Team::default() };
    let Two { scene, two, head, .. } = two_versions_of(&team);
    let many: Vec<Edit> = (0..21).map(|n| Edit::put(&format!("catalog/product/p{n}/0000/01.json"), "{}")).collect();
    let seen = see(&scene, scene.land(head, many));
    assert_eq!(seen.problems.iter().filter(|problem| problem.code == Code::TooLarge).count(), 1);
    assert_eq!(seen.problems.len(), 1, "it was not read further");
    let mut three = scene.version(head, "dan", "m", Some(&two), "three");
    let big = "x".repeat(8000);
    three.trust = scene.forge(&three.trust, &["dan"], |forged| {
        if let Predicate::Trust(trust_move) = forged {
            trust_move.reason = big.clone();
        }
    });
    let seen = see(&scene, scene.land(head, three.edits()));
    assert!(seen.problems.iter().any(|problem| problem.code == Code::TooLarge), "{:#?}", seen.problems);
}

#[test]
fn policies_chain_by_exactly_one_and_a_new_one_judges_what_lands_with_it() {
    let Two { scene, start, one, head, .. } = two_versions();
    let mut team = Team::default();
    team.add("fay", "person", &["engineer"]);
    let signers: &[&str] = &["ada", "cy"];
    let (two, text) = scene.policy(2, Some(&start.policy), Some(head), signers, &team.text(2, scene.id));
    let by_fay = scene.alias(head, "fay", "canary", None, Some(&one));
    see(&scene, scene.land(head, [by_fay.edit()])).has_not(&by_fay, Standing::Refused, Code::Refused);
    let seen = see(&scene, scene.land(head, [two.edit(), text.clone(), by_fay.edit()]));
    seen.has(&two);
    seen.has(&by_fay);
    // A policy that leaves one out waits for it; one that comes again is no successor.
    let (three, three_text) = scene.policy(3, Some(&two), Some(head), signers, &team.text(3, scene.id));
    let skipped = scene.land(head, [three.edit(), three_text]);
    see(&scene, skipped).has_not(&three, Standing::Pending, Code::Pending);
    see(&scene, scene.land(skipped, [two.edit(), text.clone()])).has(&three);
    // One signature of two is not enough, two keys of nobody neither, and a member of the policy is no keyholder.
    for (signers, code) in
        [(&["ada"][..], Code::Refused), (&["ada", "eve"], Code::BadSignature), (&["dan"], Code::BadSignature)]
    {
        let (weak, text) = scene.policy(2, Some(&start.policy), Some(head), signers, &team.text(2, scene.id));
        see(&scene, scene.land(head, [weak.edit(), text])).has_not(&weak, Standing::Refused, code);
    }
    // The statement without its text, and the text without its statement, never become one landing.
    let alone = scene.land(head, [two.edit()]);
    see(&scene, alone).has_not(&two, Standing::Refused, Code::BadRecord);
    see(&scene, scene.land(alone, [text])).path_has_not("policy/0002.toml", Standing::Refused, Code::BadSignature);
}

#[test]
fn roots_chain_by_exactly_one_and_need_the_old_and_the_new_threshold() {
    let Two { scene, start, head, .. } = two_versions();
    let team_of_two = |root: &mut refmark_records::root::Root| {
        let names = ["dan", "oona"];
        root.root = Quorum { threshold: 2, principals: names.map(principal).to_vec() };
        root.policy = root.root.clone();
        root.keyholders = names.map(|name| Keyholder { principal: principal(name), keys: vec![public(name)] }).to_vec();
    };
    let next = |signers: &[&str]| scene.root(2, Some(&start.root), Some(head), signers, team_of_two);
    for signers in [&["dan", "oona"][..], &["ada", "bob"], &["ada", "dan", "oona"], &["ada", "bob", "dan"]] {
        let weak = next(signers);
        see(&scene, scene.land(head, [weak.edit()])).has_not(&weak, Standing::Refused, Code::Refused);
    }
    let two = next(&["ada", "bob", "dan", "oona"]);
    let at = scene.land(head, [two.edit()]);
    see(&scene, at).has(&two);
    // From then on the new quorum signs policies, and the old one does not.
    let text = Team::default().text(2, scene.id);
    let (old, old_text) = scene.policy(2, Some(&start.policy), Some(at), &["ada", "bob"], &text);
    see(&scene, scene.land(at, [old.edit(), old_text])).has_not(&old, Standing::Refused, Code::BadSignature);
    let (new, new_text) = scene.policy(2, Some(&start.policy), Some(at), &["dan", "oona"], &text);
    see(&scene, scene.land(at, [new.edit(), new_text])).has(&new);
    // A root that skips one, and a second first root.
    let skipping = scene.root(3, Some(&start.root), Some(head), &["ada", "bob"], |_| {});
    see(&scene, scene.land(head, [skipping.edit()])).has_not(&skipping, Standing::Refused, Code::PremiseGone);
    let again = scene.root(1, None, None, &["eve", "ada"], |_| {});
    assert!(!see(&scene, scene.land(head, [again.edit()])).tip_is_good(), "root 1 stands there already");
    // Thresholds of 0 and above n.
    for threshold in [0, 4] {
        let odd = scene.root(2, Some(&start.root), Some(head), &["ada", "bob"], |root| root.root.threshold = threshold);
        see(&scene, scene.land(head, [odd.edit()])).has_not(&odd, Standing::Refused, Code::BadRecord);
    }
}

#[test]
fn a_registry_may_be_founded_on_a_forges_first_commit() {
    let scene = Scene::in_memory();
    let readme = scene.git.put(&[], &[Edit::put("README.md", "# models"), Edit::put("x", "junk")], scene.tick());
    let (root, policy, edits) = scene.founding(&Team::default());
    let founded = scene.land(readme, edits);
    let seen = see(&scene, founded);
    seen.has(&root);
    seen.has(&policy);
    let one = scene.version(founded, "dan", "m", None, "w");
    see(&scene, scene.land(founded, one.edits())).has(&one.version);
}

#[test]
fn the_pinned_root_must_be_one_of_the_registrys() {
    let Two { scene, start, head, .. } = two_versions();
    let two = scene.root(2, Some(&start.root), Some(head), &["ada", "bob"], |_| {});
    let at = scene.land(head, [two.edit()]);
    for pin in [start.root.digest(), two.digest()] {
        assert_eq!(see_with(&scene.git, at, Some(pin)).outcome, Outcome::Ok);
    }
    let other = see_with(&scene.git, at, Some(Digest::of(b"another")));
    assert_eq!((other.outcome, other.problems[0].code), (Outcome::Failed, Code::WrongRoot));
}

#[test]
fn on_call_goes_back_alone_to_what_held_the_alias_a_short_while_ago() {
    let Two { scene, one, two, head, .. } = two_versions();
    let first = scene.alias(head, "dan", "champion", None, Some(&one));
    let mut at = scene.land(head, [first.edit(), scene.approve(head, "bob", &first).edit()]);
    let second = scene.alias(at, "dan", "champion", Some(&first), Some(&two));
    at = scene.land(at, [second.edit(), scene.approve(at, "bob", &second).edit()]);
    let back = scene.alias(at, "oona", "champion", Some(&second), Some(&one));
    see(&scene, scene.land(at, [back.edit()])).has(&back);
    let by_dan = scene.alias(at, "dan", "champion", Some(&second), Some(&one));
    see(&scene, scene.land(at, [by_dan.edit()])).has_not(&by_dan, Standing::Pending, Code::Pending);
    let three = scene.version(at, "dan", "m", Some(&two), "three");
    let with_three = scene.land(at, three.edits());
    let forward = scene.alias(at, "oona", "champion", Some(&second), Some(&three));
    see(&scene, scene.land(with_three, [forward.edit()])).has_not(&forward, Standing::Pending, Code::Pending);
    scene.pass(31 * 86_400);
    let late = scene.alias(at, "oona", "champion", Some(&second), Some(&one));
    see(&scene, scene.land(at, [late.edit()])).has_not(&late, Standing::Pending, Code::Pending);
}

#[test]
fn a_stage_move_and_a_version_have_their_own_chains() {
    let Two { scene, one, head, .. } = two_versions();
    let staged = scene.stage(head, "dan", &one, None, Stage::Staging);
    let at = scene.land(head, [staged.edit()]);
    see(&scene, at).has(&staged);
    let next = scene.stage(at, "dan", &one, Some(&staged), Stage::Production);
    see(&scene, scene.land(at, [next.edit()])).has(&next);
    let early = scene.land(head, [next.edit()]);
    see(&scene, early).has_not(&next, Standing::Refused, Code::BadBase);
}
