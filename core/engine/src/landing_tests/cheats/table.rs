//! The tries: what somebody does, the gate or the rule that must be named, and how it is done.

use super::house::{Came, House, Package, contract, metrics, text};
use super::later;
use crate::testing::registry::Made;
use refmark_records::evidence::{Direction, Evidence, Metric, MetricValue, Named, Verdict};
use refmark_records::trust::{TrustState, VersionName};
use refmark_records::version::Stage;
use refmark_types::digest::Digest;
use refmark_types::value::json;

pub type Try = (&'static str, &'static str, fn(&House) -> Came);

const DAY: i64 = 86_400;

/// Tries, each of its type.
macro_rules! list {
    ($($one:expr),* $(,)?) => { Vec::from([$($crate::landing_tests::cheats::table::typed($one)),*]) };
}
pub(super) use list;

pub fn typed(one: Try) -> Try {
    one
}

/// Every try.
pub fn tries() -> Vec<Try> {
    [names(), people(), trust(), lineage(), evaluations(), staging(), production(), clocks(), ends(), later::tries()]
        .concat()
}

/// A version by nora that bo trusted.
pub fn trusted(house: &House, package: Package) -> Made {
    let made = house.register("nora", package);
    let came = house.trust("bo", &made, TrustState::Trusted);
    assert!(came.took_effect, "{:?}", came.reasons);
    made
}

/// An experimental version goes under a name.
fn under(house: &House, alias: &str) -> Came {
    let made = trusted(house, Package::default());
    house.promote("nora", alias, Some(&made), &["ada", "bo"])
}

fn names() -> Vec<Try> {
    list![
        ("an experimental version as @production", "stage", |h| under(h, "production")),
        ("as @prod", "stage", |h| under(h, "prod")),
        ("as @Champion, beside champion", "differs from", |h| under(h, "Champion")),
        ("as @cham-pion", "stage", |h| under(h, "cham-pion")),
        ("as @champion-eu", "stage", |h| under(h, "champion-eu")),
        ("as @live", "stage", |h| under(h, "live")),
        ("under a name that nobody thought of", "stage", |h| under(h, "q3-rollout")),
        ("under a name that only begins like a personal one", "stage", |h| under(h, "device")),
        ("as @Canary, before it was staged", "stage", |h| under(h, "Canary")),
        ("as @staging, by somebody who may not", "people", |h| h.promote("nora", "staging", Some(&h.two), &[])),
    ]
}

fn people() -> Vec<Try> {
    list![
        ("a lead alone makes it live", "people", |h| h.live("ada", &h.two, &[])),
        ("a lead counts twice, as author and approver", "people", |h| h.live("ada", &h.two, &["bo"])),
        ("live without a word of its bytes", "bytes", |h| {
            let moved = h.alias_move("nora", "champion", Some(&h.two), |it| it.bytes_present = false);
            h.tries(&moved, Vec::new())
        }),
        ("an agent approves", "people", |h| h.live("nora", &h.two, &["ada", "ci"])),
        ("somebody without the right approves", "people", |h| h.live("nora", &h.two, &["ada", "nora"])),
        ("two of the second kind, and no lead", "people", |h| h.live("nora", &h.two, &["bo", "pia"])),
        ("a data scientist closes what is live", "people", |h| h.promote("nora", "champion", None, &[])),
        ("on-call promotes what was never live", "people", |h| {
            h.to_stage_approved("nora", &h.two, Stage::Production, &["ada", "bo"]);
            h.promote("olu", "champion", Some(&h.two), &[])
        }),
        ("one person alone deletes", "people", |h| h.delete("ada", &h.two, &[])),
        ("one person alone brings back what was revoked", "people", |h| {
            assert!(h.trust("olu", &h.two, TrustState::Revoked).took_effect);
            h.trust("ada", &h.two, TrustState::Quarantined)
        }),
        ("a data scientist trusts", "people", |h| {
            let made = h.register("nora", Package::default());
            h.trust("nora", &made, TrustState::Trusted)
        }),
        ("an owner whom the policy does not know", "does not know", |h| {
            h.register_owned("nora", Package::default(), "the-best-team").1
        }),
    ]
}

