//! Explaining, checking, and the rules.

use crate::environment::{TestEnvironment, has_keys};

#[test]
fn explain_and_report_tell_who_and_why() {
    let env = TestEnvironment::with_models();
    let page = env.ok(&["explain", "sentiment@champion"]);
    for part in ["sentiment/1", "ada", "first"] {
        assert!(page.contains(part), "{page}");
    }
    has_keys(&env.json(&["explain", "sentiment@champion"])["explanation"], &["reference", "artifact", "trust"]);
    let dossier = env.ok(&["report", "sentiment/1"]);
    assert!(dossier.contains("dossier") && dossier.contains("config.json"), "{dossier}");
    assert!(env.ok(&["report", "sentiment/1", "--format", "markdown"]).contains("# sentiment/1"));
}

#[test]
fn check_ends_as_the_range_would() {
    let env = TestEnvironment::with_models();
    env.ok(&["promote", "sentiment@champion", "2", "--propose=good"]);
    let good = env.json(&["check", "main..good"]);
    has_keys(&good, &["verdict", "exit", "methods", "reports", "problems"]);
    assert_eq!(good["verdict"], "ok");
    env.git(".", &["clone", "--quiet", "models", "clone"]);
    env.write("clone/models/stray.json", "{}\n");
    env.git("clone", &["add", "."]);
    env.git("clone", &["-c", "user.name=m", "-c", "user.email=m@e", "commit", "--quiet", "-m", "stray"]);
    env.git("clone", &["push", "--quiet", "origin", "HEAD:refs/heads/stray"]);
    let bad = env.run(&["check", "main..stray", "--json"]);
    assert!(bad.status == 3 || bad.status == 4, "{}", bad.stdout);
    assert!(bad.stdout.contains("models/stray.json"), "{}", bad.stdout);
}

#[test]
fn the_hook_refuses_a_push_that_may_not_land_and_takes_one_that_may() {
    let env = TestEnvironment::with_models();
    env.ok(&["hook", "install"]);
    env.git(".", &["clone", "--quiet", "models", "clone"]);
    env.write("clone/models/stray.json", "{}\n");
    env.git("clone", &["add", "."]);
    env.git("clone", &["-c", "user.name=m", "-c", "user.email=m@e", "commit", "--quiet", "-m", "stray"]);
    let mut push = env.program("git");
    let push = push.current_dir(env.path("clone")).args(["push", "origin", "main"]).output().unwrap();
    let said = String::from_utf8_lossy(&push.stderr);
    assert!(!push.status.success() && said.contains("models/stray.json"), "{said}");
    env.git("clone", &["reset", "--quiet", "--hard", "origin/main"]);
    env.write("clone/README.md", "ours\n");
    env.git("clone", &["add", "."]);
    env.git("clone", &["-c", "user.name=m", "-c", "user.email=m@e", "commit", "--quiet", "-m", "readme"]);
    env.git("clone", &["push", "--quiet", "origin", "main"]);
    assert_eq!(env.json(&["verify"])["verdict"], "ok");
}

#[test]
fn members_and_policies_change_by_signed_policies() {
    let env = TestEnvironment::with_models();
    env.key("bob");
    let add = ["members", "add", "bob", "--public-key", "bob.pub", "--role", "owner", "-m", "joins"];
    let added = env.json(&add);
    assert_eq!(added["number"], 2);
    assert!(env.ok(&["members", "list"]).contains("bob"));
    env.ok(&["promote", "sentiment@champion", "2", "--key", "bob"]);
    let text = env.ok(&["policy", "show"]);
    assert!(text.contains("bob"), "{text}");
    assert!(env.ok(&["policy", "show", "1"]).contains("number = 1"));
    has_keys(&env.json(&["policy", "check"]), &["number", "sentences", "warnings"]);
    assert_eq!(env.json(&["verify"])["verdict"], "ok");
}

#[test]
fn setup_git_makes_records_readable_in_diffs() {
    let env = TestEnvironment::with_models();
    env.ok(&["setup-git"]);
    let diff = env.git("models", &["log", "-1", "-p", "--textconv", "--format=%s", "main"]);
    assert!(diff.contains("+sentiment@champion: (none) → 1"), "{diff}");
    let files = env.json(&["setup-ci", "--github"]);
    assert_eq!(files["files"][0], ".github/workflows/refmark.yml");
}

