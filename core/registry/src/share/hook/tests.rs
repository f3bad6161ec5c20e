//! A real `git push` to a bare repository whose hook is this test program itself.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::Quarantine;
use crate::RegisterAnswer;
use crate::Registry;
use crate::read::review::team::{Team, key_of};
use crate::tests::{model, world};
use refmark_engine::plan;
use refmark_engine::ports::store::RecordStore;
use refmark_types::error::Code;
use refmark_types::oid::Oid;

/// Not a story of its own: the hook runs this test program with this test, and the variable that says so.
#[test]
fn as_the_hook_of_a_push() {
    let Some(home) = std::env::var_os("REFMARK_TEST_HOOK_HOME") else { return };
    let git_dir = std::env::var_os("GIT_DIR").map(PathBuf::from).unwrap();
    let registry = Registry::open(&std::path::absolute(git_dir).unwrap(), world(Path::new(&home))).unwrap();
    let quarantine = std::env::var_os("GIT_QUARANTINE_PATH").map(|path| Quarantine {
        object_dir: std::env::var_os("GIT_OBJECT_DIRECTORY").map(PathBuf::from).unwrap_or(path.into()),
        alternates: std::env::split_paths(&std::env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default())
            .collect(),
    });
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).unwrap();
    let answer = registry.share().pre_receive(&input, quarantine.as_ref()).unwrap();
    for line in answer.lines() {
        eprintln!("{line}");
    }
    std::process::exit(answer.exit.into());
}

fn git(home: &Path, folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=eve", "-c", "user.email=eve@example.com"]).args(arguments);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", home).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("REFMARK_TEST_HOOK_HOME", home);
    command.output().unwrap()
}

