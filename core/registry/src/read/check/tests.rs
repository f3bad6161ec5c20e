//! Whether ranges of a real repository may land.

use crate::CheckOptions;
use crate::read::review::team::Team;
use crate::write::transaction::identity;
use refmark_engine::plan;
use refmark_engine::ports::store::{NewCommit, RecordStore};
use refmark_query::review::{Method, RangeVerdict};
use refmark_types::error::Code;
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

fn commit_on(team: &Team, parents: Vec<Oid>, files: Vec<(String, Vec<u8>)>, removals: Vec<String>) -> Oid {
    commit_at(team, Timestamp::from_unix(1_800_000_000), parents, files, removals)
}

fn commit_at(
    team: &Team,
    time: Timestamp,
    parents: Vec<Oid>,
    files: Vec<(String, Vec<u8>)>,
    removals: Vec<String>,
) -> Oid {
    let who = identity(&PrincipalId::parse("eve").unwrap());
    let change = NewCommit {
        parents,
        files,
        removals,
        message: "a commit of somebody's own git\n".to_owned(),
        author: who.clone(),
        committer: who,
        time,
        sign: None,
    };
    team.registry.repo().write(&change).unwrap()
}

fn push() -> CheckOptions {
    CheckOptions { push: true, ..CheckOptions::default() }
}

#[test]
fn a_range_says_ok_pending_or_refused_as_an_exit_status_and_names_the_ways_of_merging() {
    let (team, ..) = Team::with_a_champion();
    team.propose_champion("propose/two", "nora", 2);
    let check = |range: &str| team.registry.read().check(range, CheckOptions::default()).unwrap();
    let pending = check("main..propose/two");
    assert_eq!((pending.verdict, pending.exit), (RangeVerdict::Pending, 3));
    assert!(pending.verifies.is_empty() && !pending.reports.is_empty());

    team.approve("propose/two", "ada", &["metric latency_p95_ms"]);
    let done = team.approve("propose/two", "bo", &[]);
    let ok = check("main..propose/two");
    assert_eq!((ok.verdict, ok.exit), (RangeVerdict::Ok, 0), "{:?}", ok.problems);
    assert_eq!(ok.verifies, [Method::Merge, Method::Squash, Method::Rebase, Method::FastForward]);
    assert!(ok.effects.items.iter().any(|it| it == "sentiment@champion: 1 → 2"), "{:?}", ok.effects);

    let before = team.main();
    team.land(done);
    assert_eq!(check(&format!("{before}..main")).exit, 0);
    // An empty range changes nothing.
    assert_eq!(check("main..main").verdict, RangeVerdict::Ok);
}

#[test]
fn a_stale_base_is_judged_on_the_head_of_today() {
    let (team, ..) = Team::with_a_champion();
    team.propose_champion("propose/two", "nora", 2);
    team.approve("propose/two", "ada", &["metric latency_p95_ms"]);
    team.approve("propose/two", "bo", &[]);
    let stale = team.main();
    assert_eq!(team.registry.read().check(&format!("{stale}..propose/two"), CheckOptions::default()).unwrap().exit, 0);
    let ada = crate::read::review::team::key_of("ada");
    let two = team.register(2).artifact;
    team.registry.write(&ada).revoke(two, "leaks").unwrap();
    let answer = team.registry.read().check(&format!("{stale}..propose/two"), CheckOptions::default()).unwrap();
    assert_eq!(
        (answer.verdict, answer.exit),
        (RangeVerdict::Refused, 3),
        "it merges cleanly in Git: {:?}",
        answer.problems
    );
    assert_eq!(answer.base, team.main());
}

#[test]
fn what_would_break_the_branch_is_integrity_and_what_only_waits_is_not() {
    let (team, ..) = Team::with_a_champion();
    let head = team.main();
    let gone = commit_on(&team, vec![head], Vec::new(), vec!["policy/0001.json".to_owned()]);
    let answer = team.registry.read().check(&format!("main..{gone}"), CheckOptions::default()).unwrap();
    assert_eq!((answer.verdict, answer.exit, answer.problems[0].code), (RangeVerdict::Failed, 4, Code::BadTip));

    let junk = commit_on(&team, vec![head], vec![("trust/evil.json".to_owned(), b"{}".to_vec())], Vec::new());
    let answer = team.registry.read().check(&format!("main..{junk}"), CheckOptions::default()).unwrap();
    assert_eq!((answer.verdict, answer.exit, answer.problems[0].code), (RangeVerdict::Refused, 4, Code::WrongPath));

    let companion = commit_on(&team, vec![head], vec![(".github/x.yml".to_owned(), b"on: push".to_vec())], Vec::new());
    let answer = team.registry.read().check(&format!("main..{companion}"), CheckOptions::default()).unwrap();
    assert_eq!((answer.exit, answer.companions.count), (0, 1));
}