#[test]
fn evidence_is_attached_and_shown_and_the_catalog_says_which_types_there_are() {
    let env = TestEnvironment::with_models();
    env.write("result.json", "{\"verdict\": \"pass\", \"metrics\": {\"f1\": 0.9}}");
    let attached = env.json(&[
        "attach",
        "sentiment/2",
        "evaluation",
        "--verdict",
        "pass",
        "--metric",
        "f1=0.9",
        "--suite",
        "smoke@3",
        "--summary",
        "on the March set",
    ]);
    has_keys(&attached, &["artifact", "type", "verdict", "statement", "path"]);
    assert!(env.ok(&["show", "sentiment/2"]).contains("on the March set"));
    assert!(env.ok(&["catalog", "list", "evidence-type"]).contains("evaluation"));
    env.fails(&["catalog", "list", "nonsense"], 2, "bad-argument");
    let unknown = env.run(&["attach", "sentiment/2", "horoscope", "--verdict", "pass"]);
    assert_ne!(unknown.status, 0, "{}", unknown.stdout);
    assert_eq!(env.json(&["sunset"])["due"], 0);
}

#[test]
fn a_clone_fetches_and_pushes_commits_with_their_files() {
    let env = TestEnvironment::with_models();
    env.ok(&["clone", "models", "copy"]);
    env.ok(&["promote", "sentiment@champion", "2"]);
    let fetched = env.json(&["-R", "copy", "fetch"]);
    assert_eq!(fetched["commits"], 1);
    assert_eq!(env.json(&["-R", "copy", "resolve", "sentiment@champion"])["version"], 2);
    env.write("three/a.txt", "3\n");
    env.ok(&["-R", "copy", "register", "sentiment", "three"]);
    env.ok(&["-R", "copy", "push"]);
    env.ok(&["pull", "sentiment/3", "-o", "out"]);
    assert_eq!(env.files("out"), ["a.txt"]);
}

#[test]
fn an_entrys_fields_are_set_and_shown_and_a_new_schema_is_held_against_what_stands() {
    let env = TestEnvironment::with_models();
    env.ok(&["catalog", "add", "evidence-type", "red-team", "--meaning", "How it does under attack.", "--billable"]);
    env.ok(&["attach", "sentiment/1", "--type", "red-team", "--verdict", "pass"]);
    let pages = ["--docs", "https://docs.example.com/r", "--status-page", "https://status.example.com/r"];
    let change = ["catalog", "change", "evidence-type", "red-team"];
    let set = env.json(&[&change[..], &pages, &["--retention-days", "365", "--owner", "safety"]].concat());
    assert_eq!(set["sequence"], 2);
    let shown = env.json(&["catalog", "show", "evidence-type", "red-team"]);
    for (key, value) in [
        ("docs", serde_json::json!("https://docs.example.com/r")),
        ("status_page", serde_json::json!("https://status.example.com/r")),
        ("retention_days", serde_json::json!(365)),
        ("owner", serde_json::json!("safety")),
        ("billable", serde_json::json!(true)),
        ("meaning", serde_json::json!("How it does under attack.")),
    ] {
        assert_eq!(shown[key], value, "{key}: {shown}");
    }
    env.write("schema.json", "{\"required\": [\"run\"]}");
    let schema = [&change[..], &["--schema", "schema.json"]].concat();
    let report = env.json(&[&schema[..], &["--dry-run"]].concat());
    assert_eq!((&report["named"], &report["unfit"]), (&1.into(), &1.into()), "{report}");
    let error = env.fails(&schema, 3, "refused");
    assert!(error["hint"].as_str().unwrap().contains("--force"), "{error}");
    let taken = env.json(&[&schema[..], &["--force"]].concat());
    assert_eq!((&taken["sequence"], &taken["migration"]["unfit"]), (&3.into(), &1.into()));
    env.fails(
        &["attach", "sentiment/1", "--type", "red-team", "--verdict", "pass", "--summary", "again"],
        4,
        "bad-record",
    );
    env.ok(&["catalog", "disable", "audit-action", "promote"]);
    let error = env.fails(&["promote", "sentiment@champion", "2"], 3, "refused");
    assert!(error["message"].as_str().unwrap().contains("disabled"), "{error}");
    env.ok(&["catalog", "activate", "audit-action", "promote"]);
    env.ok(&["promote", "sentiment@champion", "2"]);
}
