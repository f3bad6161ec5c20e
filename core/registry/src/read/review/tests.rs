//! Reviews of real ranges of a real repository.

use super::team::Team;
use refmark_engine::gate::{Decision, Status};
use refmark_engine::plan::{self, TrustRequest};
use refmark_query::review::{Method, RangeVerdict};
use refmark_records::evidence::Verdict;
use refmark_records::trust::TrustState;
use refmark_render::review::{COMMENT_LIMIT, to_html, to_markdown, to_text};
use refmark_types::error::Code;

#[test]
fn a_proposal_waits_for_its_approvals_and_says_who_could_give_them() {
    let (team, ..) = Team::with_a_champion();
    team.propose_champion("propose/two", "nora", 2);
    team.approve("propose/two", "ada", &["metric latency_p95_ms"]);
    let review = team.registry.read().review("main..propose/two").unwrap();
    assert_eq!(review.verdict, RangeVerdict::Pending, "{:?}", review.problems);
    let change = &review.changes.items[0];
    assert_eq!((change.change.as_str(), change.decision), ("sentiment@champion: 1 → 2", Decision::Pending));
    let waived = change.gates.iter().find(|it| it.gate.status == Status::Waived).unwrap();
    assert_eq!(waived.gate.name, "metric latency_p95_ms");
    let open: Vec<_> = change.signers.iter().filter(|it| it.by.is_none()).collect();
    assert_eq!(open.len(), 1);
    assert!(open[0].could.iter().any(|(id, signed)| id.as_str() == "ada" && *signed), "{open:?}");
    assert!(open[0].could.iter().any(|(id, signed)| id.as_str() == "chen" && !*signed), "{open:?}");
    assert!(!open[0].could.iter().any(|(id, _)| id.as_str() == "nora" || id.as_str() == "ci-eval"), "{open:?}");
    assert_eq!(change.held.as_ref().unwrap().seconds / 86_400, 41);
    assert_eq!(review.methods.len(), 4);
    assert!(review.methods.iter().all(|it| it.verdict == RangeVerdict::Pending));
    assert_eq!(review.methods[3].method, Method::FastForward);
}

#[test]
fn an_approved_proposal_takes_effect_by_every_way_of_merging_and_is_reviewed_after_it_landed() {
    let (team, ..) = Team::with_a_champion();
    team.propose_champion("propose/two", "nora", 2);
    team.approve("propose/two", "ada", &["metric latency_p95_ms"]);
    let done = team.approve("propose/two", "bo", &[]);
    let before = team.main();
    let review = team.registry.read().review("main..propose/two").unwrap();
    assert_eq!((review.verdict, review.landed), (RangeVerdict::Ok, false), "{:?}", review.problems);
    assert!(review.methods.iter().all(|it| it.verdict == RangeVerdict::Ok), "{:?}", review.methods);
    assert!(review.commands.approve.is_none() && review.commands.roll_back.is_some());

    team.land(done);
    let landed = team.registry.read().review(&format!("{before}..main")).unwrap();
    assert_eq!((landed.verdict, landed.landed, landed.methods.len()), (RangeVerdict::Ok, true, 0));
    assert!(landed.summary.ends_with("in effect"), "{}", landed.summary);
    assert_eq!(landed.changes.items[0].statement, review.changes.items[0].statement);
    // The last commit alone is the approval that brought the move into effect.
    let last = team.registry.read().review("main~1..main").unwrap();
    assert_eq!(last.changes.items[0].change, "sentiment@champion: 1 → 2");
    assert_eq!(team.registry.read().review("main").unwrap().changes.count, last.changes.count);
}

#[test]
fn a_refused_proposal_says_every_reason_and_shows_no_evidence_of_its_own() {
    let (team, _, two) = Team::with_a_champion();
    team.evidence("ci-eval", "canary", two, Verdict::Fail, &[]);
    team.propose_champion("propose/two", "nora", 2);
    let review = team.registry.read().review("main..propose/two").unwrap();
    assert_eq!(review.verdict, RangeVerdict::Refused);
    let failed: Vec<_> = review.changes.items[0].gates.iter().filter(|it| it.gate.status == Status::Failed).collect();
    assert!(failed.iter().any(|it| it.gate.name == "evidence canary" && it.gate.found.contains("fail by ci-eval")));
    let text = to_markdown(&review, COMMENT_LIMIT);
    assert!(text.contains("❌") && text.contains("`refused`"), "{text}");
    assert!(review.commands.roll_back.is_none());
}

