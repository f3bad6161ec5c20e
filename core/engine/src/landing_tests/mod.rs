//! The landing rule, put to the test: stories, every way to merge, hostile histories against a naive judge, and resuming.

mod cheats;
mod lost_closure;
mod lost_keys;
mod matrix;
mod naive;
mod oracle;
mod random;
mod releases;
mod resume;
mod revoked_bytes;
mod stories;
mod twins;
mod unjudgeable;

use super::landing::Standing;
use super::snapshot::History;
use super::verify::{Outcome, Problem, Verified, Verifier};
use crate::testing::memory::MemoryHistory;
use crate::testing::registry::{Edit, Made, Scene, Signed, Start, Workshop};
use refmark_types::digest::Digest;
use refmark_types::error::Code;
use refmark_types::oid::Oid;
use std::collections::BTreeMap;

/// What a walk came to.
struct Seen {
    /// Every commit of the chain, oldest first, and whether it is good.
    commits: Vec<(Oid, bool)>,
    /// What took effect, and where.
    effects: BTreeMap<String, Oid>,
    /// What has no effect, and why.
    inert: BTreeMap<String, (Standing, Option<Code>)>,
    /// How many times a landing was judged.
    judgements: u64,
    outcome: Outcome,
    problems: Vec<Problem>,
    tainted: Vec<String>,
}

impl Seen {
    #[track_caller]
    fn has(&self, signed: &Signed) {
        assert!(
            self.effects.contains_key(&signed.path),
            "{} has no effect: {:?} {:#?}",
            signed.path,
            self.inert,
            self.problems
        );
    }

    #[track_caller]
    fn has_not(&self, signed: &Signed, standing: Standing, code: Code) {
        self.path_has_not(&signed.path, standing, code);
    }

    #[track_caller]
    fn path_has_not(&self, path: &str, standing: Standing, code: Code) {
        assert_eq!(self.inert.get(path), Some(&(standing, Some(code))), "{path}: {:#?}", self.problems);
        assert!(!self.effects.contains_key(path));
    }

    fn tip_is_good(&self) -> bool {
        self.commits.last().is_some_and(|commit| commit.1)
    }
}

fn see<W: Workshop>(scene: &Scene<W>, head: Oid) -> Seen {
    see_with(&scene.git, head, None)
}

fn see_with(history: &dyn History, head: Oid, pin: Option<Digest>) -> Seen {
    let mut verifier = Verifier::from_the_start(history, head, pin).unwrap();
    let mut commits = Vec::new();
    let mut effects = BTreeMap::new();
    verifier
        .run(|verdict| {
            commits.push((verdict.commit, verdict.bad.is_none()));
            for effect in &verdict.effects {
                effects.extend(effect.files.keys().map(|path| (path.clone(), verdict.commit)));
            }
            Ok(())
        })
        .unwrap();
    seen(commits, effects, &verifier.finish().unwrap())
}

fn seen(commits: Vec<(Oid, bool)>, effects: BTreeMap<String, Oid>, verified: &Verified<'_>) -> Seen {
    let mut inert = BTreeMap::new();
    for landing in verified.walk.inert() {
        for path in landing.files.keys() {
            let code = landing.findings.iter().find(|finding| finding.0 == *path).map(|finding| finding.1.code);
            inert.insert(path.clone(), (landing.standing, code));
        }
    }
    Seen {
        commits,
        effects,
        inert,
        judgements: verified.walk.judgements(),
        outcome: verified.outcome(),
        problems: verified.problems(),
        tainted: verified.tainted.clone(),
    }
}

/// A team of six with two trusted versions of model `m`.
struct Two {
    scene: Scene<MemoryHistory>,
    start: Start,
    one: Made,
    two: Made,
    /// The commit that brought the versions.
    head: Oid,
}

fn two_versions() -> Two {
    two_versions_of(&crate::testing::registry::Team::default())
}

fn two_versions_of(team: &crate::testing::registry::Team) -> Two {
    let scene = Scene::in_memory();
    let start = scene.start_with(team);
    let one = scene.version(start.head, "dan", "m", None, "weights of one");
    let two = scene.version(start.head, "dan", "m", Some(&one), "weights of two");
    let edits: Vec<Edit> = one.edits().into_iter().chain(two.edits()).collect();
    let head = scene.land(start.head, edits);
    Two { scene, start, one, two, head }
}
