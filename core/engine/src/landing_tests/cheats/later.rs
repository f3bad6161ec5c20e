//! Tries with documents that were attached after the version was registered, with licences, contracts and words.

use super::house::{Came, House, Package, text};
use super::table::{Try, list, trusted};
use crate::testing::registry::Made;
use refmark_records::evidence::Verdict;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::value::{Value, json};

const DAY: i64 = 86_400;

/// An evaluation card.
pub fn card() -> Value {
    json!({"measured_on": "held-out reviews"})
}

/// Every try.
pub fn tries() -> Vec<Try> {
    [cards(), contracts(), licences(), words()].concat()
}

/// A package without a document goes to trusted, after `attach`.
fn without(house: &House, package: Package, attach: fn(&House, &Made)) -> Came {
    let made = house.register("nora", package);
    attach(house, &made);
    house.trust("bo", &made, TrustState::Trusted)
}

fn no_card() -> Package {
    Package { evaluation_card: None, ..Package::default() }
}

fn no_contract() -> Package {
    Package { contract: None, ..Package::default() }
}

/// To staging without a model card of its own.
fn staged(house: &House, package: Package, attach: fn(&House, &Made)) -> Came {
    let made = trusted(house, package);
    house.evaluation("ci", &made, 0.95);
    attach(house, &made);
    house.to_stage("bo", &made, Stage::Staging)
}

fn cards() -> Vec<Try> {
    list![
        ("an evaluation card that its registrar attached later", "evaluation-card", |h| {
            without(h, no_card(), |h, made| h.evidence("nora", made, "evaluation-card", |it| it.details.0 = card()))
        }),
        ("an evaluation card by whoever asks for the trust", "evaluation-card", |h| {
            without(h, no_card(), |h, made| h.evidence("bo", made, "evaluation-card", |it| it.details.0 = card()))
        }),
        ("an evaluation card by an agent that the policy does not name", "evaluation-card", |h| {
            without(h, no_card(), |h, made| h.evidence("bot", made, "evaluation-card", |it| it.details.0 = card()))
        }),
        ("an evaluation card that came as a digest alone", "evaluation-card", |h| {
            without(h, no_card(), |h, made| h.evidence("pia", made, "evaluation-card", |it| it.details.0 = Value::Null))
        }),
        ("an evaluation card of next year", "evaluation-card", |h| {
            without(h, no_card(), |h, made| {
                let far = h.now().plus(365 * DAY);
                h.evidence("pia", made, "evaluation-card", |it| {
                    it.details.0 = card();
                    it.time = far;
                });
            })
        }),
        ("an evaluation card that somebody objects to", "evaluation-card", |h| {
            without(h, Package::default(), |h, made| {
                h.evidence("pia", made, "evaluation-card", |it| it.verdict = Verdict::Fail);
            })
        }),
        ("a model card of headings, attached later", "model-card", |h| {
            staged(h, Package { card: None, ..Package::default() }, |h, made| {
                h.evidence("nora", made, "model-card", |it| {
                    it.details.0 = json!({"text": "# Sentiment\n\n## Limits\n"})
                });
            })
        }),
        ("a model card in the wrong place", "model-card", |h| {
            staged(h, Package { card: None, ..Package::default() }, |h, made| {
                h.evidence("nora", made, "runbook", |it| it.details.0 = text());
            })
        }),
        ("a model card of another version", "model-card", |h| {
            staged(h, Package { card: None, ..Package::default() }, |h, _| {
                let other = h.two.clone();
                h.evidence("nora", &other, "model-card", |it| it.details.0 = text());
            })
        }),
    ]
}

