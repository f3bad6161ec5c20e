//! A team under the default policy: roles, evidence, gates, approvals, revocations, the end of a version.

use serde_json::Value;

use crate::environment::{TestEnvironment, has_keys};

/// Who is in the team besides ada, who made the registry and leads the platform.
const MEMBERS: [(&str, &[&str]); 6] = [
    ("bo", &["mlops-engineer"]),
    ("cy", &["platform-lead"]),
    ("dan", &["data-scientist"]),
    ("eve", &["on-call"]),
    ("fay", &["model-owner"]),
    ("ci", &["ci-agent", "--agent"]),
];

const DATASET: &str = "march@sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";

/// A registry of a team of seven; every member's key lies in a file of the member's name.
fn team() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.ok(&["init", "models", "--team", "--as", "ada"]);
    for (who, roles) in MEMBERS {
        env.key(who);
        let public = format!("{who}.pub");
        let mut add = vec!["members", "add", who, "--public-key", &public, "--role"];
        add.extend(roles);
        env.ok(&add);
    }
    for (name, text) in [
        ("card.md", "# Sentiment\n\nSays whether a review is a good one.\n"),
        (
            "contract.json",
            "{\"inputs\":[{\"name\":\"text\",\"type\":\"string\",\"shape\":[1]}],\"outputs\":[{\"name\":\"label\",\"type\":\"string\"}]}",
        ),
        ("ecard.json", "{\"suite\":\"march\"}"),
        ("plan.md", "Roll back, then call the owner.\n"),
        (
            "canary.json",
            "{\"traffic_share\": 0.05, \"duration\": \"24 h\", \"compared_with\": \"champion\", \"result\": \"no alarms\"}",
        ),
    ] {
        env.write(name, text);
    }
    env
}

/// Registers a version with all that the team's gates ask of a package.
fn register(env: &TestEnvironment, who: &str, model: &str, content: &str) -> Value {
    let folder = format!("package-{content}");
    env.write(&format!("{folder}/config.json"), format!("{{\"is\": \"{content}\"}}\n"));
    let mut words = vec!["--key", who, "register", model, &folder, "--card", "card.md", "--contract", "contract.json"];
    words.extend(["--evaluation-card", "ecard.json", "--metric", "f1=0.9", "--lineage", "training_run=run-1"]);
    words.extend(["--lineage", "dataset_version=march@1", "--lineage", "code_commit=0123abcdef"]);
    if who != "ci" {
        // CI registers, and says nothing of whose a model is.
        words.extend(["--owner", "ada"]);
    }
    env.json(&words)
}

fn attach(env: &TestEnvironment, who: &str, version: &str, evidence: &str, more: &[&str]) {
    let mut words = vec!["--key", who, "attach", version, "--type", evidence];
    words.extend(more);
    env.ok(&words);
}

/// An evaluation by CI with all that one must say.
fn evaluate(env: &TestEnvironment, version: &str, metric: &str, dataset: &str, run: &str) {
    let more =
        ["--verdict", "pass", "--metric", metric, "--dataset", dataset, "--produced-by", run, "--suite", "core@1"];
    attach(env, "ci", version, "evaluation", &more);
}

/// A time that lies so many seconds ahead.
fn in_seconds(seconds: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    refmark_core::types::time::Timestamp::from_unix((now + seconds) as i64).to_string()
}

/// A version with everything that production asks for, in staging.
fn staged(env: &TestEnvironment, model: &str, content: &str, f1: &str) -> String {
    register(env, "bo", model, content);
    let number = env.json(&["list", model])["versions"][0]["version"].as_u64().unwrap();
    let version = format!("{model}/{number}");
    let metric = format!("f1={f1}");
    let run = format!("https://ci.example.com/{content}");
    evaluate(env, &version, &metric, DATASET, &run);
    attach(env, "ci", &version, "canary", &["canary.json", "--verdict", "pass", "--produced-by", &run]);
    attach(env, "bo", &version, "rollback-plan", &["plan.md"]);
    attach(env, "bo", &version, "runbook", &["plan.md"]);
    env.ok(&["--key", "bo", "transition", &version, "staging", "--reason", "measured"]);
    version
}