#[test]
fn a_teleport_is_a_rewritten_history_and_so_is_a_push_that_passes_the_head_by() {
    let (team, ..) = Team::with_a_champion();
    let head = team.main();
    let old = team.registry.repo().resolve_revision("main~3").unwrap();
    let reordered = commit_on(&team, vec![old, head], vec![("README.md".to_owned(), b"x".to_vec())], Vec::new());
    let fork = commit_on(&team, vec![old], vec![("README.md".to_owned(), b"x".to_vec())], Vec::new());
    for (commit, options) in [(reordered, CheckOptions::default()), (reordered, push()), (fork, push())] {
        let answer = team.registry.read().check(&format!("main..{commit}"), options).unwrap();
        assert_eq!((answer.verdict, answer.exit), (RangeVerdict::Failed, 4));
        assert_eq!(answer.problems[0].code, Code::HistoryRewritten);
    }
    // As a proposal the fork is a change of a companion on an old base.
    let answer = team.registry.read().check(&format!("main..{fork}"), CheckOptions::default()).unwrap();
    assert_eq!((answer.exit, answer.verifies.contains(&Method::FastForward)), (0, false));
}

#[test]
fn without_a_pin_nothing_is_checked_and_a_range_of_many_reads_like_one() {
    let (team, ..) = Team::with_a_champion();
    std::fs::remove_file(team.home.path().join("config/refmark/trust.toml")).unwrap();
    let error = team.registry.read().check("main~1..main", CheckOptions::default()).unwrap_err();
    assert_eq!(error.code, Code::Unverified);
    let options = CheckOptions { allow_unverified: true, ..CheckOptions::default() };
    let answer = team.registry.read().check("main~9..main", options).unwrap();
    assert_eq!((answer.verdict, answer.commits, answer.pinned), (RangeVerdict::Ok, 9, false), "{:?}", answer.problems);
    let request = Team::promote(2, "shadow", "look");
    team.propose("propose/shadow", "nora", |facts, author| plan::promote(facts, author, &request));
    assert_eq!(team.registry.read().check("main..propose/shadow", options).unwrap().exit, 0);
}

#[test]
fn a_range_that_nobody_can_judge_within_bounds_fails_in_every_face_and_breaks_none() {
    let (team, ..) = Team::with_a_champion();
    let deep = format!("docs/{}x", "d/".repeat(200));
    let main = team.main();
    let bad = commit_at(
        &team,
        team.registry.world().clock.now(),
        vec![main],
        vec![(deep.clone(), b"x".to_vec())],
        Vec::new(),
    );
    let repo = team.registry.repo();
    repo.move_branch("propose/deep", None, bad).unwrap();
    let read = team.registry.read();
    for options in [push(), CheckOptions::default()] {
        let checked = read.check("main..propose/deep", options).unwrap();
        assert_eq!((checked.verdict, checked.exit), (RangeVerdict::Failed, 4), "{:?}", checked.problems);
        assert!(checked.problems.iter().any(|it| it.code == Code::BadTree), "{:?}", checked.problems);
        assert!(checked.verifies.is_empty());
    }
    let review = read.review("main..propose/deep").unwrap();
    assert!(review.problems.iter().any(|it| it.code == Code::BadTree), "{:?}", review.problems);
    let pushed = |new: Oid| {
        let line = format!("{main} {new} refs/heads/main\n");
        team.registry.share().pre_receive(&line, None).unwrap()
    };
    assert!(!pushed(bad).accepted);
    // Where no hook was there to refuse it, the commit that takes it back is good, and what is honest goes on.
    let mended = commit_at(&team, team.registry.world().clock.now(), vec![bad], Vec::new(), vec![deep]);
    team.land(mended);
    team.propose_champion("propose/two", "nora", 2);
    let checked = read.check("main..propose/two", CheckOptions::default()).unwrap();
    assert_eq!(checked.verdict, RangeVerdict::Pending, "{:?}", checked.problems);
}