fn signed_off(house: &House, registrar: &str, signer: &str, mover: &str, edit: fn(&mut Evidence)) -> Came {
    let made = house.register(registrar, Package { class: "unsafe-format", ..Package::default() });
    house.evidence(signer, &made, "sign-off", |it| {
        it.summary = Some("read opcode by opcode".to_owned());
        edit(it);
    });
    house.trust(mover, &made, TrustState::Trusted)
}

/// The weights of a deleted version come back in another package, as trusted.
fn laundered(house: &House, straight: bool) -> Came {
    let gone = trusted(house, Package { weights: Some("poison"), ..Package::default() });
    assert!(house.delete("ada", &gone, &["bo"]).took_effect);
    let first =
        Package { weights: Some("poison"), trust: None, card: Some("# Another\n\nAs if new.\n"), ..Package::default() };
    let back = house.register("nora", first);
    if !straight {
        return house.trust("nora", &back, TrustState::Trusted);
    }
    house.trust("bo", &back, TrustState::Trusted)
}

fn packaged(house: &House, package: Package) -> Came {
    let made = house.register("nora", package);
    house.trust("bo", &made, TrustState::Trusted)
}

fn trust() -> Vec<Try> {
    list![
        ("a registrar signs off the pickle and trusts it", "classes", |h| signed_off(h, "bo", "bo", "bo", |_| {})),
        ("a registrar signs off, another trusts", "classes", |h| signed_off(h, "bo", "bo", "pia", |_| {})),
        ("who trusts it signs off", "classes", |h| signed_off(h, "nora", "pia", "pia", |_| {})),
        ("an agent signs off", "classes", |h| signed_off(h, "nora", "ci", "bo", |_| {})),
        ("a sign-off without a word", "classes", |h| signed_off(h, "nora", "ada", "bo", |it| it.summary = None)),
        ("a sign-off that says todo", "classes", |h| {
            signed_off(h, "nora", "ada", "bo", |it| it.summary = Some("TODO".to_owned()))
        }),
        ("a sign-off that only informs", "classes", |h| {
            signed_off(h, "nora", "ada", "bo", |it| it.verdict = Verdict::Info)
        }),
        ("config that names code, unsigned", "classes", |h| {
            packaged(h, Package { class: "config-code", ..Package::default() })
        }),
        ("a registrar hides behind a move that names no version", "classes", |h| {
            let package = Package { class: "code", trust: None, ..Package::default() };
            let made = h.register("nora", package);
            h.evidence("nora", &made, "sign-off", |it| it.summary = Some("I read it".to_owned()));
            h.trust_as("bo", &made, TrustState::Trusted, None, &[])
        }),
        ("a registrar hides behind another version", "the record says", |h| {
            let made = h.register("nora", Package { class: "code", trust: None, ..Package::default() });
            let other = VersionName { model: super::house::model(), version: 1 };
            h.trust_as("bo", &made, TrustState::Trusted, Some(other), &[])
        }),
        ("no contract", "contract", |h| packaged(h, Package { contract: None, ..Package::default() })),
        ("an empty contract", "contract", |h| {
            packaged(h, Package { contract: Some(contract(&[], &[])), ..Package::default() })
        }),
        ("a contract without outputs", "contract", |h| {
            packaged(h, Package { contract: Some(contract(&["text"], &[])), ..Package::default() })
        }),
        ("a contract of placeholders", "contract", |h| {
            packaged(h, Package { contract: Some(contract(&["todo"], &["tbd"])), ..Package::default() })
        }),
        ("an empty evaluation card", "evaluation-card", |h| {
            packaged(h, Package { evaluation_card: Some(json!({})), ..Package::default() })
        }),
        ("an evaluation card of placeholders", "evaluation-card", |h| {
            packaged(h, Package { evaluation_card: Some(json!({"suite": "n/a", "by": "todo"})), ..Package::default() })
        }),
        ("deleted weights come back in another package", "not-deleted-elsewhere", |h| laundered(h, true)),
        ("deleted weights come back by their registrar", "not-deleted-elsewhere", |h| laundered(h, false)),
        ("a package that is not whole", "complete", |h| packaged(
            h,
            Package { incomplete: true, ..Package::default() }
        )),
    ]
}

