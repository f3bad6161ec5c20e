//! A proposer who wants to cheat, with honest keys: a table of tries under the team preset, each refused or kept waiting, with
//! the gate or the rule named. And what honest people do beside it, which takes effect.

mod house;
mod later;
mod table;
mod walk;

use house::{House, Package};
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;

#[test]
fn no_try_of_a_cheating_proposer_with_honest_keys_takes_effect() {
    let tries = table::tries();
    assert!(tries.len() >= 60, "{} tries", tries.len());
    let mut wrong = Vec::new();
    for (what, named, attempt) in tries {
        let house = House::new();
        let came = attempt(&house);
        if came.took_effect {
            wrong.push(format!("{what}: it took effect"));
        } else if !came.names(named) {
            wrong.push(format!("{what}: `{named}` is not named: {:?}", came.reasons));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_honest_people_do_beside_it_takes_effect() {
    let house = House::new();
    let three = house.register("nora", Package::default());
    assert!(house.trust("bo", &three, TrustState::Trusted).took_effect);
    house.evaluation("ci", &three, 0.95);
    assert!(house.to_stage("bo", &three, Stage::Staging).took_effect);
    house.proof("ci", "bo", &three);
    assert!(house.live("nora", &three, &["ada", "bo"]).took_effect);
    // At night: back to what was live, though it was retired since, and nothing at all where that is bad, too.
    house.evidence("nora", &house.one, "migration-document", |it| it.details.0 = house::text());
    assert!(house.retire("ada", &house.one, Some(3), 60, &["chen"]).took_effect);
    let back = house.promote("olu", "champion", Some(&house.one), &[]);
    assert!(back.took_effect, "{:?}", back.reasons);
    let closed = house.promote("olu", "champion", None, &[]);
    assert!(closed.took_effect, "{:?}", closed.reasons);
    // Code that its registrar did not sign off.
    let code = house.register("nora", Package { class: "code", ..Package::default() });
    house.evidence("ada", &code, "sign-off", |it| it.summary = Some("read line by line".to_owned()));
    assert!(house.trust("bo", &code, TrustState::Trusted).took_effect);
    assert!(house.trust("olu", &code, TrustState::Quarantined).took_effect, "held back at once");
    assert!(house.delete("ada", &code, &["bo"]).took_effect, "deleting needs two, and can be done");
    // The day comes, and somebody else has seen it.
    house.pass_days(61);
    house.checkpoint("ci");
    let archived = house.to_stage("bo", &house.one, Stage::Archived);
    assert!(archived.took_effect, "{:?}", archived.reasons);
}

#[test]
fn documents_that_come_later_open_what_they_would_have_opened_at_once() {
    let house = House::new();
    let bare = Package { contract: None, evaluation_card: None, card: None, ..Package::default() };
    let made = house.register("nora", bare);
    house.attach_contract("nora", &made, &["review"], &["label"]);
    house.evidence("ci", &made, "evaluation-card", |it| it.details.0 = later::card());
    let came = house.trust("bo", &made, TrustState::Trusted);
    assert!(came.took_effect, "{:?}", came.reasons);
    house.evaluation("ci", &made, 0.95);
    house.evidence("nora", &made, "model-card", |it| it.details.0 = house::text());
    let came = house.to_stage("bo", &made, Stage::Staging);
    assert!(came.took_effect, "{:?}", came.reasons);
}

#[test]
fn an_owners_rename_replays_no_gate_and_nobody_elses_opens_one() {
    let house = House::new();
    house.evidence("ci", &house.one, "canary", |it| it.verdict = refmark_records::evidence::Verdict::Fail);
    let came = house.rename("ada", "m", "mood");
    assert!(
        came.took_effect,
        "what is live stays live under the new name, whatever was found since: {:?}",
        came.reasons
    );
    let house = House::new();
    let came = house.rename("nora", "m", "mood");
    assert!(!came.took_effect && came.names("people"), "who owns nothing asks as for any move: {:?}", came.reasons);
}

#[test]
fn one_record_and_one_commit_from_the_future_stop_nobody() {
    let house = House::new();
    let far = 7_900 * 365 * 86_400;
    house.scene.pass(far);
    let moved = house.promote("bo", "canary", Some(&house.two), &[]);
    assert!(moved.took_effect, "nobody's clock stood in its way: {:?}", moved.reasons);
    house.scene.pass(-far);
    let back = house.promote("bo", "canary", None, &[]);
    assert!(back.took_effect, "the next honest one goes on from there: {:?}", back.reasons);
    let again = house.promote("bo", "canary", Some(&house.two), &[]);
    assert!(again.took_effect, "and the one after that: {:?}", again.reasons);
}
