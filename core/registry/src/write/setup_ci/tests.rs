//! What `setup-ci` and `setup-git` write, and that it works with the tools that it is for.

use std::process::Command;

use super::SetupCiRequest;
use crate::VerifyOptions;
use crate::read::review::team::{Team, key_of};
use refmark_engine::gate::Decision;
use refmark_engine::snapshot::History;
use refmark_engine::verify::Outcome;
use refmark_types::error::Code;

const ALL: SetupCiRequest =
    SetupCiRequest { github: true, gitlab: true, codeowners: true, replace: false, sha256: None };

#[test]
fn behind_a_protected_branch_the_files_for_ci_are_proposed_and_renewed_and_landed() {
    let team = Team::new();
    let ada = key_of("ada");
    let ready = SetupCiRequest { gitlab: false, codeowners: false, ..ALL };
    let before = team.main();
    let proposal = team.registry.write(&ada).propose(None, |it| it.setup_ci(&ready)).unwrap();
    assert_eq!((proposal.branch.as_str(), proposal.decision), ("propose/set-up-ci", Decision::Ok));
    assert_eq!(team.main(), before);
    // Somebody else was first, with something else.
    team.register(1);
    let renewed = team.registry.write(&ada).renew("propose/set-up-ci").unwrap();
    assert_eq!(renewed.base, team.main());
    let landed = team.registry.write(&ada).land("propose/set-up-ci").unwrap();
    assert!(landed.removed && landed.records.is_empty());
    let tree = team.registry.repo().snapshot(team.main()).unwrap();
    assert!(tree.find(".github/workflows/refmark.yml").unwrap().is_some());
    assert_eq!(team.registry.read().verify(None, VerifyOptions::default()).unwrap().verdict, Outcome::Ok);
    let again = team.registry.write(&ada).propose(None, |it| it.setup_ci(&ready)).unwrap_err();
    assert_eq!(again.code, Code::NothingToDo);
}

#[test]
fn workflows_carry_the_pin_and_never_check_the_change_out() {
    let team = Team::new();
    let ada = key_of("ada");
    let answer = team.registry.write(&ada).setup_ci(&ALL).unwrap();
    assert_eq!(answer.files, [".github/workflows/refmark.yml", ".gitlab-ci.yml", "CODEOWNERS"]);
    let tree = team.registry.repo().snapshot(team.main()).unwrap();
    let text = |path: &str| String::from_utf8(tree.read(path, 1 << 20).unwrap().unwrap()).unwrap();
    for path in [".github/workflows/refmark.yml", ".gitlab-ci.yml"] {
        let text = text(path);
        assert!(text.contains(&format!("REFMARK_TRUST_ROOT: \"{}\"", answer.trust_root)), "{text}");
        assert!(!text.contains("checkout") && !text.contains("@PIN@") && !text.contains("@BRANCH@"), "{text}");
        assert!(text.contains("check \"$RANGE\"") && text.contains("review \"$RANGE\" --format markdown"));
    }
    let github = text(".github/workflows/refmark.yml");
    assert!(github.contains("pull_request_target") && github.contains("branches: [\"main\"]"));
    // No expression of the forge stands within a script: what a stranger writes could end it.
    let scripts = github.lines().filter(|line| line.contains("${{"));
    assert!(
        scripts.clone().count() >= 8 && scripts.clone().all(|line| line.trim().split_once(": ").is_some()),
        "{github}"
    );
    // The program comes by its checksum; the job that reads the change may write nothing; actions are named by commit.
    let gitlab = text(".gitlab-ci.yml");
    for text in [&github, &gitlab] {
        assert!(text.contains("sha256sum --check") && !text.contains("cargo install"), "{text}");
        assert!(!text.contains("pip install") && !text.contains("npm "), "{text}");
    }
    let (reads, writes) = github.split_once("  comment:\n").unwrap();
    assert!(reads.contains("permissions: {}") && !reads.contains(": write") && !reads.contains("GH_TOKEN"), "{reads}");
    assert!(writes.contains("pull-requests: write") && !writes.contains("registry.git"), "{writes}");
    assert!(writes.contains("user.login == \"github-actions[bot]\" and"), "{writes}");
    for action in github.lines().filter_map(|line| line.trim().strip_prefix("uses: ")) {
        let commit = action.split_once('@').unwrap().1.split(' ').next().unwrap();
        assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{action}");
    }
    let (reads, writes) = gitlab.split_once("\ncomment:\n").unwrap();
    assert!(!reads.contains("$REFMARK_COMMENT_TOKEN") && writes.contains("environment: refmark-comment"), "{gitlab}");
    let owners = text("CODEOWNERS");
    assert!(owners.contains("* @ada @bo @chen @nora\n") && owners.contains("/policy/ @ada\n"), "{owners}");
    assert!(!owners.contains("ci-eval") && !owners.contains("@eve"), "{owners}");
    assert_eq!(team.registry.read().verify(None, VerifyOptions::default()).unwrap().verdict, Outcome::Ok);

    assert_eq!(team.registry.write(&ada).setup_ci(&ALL).unwrap().commit, None);
    let files = vec![("CODEOWNERS".to_owned(), b"* @eve\n".to_vec())];
    let other = team.commit("other", "eve", files, "mine");
    team.land(other);
    assert_eq!(team.registry.write(&ada).setup_ci(&ALL).unwrap_err().code, Code::Exists);
    let replace = SetupCiRequest { replace: true, ..ALL };
    assert_eq!(team.registry.write(&ada).setup_ci(&replace).unwrap().files, ["CODEOWNERS"]);
}

#[test]
fn no_pin_is_a_failure() {
    let team = Team::new();
    std::fs::remove_file(team.home.path().join("config/refmark/trust.toml")).unwrap();
    let ada = key_of("ada");
    assert_eq!(team.registry.write(&ada).setup_ci(&ALL).unwrap_err().code, Code::Unverified);
}

#[test]
fn plain_git_shows_records_through_the_driver() {
    let (team, ..) = Team::with_a_champion();
    let program = team.home.path().join("refmark it's");
    std::fs::write(&program, "#!/bin/sh\ntest \"$1\" = textconv && echo READABLE && head -c 0 \"$2\"\n").unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let short = team.home.path().join("refmark");
    std::fs::copy(&program, &short).unwrap();
    assert!(!team.registry.share().setup_git(&short.display().to_string()).unwrap().unchanged);
    assert!(team.registry.share().setup_git(&short.display().to_string()).unwrap().unchanged);
    let output = Command::new("git")
        .args(["log", "-p", "-1", "main"])
        .current_dir(team.registry.git_dir())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", team.home.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("+READABLE"),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