fn followed(house: &House, key: &'static str, value: &'static str) -> Came {
    let mut package = Package::default();
    for entry in package.lineage.iter_mut().filter(|entry| entry.0 == key) {
        entry.1 = value;
    }
    let made = trusted(house, package);
    house.evaluation("ci", &made, 0.95);
    house.to_stage("bo", &made, Stage::Staging)
}

fn lineage() -> Vec<Try> {
    list![
        ("no lineage", "lineage", |h| {
            let made = trusted(h, Package { lineage: Vec::new(), ..Package::default() });
            h.evaluation("ci", &made, 0.95);
            h.to_stage("bo", &made, Stage::Staging)
        }),
        ("lineage of spaces", "lineage", |h| followed(h, "training_run", "  ")),
        ("lineage that says todo", "lineage", |h| followed(h, "training_run", "TODO")),
        ("lineage that says n/a", "lineage", |h| followed(h, "dataset_version", "n/a")),
        ("lineage that says x", "lineage", |h| followed(h, "code_commit", "x")),
        ("a run that is a sentence", "lineage", |h| followed(h, "training_run", "the run of last night")),
        ("a dataset without a revision", "lineage", |h| followed(h, "dataset_version", "reviews")),
        ("a branch for a commit", "lineage", |h| followed(h, "code_commit", "main")),
        ("a commit of zeros", "lineage", |h| followed(h, "code_commit", "0000000000000000000000000000000000000000")),
    ]
}

fn measured(house: &House, by: &str, edit: fn(&mut Evidence)) -> Came {
    let made = trusted(house, Package::default());
    house.evaluation_with(by, &made, 0.95, edit);
    house.to_stage("bo", &made, Stage::Staging)
}

fn evaluations() -> Vec<Try> {
    list![
        ("no evaluation", "evaluation", |h| {
            let made = trusted(h, Package::default());
            h.to_stage("bo", &made, Stage::Staging)
        }),
        ("the registrar's own", "evaluation", |h| measured(h, "nora", |_| {})),
        ("by whoever asks for the move", "evaluation", |h| measured(h, "bo", |_| {})),
        ("by an agent that the policy does not name for it", "evaluation", |h| measured(h, "bot", |_| {})),
        ("a verdict and nothing else", "evaluation", |h| {
            let made = trusted(h, Package::default());
            h.evidence("ci", &made, "evaluation", |_| {});
            h.to_stage("bo", &made, Stage::Staging)
        }),
        ("without a run", "evaluation", |h| measured(h, "ci", |it| it.run = None)),
        ("without the suite's version", "evaluation", |h| {
            measured(h, "ci", |it| it.suite = Some(Named::read("core").unwrap()))
        }),
        ("without the dataset's digest", "evaluation", |h| {
            measured(h, "ci", |it| it.dataset = Some(Named::read("march@1").unwrap()))
        }),
        ("without a metric", "evaluation", |h| measured(h, "ci", |it| it.metrics = Default::default())),
        ("with a metric that is no number", "evaluation", |h| {
            measured(h, "ci", |it| it.metrics = metrics(f64::NAN))
        }),
        ("that only informs", "evaluation", |h| measured(h, "ci", |it| it.verdict = Verdict::Info)),
        ("that failed", "evaluation", |h| measured(h, "ci", |it| it.verdict = Verdict::Fail)),
        ("a fail, and a pass by the same agent", "evaluation", |h| {
            let made = trusted(h, Package::default());
            h.evaluation_with("ci", &made, 0.95, |it| it.verdict = Verdict::Fail);
            h.evaluation_with("ci", &made, 0.95, |it| it.run = Some("https://ci.example.com/again".to_owned()));
            h.to_stage("bo", &made, Stage::Staging)
        }),
        ("a fail, and a pass of the same run", "evaluation", |h| {
            let made = trusted(h, Package::default());
            let same = |it: &mut Evidence| it.run = Some("https://ci.example.com/1".to_owned());
            h.evaluation_with("ci", &made, 0.95, |it| {
                same(it);
                it.verdict = Verdict::Fail;
            });
            h.evaluation_with("pia", &made, 0.95, same);
            h.to_stage("bo", &made, Stage::Staging)
        }),
        ("a fail, and a pass that was signed before it for a later day", "evaluation", |h| {
            let made = trusted(h, Package::default());
            let far = h.now().plus(400 * DAY);
            h.evaluation_with("pia", &made, 0.95, |it| it.time = far);
            h.evaluation_with("ci", &made, 0.95, |it| it.verdict = Verdict::Fail);
            h.to_stage("bo", &made, Stage::Staging)
        }),
    ]
}