#[test]
fn somebody_who_lands_first_makes_a_proposal_a_conflict_to_renew() {
    let (team, ..) = Team::with_a_champion();
    team.propose_champion("propose/two", "nora", 2);
    let request = Team::promote(2, "champion", "the same, and faster");
    team.propose("propose/other", "chen", |facts, author| plan::promote(facts, author, &request));
    team.approve("propose/other", "ada", &["metric latency_p95_ms"]);
    let done = team.approve("propose/other", "bo", &[]);
    team.land(done);
    let review = team.registry.read().review("main..propose/two").unwrap();
    assert_eq!((review.verdict, review.problems[0].code), (RangeVerdict::Refused, Code::PremiseGone));
    assert_eq!(review.commands.renew.as_deref(), Some("git fetch && refmark renew propose/two && git push"));
}

#[test]
fn junk_companions_and_hostile_words_are_named_and_harmless() {
    let (team, ..) = Team::with_a_champion();
    let files = vec![
        ("models/evil.txt".to_owned(), b"x".to_vec()),
        (".github/workflows/refmark.yml".to_owned(), b"on: push".to_vec()),
        ("README.md".to_owned(), b"hello".to_vec()),
    ];
    team.commit("junk", "eve", files, "junk");
    let request = Team::promote(1, "shadow", "see @octocat <img src=x> | \u{202e}#1");
    team.propose("junk", "nora", |facts, author| plan::promote(facts, author, &request));
    let review = team.registry.read().review("main..junk").unwrap();
    assert_eq!((review.verdict, review.problems[0].code), (RangeVerdict::Refused, Code::WrongPath));
    assert_eq!(review.companions.count, 2);
    assert!(review.companions.items.iter().any(|it| it.steers_the_forge && it.what == "added"));
    let markdown = to_markdown(&review, COMMENT_LIMIT);
    assert!(markdown.contains("models/evil.txt") && markdown.contains(".github/workflows/refmark.yml"), "{markdown}");
    assert!(!markdown.contains("@octocat") && !markdown.contains("<img"), "{markdown}");
    assert!(!to_html(&review).contains("<img") && !to_text(&review, true).contains('\u{202e}'));
}

#[test]
fn a_new_policy_is_shown_by_what_it_changes() {
    let (team, ..) = Team::with_a_champion();
    let text = |author: &plan::Author| {
        let text = super::team::policy_text(author, 2);
        text.replace(
            "[members.\"eve\"]\nkind = \"person\"\nroles = [\"reader\"]",
            "[members.\"eve\"]\nkind = \"person\"\nroles = [\"mlops-engineer\"]",
        )
    };
    team.propose("policy", "ada", |facts, author| super::team::next_policy(facts, author, &text(author)));
    let review = team.registry.read().review("main..policy").unwrap();
    assert_eq!(review.verdict, RangeVerdict::Ok, "{:?}", review.problems);
    let rules = &review.rules[0];
    assert_eq!((rules.kind, rules.number, rules.decision), ("policy", 2, Decision::Ok));
    assert_eq!(rules.changes.items[0], "eve: reader → mlops-engineer");
    let may = &rules.changes.items[1];
    assert!(
        may.starts_with("eve could not before, and may now: propose, register") && may.contains("alias champion"),
        "{may}"
    );
    assert_eq!((rules.changes.count, rules.asks_less.count), (2, 0), "{:?}", rules.changes.items);
    assert_eq!((rules.lines_added.count, rules.lines_removed.count), (2, 2));
}

#[test]
fn a_first_version_and_bulk_are_reviewed_without_an_old_side() {
    let team = Team::new();
    team.register(1);
    let review = team.registry.read().review("main~1..main").unwrap();
    assert_eq!(review.verdict, RangeVerdict::Ok);
    assert_eq!((review.versions.count, review.changes.count), (1, 1), "the trust move came with it");
    let from_the_start = team.registry.read().review("main~1").unwrap_err();
    assert_eq!(from_the_start.code, Code::NotFound, "the first commit has no parent to be compared with");
    assert_eq!(team.registry.read().review("main...main").unwrap_err().code, Code::BadArgument);
}

/// Digests, ids and keys differ from run to run: the registry's id is random.
pub(super) fn masked(text: &str) -> String {
    let mut masked = String::new();
    let mut run = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_digit() || ('a'..='f').contains(&c) {
            run.push(c);
            continue;
        }
        masked.push_str(if run.len() >= 7 { "#" } else { &run });
        run.clear();
        masked.push(c);
    }
    masked
}

