//! The life of a model by eight principals, from the first file to the last: docs/life.md tells the same in commands.

use super::house::{self, House, Package};
use refmark_records::evidence::Verdict;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;

#[test]
fn a_models_life_from_its_first_file_to_its_last_by_eight_principals() {
    let h = House::new();

    // Nora, a data scientist, registers what she trained. It has code, so it waits in quarantine.
    let made = h.register("nora", Package { class: "code", card: None, ..Package::default() });
    // The build service scans it. Chen, who leads the platform, reads the code; Bo, who runs the models, trusts it.
    h.evidence("ci", &made, "scan", |it| {
        it.tool = Some(refmark_records::evidence::Named::read("modelscan@0.8").unwrap());
    });
    h.evidence("chen", &made, "sign-off", |it| it.summary = Some("read it line by line: it only reshapes".to_owned()));
    assert!(h.trust("bo", &made, TrustState::Trusted).took_effect);

    // A training job says that it is good, which is nobody's word. The build service evaluates it. Nora attaches the card that
    // she had forgotten, and Bo's move to staging, which waited for both, takes effect.
    h.evaluation("bot", &made, 0.99);
    let staged = h.stage_move("bo", &made, Stage::Staging, |_| {});
    let came = h.tries(&staged, Vec::new());
    assert!(came.names("evaluation") && came.names("model-card"), "{:?}", came.reasons);
    h.evaluation("ci", &made, 0.94);
    h.evidence("nora", &made, "model-card", |it| {
        it.verdict = Verdict::Info;
        it.details.0 = house::text();
    });
    assert!(h.woke(&staged), "what waited for the evaluation and the card takes effect with the last of them");

    // A canary on a part of the traffic; a plan for the way back, and a runbook, by Pia, who runs models, too.
    assert!(h.promote("pia", "canary", Some(&made), &[]).took_effect);
    h.proof("ci", "pia", &made);

    // Nora proposes it, Ada and Bo approve: it is live.
    assert!(h.live("nora", &made, &[]).names("people"));
    assert!(h.live("nora", &made, &["ada", "bo"]).took_effect);

    // At three in the morning Olu goes back, alone; and holds the new one back until somebody has looked.
    assert!(h.promote("olu", "champion", Some(&h.one), &[]).took_effect);
    assert!(h.trust("olu", &made, TrustState::Quarantined).took_effect);

    // In the morning it was the load balancer. Bo trusts it again on Chen's word of before; it goes live again.
    assert!(h.trust("bo", &made, TrustState::Trusted).took_effect);
    assert!(h.promote("nora", "champion", Some(&made), &["ada", "bo"]).took_effect);

    // Ada, who owns the model, retires the first version with a day, and Chen agrees. A service still uses it.
    assert!(h.publish("nora", "checkout", &[&h.one]).took_effect);
    h.evidence("nora", &h.one, "migration-document", |it| {
        it.verdict = Verdict::Info;
        it.details.0 = house::text();
    });
    assert!(h.retire("ada", &h.one, Some(made.number), 60, &[]).names("people"));
    assert!(h.retire("ada", &h.one, Some(made.number), 60, &["chen"]).took_effect);

    // The day comes. The service has moved, the build service has seen the day, and Bo archives it.
    h.pass_days(61);
    assert!(h.to_stage("bo", &h.one, Stage::Archived).names("consumers"));
    assert!(h.publish("nora", "checkout", &[&made]).took_effect);
    h.checkpoint("ci");
    assert!(h.to_stage("bo", &h.one, Stage::Archived).took_effect);

    // Its bytes go, by two people. The records stay.
    assert!(h.delete("ada", &h.one, &[]).names("people"));
    assert!(h.delete("ada", &h.one, &["bo"]).took_effect);
}