fn compared(house: &House, f1: f64, edit: fn(&mut Evidence)) -> Came {
    let made = trusted(house, Package::default());
    house.evaluation_with("ci", &made, f1, edit);
    house.to_stage("bo", &made, Stage::Staging)
}

fn staging() -> Vec<Try> {
    list![
        ("worse than what is live", "baseline", |h| compared(h, 0.5, |_| {})),
        ("better, on other data", "baseline", |h| {
            compared(h, 0.99, |it| {
                it.dataset = Some(Named { sha256: Some(Digest::of(b"easy")), ..Named::read("march").unwrap() })
            })
        }),
        ("worse, with the direction turned", "baseline", |h| {
            compared(h, 0.5, |it| {
                let turned = Metric { value: MetricValue::of(0.5), better: Direction::Lower };
                it.metrics = [("f1".to_owned(), turned)].into_iter().collect();
            })
        }),
        ("another metric than the one that is live", "baseline", |h| {
            compared(h, 0.99, |it| {
                let other = Metric { value: MetricValue::of(0.99), better: Direction::Higher };
                it.metrics = [("smiles".to_owned(), other)].into_iter().collect();
            })
        }),
        ("a model card of headings", "model-card", |h| {
            let made = trusted(h, Package { card: Some("# Sentiment\n\n## Limits\n\ntodo\n"), ..Package::default() });
            h.evaluation("ci", &made, 0.95);
            h.to_stage("bo", &made, Stage::Staging)
        }),
        ("what is quarantined goes to staging", "trusted", |h| {
            let made = h.register("nora", Package::default());
            h.evaluation("ci", &made, 0.95);
            h.to_stage("bo", &made, Stage::Staging)
        }),
        ("what was revoked goes to production", "trusted", |h| {
            assert!(h.trust("olu", &h.two, TrustState::Revoked).took_effect);
            h.to_stage_approved("nora", &h.two, Stage::Production, &["ada", "bo"])
        }),
        ("straight to production", "rule", |h| {
            let made = trusted(h, Package::default());
            h.to_stage_approved("nora", &made, Stage::Production, &["ada", "bo"])
        }),
    ]
}

/// A version in staging, whose proof is what `proof` attaches.
fn proven(house: &House, proof: fn(&House, &Made)) -> Came {
    let made = trusted(house, Package::default());
    house.evaluation("ci", &made, 0.95);
    assert!(house.to_stage("bo", &made, Stage::Staging).took_effect);
    proof(house, &made);
    house.to_stage_approved("nora", &made, Stage::Production, &["ada", "pia"])
}

fn with_plans(house: &House, made: &Made, canary: fn(&mut Evidence)) {
    for kind in ["rollback-plan", "runbook"] {
        house.evidence("bo", made, kind, |it| it.details.0 = text());
    }
    house.canary("ci", made, canary);
}