/// Puts a version into production by dan's proposal and the approvals of cy and bo.
fn into_production(env: &TestEnvironment, alias: &str, number: &str) {
    let branch = format!("to-{number}");
    let propose = format!("--propose={branch}");
    env.ok(&["--key", "dan", "promote", alias, number, "--reason", "better", &propose]);
    env.ok(&["--key", "cy", "approve", &branch]);
    env.ok(&["--key", "bo", "approve", &branch]);
    env.ok(&["land", &branch]);
}

#[test]
fn what_a_version_was_registered_without_is_attached_later_and_every_page_names_it() {
    let env = team();
    env.write("bare/config.json", "{\"is\": \"bare\"}\n");
    env.write(
        "badge.md",
        "[![build](https://ci.example.com/b.svg)](https://ci.example.com)\n\n# Sentiment\n\nJudges reviews.\n",
    );
    let mut words = vec!["--key", "dan", "register", "sentiment", "bare", "--owner", "ada"];
    for entry in ["training_run=run-1", "dataset_version=march@1", "code_commit=0123abcdef"] {
        words.extend(["--lineage", entry]);
    }
    env.ok(&words);
    let trust = ["--key", "bo", "transition", "sentiment/1", "trusted", "--reason", "whole"];
    let lacks = env.fails(&trust, 3, "pending").to_string();
    assert!(lacks.contains("--type contract FILE") && lacks.contains("--type evaluation-card FILE"), "{lacks}");
    attach(&env, "dan", "sentiment/1", "contract", &["contract.json"]);
    attach(&env, "dan", "sentiment/1", "evaluation-card", &["ecard.json"]);
    let own = env.fails(&trust, 3, "pending").to_string();
    assert!(own.contains("info by dan: dan registered it"), "the registrar's own card is nobody's word: {own}");
    attach(&env, "ci", "sentiment/1", "evaluation-card", &["ecard.json"]);
    env.ok(&trust);
    attach(&env, "dan", "sentiment/1", "model-card", &["badge.md"]);
    let shown = env.ok(&["show", "sentiment/1"]);
    assert!(shown.contains("model card, attached by dan") && shown.contains("contract, attached by dan"), "{shown}");
    assert_eq!(shown.matches("Judges reviews.").count(), 1, "{shown}");
    let explained = env.ok(&["explain", "sentiment/1"]);
    assert!(explained.contains("model-card by dan") && explained.contains("evaluation-card by "), "{explained}");
    let reviewed = env.ok(&["review", "main"]);
    assert!(reviewed.contains("model-card of sentiment/1"), "{reviewed}");
    evaluate(&env, "sentiment/1", "f1=0.9", DATASET, "https://ci.example.com/1");
    env.ok(&["--key", "bo", "transition", "sentiment/1", "staging", "--reason", "measured"]);
    env.fails(&["--key", "dan", "attach", "sentiment/1", "--type", "contract", "plan.md"], 2, "bad-argument");
    env.fails(&["--key", "dan", "attach", "sentiment/1", "--type", "model-card"], 2, "bad-argument");
}

