//! docs/ci.md: each command of each recipe runs, with no more rights than its table says.

use std::collections::BTreeMap;
use std::process::Command;

use crate::environment::{Ran, TestEnvironment};

/// A recipe of the page: its job, the section that it stands in, and its commands.
struct Recipe {
    job: String,
    section: String,
    commands: Vec<String>,
}

/// The recipes: blocks whose fence names a job, and of their lines the commands.
fn recipes() -> Vec<Recipe> {
    let page = include_str!("../../docs/ci.md");
    let (mut found, mut section) = (Vec::new(), String::new());
    let mut open: Option<Recipe> = None;
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title.to_owned();
        }
        match (line.strip_prefix("```"), &mut open) {
            (Some(fence), None) => {
                let job = fence.split(' ').nth(1).unwrap_or_else(|| panic!("{section}: a block without a job: {line}"));
                open = Some(Recipe { job: job.to_owned(), section: section.clone(), commands: Vec::new() });
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (None, Some(recipe)) => recipe.commands.extend(command(line)),
            (None, None) => {}
        }
    }
    found
}

/// The command of a line of a pipeline's file, whatever the file is.
fn command(line: &str) -> Option<String> {
    let mut text = line.trim();
    for before in ["- ", "run: ", "sh '", "RUN "] {
        text = text.strip_prefix(before).unwrap_or(text);
    }
    let text = match line.trim().starts_with("sh '") {
        true => text.trim_end_matches('\''),
        false => text,
    };
    let text = match text.strip_prefix("--mount=") {
        Some(mounted) => mounted.split_once(' ')?.1,
        None => text,
    };
    let is_ours = text.starts_with("refmark ") || text.starts_with("git ") || text == "make train";
    is_ours.then(|| text.to_owned())
}

/// A forge with a registry, a proposal on it, a project that pins a version, and an agent.
fn world() -> (TestEnvironment, String) {
    let env = TestEnvironment::with_models();
    env.key("agent");
    env.ok(&["members", "add", "ci", "--agent", "--public-key", "agent.pub", "--role", "owner"]);
    env.ok(&["promote", "sentiment@champion", "2", "--propose=change"]);
    env.git("models", &["update-ref", "refs/pull/7/head", "change"]);
    let root = env.json(&["trust", "show"])["trust_root"].as_str().unwrap().to_owned();
    std::fs::create_dir(env.path("project")).unwrap();
    let pinned =
        env.refmark(&["-R", "../models", "pin", "add", "sentiment/1"]).current_dir(env.path("project")).output();
    assert!(pinned.unwrap().status.success());
    env.write("Makefile", "train:\n\tmkdir -p out\n\techo '{\"size\": 3}' > out/config.json\n");
    (env, root)
}

/// The variables that a job has, and no others.
fn variables(env: &TestEnvironment, job: &str, root: &str) -> BTreeMap<&'static str, String> {
    let mut given = BTreeMap::from([("REFMARK_TRUST_ROOT", root.to_owned())]);
    let url = env.path("models").display().to_string();
    match job {
        "check" => given.extend([("REGISTRY_URL", url), ("CHANGE", "refs/pull/7/head".to_owned())]),
        "use" => given.clear(),
        "register" => given.extend([
            ("REGISTRY_URL", url),
            ("BRANCH", "ci/1".to_owned()),
            ("RUN_URL", "https://ci.example/runs/1".to_owned()),
            ("BUILD_URL", "https://ci.example/runs/1".to_owned()),
            ("REFMARK_KEY", std::fs::read_to_string(env.path("agent")).unwrap()),
        ]),
        "verify" => given.extend([("REGISTRY_URL", url)]),
        other => panic!("docs/ci.md has a job {other} that its table does not have"),
    }
    given
}

fn run_in(env: &TestEnvironment, folder: &std::path::Path, given: &BTreeMap<&'static str, String>, text: &str) -> Ran {
    let mut shell: Command = env.program("sh");
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_refmark")).parent().unwrap();
    // A runner has a home of its own: no pin, no key and no default of whoever wrote the recipe.
    let home = folder.join("home");
    std::fs::create_dir_all(&home).unwrap();
    shell.args(["-euc", text]).current_dir(folder).env("HOME", home);
    shell.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()));
    shell.envs(given);
    shell.output().unwrap().into()
}

#[test]
fn each_command_of_the_recipes_runs_with_the_rights_of_its_job() {
    let all = recipes();
    let mut jobs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for recipe in &all {
        assert!(!recipe.commands.is_empty(), "{}: {} has no command", recipe.section, recipe.job);
        jobs.entry(&recipe.section).or_default().push(&recipe.job);
        let (env, root) = world();
        let given = variables(&env, &recipe.job, &root);
        let at = env.path("runner");
        std::fs::create_dir(&at).unwrap();
        std::fs::copy(env.path("Makefile"), at.join("Makefile")).unwrap();
        if recipe.job == "use" {
            std::fs::copy(env.path("project/refmark.lock"), at.join("refmark.lock")).unwrap();
        }
        let made = recipe.commands.iter().any(|it| it == "make train");
        if recipe.job == "register" && !made {
            assert_eq!(run_in(&env, &at, &given, "make train").status, 0);
        }
        for command in &recipe.commands {
            let command = command.replace("/srv/registry.git", &env.path("models").display().to_string());
            let ran = run_in(&env, &at, &given, &command);
            assert_eq!(ran.status, 0, "{} ({}): {command}\n{}{}", recipe.section, recipe.job, ran.stdout, ran.stderr);
        }
        match recipe.job.as_str() {
            "use" => assert!(at.join("models/sentiment/config.json").is_file(), "{}", recipe.section),
            "register" => {
                assert!(env.git("models", &["branch", "--list", "ci/1"]).contains("ci/1"), "{}", recipe.section);
                env.ok(&["land", "ci/1"]);
                assert_eq!(env.json(&["list", "sentiment"])["versions"].as_array().unwrap().len(), 3);
            }
            _ => {}
        }
    }
    for system in ["GitHub Actions", "GitLab CI", "Jenkins"] {
        assert_eq!(jobs[system], ["check", "use", "register", "verify"], "{system}");
    }
    assert_eq!(jobs["A container image"], ["use"]);
}

#[test]
fn a_pipeline_whose_root_came_from_an_empty_variable_fails() {
    let (env, _) = world();
    let given = variables(&env, "check", "");
    let ran = run_in(&env, &env.work(), &given, "refmark -R models check main..change");
    assert_ne!(ran.status, 0, "{}", ran.stdout);
}