fn production() -> Vec<Try> {
    list![
        ("no canary", "canary", |h| {
            proven(h, |h, made| {
                h.evidence("bo", made, "rollback-plan", |it| it.details.0 = text());
                h.evidence("bo", made, "runbook", |it| it.details.0 = text());
            })
        }),
        ("a canary of two weeks ago and more", "canary", |h| {
            proven(h, |h, made| {
                with_plans(h, made, |_| {});
                h.pass_days(20);
            })
        }),
        ("a canary without traffic", "canary", |h| {
            proven(h, |h, made| {
                with_plans(h, made, |it| {
                    it.details.0 =
                        json!({"traffic_share": 0, "duration": "24 h", "compared_with": "champion", "result": "fine"});
                });
            })
        }),
        ("a canary that was compared with nothing", "canary", |h| {
            proven(h, |h, made| {
                with_plans(h, made, |it| {
                    it.details.0 = json!({"traffic_share": 0.1, "duration": "24 h", "result": "fine"})
                });
            })
        }),
        ("a canary by whoever registered", "canary", |h| {
            proven(h, |h, made| {
                with_plans(h, made, |it| it.verdict = Verdict::Info);
                h.canary("nora", made, |_| {});
            })
        }),
        ("an empty rollback plan", "rollback-plan", |h| {
            proven(h, |h, made| {
                h.proof("ci", "bo", made);
                let other = trusted(h, Package::default());
                h.evidence("bo", &other, "rollback-plan", |_| {});
                let _ = other;
            });
            proven(h, |h, made| {
                h.canary("ci", made, |_| {});
                h.evidence("bo", made, "rollback-plan", |_| {});
                h.evidence("bo", made, "runbook", |it| it.details.0 = text());
            })
        }),
        ("a runbook that says todo", "runbook", |h| {
            proven(h, |h, made| {
                h.canary("ci", made, |_| {});
                h.evidence("bo", made, "rollback-plan", |it| it.details.0 = text());
                h.evidence("bo", made, "runbook", |it| it.details.0 = json!({"text": "todo"}));
            })
        }),
        ("a runbook that is a link to something that may change", "runbook", |h| {
            proven(h, |h, made| {
                h.canary("ci", made, |_| {});
                h.evidence("bo", made, "rollback-plan", |it| it.details.0 = text());
                h.evidence("bo", made, "runbook", |it| it.details.0 = json!({"link": "https://wiki.example.com/r"}));
            })
        }),
        ("a waiver of what may not be waived", "runbook", |h| {
            let made = trusted(h, Package::default());
            h.evaluation("ci", &made, 0.95);
            assert!(h.to_stage("bo", &made, Stage::Staging).took_effect);
            h.canary("ci", &made, |_| {});
            h.evidence("bo", &made, "rollback-plan", |it| it.details.0 = text());
            h.waived("nora", &made, ("chen", "runbook", 10))
        }),
        ("a waiver by somebody without the right", "canary", |h| {
            let made = trusted(h, Package::default());
            h.evaluation("ci", &made, 0.95);
            assert!(h.to_stage("bo", &made, Stage::Staging).took_effect);
            for kind in ["rollback-plan", "runbook"] {
                h.evidence("bo", &made, kind, |it| it.details.0 = text());
            }
            h.waived("nora", &made, ("bo", "canary", 10))
        }),
        ("a waiver that has ended", "canary", |h| {
            let made = trusted(h, Package::default());
            h.evaluation("ci", &made, 0.95);
            assert!(h.to_stage("bo", &made, Stage::Staging).took_effect);
            for kind in ["rollback-plan", "runbook"] {
                h.evidence("bo", &made, kind, |it| it.details.0 = text());
            }
            h.waived("nora", &made, ("chen", "canary", -2))
        }),
    ]
}

fn clocks() -> Vec<Try> {
    list![
        ("at night, back to what was live 40 days ago, dated back", "is dated", |h| {
            assert!(h.live("nora", &h.two, &["ada", "bo"]).took_effect);
            let then = h.now().plus(5 * DAY);
            h.pass_days(40);
            let moved = h.alias_move("olu", "champion", Some(&h.one), |it| it.time = then);
            h.tries(&moved, Vec::new())
        }),
        ("at night, back to what was live 40 days ago", "people", |h| {
            assert!(h.live("nora", &h.two, &["ada", "bo"]).took_effect);
            h.pass_days(40);
            h.promote("olu", "champion", Some(&h.one), &[])
        }),
        ("at night, back to what was revoked", "trusted", |h| {
            assert!(h.live("nora", &h.two, &["ada", "bo"]).took_effect);
            assert!(h.trust("olu", &h.one, TrustState::Revoked).took_effect);
            h.promote("olu", "champion", Some(&h.one), &[])
        }),
        ("evidence that is dated back before the head that its author saw", "evaluation", |h| {
            let made = trusted(h, Package::default());
            let then = h.now();
            h.pass_days(3);
            h.evaluation_with("ci", &made, 0.95, |it| it.time = then);
            h.to_stage("bo", &made, Stage::Staging)
        }),
        ("a canary that is dated for next year, to stay young", "canary", |h| {
            proven(h, |h, made| {
                with_plans(h, made, |it| it.verdict = Verdict::Info);
                let far = h.now().plus(365 * DAY);
                h.canary("ci", made, |it| it.time = far);
            })
        }),
        ("a sign-off of the year 9999", "classes", |h| {
            let made = h.register("nora", Package { class: "code", ..Package::default() });
            let far = h.now().plus(7_900 * 365 * DAY);
            h.evidence("ada", &made, "sign-off", |it| {
                it.summary = Some("read it".to_owned());
                it.time = far;
            });
            h.trust("bo", &made, TrustState::Trusted)
        }),
    ]
}