#[test]
fn a_promotion_is_refused_then_pending_then_lands_and_each_says_what_it_lacks() {
    let env = team();
    staged(&env, "sentiment", "one", "0.8");
    let alone = env.fails(&["--key", "dan", "promote", "sentiment@champion", "1"], 3, "refused");
    assert!(alone["message"].as_str().unwrap().contains("cy"), "{alone:#}");
    env.ok(&["--key", "dan", "promote", "sentiment@champion", "1", "--reason", "first", "--propose=p1"]);
    let pending = env.run(&["check", "main..p1", "--json"]);
    let answer: Value = serde_json::from_str(&pending.stdout).unwrap();
    assert_eq!((pending.status, answer["verdict"].as_str()), (3, Some("pending")));
    assert_eq!(answer["problems"][0]["hint"], "those who may approve it: `refmark approve p1`");
    env.fails(&["--key", "dan", "approve", "p1"], 3, "refused");
    env.fails(&["--key", "ci", "approve", "p1"], 3, "refused");
    env.ok(&["--key", "cy", "approve", "p1"]);
    env.fails(&["land", "p1"], 3, "pending");
    let review = env.ok(&["review", "main..p1", "--format", "markdown"]);
    for part in ["1 approval missing", "✅ cy", "⬜ **missing**", "refmark approve p1"] {
        assert!(review.contains(part), "{part} is missing in\n{review}");
    }
    let json: Value = serde_json::from_str(&env.ok(&["review", "main..p1", "--format", "json"])).unwrap();
    assert_eq!(json["verdict"], "pending");
    env.ok(&["--key", "bo", "approve", "p1"]);
    let checked = env.ok(&["check", "main..p1"]);
    assert!(checked.contains("verifies by merge, squash, rebase, fast-forward"), "{checked}");
    env.ok(&["land", "p1"]);
    assert_eq!(env.json(&["resolve", "sentiment@champion"])["version"], 1);
    assert_eq!(env.json(&["show", "sentiment/1"])["stage"], "production");
    let told = env.ok(&["explain", "sentiment@champion"]);
    for part in ["approved by bo and cy", "canary", "policy 7"] {
        assert!(told.contains(part), "{part} is missing in\n{told}");
    }
    assert_eq!(env.json(&["verify"])["verdict"], "ok");
}

#[test]
fn why_not_names_every_gate_on_the_way_and_the_next_step() {
    let env = team();
    register(&env, "bo", "sentiment", "one");
    let told = env.ok(&["explain", "sentiment@champion", "--why-not", "1"]);
    for part in ["would wait", "refmark transition sentiment/1 staging", "gate evaluation expects pass", "cy"] {
        assert!(told.contains(part), "{part} is missing in\n{told}");
    }
    let not_there = env.fails(&["transition", "sentiment/1", "champion"], 2, "bad-argument");
    assert!(not_there["hint"].as_str().unwrap().contains("staging"), "{not_there:#}");
}

#[test]
fn one_register_brings_trust_where_role_and_scan_agree_and_a_sign_off_brings_it_otherwise() {
    let env = team();
    assert_eq!(register(&env, "bo", "a", "by-bo")["trust"], "trusted");
    assert_eq!(register(&env, "ci", "b", "by-ci")["trust"], "trusted");
    assert_eq!(register(&env, "dan", "c", "by-dan")["trust"], "quarantined");
    env.fails(&["pull", "c/1", "-o", "out"], 3, "not-trusted");
    env.fails(&["--key", "dan", "transition", "c/1", "trusted"], 3, "refused");
    env.ok(&["--key", "ci", "transition", "c/1", "trusted", "--reason", "the scan agrees"]);
    env.ok(&["pull", "c/1", "-o", "out"]);

    env.write("package-code/load.py", "print('hello')\n");
    let code = register(&env, "bo", "d", "code");
    assert_eq!(code["trust"], "quarantined", "{code:#}");
    env.fails(&["--key", "bo", "transition", "d/1", "trusted"], 3, "pending");
    attach(&env, "cy", "d/1", "sign-off", &["--verdict", "pass", "--summary", "read line by line"]);
    env.ok(&["--key", "bo", "transition", "d/1", "trusted", "--reason", "signed off"]);
}