/// `docs/review-sample.md` is written anew by this test where `REFMARK_WRITE_SAMPLE` is set.
#[test]
fn the_sample_in_the_documentation_is_what_a_review_says() {
    let (team, one, two) = Team::with_a_champion();
    team.evidence_on("jigsaw-en", "ci-eval", "evaluation", one, Verdict::Pass, &[("toxicity", 0.031)]);
    team.evidence_on("jigsaw-multi", "ci-eval", "evaluation", two, Verdict::Pass, &[("toxicity", 0.018)]);
    for project in ["checkout", "search"] {
        team.publish(project, 1, one);
    }
    team.publish("mobile", 2, two);
    team.propose_champion("propose/sentiment-champion-2", "nora", 2);
    team.approve("propose/sentiment-champion-2", "ada", &["metric latency_p95_ms"]);
    let review = team.registry.read().review("main..propose/sentiment-champion-2").unwrap();
    let text = to_markdown(&review, COMMENT_LIMIT);
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/review-sample.md");
    if std::env::var_os("REFMARK_WRITE_SAMPLE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    if let Some(folder) = std::env::var_os("REFMARK_SHOW") {
        let folder = std::path::PathBuf::from(folder);
        std::fs::write(folder.join("review.html"), refmark_render::review::to_html_page(&review)).unwrap();
        std::fs::write(folder.join("review.txt"), to_text(&review, true)).unwrap();
        std::fs::write(folder.join("review.json"), serde_json::to_string_pretty(&review).unwrap()).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(masked(&there), masked(&text), "run this test with REFMARK_WRITE_SAMPLE=1");
}

/// A measurement and no test: `REFMARK_BENCH=100000 cargo test --release … how_long -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn how_long_a_review_and_a_check_take_behind_many_commits() {
    use std::io::Write;
    let count: u64 = std::env::var("REFMARK_BENCH").map_or(10_000, |it| it.parse().unwrap());
    let (team, ..) = Team::with_a_champion();
    let mut input = String::new();
    let mut from = format!("from {}\n", team.main());
    for number in 0..count {
        let text = format!("line {number}\n");
        input.push_str(&format!("commit refs/heads/main\ncommitter a <a> {} +0000\ndata 1\nx\n{from}M 100644 inline README.md\ndata {}\n{text}\n", 1_795_000_000 + number, text.len()));
        from.clear();
    }
    let mut git = std::process::Command::new("git");
    let mut git = git.args(["fast-import", "--quiet"]).current_dir(team.registry.git_dir());
    git = git.env("GIT_CONFIG_GLOBAL", "/dev/null").stdin(std::process::Stdio::piped());
    let mut git = git.spawn().unwrap();
    git.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    assert!(git.wait().unwrap().success());
    let timed = |what: &str, run: &dyn Fn()| {
        let start = std::time::Instant::now();
        run();
        println!("{what}: {:?}", start.elapsed());
    };
    timed("verify from the start", &|| drop(team.registry.view().unwrap()));
    team.days(60);
    team.propose_champion("propose/two", "nora", 2);
    for _ in 0..3 {
        timed("review of a proposal", &|| drop(team.registry.read().review("main..propose/two").unwrap()));
        timed("check of a proposal", &|| {
            drop(team.registry.read().check("main..propose/two", Default::default()).unwrap())
        });
    }
    let request = Team::promote(1, "shadow", "look");
    team.write("nora", |facts, author| plan::promote(facts, author, &request));
    timed("review of the newest commit", &|| drop(team.registry.read().review("main~1..main").unwrap()));
    timed("check of the newest commit", &|| {
        drop(team.registry.read().check("main~1..main", Default::default()).unwrap())
    });
    timed("explain of an old move", &|| {
        let view = team.registry.view().unwrap();
        let champion = refmark_types::reference::Reference::parse("sentiment@champion").unwrap();
        drop(team.registry.read().explain(&view, &champion, None, None).unwrap());
    });
}

#[test]
fn many_harmless_moves_hide_neither_a_champion_nor_a_distrust_and_what_was_cut_is_counted() {
    let (team, one, _) = Team::with_a_champion();
    for number in 0..25 {
        let request = Team::promote(2, &format!("a{number:02}"), "a toy");
        team.propose("propose/many", "nora", |facts, author| plan::promote(facts, author, &request));
    }
    team.propose_champion("propose/many", "nora", 2);
    let revoke = TrustRequest::new(one, TrustState::Revoked, "it leaks");
    team.propose("propose/many", "ada", |facts, author| plan::trust(facts, author, &revoke));
    let review = team.registry.read().review("main..propose/many").unwrap();
    let grave: Vec<&str> = review.grave.iter().map(|it| it.change.as_str()).collect();
    assert!(grave.iter().any(|it| it.starts_with("sentiment@champion")), "{grave:?}");
    assert!(grave.iter().any(|it| it.contains("trusted → revoked")), "{grave:?}");
    assert!(review.changes.items[0].change.starts_with("sentiment@champion"), "{}", review.changes.items[0].change);
    assert_eq!(review.changes.count, review.changes.items.len() + review.changes.more);
    assert!(review.changes.more >= 7, "{}", review.changes.more);
    for page in [to_markdown(&review, COMMENT_LIMIT), to_text(&review, false), to_html(&review)] {
        assert!(page.contains("champion") && page.contains("revoked") && !page.contains("Nothing was cut"), "{page}");
    }
    let text = to_markdown(&review, COMMENT_LIMIT);
    assert!(text.contains(&format!("Cut: {} moves", review.changes.more)), "{text}");
}