/// The first version is retired, in 60 days.
fn retired(house: &House) {
    assert!(house.live("nora", &house.two, &["ada", "bo"]).took_effect);
    house.evidence("nora", &house.one, "migration-document", |it| it.details.0 = text());
    let came = house.retire("ada", &house.one, Some(2), 60, &["chen"]);
    assert!(came.took_effect, "{:?}", came.reasons);
}

fn ends() -> Vec<Try> {
    list![
        ("what is live is retired", "unheld", |h| h.retire("ada", &h.one, Some(2), 60, &["chen"])),
        ("a revoked version stands in", "replacement", |h| {
            assert!(h.live("nora", &h.two, &["ada", "bo"]).took_effect);
            h.evidence("nora", &h.one, "migration-document", |it| it.details.0 = text());
            assert!(h.trust("olu", &h.two, TrustState::Revoked).took_effect);
            h.retire("ada", &h.one, Some(2), 60, &["chen"])
        }),
        ("nothing stands in", "replacement", |h| {
            assert!(h.live("nora", &h.two, &["ada", "bo"]).took_effect);
            h.evidence("nora", &h.one, "migration-document", |it| it.details.0 = text());
            h.retire("ada", &h.one, None, 60, &["chen"])
        }),
        ("the last day was yesterday", "sunset-ahead", |h| {
            assert!(h.live("nora", &h.two, &["ada", "bo"]).took_effect);
            h.evidence("nora", &h.one, "migration-document", |it| it.details.0 = text());
            h.retire("ada", &h.one, Some(2), -1, &["chen"])
        }),
        ("nobody is told how to move", "migration", |h| {
            assert!(h.live("nora", &h.two, &["ada", "bo"]).took_effect);
            h.evidence("nora", &h.one, "migration-document", |_| {});
            h.retire("ada", &h.one, Some(2), 60, &["chen"])
        }),
        ("somebody else empties the list of a project that uses it", "belongs to", |h| {
            assert!(h.publish("nora", "checkout", &[&h.one]).took_effect);
            h.publish("bo", "checkout", &[])
        }),
        ("archived while a project uses it", "consumers", |h| {
            assert!(h.publish("nora", "checkout", &[&h.one]).took_effect);
            retired(h);
            h.pass_days(61);
            h.checkpoint("ci");
            h.to_stage("bo", &h.one, Stage::Archived)
        }),
        ("archived before the day", "sunset", |h| {
            retired(h);
            h.to_stage("bo", &h.one, Stage::Archived)
        }),
        ("archived before the day, dated after it", "sunset", |h| {
            retired(h);
            let far = h.now().plus(61 * DAY);
            let moved = h.stage_move("bo", &h.one, Stage::Archived, |it| it.time = far);
            h.tries(&moved, Vec::new())
        }),
        ("archived by the day of one's own checkpoint", "sunset", |h| {
            retired(h);
            let far = h.now().plus(61 * DAY);
            h.checkpoint_at("bo", Some(far));
            let moved = h.stage_move("bo", &h.one, Stage::Archived, |it| it.time = far.plus(60));
            h.tries(&moved, Vec::new())
        }),
        ("archived after the day, which nobody else has seen", "sunset", |h| {
            retired(h);
            h.pass_days(61);
            h.to_stage("bo", &h.one, Stage::Archived)
        }),
    ]
}