#[test]
fn a_revocation_says_what_it_hit_and_the_alias_resolves_to_nothing_else() {
    let env = team();
    register(&env, "bo", "a", "same");
    register(&env, "bo", "b", "same");
    env.ok(&["--key", "bo", "promote", "a@dev-mine", "1"]);
    std::fs::create_dir(env.path("shop")).unwrap();
    let shop = |words: &[&str]| -> (i32, String) {
        let ran = env.refmark(words).current_dir(env.path("shop")).output().unwrap();
        (ran.status.code().unwrap(), String::from_utf8_lossy(&ran.stdout).into_owned())
    };
    assert_eq!(shop(&["-R", "../models", "pin", "add", "a@dev-mine"]).0, 0);
    assert_eq!(shop(&["--key", "../dan", "pin", "publish", "--as", "shop"]).0, 0);
    assert_eq!(shop(&["pin", "check"]).0, 0);
    let hit = env.json(&["--key", "eve", "revoke", "b/1", "--reason", "poisoned"]);
    assert_eq!(hit["versions"], serde_json::json!([["a", 1], ["b", 1]]));
    assert_eq!(hit["aliases"], serde_json::json!([["a", "dev-mine"]]));
    assert_eq!(hit["consumers"], serde_json::json!(["shop"]));
    env.fails(&["resolve", "a@dev-mine"], 3, "revoked");
    env.fails(&["pull", "a/1", "-o", "out"], 3, "revoked");
    let verified = env.run(&["verify", "a/1", "--json"]);
    let answer: Value = serde_json::from_str(&verified.stdout).unwrap();
    assert_eq!((answer["trust"].as_str(), answer["safe_to_use"].as_bool()), (Some("revoked"), Some(false)));
    assert_ne!(verified.status, 0, "what was revoked is not verified with 0");
    let (status, said) = shop(&["pin", "check"]);
    assert!(status == 3 && said.contains("revoked"), "{said}");
    let due = env.ok(&["status"]);
    assert!(due.contains("approvals due  1") && due.contains("by eve"), "{due}");
    env.ok(&["--key", "bo", "approve", "main"]);
    assert!(!env.ok(&["status"]).contains("approvals due"));
    env.fails(&["--key", "bo", "transition", "a/1", "quarantined"], 3, "pending");
    env.ok(&["--key", "bo", "transition", "a/1", "quarantined", "--reason", "cleaned", "--propose=back"]);
    let review = env.ok(&["review", "main..back"]);
    assert!(review.contains("revoked → quarantined") && review.contains("1 approval missing"), "{review}");
    env.ok(&["--key", "cy", "approve", "back"]);
    env.ok(&["land", "back"]);
    assert_eq!(env.json(&["show", "a/1"])["trust"], "quarantined");
}

#[test]
fn at_night_on_call_goes_back_alone_and_the_second_approvals_are_shown_open() {
    let env = team();
    staged(&env, "sentiment", "one", "0.8");
    into_production(&env, "sentiment@champion", "1");
    staged(&env, "sentiment", "two", "0.9");
    into_production(&env, "sentiment@champion", "2");
    env.fails(&["--key", "dan", "rollback", "sentiment@champion"], 3, "refused");
    let back = env.ok(&["--key", "eve", "rollback", "sentiment@champion", "--reason", "timeouts"]);
    assert!(back.contains("due"), "{back}");
    assert_eq!(env.json(&["resolve", "sentiment@champion"])["version"], 1);
    let open = env.json(&["status"])["open_approvals"].clone();
    assert_eq!(open[0]["by"], "eve");
    let shown = env.ok(&["status"]);
    assert!(shown.contains("sentiment@champion: 2 → 1 by eve") && shown.contains("needs platform-lead"), "{shown}");
    env.ok(&["--key", "cy", "approve", "main"]);
    env.ok(&["--key", "bo", "approve", "main"]);
    assert_eq!(env.json(&["status"])["open_approvals"], serde_json::json!([]));
    assert_eq!(env.json(&["verify"])["verdict"], "ok");
}

