//! Reviews that a person has read: what they say stands in files, word by word.
//!
//! `REFMARK_WRITE_SAMPLE=1 cargo test -p refmark-core --lib golden` writes the files anew. Read what changed, as somebody
//! who has thirty seconds.

use super::team::{Team, key_of, next_policy, policy_text, tensors};
use super::tests::masked;
use crate::{Package, RegisterAnswer};
use refmark_engine::gate::Decision;
use refmark_engine::plan::{self, TrustRequest};
use refmark_engine::ports::signer::Signer;
use refmark_query::review::{AttentionKind, Gravity, RangeVerdict, Review};
use refmark_records::evidence::Verdict;
use refmark_records::manifest::ContractField;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_render::review::{COMMENT_LIMIT, to_html_page, to_markdown, to_text};

/// Holds a review to the file of this name.
fn hold(name: &str, review: &Review) {
    let text = to_markdown(review, COMMENT_LIMIT);
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/reviews/{name}.md"));
    if std::env::var_os("REFMARK_WRITE_SAMPLE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    if let Some(folder) = std::env::var_os("REFMARK_SHOW") {
        let folder = std::path::PathBuf::from(folder);
        std::fs::write(folder.join(format!("{name}.html")), to_html_page(review)).unwrap();
        std::fs::write(folder.join(format!("{name}.txt")), to_text(review, false)).unwrap();
        std::fs::write(folder.join(format!("{name}.json")), serde_json::to_string_pretty(review).unwrap()).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(masked(&there), masked(&text), "run the golden tests with REFMARK_WRITE_SAMPLE=1, and read {name}.md");
}

fn register(team: &Team, who: &str, package: &Package) -> RegisterAnswer {
    team.registry.write(&key_of(who)).register(package).unwrap()
}

fn kinds(review: &Review) -> Vec<AttentionKind> {
    review.attention.items.iter().map(|it| it.kind).collect()
}

/// Version 1 is live; what everybody else needs to say of version 2 is said by others than nora.
fn proven_by_others(team: &Team, two: refmark_types::digest::ArtifactId, f1: f64, latency: f64) {
    team.evidence("ci-eval", "evaluation", two, Verdict::Pass, &[("f1", f1), ("latency_p95_ms", latency)]);
    team.evidence("chen", "canary", two, Verdict::Pass, &[]);
    team.evidence("bo", "rollback-plan", two, Verdict::Info, &[]);
    team.evidence("bo", "runbook", two, Verdict::Info, &[]);
    team.stage("nora", 2, Stage::Staging);
}

fn one_is_live(team: &Team) {
    let one = team.register(1).artifact;
    team.prove(one, 0.893, 31.7);
    team.stage("nora", 1, Stage::Staging);
    team.propose_champion("propose/first", "nora", 1);
    team.approve("propose/first", "ada", &[]);
    let done = team.approve("propose/first", "bo", &[]);
    team.land(done);
    team.days(39);
}

#[test]
fn a_good_change_needs_no_attention_and_says_so_by_saying_nothing() {
    let team = Team::new();
    one_is_live(&team);
    let two = team.register(2).artifact;
    proven_by_others(&team, two, 0.912, 30.1);
    team.days(2);
    team.propose_champion("propose/two", "nora", 2);
    team.approve("propose/two", "ada", &[]);
    team.approve("propose/two", "bo", &[]);
    let review = team.registry.read().review("main..propose/two").unwrap();
    assert_eq!((review.verdict, review.attention.count), (RangeVerdict::Ok, 0), "{:?}", review.attention);
    hold("good", &review);
}

#[test]
fn a_refused_change_names_what_stands_in_its_way_and_sends_nobody_for_what_would_not_help() {
    let team = Team::new();
    one_is_live(&team);
    let mut package = team.package(2);
    package.lineage.insert("license".to_owned(), "CC-BY-NC-4.0".to_owned());
    if let Some(contract) = &mut package.contract {
        contract.outputs =
            vec![ContractField { name: "score".into(), field_type: "float".into(), shape: None, optional: false }];
    }
    let two = register(&team, "nora", &package).artifact;
    team.evidence("ci-eval", "evaluation", two, Verdict::Pass, &[("f1", 0.871), ("latency_p95_ms", 30.1)]);
    team.evidence("chen", "canary", two, Verdict::Fail, &[]);
    team.stage("nora", 2, Stage::Staging);
    team.days(2);
    team.propose_champion("propose/two", "nora", 2);
    let review = team.registry.read().review("main..propose/two").unwrap();
    assert_eq!(review.verdict, RangeVerdict::Refused);
    let seen = kinds(&review);
    for kind in
        [AttentionKind::Contract, AttentionKind::Licence, AttentionKind::WorseMetric, AttentionKind::StandingFailure]
    {
        assert!(seen.contains(&kind), "{kind:?} is missing in {seen:?}");
    }
    let lead = &review.changes.items[0];
    let missing = lead.gates.iter().filter(|it| it.gate.status == refmark_engine::gate::Status::Missing);
    assert!(missing.clone().count() > 0 && missing.clone().all(|it| it.gate.next.is_none()), "{:?}", lead.gates);
    hold("refused", &review);
}

/// A package whose files run: a pickle, a module, and a configuration that names it; from somewhere else.
fn that_runs(team: &Team) -> Package {
    let mut package = team.package(2);
    let folder = team.home.path().join("package-2");
    std::fs::write(folder.join("model.safetensors"), tensors(&[2; 12])).unwrap();
    std::fs::write(folder.join("head.pkl"), b"cposix\nsystem\n(S'id'\ntR.").unwrap();
    std::fs::write(folder.join("modeling.py"), b"import os\n\nclass Sentiment:\n    pass\n").unwrap();
    let config = br#"{"auto_map": {"AutoModel": "modeling.Sentiment"}, "hidden": 4, "num_labels": 5, "revision": 2}"#;
    std::fs::write(folder.join("config.json"), config).unwrap();
    package.paths = vec![folder];
    package.source = Some("https://models.example.org/sentiment-large".to_owned());
    package
}

#[test]
fn a_change_whose_gates_all_pass_shows_its_danger_above_them() {
    let team = Team::new();
    one_is_live(&team);
    let answer = register(&team, "ada", &that_runs(&team));
    let two = answer.artifact;
    team.evidence("chen", "sign-off", two, Verdict::Pass, &[]);
    if answer.trust != TrustState::Trusted {
        let trust = TrustRequest::new(two, TrustState::Trusted, "chen looked at it");
        team.write("nora", |facts, author| plan::trust(facts, author, &trust));
    }
    team.evidence("ci-eval", "evaluation", two, Verdict::Fail, &[("f1", 0.41)]);
    team.days(1);
    team.evidence_on("april-holdout", "chen", "evaluation", two, Verdict::Pass, &[("f1", 0.97)]);
    proven_by_others(&team, two, 0.951, 38.0);
    team.days(2);
    let files = vec![(".github/workflows/refmark.yml".to_owned(), b"on: push\n".to_vec())];
    team.commit("propose/two", "nora", files, "ci: run on push");
    team.propose_champion("propose/two", "nora", 2);
    team.approve("propose/two", "ada", &[]);
    team.approve("propose/two", "bo", &[]);
    let review = team.registry.read().review("main..propose/two").unwrap();
    let seen = kinds(&review);
    for kind in [
        AttentionKind::Code,
        AttentionKind::ConfigCode,
        AttentionKind::Source,
        AttentionKind::WorseMetric,
        AttentionKind::SupersededFailure,
        AttentionKind::ForgeFile,
    ] {
        assert!(seen.contains(&kind), "{kind:?} is missing in {seen:?}");
    }
    assert_eq!(review.attention.items[0].gravity, Gravity::Danger);
    let text = to_markdown(&review, COMMENT_LIMIT);
    let (danger, gates) = (text.find("posix.system").unwrap(), text.find("| Gate |").unwrap());
    assert!(danger < gates && text.contains(&format!("needs attention ({})", review.attention.count)), "{text}");
    hold("dangerous", &review);
}

#[test]
fn a_policy_that_asks_fewer_people_is_said_in_sentences_and_its_new_key_is_seen_at_first_use() {
    let team = Team::new();
    one_is_live(&team);
    let loose = |author: &plan::Author, number: u64| {
        let text = policy_text(author, number);
        let text = text.replace(
            "signers = [{ roles = [\"platform-lead\"] }, { roles = [\"platform-lead\", \"mlops-engineer\"] }]",
            "signers = [{ roles = [\"platform-lead\", \"mlops-engineer\"] }]\nauthor_counts = true",
        );
        let text = text.replace("  { type = \"evidence\", of = \"canary\", max_age_days = 14 },\n", "");
        text.replace("kind = \"person\"\nroles = [\"reader\"]", "kind = \"person\"\nroles = [\"mlops-engineer\"]")
    };
    team.propose("propose/policy-2", "ada", |facts, author| next_policy(facts, author, &loose(author, 2)));
    let review = team.registry.read().review("main..propose/policy-2").unwrap();
    let rules = &review.rules[0];
    assert_eq!(rules.decision, Decision::Ok);
    let said = rules.asks_less.items.join("\n");
    for part in
        ["2 people had to sign, now 1", "the author included", "no longer asked is that there is a passing canary"]
    {
        assert!(said.contains(part), "{part} is missing in {said}");
    }
    assert!(kinds(&review).contains(&AttentionKind::FewerPeople));
    hold("policy", &review);
}

#[test]
fn a_first_promotion_shows_everything_and_a_register_commit_its_files_classes_and_findings() {
    let team = Team::new();
    let one = team.register(1).artifact;
    let registered = team.registry.read().review("main~1..main").unwrap();
    assert!(registered.title.starts_with("sentiment/1 is registered"), "{}", registered.title);
    let text = to_markdown(&registered, COMMENT_LIMIT);
    for part in ["Files: 3", "model.safetensors", "12 tensors", "license Apache-2.0", "input text: string"] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    team.prove(one, 0.893, 31.7);
    team.stage("nora", 1, Stage::Staging);
    team.propose_champion("propose/first", "nora", 1);
    let first = team.registry.read().review("main..propose/first").unwrap();
    let text = to_markdown(&first, COMMENT_LIMIT);
    for part in
        ["(none) → 1", "| f1 ↑ |", "✅ pass by ci-eval", "Files: 3", "license Apache-2.0", "output label: string"]
    {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert_eq!(text.matches("| Gate |").count(), 1, "one table for the alias and its stage\n{text}");
    hold("first", &first);
}

#[test]
fn evidence_commits_name_model_verdict_run_and_metrics() {
    let team = Team::new();
    let one = team.register(1).artifact;
    team.evidence("ci-eval", "evaluation", one, Verdict::Pass, &[("f1", 0.893)]);
    let review = team.registry.read().review("main~1..main").unwrap();
    assert_eq!(review.title, "evaluation of sentiment/1: pass, f1 0.893 on march-holdout");
    let text = to_markdown(&review, COMMENT_LIMIT);
    assert!(text.contains("[ci.example.com/runs/8801](https://ci.example.com/runs/8801)"), "{text}");
    assert!(text.contains("| sentiment/1 | f1 0.893 on march-holdout |"), "{text}");
    let from = team.main();
    team.evidence("bo", "canary", one, Verdict::Pass, &[]);
    team.evidence("bo", "runbook", one, Verdict::Info, &[]);
    let several = team.registry.read().review(&format!("{from}..main")).unwrap();
    assert_eq!(several.title, "canary, runbook of sentiment/1");
}

#[test]
fn a_new_key_is_named_at_its_first_use_and_not_at_its_second() {
    let team = Team::new();
    one_is_live(&team);
    // Eve gets the key of a new laptop.
    let laptop = crate::tests::key(77);
    let text = |author: &plan::Author| {
        policy_text(author, 2)
            .replace(&key_of("eve").public().to_string(), &laptop.public().to_string())
            .replace("kind = \"person\"\nroles = [\"reader\"]", "kind = \"person\"\nroles = [\"mlops-engineer\"]")
    };
    let policy = team.propose("policy", "ada", |facts, author| next_policy(facts, author, &text(author)));
    team.land(policy);
    let promote = |alias: &str| {
        let request = Team::promote(1, alias, "to look at");
        team.registry.write(&laptop).change(|view, author| plan::promote(view.facts()?, author, &request)).unwrap();
        team.registry.read().review("main~1..main").unwrap()
    };
    let first = promote("shadow");
    let seen = first.attention.items.iter().find(|it| it.kind == AttentionKind::NewKey);
    assert!(seen.is_some_and(|it| it.about == "eve" && it.says.contains("policy 2")), "{:?}", first.attention);
    assert!(!kinds(&promote("canary")).contains(&AttentionKind::NewKey));
}