fn done(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn refused(output: Output) -> String {
    assert!(!output.status.success(), "it was taken");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn install(team: &Team) -> PathBuf {
    team.registry.share().install_hook("refmark").unwrap();
    let hook = team.registry.git_dir().join("hooks/pre-receive");
    let text = std::fs::read_to_string(&hook).unwrap();
    assert!(text.contains("exec 'refmark' hook pre-receive"), "{text}");
    let program = std::env::current_exe().unwrap();
    let (_, here) = module_path!().split_once("::").unwrap();
    let test = format!("{here}::as_the_hook_of_a_push");
    let run = format!("exec '{}' --exact {test} --nocapture", program.display());
    std::fs::write(&hook, text.replace("exec 'refmark' hook pre-receive", &run)).unwrap();
    team.home.path().join("clone")
}

fn objects(team: &Team) -> usize {
    let count = done(git(team.home.path(), team.registry.git_dir(), &["count-objects"]));
    count.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_real_push_is_taken_or_refused_and_what_is_refused_leaves_nothing_behind() {
    let (team, ..) = Team::with_a_champion();
    team.propose_champion("propose/two", "nora", 2);
    team.approve("propose/two", "ada", &["metric latency_p95_ms"]);
    let clone = install(&team);
    let home = team.home.path();
    let origin = team.registry.git_dir().display().to_string();
    done(git(home, home, &["clone", "-q", &origin, "clone"]));
    let run = |arguments: &[&str]| git(home, &clone, arguments);
    let before = (team.main(), objects(&team));

    // Pending on the branch itself: not yet.
    let said = refused(run(&["push", "origin", "origin/propose/two:main"]));
    assert!(
        said.contains("pending refs/heads/main")
            && said.contains("one approval is needed")
            && said.contains("(bo, chen)"),
        "{said}"
    );

    // Junk, a removed record, a rewind and a deletion.
    std::fs::write(clone.join("trust/evil.json"), "{}").unwrap();
    done(run(&["add", "-A"]));
    done(run(&["commit", "-qm", "junk"]));
    assert!(refused(run(&["push", "origin", "HEAD:main"])).contains("wrong-path"));
    done(run(&["reset", "-q", "--hard", "origin/main"]));
    done(run(&["rm", "-q", "policy/0001.json"]));
    done(run(&["commit", "-qm", "gone"]));
    assert!(refused(run(&["push", "origin", "HEAD:main"])).contains("bad-tip"));
    done(run(&["config", "--file", &format!("{origin}/config"), "receive.denyNonFastForwards", "false"]));
    done(run(&["config", "--file", &format!("{origin}/config"), "receive.denyDeletes", "false"]));
    assert!(refused(run(&["push", "--force", "origin", "origin/main~2:main"])).contains("history-rewritten"));
    assert!(refused(run(&["push", "origin", ":main"])).contains("history-rewritten"));
    assert_eq!((team.main(), objects(&team)), before, "nothing was left behind");

    // A proposal may hold junk; a replaced object may not come in.
    done(run(&["push", "-q", "origin", "HEAD:refs/heads/propose/junk"]));
    done(run(&["replace", "HEAD", "HEAD~1"]));
    assert!(refused(run(&["push", "origin", "refs/replace/*:refs/replace/*"])).contains("replaced objects"));

    // A tag leads to a commit and is as small as a proposal; what is neither branch, tag nor note is not taken.
    done(run(&["replace", "-d", "HEAD"]));
    done(run(&["tag", "v1", "HEAD"]));
    done(run(&["push", "-q", "origin", "v1"]));
    std::fs::write(clone.join("large"), "bytes").unwrap();
    let blob = done(run(&["hash-object", "-w", "large"]));
    done(run(&["update-ref", "refs/tags/bytes", blob.trim()]));
    assert!(refused(run(&["push", "origin", "refs/tags/bytes"])).contains("leads to no commit"));
    assert!(refused(run(&["push", "origin", "HEAD:refs/strange/x"])).contains("no branch, tag or note"));

    assert!(refused(run(&["push", "origin", "HEAD:refs/heads/MAIN"])).contains("case is not told apart"));

    // With the second approval it lands.
    team.approve("propose/two", "bo", &[]);
    done(run(&["fetch", "-q"]));
    done(run(&["push", "-q", "origin", "origin/propose/two:main"]));
    assert_eq!(Some(team.main()), team.registry.repo().head("propose/two").unwrap());
}

#[test]
fn another_hook_is_left_alone_and_our_own_is_installed_once() {
    let team = Team::new();
    let hook = team.registry.git_dir().join("hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\nexit 0\n").unwrap();
    assert_eq!(team.registry.share().install_hook("refmark").unwrap_err().code, Code::Exists);
    std::fs::remove_file(&hook).unwrap();
    assert!(!team.registry.share().install_hook("/opt/it's/refmark").unwrap().unchanged);
    assert!(team.registry.share().install_hook("/opt/it's/refmark").unwrap().unchanged);
    assert!(std::fs::read_to_string(&hook).unwrap().contains("exec '/opt/it'\\''s/refmark' hook"));
}

#[test]
fn a_writer_of_our_own_needs_no_hook_and_a_broken_line_is_an_error() {
    let team = Team::new();
    let _: RegisterAnswer = team.registry.write(&key_of("nora")).register(&team.package(1)).unwrap();
    assert_eq!(team.registry.share().pre_receive("what", None).unwrap_err().code, Code::BadArgument);
    let zero = "0".repeat(40);
    let line = format!("{} {zero} refs/heads/main\n", team.main());
    let answer = team.registry.share().pre_receive(&line, None).unwrap();
    assert_eq!((answer.accepted, answer.exit), (false, 4));
    assert!(team.registry.share().pre_receive("", None).unwrap().accepted);
}

#[test]
fn a_record_of_next_year_and_a_model_that_looks_like_another_are_not_taken() {
    let team = Team::new();
    team.register(1);
    let pushed = |new: Oid| {
        let line = format!("{} {new} refs/heads/main\n", team.main());
        let answer = team.registry.share().pre_receive(&line, None).unwrap();
        (answer.accepted, answer.refs[0].problems.iter().map(|it| it.code).collect::<Vec<_>>())
    };
    team.days(400);
    let late = team.propose("propose/late", "nora", |facts, author| {
        plan::promote(facts, author, &Team::promote(1, "dev", "a move of next year"))
    });
    team.days(-400);
    let (accepted, codes) = pushed(late);
    assert!(!accepted && codes.contains(&Code::BadTime), "{codes:?}");

    // A name that looks like a standing one comes in by nobody, and not by saying that it was imported.
    for imported in [true, false] {
        let twin = team.propose(&format!("propose/twin-{imported}"), "nora", |facts, author| {
            let standing = facts.version(&model("sentiment"), 1)?.unwrap();
            let mut version = (*standing).clone();
            version.model = model("Sentiment");
            version.path = refmark_records::layout::Place::Version(model("Sentiment"), 1).path();
            version.imported = imported.then_some(version.time);
            (version.time, version.base, version.by) = (author.time, author.base, author.by.clone());
            let mut plan = plan::Plan { subject: "a twin".to_owned(), ..plan::Plan::default() };
            plan.statements.push(refmark_records::statement::Statement::new(version));
            Ok(plan)
        });
        let (accepted, codes) = pushed(twin);
        assert!(!accepted && codes.contains(&Code::BadName), "{codes:?}");
    }
}
