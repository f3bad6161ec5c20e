//! A week of two people and a CI job, each with a clone of one bare forge, in random order: `refmark`'s own commands, plain
//! `git pull` by merge and by rebase, work that was killed, clocks that are apart. In the end there is one history that all
//! verify, and no change that somebody was told is done is lost without a word.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::crash_tests::bury;
use crate::pins::tests::Stage1;
use crate::share::again::{AgainAnswer, Made};
use crate::share::tests::git;
use crate::tests::{model, world};
use crate::*;
use refmark_engine::plan::PromoteRequest;
use refmark_engine::ports::Clock;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::verify::Outcome;
use refmark_store::testing::disk::{FaultyDisk, Then};
use refmark_types::error::{Code, Result};
use refmark_types::name::AliasName;
use refmark_types::time::Timestamp;

/// A clock that is so many seconds away from the others.
struct Away(Arc<dyn Clock>, i64);

impl Clock for Away {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.now().unix() + self.1)
    }
}

/// A small generator with a fixed seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

struct Clone {
    registry: Registry,
    /// Where plain `git` works, if it does.
    worktree: Option<PathBuf>,
    /// What was said to be done, and what was said not to be on the new head.
    done: BTreeSet<String>,
    told: BTreeSet<String>,
}

impl Clone {
    fn hear(&mut self, again: &AgainAnswer) {
        let repo = self.registry.repo();
        let body = |commit| {
            let message = refmark_engine::snapshot::History::commit(repo, commit).unwrap().message;
            message.split("\n\n").nth(1).unwrap_or_default().to_owned()
        };
        for left in &again.left {
            let head = repo.head(&left.branch).unwrap().unwrap();
            assert!(repo.is_ancestor(left.commit, head).unwrap(), "{} does not hold {}", left.branch, left.subject);
            self.told.insert(body(left.commit));
        }
        self.told.extend(again.made.iter().filter(|it| it.how == Made::StandsAlready).map(|it| body(it.was)));
    }

    fn take(&mut self, made: Option<String>, again: Option<AgainAnswer>) {
        self.done.extend(made);
        again.iter().for_each(|it| self.hear(it));
    }

    /// Does something that is killed at some step on the disk, or is done before it comes there. Nothing was promised then,
    /// but what was promised before stands: on the branch, or on one of those that keep what did not fit.
    fn killed(&mut self, stage: &Stage1, deed: Deed, step: u64, number: usize) {
        let disk = Arc::new(FaultyDisk::at(step, Then::Die));
        let world = Context { disk: disk.clone(), ..self.registry.world().clone() };
        let dying = Registry::open(self.registry.path(), world);
        match dying.and_then(|registry| deed.run(stage, &registry, number)) {
            Ok((made, again)) => self.take(made, again),
            Err(error) => assert!(disk.is_reached() || error.code == Code::NothingToDo, "{error}"),
        }
        bury(self.registry.git_dir(), false);
        let repo = self.registry.repo();
        for branch in repo.branches().unwrap().iter().filter(|it| it.starts_with("unpushed/")) {
            let mut at = repo.head(branch).unwrap();
            while let Some(commit) =
                at.filter(|it| !repo.is_ancestor(*it, stage.registry().head().unwrap()).unwrap_or(false))
            {
                let found = refmark_engine::snapshot::History::commit(repo, commit).unwrap();
                self.told.extend(found.message.split("\n\n").nth(1).map(str::to_owned));
                at = found.parents.first().copied();
            }
        }
    }

    fn pull(&self, how: &str) {
        let Some(at) = &self.worktree else { return };
        git(at, &["reset", "-q", "--hard"]);
        let pulled = std::process::Command::new("git")
            .current_dir(at)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .args(["-c", "user.name=G", "-c", "user.email=g@x", "pull", "-q", "--no-edit", how])
            .output()
            .unwrap();
        if !pulled.status.success() {
            for undo in ["merge", "rebase"] {
                let mut command = std::process::Command::new("git");
                command.current_dir(at).args([undo, "--abort"]).output().unwrap();
            }
            git(at, &["reset", "-q", "--hard"]);
        }
    }
}

fn clones(stage: &Stage1) -> Vec<Clone> {
    let mut clones = Vec::new();
    for (name, away, worktree) in [("ann", 0, false), ("ben", 3_000, true), ("ci", -7_200, false)] {
        let mut held = world(&stage.home().join(name));
        held.pinning = Pinning::Root(stage.registry().first_root());
        held.clock = Arc::new(Away(held.clock.clone(), away));
        let at = stage.home().join(name).join("copy");
        let registry = match worktree {
            true => {
                std::fs::create_dir_all(at.parent().unwrap()).unwrap();
                git(at.parent().unwrap(), &["clone", "-q", &stage.url(), "copy"]);
                Registry::open(&at, held).unwrap()
            }
            false => Registry::clone_from(&stage.url(), Some(&at), held, CloneRequest::default()).unwrap().0,
        };
        let worktree = worktree.then_some(at);
        clones.push(Clone { registry, worktree, done: BTreeSet::new(), told: BTreeSet::new() });
    }
    clones
}

