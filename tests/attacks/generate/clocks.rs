//! Clocks that lie, parties that judge their own, and names that nobody listed.

use refmark_core::engine::testing::registry::{Edit, Signed, Team};
use refmark_core::records::evidence::Verdict;
use refmark_core::records::statement::Predicate;
use refmark_core::types::oid::Oid;
use refmark_core::types::time::Timestamp;

use super::{Attack, Studio};

const DAY: i64 = 86_400;
/// So far ahead that a date still has four digits.
const FAR: i64 = 7_900 * 365 * DAY;

pub fn write(studio: &Studio) {
    times(studio);
    evidence(studio);
    parties(studio);
}

/// The same statement of another time.
fn dated(attack: &Attack, from: &Signed, by: &str, time: Timestamp) -> Signed {
    attack.scene.forge(from, &[by], |it| match it {
        Predicate::Alias(it) => it.time = time,
        Predicate::Evidence(it) => it.time = time,
        _ => {}
    })
}

/// Version 2 is champion, and version 1 was before; a day without a move has come since.
fn champion_moved(attack: &Attack) -> (Signed, Oid, Timestamp) {
    let first = attack.scene.alias(attack.head, "dan", "champion", None, Some(&attack.one));
    let yes = attack.scene.approve(attack.head, "bob", &first);
    let at = attack.scene.land(attack.head, [first.edit(), yes.edit()]);
    let second = attack.scene.alias(at, "dan", "champion", Some(&first), Some(&attack.two));
    let yes = attack.scene.approve(at, "bob", &second);
    let at = attack.scene.land(at, [second.edit(), yes.edit()]);
    let then = attack.scene.tick().plus(5 * DAY);
    attack.scene.pass(40 * DAY);
    let at = attack.scene.land(at, [Edit::put("docs/notes.md", "forty days later")]);
    (second, at, then)
}

fn times(studio: &Studio) {
    let attack =
        studio.attack("statement-before-its-base", "A move is dated before the head that its signer had seen.");
    let early = attack.scene.tick().plus(-40 * DAY);
    let go = attack.scene.alias(attack.head, "ada", "canary", None, Some(&attack.one));
    let go = dated(&attack, &go, "ada", early);
    let head = attack.scene.land(attack.head, [go.edit()]);
    attack.resolves("m@canary", None).ends(head, "failed", Some("refused"), Some(&go.path));

    let attack = studio.attack(
        "night-rollback-dated-back",
        "On-call goes back alone to what was champion 40 days ago, and dates that 35 days back.",
    );
    let (second, at, then) = champion_moved(&attack);
    let back = attack.scene.alias(at, "oona", "champion", Some(&second), Some(&attack.one));
    let back = dated(&attack, &back, "oona", then);
    let head = attack.scene.land(at, [back.edit()]);
    attack.resolves("m@champion", Some(2)).ends(head, "failed", Some("refused"), Some(&back.path));

    let attack = studio.attack(
        "night-rollback-in-a-commit-dated-back",
        "The same, in a commit that is dated back, too: one clock is no witness against all the others.",
    );
    let (second, at, then) = champion_moved(&attack);
    let at = attack.scene.land(at, [Edit::put("docs/notes.md", "and a day")]);
    let back = attack.scene.alias(at, "oona", "champion", Some(&second), Some(&attack.one));
    let back = dated(&attack, &back, "oona", then);
    attack.scene.pass(-35 * DAY);
    let head = attack.scene.land(at, [back.edit()]);
    attack.resolves("m@champion", Some(2)).ends(head, "failed", Some("refused"), Some(&back.path));

    let attack = studio.attack(
        "record-of-the-year-9900-stops-nobody",
        "A member moves an alias in a commit of the far future; the next honest move goes on from there.",
    );
    attack.scene.pass(FAR);
    let far = attack.scene.alias(attack.head, "ada", "canary", None, Some(&attack.one));
    let at = attack.scene.land(attack.head, [far.edit()]);
    attack.scene.pass(-FAR);
    let next = attack.scene.alias(at, "ada", "canary", Some(&far), Some(&attack.two));
    let head = attack.scene.land(at, [next.edit()]);
    attack.resolves("m@canary", Some(2)).ends(head, "ok", None, None);
}

fn gated(extra: &str) -> Team {
    let gates = "{ type = \"evidence\", of = \"evaluation\" }".to_owned();
    Team { gates, extra: extra.to_owned(), ..Team::default() }
}

/// A proposal of `champion` to version 1 by ada, approved by bob.
fn approved(attack: &Attack, at: Oid) -> (Signed, Vec<Edit>) {
    let go = attack.scene.alias(at, "ada", "champion", None, Some(&attack.one));
    let yes = attack.scene.approve(at, "bob", &go);
    (go.clone(), vec![go.edit(), yes.edit()])
}

fn evidence(studio: &Studio) {
    let attack = studio.attack_on(
        &gated(""),
        "evidence-dated-for-later",
        "A passing evaluation is dated for next year, so that it stays young.",
    );
    let pass = attack.scene.evidence(attack.head, "bot", attack.one.artifact, Verdict::Pass, |_| {});
    let pass = dated(&attack, &pass, "bot", attack.scene.tick().plus(400 * DAY));
    let at = attack.scene.land(attack.head, [pass.edit()]);
    let (go, edits) = approved(&attack, at);
    let head = attack.scene.land(at, edits);
    attack.resolves("m@champion", None).ends(head, "pending", Some("pending"), Some(&go.path));

    let attack = studio.attack_on(
        &gated(""),
        "fail-answered-before-it-was-given",
        "A pass that is dated for next year answers every fail to come.",
    );
    let pass = attack.scene.evidence(attack.head, "bob", attack.one.artifact, Verdict::Pass, |_| {});
    let pass = dated(&attack, &pass, "bob", attack.scene.tick().plus(400 * DAY));
    let at = attack.scene.land(attack.head, [pass.edit()]);
    let fail = attack.scene.evidence(at, "bot", attack.one.artifact, Verdict::Fail, |_| {});
    let at = attack.scene.land(at, [fail.edit()]);
    let (go, edits) = approved(&attack, at);
    let head = attack.scene.land(at, edits);
    attack.resolves("m@champion", None).ends(head, "failed", Some("refused"), Some(&go.path));
}

fn parties(studio: &Studio) {
    let rules = "\n[evidence]\nindependent = true\n\n[evidence.agents]\nci = [\"evaluation\"]\n";
    for (name, by, story) in [
        ("evidence-by-the-registrar", "dan", "Who registered the version evaluates it, and it passes."),
        ("evidence-by-the-proposer", "ada", "Who proposes the promotion evaluates the version, and it passes."),
    ] {
        let attack = studio.attack_on(&gated(rules), name, story);
        let pass = attack.scene.evidence(attack.head, by, attack.one.artifact, Verdict::Pass, |_| {});
        let at = attack.scene.land(attack.head, [pass.edit()]);
        let (go, edits) = approved(&attack, at);
        let head = attack.scene.land(at, edits);
        attack.resolves("m@champion", None).ends(head, "pending", Some("pending"), Some(&go.path));
    }

    let attack = studio.attack(
        "champion-by-another-spelling",
        "The policy guards champion; somebody moves an alias that people read as the same name.",
    );
    let go = attack.scene.alias(attack.head, "ada", "Cham-pion", None, Some(&attack.one));
    let head = attack.scene.land(attack.head, [go.edit()]);
    attack.resolves("m@Cham-pion", None).ends(head, "pending", Some("pending"), Some(&go.path));
}
