//! Every way to merge × every shape of a branch × every way in which main moved meanwhile: the same effect.

use super::*;
use crate::testing::registry::Team;
use crate::verify::Remembered;
use refmark_records::evidence::Verdict;
use refmark_records::trust::TrustState;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Merge,
    Squash,
    Rebase,
    /// One commit after the other, the last one first.
    CherryPickBackwards,
    /// As it is where main has not moved; else after the branch took main in, which makes main a second parent.
    FastForward,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    AllInOne,
    MoveThenApprove,
    ApproveInASecondBranch,
    TwoApproversAtOnce,
    EvidenceAfterTheMove,
    EvidenceBeforeTheMove,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Main {
    Stood,
    MovedAnotherAlias,
    MovedTheSameAlias,
    GotAPolicy,
    GotAPolicyWithoutTheAuthor,
    GotAPolicyThatAsksForLess,
    RevokedTheArtifact,
    GotJunk,
    WasBadForAWhile,
}

#[derive(Debug, PartialEq, Eq)]
enum Result {
    Effect,
    Refused,
    Conflict,
    Rewritten,
}

struct Story {
    scene: Scene<MemoryHistory>,
    start: Start,
    one: Made,
    two: Made,
    base: Oid,
    go: Signed,
    /// The branches that land, one after the other.
    branches: Vec<Oid>,
}

fn tell(shape: Shape) -> Story {
    let mut team = Team::default();
    if shape == Shape::TwoApproversAtOnce {
        team.approvals = 2;
    }
    if matches!(shape, Shape::EvidenceAfterTheMove | Shape::EvidenceBeforeTheMove) {
        team.gates = "{ type = \"evidence\", of = \"evaluation\" }".to_owned();
    }
    let Two { scene, start, one, two, head: base } = two_versions_of(&team);
    let go = scene.alias(base, "dan", "champion", None, Some(&one));
    let by_bob = scene.approve(base, "bob", &go);
    let by_cy = scene.approve(base, "cy", &go);
    let pass = scene.evidence(base, "bot", one.artifact, Verdict::Pass, |_| {});
    let branches = match shape {
        Shape::AllInOne => vec![scene.land(base, [go.edit(), by_bob.edit()])],
        Shape::MoveThenApprove => vec![scene.land(scene.land(base, [go.edit()]), [by_bob.edit()])],
        Shape::ApproveInASecondBranch => {
            let moved = scene.land(base, [go.edit()]);
            vec![moved, scene.land(moved, [by_bob.edit()])]
        }
        Shape::TwoApproversAtOnce => {
            let moved = scene.land(base, [go.edit()]);
            vec![scene.land(moved, [by_bob.edit()]), scene.land(moved, [by_cy.edit()])]
        }
        Shape::EvidenceAfterTheMove => {
            vec![scene.land(scene.land(base, [go.edit(), by_bob.edit()]), [pass.edit()])]
        }
        Shape::EvidenceBeforeTheMove => {
            vec![scene.land(scene.land(base, [pass.edit()]), [go.edit(), by_bob.edit()])]
        }
    };
    Story { scene, start, one, two, base, go, branches }
}

impl Story {
    fn move_main(&self, main: Main) -> Oid {
        let Story { scene, start, one, two, base, .. } = self;
        let policy = |change: fn(&mut Team)| {
            let mut team = Team { approvals: 1, ..Team::default() };
            change(&mut team);
            let text = team.text(2, scene.id);
            let (statement, text) = scene.policy(2, Some(&start.policy), Some(*base), &["ada", "cy"], &text);
            scene.land(*base, [statement.edit(), text])
        };
        match main {
            Main::Stood => *base,
            Main::MovedAnotherAlias => scene.land(*base, [scene.alias(*base, "ada", "canary", None, Some(two)).edit()]),
            Main::MovedTheSameAlias => {
                let rival = scene.alias(*base, "ada", "champion", None, Some(two));
                let yes = ["bob", "cy"].map(|by| scene.approve(*base, by, &rival).edit());
                let pass = scene.evidence(*base, "bot", two.artifact, Verdict::Pass, |_| {});
                scene.land(*base, [rival.edit(), pass.edit()].into_iter().chain(yes))
            }
            Main::GotAPolicy => policy(|team| team.add("fay", "person", &["lead"])),
            Main::GotAPolicyWithoutTheAuthor => policy(|team| team.remove("dan")),
            Main::GotAPolicyThatAsksForLess => policy(|team| team.approvals = 0),
            Main::RevokedTheArtifact => {
                let revoke = scene.trust(*base, "bob", one.artifact, Some(&one.trust), TrustState::Revoked);
                scene.land(*base, [revoke.edit()])
            }
            Main::GotJunk => scene.land(*base, [Edit::put("junk", "x"), Edit::put("trust/0002.json", "{}")]),
            Main::WasBadForAWhile => {
                scene.land(scene.land(*base, [Edit::remove(&one.version.path)]), [one.version.edit()])
            }
        }
    }