#[test]
fn a_metric_is_held_to_what_is_live_on_the_same_data_and_a_waiver_is_a_record() {
    let env = team();
    let text = env.ok(&["policy", "show"]).replace("  # { name = \"f1\"", "  { name = \"f1\"");
    // What staging asks is told elsewhere: here it is production that compares.
    let text: String =
        text.lines().filter(|line| !line.contains("{ name = \"baseline\"")).map(|line| format!("{line}\n")).collect();
    env.write("team.toml", text);
    let checked = env.ok(&["policy", "check", "team.toml"]);
    assert!(checked.contains("f1 is not worse than champion"), "{checked}");
    env.ok(&["policy", "apply", "team.toml", "--reason", "f1 counts"]);
    staged(&env, "sentiment", "one", "0.9");
    into_production(&env, "sentiment@champion", "1");
    staged(&env, "sentiment", "two", "0.8");
    env.ok(&["--key", "dan", "promote", "sentiment@champion", "2", "--reason", "faster", "--propose=p2"]);
    env.ok(&["--key", "bo", "approve", "p2"]);
    let review = env.ok(&["review", "main..p2", "--format", "markdown"]);
    assert!(review.contains("0.8 (champion 0.9)") && review.contains("**worse**"), "{review}");
    env.fails(&["land", "p2"], 3, "pending");
    let waive = ["--key", "cy", "approve", "p2", "--waive", "f1", "--reason", "latency", "--until", "2099-01-01"];
    env.fails(
        &["--key", "cy", "approve", "p2", "--waive", "runbook", "--reason", "x", "--until", "2099-01-01"],
        3,
        "refused",
    );
    env.ok(&waive);
    let review = env.ok(&["review", "main..p2", "--format", "markdown"]);
    assert!(review.contains("🟡 waived") && review.contains("latency"), "{review}");
    env.ok(&["land", "p2"]);

    register(&env, "bo", "sentiment", "three");
    let other = format!("april@sha256:{}", "0".repeat(64));
    evaluate(&env, "sentiment/3", "f1=0.99", &other, "https://ci.example.com/three");
    for evidence in ["rollback-plan", "runbook"] {
        attach(&env, "bo", "sentiment/3", evidence, &["plan.md"]);
    }
    attach(
        &env,
        "ci",
        "sentiment/3",
        "canary",
        &["canary.json", "--verdict", "pass", "--produced-by", "https://ci.example.com/3"],
    );
    env.ok(&["--key", "bo", "transition", "sentiment/3", "staging"]);
    let told = env.ok(&["explain", "sentiment@champion", "--why-not", "3"]);
    assert!(told.contains("not comparable"), "{told}");
}

