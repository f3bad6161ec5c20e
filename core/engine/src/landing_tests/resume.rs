//! Going on from what was remembered, at every commit of a hostile history, comes to the same as a walk from the start.

use super::oracle::history;
use super::*;
use crate::effective::Effective;
use crate::verify::{NeedsWholeWalk, Remembered};

/// Everything that a reader could tell two walks apart by.
fn told(verified: &Verified<'_>) -> (Vec<String>, Outcome, Vec<Oid>, Option<Oid>, u64, Vec<String>) {
    let inert = verified.walk.inert().iter().map(|landing| {
        let codes: Vec<(&String, Code, &String)> =
            landing.findings.iter().map(|(path, error)| (path, error.code, &error.message)).collect();
        format!("{} {:?} {:?} {codes:?}", landing.commit, landing.standing, landing.files)
    });
    let mut bad = verified.bad.clone();
    bad.sort();
    (inert.collect(), verified.outcome(), bad, verified.last_good, verified.walk.commits(), verified.tainted.clone())
}

fn walk<'h>(mut verifier: Verifier<'h>) -> refmark_types::error::Result<Verified<'h>> {
    verifier.run(|_| Ok(()))?;
    verifier.finish()
}

#[test]
fn a_reader_that_goes_on_from_any_commit_comes_to_the_same_as_one_from_the_start() {
    let mut resumed = 0;
    for seed in 1000..1009 {
        let teller = history(seed);
        let git = &teller.scene.git;
        let head = *teller.chain.last().unwrap();
        let whole = walk(Verifier::from_the_start(git, head, None).unwrap()).unwrap();
        let tree = git.between(None, head).unwrap();
        for at in &teller.chain {
            let Some(remembered) = walk(Verifier::from_the_start(git, *at, None).unwrap()).unwrap().remember() else {
                continue;
            };
            // As it comes back from a file.
            let text = serde_json::to_string(&remembered).unwrap();
            let remembered: Remembered = serde_json::from_str(&text).unwrap();
            let later = match walk(Verifier::resume(git, head, &remembered).unwrap()) {
                Err(error) if NeedsWholeWalk::is(&error) => continue,
                other => other.unwrap(),
            };
            assert_eq!(told(&later), told(&whole), "seed {seed} from {at}");
            for change in &tree {
                let (later, whole) = (later.state(), whole.state());
                assert_eq!(later.oid(&change.path).unwrap(), whole.oid(&change.path).unwrap(), "{}", change.path);
                let folders = change.path.match_indices('/').map(|(end, _)| &change.path[..end]);
                for folder in folders.chain([""]) {
                    let sorted = |mut names: Vec<String>| {
                        names.sort();
                        names
                    };
                    let names = (later.children(folder).unwrap(), whole.children(folder).unwrap());
                    assert_eq!(sorted(names.0), sorted(names.1), "seed {seed} from {at}: `{folder}`");
                }
            }
            resumed += 1;
        }
    }
    assert!(resumed > 60, "{resumed}");
}