/// A registry whose trusted artifacts are compatible with what is live.
fn compatible() -> House {
    House::under(|policy| {
        let gate = r#"{ name = "compatible", type = "contract-compatible", baseline = "champion" },"#;
        policy.replace(r#"{ name = "model-card","#, &format!("{gate}\n  {{ name = \"model-card\","))
    })
}

fn contracts() -> Vec<Try> {
    list![
        ("a contract of placeholders, attached later", "contract", |h| {
            without(h, no_contract(), |h, made| h.attach_contract("nora", made, &["todo"], &["tbd"]))
        }),
        ("a contract without outputs, attached later", "contract", |h| {
            without(h, no_contract(), |h, made| h.attach_contract("nora", made, &["review"], &[]))
        }),
        ("an attachment that calls itself a contract", "contract", |h| {
            without(h, no_contract(), |h, made| h.evidence("nora", made, "contract", |it| it.details.0 = text()))
        }),
        ("an empty contract of its own, and a fuller one later", "contract", |h| {
            let own = Package { contract: Some(super::house::contract(&[], &[])), ..Package::default() };
            without(h, own, |h, made| h.attach_contract("nora", made, &["review"], &["label"]))
        }),
        ("a contract that breaks the callers of what is live", "compatible", |_| {
            let h = compatible();
            let package =
                Package { contract: Some(super::house::contract(&["title"], &["label"])), ..Package::default() };
            staged(&h, package, |_, _| {})
        }),
        ("the same, and another contract attached to what is live", "compatible", |_| {
            let h = compatible();
            let package =
                Package { contract: Some(super::house::contract(&["title"], &["label"])), ..Package::default() };
            staged(&h, package, |h, _| h.attach_contract("nora", &h.one, &["title"], &["label"]))
        }),
        ("no contract, and that of what is live attached by who moves it", "compatible", |_| {
            let h = compatible();
            let made = h.register("nora", no_contract());
            h.attach_contract("nora", &made, &["review"], &["label"]);
            assert!(h.trust("pia", &made, TrustState::Trusted).took_effect);
            h.evaluation("ci", &made, 0.95);
            h.to_stage("bo", &made, Stage::Staging)
        }),
    ]
}

/// A version under a licence goes to staging where two are allowed, perhaps with a card that comes later.
fn licensed(lineage: Option<&'static str>, card: Option<&'static str>, later: Option<&str>) -> Came {
    let house = House::under(|policy| {
        let gate = r#"{ name = "licence", type = "licence", allow = ["MIT", "Apache-2.0"] },"#;
        let owner = r#"  { name = "owner", type = "owner-named" },"#;
        assert!(policy.contains(owner));
        policy.replace(owner, &format!("{owner}\n  {gate}"))
    });
    let mut package = Package { card: card.or(Package::default().card), ..Package::default() };
    package.lineage.retain(|(key, _)| *key != "license");
    package.lineage.extend(lineage.map(|licence| ("license", licence)));
    let made = trusted(&house, package);
    house.evaluation("ci", &made, 0.95);
    if let Some(text) = later {
        house.evidence("pia", &made, "model-card", |it| it.details.0 = json!({ "text": text }));
    }
    house.to_stage("bo", &made, Stage::Staging)
}

const GPL_CARD: &str = "---\nlicense: GPL-3.0-only\n---\n# Sentiment\n\nSays what it says.\n";
const MIT_CARD: &str = "---\nlicense: MIT\n---\n# Sentiment\n\nSays what it says.\n";

fn licences() -> Vec<Try> {
    list![
        ("no licence", "licence", |_| licensed(None, None, None)),
        ("a licence that is to come", "licence", |_| licensed(Some("tbd"), None, None)),
        ("a licence that is not allowed", "licence", |_| licensed(Some("GPL-3.0-only"), None, None)),
        ("one that is allowed and one that is not", "licence", |_| licensed(Some("MIT AND GPL-3.0-only"), None, None)),
        ("the same, in small letters", "licence", |_| licensed(Some("mit and gpl-3.0-only"), None, None)),
        ("half an expression", "licence", |_| licensed(Some("MIT OR"), None, None)),
        ("a bracket that stays open", "licence", |_| licensed(Some("(MIT"), None, None)),
        ("something like a licence", "licence", |_| licensed(Some("MIT-style, see file"), None, None)),
        ("an exception from a licence that is not allowed", "licence", |_| licensed(
            Some("GPL-3.0-only WITH Classpath-exception-2.0"),
            None,
            None
        )),
        ("a model card with another licence, attached later", "licence", |_| {
            licensed(None, Some(GPL_CARD), Some(MIT_CARD))
        }),
        ("the same over lineage", "licence", |_| licensed(Some("GPL-3.0-only"), None, Some(MIT_CARD))),
        ("a licence that comes later and is not allowed", "licence", |_| licensed(None, None, Some(GPL_CARD))),
    ]
}

#[test]
fn a_licence_that_is_allowed_passes_wherever_it_is_named() {
    for (lineage, card, later) in [
        (Some("mit"), None, None),
        (Some("GPL-3.0-only OR Apache-2.0"), None, None),
        (None, Some(MIT_CARD), None),
        (None, None, Some(MIT_CARD)),
    ] {
        let came = licensed(lineage, card, later);
        assert!(came.took_effect, "{lineage:?} {card:?} {later:?}: {:?}", came.reasons);
    }
}

fn followed(key: &'static str, value: &'static str, house: &House) -> Came {
    let mut package = Package::default();
    for entry in package.lineage.iter_mut().filter(|entry| entry.0 == key) {
        entry.1 = value;
    }
    staged(house, package, |_, _| {})
}

/// Live by what stands in a runbook.
fn by_runbook(house: &House, said: &'static str) -> Came {
    let made = trusted(house, Package::default());
    house.evaluation("ci", &made, 0.95);
    assert!(house.to_stage("bo", &made, Stage::Staging).took_effect);
    house.canary("ci", &made, |_| {});
    house.evidence("bo", &made, "rollback-plan", |it| it.details.0 = text());
    house.evidence("bo", &made, "runbook", |it| it.details.0 = json!({ "text": said }));
    house.to_stage_approved("nora", &made, Stage::Production, &["ada", "pia"])
}

fn words() -> Vec<Try> {
    list![
        ("lineage that says todo in letters of another alphabet", "lineage", |h| followed("training_run", "tоdо", h)),
        ("lineage that says T.O.D.O.", "lineage", |h| followed("training_run", "T.O.D.O.", h)),
        ("lineage of the full width", "lineage", |h| followed("training_run", "ＴＯＤＯ", h)),
        ("lineage in German", "lineage", |h| followed("training_run", "unbekannt", h)),
        ("lineage in Chinese", "lineage", |h| followed("training_run", "待定", h)),
        ("a dataset's revision that is to come", "lineage", |h| followed("dataset_version", "reviews@t.b.d.", h)),
        ("a runbook that says todo many times", "runbook", |h| {
            by_runbook(h, "TODO TODO TODO TODO TODO TODO TODO TODO")
        }),
        ("a runbook of signs", "runbook", |h| by_runbook(h, "---------------------------------")),
        ("an evaluation card in French that says nothing", "evaluation-card", |h| {
            let card = Some(json!({"measured_on": "à définir", "by": "inconnu"}));
            without(h, Package { evaluation_card: card, ..Package::default() }, |_, _| {})
        }),
        ("an experimental version as @CHAMPION.", "stage", |h| under(h, "CHAM.PION")),
        ("as @PROD_eu", "stage", |h| under(h, "PROD_eu")),
        ("as @canary2, which is no canary", "stage", |h| under(h, "canary2")),
        ("as @de-vice, which begins like a personal one", "stage", |h| under(h, "de-vice")),
        ("a data scientist revokes what is live", "people", |h| h.trust("nora", &h.one, TrustState::Revoked)),
        ("an agent revokes what is live", "people", |h| h.trust("ci", &h.one, TrustState::Revoked)),
        ("on-call trusts again what was revoked", "rule", |h| {
            assert!(h.trust("olu", &h.two, TrustState::Revoked).took_effect);
            h.trust("olu", &h.two, TrustState::Trusted)
        }),
        ("a waiver by whoever asks for it", "canary", |h| waived_by(h, "chen", "chen")),
        ("a waiver by an agent", "canary", |h| waived_by(h, "nora", "ci")),
        ("a waiver by the registrar", "canary", |h| waived_by(h, "pia", "nora")),
    ]
}

/// An experimental version goes under a name.
fn under(house: &House, alias: &str) -> Came {
    let made = trusted(house, Package::default());
    house.promote("nora", alias, Some(&made), &["ada", "bo"])
}

/// To production without a canary, which somebody waives.
fn waived_by(house: &House, author: &str, waiver: &str) -> Came {
    let made = trusted(house, Package::default());
    house.evaluation("ci", &made, 0.95);
    assert!(house.to_stage("bo", &made, Stage::Staging).took_effect);
    for kind in ["rollback-plan", "runbook"] {
        house.evidence("bo", &made, kind, |it| it.details.0 = text());
    }
    house.waived(author, &made, (waiver, "canary", 10))
}

#[test]
fn an_alias_in_another_alphabet_is_no_name() {
    for name in ["сhampion", "champiоn", "ｃhampion", "champion\u{200b}", "CHAMPІON", "prod ", "latest", "v4"] {
        assert!(refmark_types::name::AliasName::parse(name).is_err(), "{name}");
    }
}