#[test]
fn a_version_retires_with_a_day_and_is_archived_once_nobody_uses_it() {
    let env = team();
    staged(&env, "sentiment", "one", "0.8");
    into_production(&env, "sentiment@champion", "1");
    staged(&env, "sentiment", "two", "0.9");
    into_production(&env, "sentiment@champion", "2");
    let retire = ["transition", "sentiment/1", "retired", "--reason", "old", "--propose=r1"];
    let bare = env.run(&["transition", "sentiment/1", "retired"]);
    assert!(bare.status == 3 && bare.stderr.contains("name the replacement version"), "{}", bare.stderr);
    attach(&env, "bo", "sentiment/1", "migration-document", &["plan.md"]);
    let mut words = retire.to_vec();
    words.extend(["--replacement", "2", "--sunset", "2026-01-01"]);
    let past = env.fails(&words, 3, "refused");
    assert!(past["message"].as_str().unwrap().contains("a sunset that lies ahead"), "{past:#}");
    let soon = in_seconds(20);
    *words.last_mut().unwrap() = &soon;
    env.ok(&words);
    env.ok(&["--key", "cy", "approve", "r1"]);
    env.ok(&["land", "r1"]);

    std::fs::create_dir(env.path("shop")).unwrap();
    let shop = |words: &[&str]| env.refmark(words).current_dir(env.path("shop")).output().unwrap();
    assert!(shop(&["-R", "../models", "pin", "add", "sentiment/1"]).status.success());
    assert!(shop(&["--key", "../dan", "pin", "publish", "--as", "shop"]).status.success());
    let sunset = env.json(&["sunset"]);
    assert_eq!((sunset["due"].as_u64(), &sunset["versions"][0]["consumers"]), (Some(0), &serde_json::json!(["shop"])));
    let archive = ["--key", "bo", "transition", "sentiment/1", "archived"];
    let held = env.fails(&archive, 3, "refused");
    assert!(held["message"].as_str().unwrap().contains("shop"), "{held:#}");
    assert!(shop(&["--key", "../dan", "pin", "publish", "--as", "shop", "--gone"]).status.success());
    while env.json(&["sunset"])["due"] != 1 {
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    let unseen = env.fails(&archive, 3, "pending");
    assert!(unseen["hint"].as_str().unwrap().contains("refmark checkpoint"), "{unseen:#}");
    let seen = env.json(&["--key", "ci", "checkpoint"]);
    assert_eq!((seen["number"].as_u64(), seen["by"].as_str()), (Some(1), Some("ci")));
    env.ok(&archive);
    let refused = env.fails(&["pull", "sentiment/1", "-o", "old"], 3, "refused");
    assert!(refused["hint"].as_str().unwrap().contains("--archived"), "{refused:#}");
    let told = env.ok(&["pull", "sentiment/1", "-o", "old", "--archived"]);
    assert!(told.contains("warning: sentiment/1 is archived") && told.contains("version 2 stands in for it"), "{told}");
    assert_eq!(env.json(&["show", "sentiment/1"])["stage"], "archived");

    env.write("shop/deploy.yaml", "model: \"models:/sentiment@champion\"\nold: models:/sentiment/latest\n");
    let lint = shop(&["pin", "lint", "deploy.yaml", "--json"]);
    assert_eq!(lint.status.code(), Some(1), "a pipeline fails where something moves");
    let found: Value = serde_json::from_slice(&lint.stdout).unwrap();
    let lines: Vec<u64> = found["findings"].as_array().unwrap().iter().map(|it| it["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [1, 2], "{found:#}");
}

#[test]
fn members_join_together_and_are_set_and_a_policy_that_cannot_work_is_warned_of() {
    let env = team();
    for who in ["gus", "hal", "hal2"] {
        env.key(who);
    }
    let keys = std::fs::read_to_string(env.path("gus.pub")).unwrap();
    env.write("gus.keys", format!("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 old\n{keys}"));
    let joined = env.run(&["members", "add", "gus=gus.keys", "hal=hal.pub", "--role", "data-scientist"]);
    assert_eq!(joined.status, 0, "{}", joined.stderr);
    assert!(joined.stderr.contains("passed over"), "{}", joined.stderr);
    assert!(!joined.stdout.contains("such as champion"), "who joined is told, not every rule: {}", joined.stdout);
    let again = env.fails(&["members", "add", "gus=gus.keys", "--role", "auditor"], 1, "exists");
    assert!(again["hint"].as_str().unwrap().contains("refmark members set gus"), "{again:#}");
    env.ok(&["members", "set", "gus", "--role", "auditor"]);
    env.ok(&["members", "set", "hal", "--public-key", "hal2.pub"]);
    let listed = env.json(&["members", "list"]);
    let gus = listed["members"].as_array().unwrap().iter().find(|it| it["id"] == "gus").unwrap().clone();
    assert_eq!(gus["roles"], serde_json::json!(["auditor"]));
    env.ok(&["members", "remove", "hal"]);

    let text = env.ok(&["policy", "show"]);
    let start = text.find("# What is live.").unwrap();
    let nobody = text[start..].replacen("{ roles = [\"platform-lead\"] }", "{ roles = [\"nobody-has-it\"] }", 1);
    env.write("broken.toml", format!("{}[roles.nobody-has-it]\nmay = []\n\n{}", &text[..start], nobody));
    let checked = env.json(&["policy", "check", "broken.toml"]);
    let kinds: Vec<&str> =
        checked["warnings"].as_array().unwrap().iter().filter_map(|it| it["kind"].as_str()).collect();
    assert!(kinds.contains(&"nobody-can") && kinds.contains(&"single-key-root"), "{checked:#}");
}

#[test]
fn a_disabled_type_of_evidence_closes_the_door_and_a_dossier_is_a_bill_of_materials() {
    let env = team();
    register(&env, "bo", "sentiment", "one");
    env.ok(&["catalog", "add", "evidence-type", "red-team", "--meaning", "Somebody tried to break it."]);
    attach(&env, "bo", "sentiment/1", "red-team", &["--verdict", "pass"]);
    env.ok(&["catalog", "deprecate", "evidence-type", "red-team"]);
    attach(&env, "ci", "sentiment/1", "red-team", &["--verdict", "pass"]);
    env.ok(&["catalog", "disable", "evidence-type", "red-team"]);
    let closed = env.run(&["--key", "bo", "attach", "sentiment/1", "--type", "red-team", "--verdict", "fail"]);
    assert_ne!(closed.status, 0, "{}", closed.stdout);
    env.ok(&["catalog", "activate", "evidence-type", "red-team"]);

    let bom: Value = serde_json::from_str(&env.ok(&["report", "sentiment/1", "--format", "cyclonedx"])).unwrap();
    assert_eq!((bom["bomFormat"].as_str(), bom["specVersion"].as_str()), (Some("CycloneDX"), Some("1.6")));
    let dossier: Value = serde_json::from_str(&env.ok(&["report", "sentiment/1", "--format", "json"])).unwrap();
    has_keys(&dossier, &["model", "artifact", "evidence", "moves", "keys"]);
    assert_eq!(env.ok(&["report", "sentiment/1", "--format", "json"]), env.ok(&["report", "sentiment/1", "--json"]));
}

#[test]
fn names_that_nobody_listed_fall_into_the_strictest_class_and_policy_check_says_so() {
    let env = team();
    register(&env, "bo", "sentiment", "one");
    for name in ["production", "prod", "Champion", "champion-eu", "q3-rollout"] {
        let alias = format!("sentiment@{name}");
        let refused = env.run(&["--key", "bo", "promote", &alias, "1", "--json"]);
        assert_eq!(refused.status, 3, "{name}: {}", refused.stderr);
        assert!(refused.stderr.contains("production") || refused.stdout.contains("production"), "{name}");
    }
    env.ok(&["--key", "dan", "promote", "sentiment@dev-dan", "1"]);
    let checked = env.json(&["policy", "check"]);
    let class = |alias: &str| {
        let all = checked["aliases"].as_array().unwrap();
        all.iter().find(|it| it["alias"] == alias).unwrap()["class"].clone()
    };
    for name in ["champion", "production", "prod", "live", "champion-eu"] {
        assert_eq!(class(name), serde_json::json!(["*"]), "{name}");
    }
    assert!(class("canary").as_array().unwrap().contains(&"canary".into()));
    assert!(env.ok(&["policy", "check"]).contains("champion-eu"));
}

#[test]
fn owners_are_one_notion_that_the_policy_knows_and_a_command_names_them() {
    let env = team();
    let stranger = env.run(&["--key", "bo", "describe", "sentiment", "--owner", "the-a-team"]);
    assert_ne!(stranger.status, 0);
    register(&env, "bo", "sentiment", "one");
    let stranger = env.fails(&["--key", "bo", "describe", "sentiment", "--owner", "the-a-team"], 3, "refused");
    assert!(stranger["hint"].as_str().unwrap().contains("refmark members own sentiment"), "{stranger:#}");
    env.fails(&["members", "own", "sentiment", "zoe"], 1, "not-found");
    env.ok(&["members", "own", "sentiment", "fay", "dan", "--name", "the-a-team"]);
    env.ok(&["--key", "bo", "describe", "sentiment", "--owner", "the-a-team"]);
    env.ok(&["--key", "bo", "describe", "sentiment", "--owner", "fay"]);
    let listed = env.json(&["members", "list"]);
    let dan = listed["members"].as_array().unwrap().iter().find(|it| it["id"] == "dan").unwrap().clone();
    assert!(dan["roles"].as_array().unwrap().contains(&"model-owner".into()), "who owns has the role: {dan:#}");
    env.ok(&["members", "own", "sentiment"]);
    env.fails(&["members", "own", "sentiment"], 1, "nothing-to-do");
}

/// A pickle of a dictionary with two numbers.
const PICKLE: &[u8] =
    b"\x80\x02}q\x00X\x07\x00\x00\x00weightsq\x01]q\x02(G?\xf0\x00\x00\x00\x00\x00\x00G@\x00\x00\x00\x00\x00\x00\x00es.";

/// The folder of the real `picklescan`, where it is installed beside the tests' Python.
fn picklescan() -> Option<std::path::PathBuf> {
    let folder = std::path::PathBuf::from(std::env::var_os("REFMARK_PYTHON")?).parent()?.to_owned();
    folder.join("picklescan").exists().then_some(folder)
}

#[test]
fn the_whole_way_out_of_quarantine_is_walked_with_two_scanners() {
    let env = team();
    env.write("package-p/model.pkl", PICKLE);
    let made = register(&env, "dan", "sentiment", "p");
    assert_eq!(made["trust"], "quarantined", "{made}");
    env.fails(&["pull", "sentiment/1", "-o", "out"], 3, "not-trusted");
    let look = ["pull", "sentiment/1", "--quarantined", "-m", "read the pickle before we trust it"];
    let error = env.fails(&[&["--key", "dan"][..], &look].concat(), 3, "refused");
    assert!(error["hint"].as_str().unwrap().contains("bo"), "who may is named: {error}");
    let taken = env.json(&[&["--key", "bo"][..], &look].concat());
    has_keys(&taken, &["path", "artifact", "trust", "files", "was_there", "reason", "evidence"]);
    assert_eq!((&taken["trust"], &taken["evidence"]["by"]), (&"quarantined".into(), &"bo".into()));
    let mark = std::fs::read_to_string(env.path("sentiment-1.quarantined/QUARANTINED.md")).unwrap();
    assert!(mark.contains("read the pickle before we trust it"), "{mark}");
    assert!(env.path("sentiment-1.quarantined/files/model.pkl").exists());
    assert_eq!(env.run(&["pull", "sentiment/1", "--quarantined"]).status, 2, "without a reason");

    let mut scan = vec!["--key", "ci", "scan", "sentiment/1", "--with", "built-in", "--json"];
    let mut command_path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(folder) = picklescan() {
        scan.extend(["--with", "picklescan"]);
        command_path = std::env::join_paths([folder.into_os_string(), "/usr/bin".into(), "/bin".into()]).unwrap();
    }
    let scanned = env.refmark(&scan).env("PATH", command_path).output().unwrap();
    assert!(scanned.status.success(), "{}", String::from_utf8_lossy(&scanned.stderr));
    let scans: Value = serde_json::from_slice(&scanned.stdout).unwrap();
    assert_eq!(scans["scans"][0]["outcome"], "runs-code", "a pickle is never wholly clear: {scans}");
    if scan.contains(&"picklescan") {
        assert_eq!(scans["scans"][1]["evidence"]["verdict"], "pass", "{scans}");
    }
    let trust = ["--key", "bo", "transition", "sentiment/1", "trusted", "-m", "signed off by cy"];
    env.fails(&trust, 3, "pending");
    let said = ["--verdict", "pass", "--summary", "read opcode by opcode: a dictionary of two numbers"];
    attach(&env, "cy", "sentiment/1", "sign-off", &said);
    env.ok(&trust);
    env.ok(&["pull", "sentiment/1", "-o", "out"]);
    let shown = env.json(&["show", "sentiment/1"]);
    let kinds: Vec<&str> =
        shown["evidence"].as_array().unwrap().iter().map(|it| it[1]["type"].as_str().unwrap()).collect();
    assert!(["quarantine-pull", "scan", "sign-off"].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    assert_eq!(env.json(&["verify"])["verdict"], "ok");
}
