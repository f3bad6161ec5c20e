//! Proposals: a branch with a change, approvals as plain commits, renewed where somebody else was first, and landed.

use std::process::Command;

use super::team::{Team, alias, champion};
use crate::tests::{model, world};
use crate::{ApproveRequest, CloneRequest, Pinning, Registry, VerifyOptions};
use refmark_engine::gate::{Decision, Status};
use refmark_engine::plan::RollbackRequest;
use refmark_engine::verify::Outcome;
use refmark_records::approval::Waiver;
use refmark_records::evidence::Verdict;
use refmark_records::version::Stage;
use refmark_types::error::Code;
use refmark_types::hint::{Choice, Next};
use refmark_types::time::Timestamp;

fn to(branch: &str) -> ApproveRequest {
    ApproveRequest { target: branch.to_owned(), ..ApproveRequest::default() }
}

fn git(team: &Team, arguments: &[&str]) -> String {
    let done = Command::new("git")
        .args(["-c", "user.name=forge", "-c", "user.email=forge@example.com"])
        .args(arguments)
        .current_dir(team.registry.git_dir())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", team.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

fn verdict(team: &Team) -> Outcome {
    let answer = team.registry.read().verify(None, VerifyOptions::default()).unwrap();
    assert!(answer.problems.is_empty(), "{:?}", answer.problems);
    answer.verdict
}

#[test]
fn a_proposal_is_approved_by_two_and_lands_with_its_stage_move() {
    let team = Team::new();
    let (version, _) = team.staged("a");
    let proposal = team.registry.write(team.as_("nora")).propose(None, |it| it.promote(&champion(version))).unwrap();
    assert_eq!(proposal.branch, "propose/sentiment-champion-1");
    assert_eq!(proposal.decision, Decision::Pending);
    assert_eq!(proposal.reports.len(), 2, "the stage and the alias");
    assert!(
        team.registry
            .view()
            .unwrap()
            .facts()
            .unwrap()
            .alias(&model("sentiment"), &alias("champion"))
            .unwrap()
            .is_none()
    );

    let error = team.registry.write(team.as_("nora")).land(&proposal.branch).unwrap_err();
    assert_eq!(error.code, Code::Pending, "{error}");
    let error = team.registry.write(team.as_("nora")).approve(&to(&proposal.branch)).unwrap_err();
    assert_eq!(error.code, Code::Refused);
    assert!(error.hint.unwrap().to_string().contains("ada"));
    let error = team.registry.write(team.as_("ci")).approve(&to(&proposal.branch)).unwrap_err();
    assert!(error.message.contains("agent"), "{error}");

    let first = team.registry.write(team.as_("bo")).approve(&to(&proposal.branch)).unwrap();
    assert!(!first.complete);
    assert_eq!(first.statements.len(), 2);
    let again = team.registry.write(team.as_("bo")).approve(&to(&proposal.branch)).unwrap_err();
    assert_eq!(again.code, Code::NothingToDo);
    let second = team.registry.write(team.as_("ada")).approve(&to(&proposal.branch)).unwrap();
    assert!(second.complete, "{:?}", second.reports);

    let landed = team.registry.write(team.as_("nora")).land(&proposal.branch).unwrap();
    assert_eq!(landed.approved_by.iter().map(|it| it.as_str()).collect::<Vec<_>>(), ["ada", "bo"]);
    let view = team.registry.view().unwrap();
    let facts = view.facts().unwrap();
    let now = facts.alias(&model("sentiment"), &alias("champion")).unwrap().unwrap();
    assert_eq!(now.to.unwrap().version, version);
    assert_eq!(facts.stage(&model("sentiment"), version).unwrap().0, Stage::Production);
    assert_eq!(verdict(&team), Outcome::Ok);
    let said = git(&team, &["log", "-1", "--format=%B", "main"]);
    assert!(said.contains("promote sentiment@champion") && said.contains("Approved-by: bo"), "{said}");
}

#[test]
fn two_approve_at_once_and_every_merge_method_of_git_takes_effect() {
    for method in ["merge", "squash", "fast-forward", "rebase"] {
        let team = Team::new();
        let (version, _) = team.staged("a");
        let proposal =
            team.registry.write(team.as_("nora")).propose(None, |it| it.promote(&champion(version))).unwrap();
        // Both start from the same commit: ada on her own copy of the branch, bo on his.
        git(&team, &["branch", "ada", &proposal.branch]);
        team.registry.write(team.as_("ada")).approve(&to("ada")).unwrap();
        team.registry.write(team.as_("bo")).approve(&to(&proposal.branch)).unwrap();
        let tree = team.path().join("worktree");
        git(&team, &["worktree", "add", "-q", tree.to_str().unwrap(), &proposal.branch]);
        let at = |arguments: &[&str]| {
            let mut all = vec!["-C", tree.to_str().unwrap()];
            all.extend(arguments);
            git(&team, &all)
        };
        at(&["merge", "-q", "--no-edit", "ada"]);
        match method {
            "rebase" => drop(at(&["rebase", "-q", "--onto", "main", "main", &proposal.branch])),
            "squash" => {
                at(&["checkout", "-q", "--detach", "main"]);
                at(&["merge", "-q", "--squash", &proposal.branch]);
                at(&["commit", "-q", "-m", "squashed"]);
            }
            "merge" => {
                at(&["checkout", "-q", "--detach", "main"]);
                at(&["merge", "-q", "--no-ff", "--no-edit", &proposal.branch]);
            }
            _ => {}
        }
        let head = at(&["rev-parse", "HEAD"]);
        git(&team, &["update-ref", "refs/heads/main", &head]);
        let view = team.registry.view().unwrap();
        let now = view.facts().unwrap().alias(&model("sentiment"), &alias("champion")).unwrap();
        assert_eq!(now.and_then(|it| it.to).map(|it| it.version), Some(version), "{method}");
        assert_eq!(verdict(&team), Outcome::Ok, "{method}");
    }
}

#[test]
fn somebody_landed_first_so_the_proposal_is_renewed_and_approvals_lapse() {
    let team = Team::new();
    let (one, _) = team.staged("a");
    let (two, _) = team.staged("b");
    let first = team.registry.write(team.as_("nora")).propose(None, |it| it.promote(&champion(one))).unwrap();
    let second = team.registry.write(team.as_("nora")).propose(None, |it| it.promote(&champion(two))).unwrap();
    assert_eq!(second.branch, "propose/sentiment-champion-1-2");
    for branch in [&first.branch, &second.branch] {
        team.registry.write(team.as_("ada")).approve(&to(branch)).unwrap();
        team.registry.write(team.as_("bo")).approve(&to(branch)).unwrap();
    }
    team.registry.write(team.as_("chen")).land(&first.branch).unwrap();
    let error = team.registry.write(team.as_("chen")).land(&second.branch).unwrap_err();
    assert_eq!(error.code, Code::Overtaken);
    let renew = Next::Renew { branch: Some(second.branch.clone()) };
    assert!(error.hint.as_ref().unwrap().steps().any(|step| *step == renew), "{error:?}");

    let error = team.registry.write(team.as_("chen")).renew(&second.branch).unwrap_err();
    assert!(error.hint.unwrap().to_string().contains("nora"), "only nora can sign it again");
    let renewed = team.registry.write(team.as_("nora")).renew(&second.branch).unwrap();
    assert_eq!((renewed.branch.as_str(), renewed.decision), (second.branch.as_str(), Decision::Pending));
    assert_eq!(team.registry.write(team.as_("chen")).land(&second.branch).unwrap_err().code, Code::Pending);
    team.registry.write(team.as_("chen")).approve(&to(&second.branch)).unwrap();
    team.registry.write(team.as_("bo")).approve(&to(&second.branch)).unwrap();
    team.registry.write(team.as_("chen")).land(&second.branch).unwrap();
    let view = team.registry.view().unwrap();
    let now = view.facts().unwrap().alias(&model("sentiment"), &alias("champion")).unwrap().unwrap();
    assert_eq!((now.sequence, now.to.unwrap().version), (2, two));
    assert_eq!(verdict(&team), Outcome::Ok);
}

#[test]
fn without_the_role_a_move_is_refused_with_who_could_and_may_be_proposed() {
    let team = Team::new();
    let (version, _) = team.staged("a");
    let error = team.registry.write(team.as_("nora")).promote(&champion(version)).unwrap_err();
    assert_eq!(error.code, Code::Refused, "{error}");
    assert!(error.message.contains("ada") && error.message.contains("chen"), "{error}");
    assert!(error.message.contains("has none of these roles"), "{error}");
    assert!(error.hint.unwrap().steps().any(|step| *step == Next::With(Choice::Propose)));
    // A lead has the role, and still needs others.
    let error = team.registry.write(team.as_("ada")).promote(&champion(version)).unwrap_err();
    assert_eq!(error.code, Code::Pending, "{error}");
    // What breaks a rule is not even proposed: nobody could approve it.
    let audit = team.registry.write(team.as_("audit")).propose(None, |it| it.promote(&champion(version))).unwrap_err();
    assert_eq!(audit.code, Code::Refused);
    assert!(team.registry.write(team.as_("nora")).propose(None, |it| it.promote(&champion(99))).is_err());
}

#[test]
fn at_three_in_the_morning_one_person_goes_back_and_the_approval_is_shown_open() {
    let team = Team::new();
    let (one, _) = team.staged("a");
    let (two, bad) = team.staged("b");
    team.live(one);
    team.live(two);
    let back = RollbackRequest {
        model: model("sentiment"),
        alias: alias("champion"),
        to: None,
        reason: "it answers in French".to_owned(),
    };
    let error = team.registry.write(team.as_("nora")).rollback(&back).unwrap_err();
    assert_eq!(error.code, Code::Refused, "{error}");
    let moved = team.registry.write(team.as_("olu")).rollback(&back).unwrap();
    assert_eq!(moved.to.unwrap().version, one);
    team.registry.write(team.as_("olu")).revoke(bad, "it answers in French").unwrap();

    let open = |team: &Team| team.registry.read().open_approvals(&team.registry.view().unwrap()).unwrap().len();
    assert_eq!(open(&team), 2);
    let revoked = team.registry.head().unwrap();
    let given = team.registry.write(team.as_("chen")).approve(&to(&revoked.to_string())).unwrap();
    assert!(given.complete, "{given:?}");
    assert_eq!(open(&team), 1, "only the revocation was approved");
    let given = team.registry.write(team.as_("ada")).approve(&to("main")).unwrap();
    assert!(!given.complete, "the champion asks for two");
    assert!(team.registry.write(team.as_("bo")).approve(&to("main")).unwrap().complete);
    assert_eq!(open(&team), 0);
    assert_eq!(team.registry.write(team.as_("bo")).approve(&to("main")).unwrap_err().code, Code::NothingToDo);
    assert_eq!(verdict(&team), Outcome::Ok);
}

#[test]
fn a_version_that_never_was_champion_is_no_way_back() {
    let team = Team::new();
    let (one, _) = team.staged("a");
    let (two, _) = team.staged("b");
    team.live(one);
    let back =
        RollbackRequest { model: model("sentiment"), alias: alias("champion"), to: Some(two), reason: "x".into() };
    let error = team.registry.write(team.as_("olu")).rollback(&back).unwrap_err();
    assert!(matches!(error.code, Code::Refused | Code::Pending), "{error}");
}

#[test]
fn a_gate_is_waived_by_somebody_else_for_a_reason_and_until_a_day() {
    let team = Team::new();
    let (version, artifact) = team.staged("a");
    team.evidence("bo", artifact, "canary", Verdict::Fail, "run-2");
    let proposal = team.registry.write(team.as_("nora")).propose(None, |it| it.promote(&champion(version))).unwrap();
    // Not refused for good: a waiver may come in a commit of its own, and then every way of merging comes to the same.
    assert_eq!(proposal.decision, Decision::Pending, "a landed fail blocks until somebody waives it");
    let branch = proposal.branch.as_str();
    team.registry.write(team.as_("bo")).approve(&to(branch)).unwrap();
    let waiving = |gate: &str, reason: &str| ApproveRequest {
        waive: vec![Waiver {
            gate: gate.to_owned(),
            reason: reason.to_owned(),
            until: Timestamp::parse("2027-03-01T00:00:00Z").unwrap(),
        }],
        ..to(branch)
    };
    let refused =
        |who: &str, request: &ApproveRequest| team.registry.write(team.as_(who)).approve(request).unwrap_err();
    assert_eq!(refused("nora", &waiving("canary", "it was the load balancer")).code, Code::Refused);
    assert_eq!(refused("ada", &waiving("canary", " ")).code, Code::BadArgument);
    let error = refused("ada", &waiving("runbook", "who needs one"));
    assert!(error.hint_text().unwrap().contains("canary"), "{error:?}");
    let mut late = waiving("canary", "it was the load balancer");
    late.waive[0].until = Timestamp::from_unix(1_000);
    assert_eq!(refused("ada", &late).code, Code::BadArgument);
    assert_eq!(team.registry.write(team.as_("bo")).land(branch).unwrap_err().code, Code::Pending);
    let given = team.registry.write(team.as_("ada")).approve(&waiving("canary", "it was the load balancer")).unwrap();
    assert!(given.complete, "{:?}", given.reports);
    let gates: Vec<_> = given.reports.iter().flat_map(|it| &it.gates).filter(|it| it.name == "canary").collect();
    assert_eq!(gates[0].status, Status::Waived);
    assert!(gates[0].found.contains("waived by ada until 2027-03-01"), "{}", gates[0].found);
    team.registry.write(team.as_("nora")).land(branch).unwrap();
    assert_eq!(verdict(&team), Outcome::Ok);
}

/// A clone of the team's registry, by somebody who was told its root.
fn copy(team: &Team, who: &str) -> Registry {
    let mut held = world(&team.path().join(who));
    held.pinning = Pinning::Root(team.registry.first_root());
    let url = team.registry.git_dir().display().to_string();
    let into = team.path().join(who).join("copy");
    Registry::clone_from(&url, Some(&into), held, CloneRequest::default()).unwrap().0
}

fn push(registry: &Registry, branch: &str) {
    let done = Command::new("git").args(["push", "-q", "origin", branch]).current_dir(registry.git_dir()).status();
    assert!(done.unwrap().success());
}

#[test]
fn approvals_that_two_gave_in_two_clones_at_once_count_both() {
    let team = Team::new();
    let (version, _) = team.staged("a");
    let proposal = team.registry.write(team.as_("nora")).propose(None, |it| it.promote(&champion(version))).unwrap();
    let branch = proposal.branch.as_str();
    let (bo, ada) = (copy(&team, "bo"), copy(&team, "ada"));
    bo.write(team.as_("bo")).approve(&to(branch)).unwrap();
    assert!(!ada.write(team.as_("ada")).approve(&to(branch)).unwrap().complete, "neither knows of the other");
    push(&bo, branch);
    ada.share().fetch_commits(None).unwrap();
    push(&ada, branch);
    team.registry.write(team.as_("nora")).land(branch).unwrap();
    assert_eq!(verdict(&team), Outcome::Ok);
}

#[test]
fn an_approval_is_added_to_what_both_sides_of_a_proposal_have() {
    let team = Team::new();
    let (version, _) = team.staged("a");
    let proposal = team.registry.write(team.as_("nora")).propose(None, |it| it.promote(&champion(version))).unwrap();
    let branch = proposal.branch.as_str();
    let (bo, ada) = (copy(&team, "bo"), copy(&team, "ada"));
    bo.write(team.as_("bo")).approve(&to(branch)).unwrap();
    // Somebody else adds a note to the proposal meanwhile.
    let tip = git(&team, &["rev-parse", branch]);
    let tree = git(&team, &["rev-parse", &format!("{branch}^{{tree}}")]);
    let noted = git(&team, &["commit-tree", &tree, "-p", &tip, "-m", "a note"]);
    git(&team, &["update-ref", &format!("refs/heads/{branch}"), &noted]);
    let done = Command::new("git").args(["fetch", "-q", "origin"]).current_dir(bo.git_dir()).status();
    assert!(done.unwrap().success());
    let given = bo.write(team.as_("ada")).approve(&to(branch)).unwrap();
    assert!(given.complete, "{:?}", given.reports);
    push(&bo, branch);
    ada.share().fetch_commits(None).unwrap();
    team.registry.write(team.as_("nora")).land(branch).unwrap();
    assert_eq!(verdict(&team), Outcome::Ok);
}