    /// Lands a branch. Nothing where Git stops with a conflict.
    fn land(&self, method: Method, main: Oid, tip: Oid) -> Option<Oid> {
        let git = &self.scene.git;
        let time = self.scene.tick();
        let mut commits = crate::snapshot::first_parents(git, tip, Some(self.base)).unwrap().unwrap();
        if method != Method::CherryPickBackwards {
            commits.reverse();
        }
        match method {
            Method::Merge => git.merge(main, tip, time).ok(),
            Method::Squash => git.squash(main, tip, time).ok(),
            Method::FastForward if commits.contains(&main) || main == self.base => Some(tip),
            Method::FastForward => git.merge(tip, main, time).ok(),
            Method::Rebase | Method::CherryPickBackwards => {
                commits.into_iter().try_fold(main, |main, commit| self.pick(main, commit))
            }
        }
    }

    fn pick(&self, onto: Oid, commit: Oid) -> Option<Oid> {
        let git = &self.scene.git;
        let changes = git.changes(commit).unwrap();
        let snapshot = git.snapshot(onto).unwrap();
        let here = |path: &str| snapshot.find(path).unwrap().map(|snapshot| (snapshot.mode, snapshot.oid));
        if changes.iter().all(|change| here(&change.path) == change.new) {
            return Some(onto);
        }
        let clean = changes.iter().all(|change| here(&change.path) == change.old || here(&change.path) == change.new);
        clean.then(|| git.pick(onto, commit, self.scene.tick()))
    }

    fn result(&self, method: Method, main: Oid) -> Result {
        let mut at = main;
        for branch in &self.branches {
            let remembered = remember(&self.scene, at);
            match self.land(method, at, *branch) {
                Some(next) => at = next,
                None => return Result::Conflict,
            }
            if let Err(error) = Verifier::resume(&self.scene.git, at, &remembered) {
                assert_eq!(error.code, Code::HistoryRewritten);
                return Result::Rewritten;
            }
        }
        let seen = see(&self.scene, at);
        assert!(seen.tip_is_good());
        match seen.inert.get(&self.go.path) {
            None => Result::Effect,
            Some((Standing::Refused, _)) => Result::Refused,
            Some(other) => panic!("{other:?}"),
        }
    }
}

fn remember(scene: &Scene<MemoryHistory>, head: Oid) -> Remembered {
    let mut verifier = Verifier::from_the_start(&scene.git, head, None).unwrap();
    verifier.run(|_| Ok(())).unwrap();
    verifier.finish().unwrap().remember().unwrap()
}

fn expected(method: Method, shape: Shape, main: Main) -> Result {
    // A second branch that was cut before the first one landed is no longer ahead of main alone.
    let forks = shape == Shape::TwoApproversAtOnce;
    match (method, main) {
        (Method::FastForward, Main::MovedTheSameAlias) => Result::Conflict,
        (Method::FastForward, Main::Stood) if !forks => Result::Effect,
        (Method::FastForward, _) => Result::Rewritten,
        (_, Main::MovedTheSameAlias) => Result::Conflict,
        (_, Main::GotAPolicyWithoutTheAuthor | Main::RevokedTheArtifact) => Result::Refused,
        _ => Result::Effect,
    }
}

#[test]
fn however_a_branch_lands_the_same_takes_effect() {
    use Main::*;
    use Method::*;
    use Shape::*;
    let mut told = 0;
    for shape in [
        AllInOne,
        MoveThenApprove,
        ApproveInASecondBranch,
        TwoApproversAtOnce,
        EvidenceAfterTheMove,
        EvidenceBeforeTheMove,
    ] {
        for main in [
            Stood,
            MovedAnotherAlias,
            MovedTheSameAlias,
            GotAPolicy,
            GotAPolicyWithoutTheAuthor,
            GotAPolicyThatAsksForLess,
            RevokedTheArtifact,
            GotJunk,
            WasBadForAWhile,
        ] {
            for method in [Merge, Squash, Rebase, CherryPickBackwards, FastForward] {
                let story = tell(shape);
                let moved = story.move_main(main);
                assert_eq!(
                    story.result(method, moved),
                    expected(method, shape, main),
                    "{method:?} of {shape:?} where main {main:?}"
                );
                told += 1;
            }
        }
    }
    assert!(told >= 121, "{told}");
}