/// One thing that a person or a job does. What comes of it is what the clone is told.
#[derive(Clone, Copy)]
enum Deed {
    Promote { alias: usize, dice: usize },
    Register,
    Fetch,
    Push,
}

impl Deed {
    fn any(dice: &mut Dice) -> Deed {
        match dice.below(7) {
            0..=3 => Deed::Promote { alias: dice.below(3), dice: dice.below(1 << 20) },
            4 => Deed::Register,
            5 => Deed::Fetch,
            _ => Deed::Push,
        }
    }

    /// Does it with a handle of the clone's: what was made, and what was made again.
    fn run(self, stage: &Stage1, registry: &Registry, number: usize) -> Result<(Option<String>, Option<AgainAnswer>)> {
        let signer = Some(stage.writer());
        Ok(match self {
            Deed::Promote { alias, dice } => {
                let versions = registry.view()?.facts()?.newest_version(&model("sentiment"))?;
                let request = PromoteRequest {
                    model: model("sentiment"),
                    alias: AliasName::parse(["blue", "green", "champion"][alias]).unwrap(),
                    version: 1 + dice as u64 % versions.unwrap(),
                    reason: format!("move {number}"),
                    expect: None,
                    evidence: Vec::new(),
                };
                registry.write(stage.writer()).allow_absent(true).promote(&request)?;
                (Some(request.reason), None)
            }
            Deed::Register => {
                let folder = stage.home().join(format!("content-{number}"));
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(folder.join("w.bin"), format!("content {number}")).unwrap();
                registry.write(stage.writer()).register(&Package::new(model("sentiment"), vec![folder])?)?;
                (None, None)
            }
            Deed::Fetch => (None, Some(registry.share().fetch_commits(signer)?.again)),
            Deed::Push => (None, Some(registry.share().push_commits(signer)?.again)),
        })
    }
}

fn step(stage: &Stage1, clone: &mut Clone, dice: &mut Dice, number: usize) {
    match dice.below(10) {
        0..=6 => match Deed::any(dice).run(stage, &clone.registry, number) {
            Ok((made, again)) => clone.take(made, again),
            Err(error) => assert_eq!(error.code, Code::NothingToDo, "{error}"),
        },
        7 | 8 => clone.pull(["--no-rebase", "--rebase"][dice.below(2)]),
        _ => clone.killed(stage, Deed::any(dice), 1 + dice.below(80) as u64, number),
    }
    clone.registry.view().unwrap().check_tip().unwrap();
}

fn one_week(seed: u64, steps: usize) {
    let stage = Stage1::new();
    let mut clones = clones(&stage);
    let mut dice = Dice(seed);
    for number in 0..steps {
        let who = dice.below(clones.len());
        step(&stage, &mut clones[who], &mut dice, number);
    }
    for _ in 0..2 {
        for clone in &mut clones {
            match clone.registry.share().push_commits(Some(stage.writer())) {
                Ok(pushed) => clone.hear(&pushed.again),
                Err(error) => assert_eq!(error.code, Code::NothingToDo, "{error}"),
            }
            let fetched = clone.registry.share().fetch_commits(Some(stage.writer())).unwrap();
            clone.hear(&fetched.again);
        }
    }
    let forge = stage.registry();
    let head = forge.head().unwrap();
    let log = forge.read().log(&forge.view().unwrap(), None, None).unwrap();
    let landed: BTreeSet<String> = log.moves.iter().map(|it| it.reason.clone()).collect();
    for clone in &clones {
        let registry = &clone.registry;
        assert_eq!(registry.head().unwrap(), head, "seed {seed}: {}", registry.path().display());
        let verified = registry.read().verify(None, VerifyOptions::default()).unwrap();
        assert_eq!(verified.verdict, Outcome::Ok, "seed {seed}: {:?}", verified.problems);
        let lost: Vec<&String> =
            clone.done.iter().filter(|it| !landed.contains(*it) && !clone.told.contains(*it)).collect();
        assert!(lost.is_empty(), "seed {seed}: {} lost {lost:?}", registry.path().display());
    }
}

#[test]
fn a_week_of_three_clones_ends_in_one_history_and_loses_nothing_without_a_word() {
    let number = |name: &str, else_: usize| std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(else_);
    let (histories, steps) = (number("REFMARK_HISTORIES", 4), number("REFMARK_STEPS", 40));
    let first = number("REFMARK_SEED", 1) as u64;
    for seed in first..first + histories as u64 {
        one_week(seed, steps);
    }
}
