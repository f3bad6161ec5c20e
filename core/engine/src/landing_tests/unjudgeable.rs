//! What anybody can push without a key, and nobody can judge within bounds: it is a bad commit, and stops nobody for ever.

use super::*;
use crate::snapshot::{Change, CommitInfo, Snapshot};
use refmark_types::error::{Error, Result};

/// A history of which the trees of some commits cannot be read within bounds.
pub(super) struct Boundless<'a>(pub(super) &'a MemoryHistory, pub(super) Vec<Oid>);

impl Boundless<'_> {
    fn look(&self, id: Option<Oid>) -> Result<()> {
        match id.is_some_and(|id| self.1.contains(&id)) {
            true => Err(Error::new(Code::BadTree, "the folders below `docs/` are too deep or too many")),
            false => Ok(()),
        }
    }
}

impl History for Boundless<'_> {
    fn commit(&self, id: Oid) -> Result<CommitInfo> {
        History::commit(self.0, id)
    }
    fn changes(&self, id: Oid) -> Result<Vec<Change>> {
        self.between(History::commit(self.0, id)?.parents.first().copied(), id)
    }
    fn between(&self, from: Option<Oid>, to: Oid) -> Result<Vec<Change>> {
        self.look(from).and_then(|()| self.look(Some(to)))?;
        self.0.between(from, to)
    }
    fn snapshot(&self, commit: Oid) -> Result<Box<dyn Snapshot + '_>> {
        self.0.snapshot(commit)
    }
    fn load(&self, oid: Oid, limit: u64) -> Result<Vec<u8>> {
        self.0.load(oid, limit)
    }
}

#[test]
fn a_commit_that_nobody_can_judge_is_bad_and_the_next_that_restores_the_state_is_good() {
    let Two { scene, one, two, head, .. } = two_versions();
    let go = scene.alias(head, "ada", "canary", None, Some(&one));
    let bad = scene.land(head, [Edit::put("docs/deep", "x"), go.edit()]);
    let worse = scene.land(bad, [Edit::put("docs/deeper", "x")]);
    let seen = see_with(&Boundless(&scene.git, vec![bad, worse]), worse, None);
    assert_eq!((seen.tip_is_good(), seen.outcome), (false, Outcome::Failed));
    assert!(seen.problems.iter().any(|it| it.code == Code::BadTree), "{:?}", seen.problems);

    // What it brought is judged in the commit that restores the state.
    let mended = scene.land(worse, [Edit::remove("docs/deep"), Edit::remove("docs/deeper")]);
    let history = Boundless(&scene.git, vec![bad, worse]);
    let seen = see_with(&history, mended, None);
    assert!(seen.tip_is_good());
    assert_eq!(seen.effects.get(&go.path), Some(&mended));
    let on = scene.alias(mended, "ada", "canary", Some(&go), Some(&two));
    let next = scene.land(mended, [on.edit()]);
    see_with(&history, next, None).has(&on);

    // A base in it is none, and a reader that remembered the head before it comes to the same.
    let off = scene.alias(bad, "ada", "canary-eu", None, Some(&one));
    let last = scene.land(next, [off.edit()]);
    see_with(&history, last, None).has_not(&off, Standing::Refused, Code::BadBase);
    let remembered = super::stories::remember(&scene, head);
    let mut resumed = Verifier::resume(&history, last, &remembered).unwrap();
    resumed.run(|_| Ok(())).unwrap();
    assert_eq!(resumed.finish().unwrap().bad, [bad, worse]);
}

#[test]
fn a_reverted_state_after_an_unjudgeable_commit_is_still_bad() {
    let Two { scene, one, head, .. } = two_versions();
    let bad = scene.land(head, [Edit::put("docs/deep", "x"), Edit::remove(&one.version.path)]);
    let after = scene.land(bad, [Edit::remove("docs/deep")]);
    let history = Boundless(&scene.git, vec![bad]);
    let seen = see_with(&history, after, None);
    assert!(!seen.tip_is_good(), "a version that took effect is still missing");
    let mended = scene.git.put_tree_of(&[after], head, scene.tick());
    assert!(see_with(&history, mended, None).tip_is_good());
}
