//! When and where a file took effect: by halving the first-parent chain, which costs a few trees, and never by waiting for the
//! index to be caught up.

use super::View;
use refmark_engine::chain::Chain;
use refmark_engine::snapshot::History;
use refmark_engine::verify::Verified;
pub use refmark_query::answer::landed::Landed;
use refmark_query::answer::landed::Landings;
use refmark_types::error::Result;
use refmark_types::oid::Oid;

/// Beyond so many commits the chain is only read where there is no index that knows the file already.
const NEAR: usize = 512;

impl<'r> View<'r> {
    /// The commit in which a file took effect. Nothing where it has no effect, or history does not reach back that far.
    pub(crate) fn landed(&self, path: &str) -> Result<Option<Landed>> {
        self.basis()?.landed(path)
    }

    fn chain(&self) -> &Chain<'r> {
        self.chain.get_or_init(|| Chain::new(&self.registry.repo, self.head))
    }

    /// The commit that brought a file, where it took effect there. Nothing where only a walk knows: a commit of this history
    /// was bad once, so that files went and came back, or the record waited for an approval or evidence that came later.
    fn brought(&self, path: &str) -> Result<Option<Oid>> {
        let known = |verified: &Verified<'_>| verified.bad.is_empty() && !verified.walk.late().may_be(path);
        if !self.verified().is_some_and(known) {
            return Ok(None);
        }
        self.chain().brought(path)
    }

    /// Whether a file is older than the commits that are read without a second thought.
    fn is_far(&self, path: &str) -> Result<bool> {
        match self.chain().get(NEAR) {
            Some(commit) => Ok(self.registry.repo.snapshot(commit)?.find(path)?.is_some()),
            None => Ok(false),
        }
    }
}

impl Landings for View<'_> {
    fn known(&self, path: &str) -> Result<Option<Landed>> {
        if self.is_far(path)?
            && let Some(landed) = self.registry.indexed_landing(self, path, false)?
        {
            return Ok(Some(landed));
        }
        match self.brought(path)? {
            Some(commit) => Ok(Some(Landed { commit, time: self.registry.repo.commit(commit)?.time })),
            None => self.registry.indexed_landing(self, path, true),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::pins::tests::Stage1;
    use crate::{LogAnswer, ResolveOptions};
    use refmark_types::reference::Reference;

    #[test]
    fn a_resolve_finds_the_commit_of_a_move_and_makes_no_index_for_it() {
        let stage = Stage1::new();
        let moved = stage.promote(&stage.registry(), 2).commit;
        // Not the newest commit, whose files are known by looking at its parent.
        stage.promote(&stage.registry(), 1);
        let registry = stage.registry();
        let index = registry.own_folder().join("index.sqlite");
        let _ = std::fs::remove_file(&index);
        let two = Reference::parse("sentiment/2").unwrap();
        let came = registry.read().resolve(&two, ResolveOptions::default()).unwrap().commit;
        let view = registry.read().view().unwrap();
        let sequence = registry.read().resolve_in(&view, &two, ResolveOptions::default()).unwrap().sequence;
        assert_eq!((came.is_some(), sequence), (true, None));
        assert!(!index.exists(), "an index was made for one commit's id");
        // The index, made for a list, says the same.
        let LogAnswer { moves, .. } = registry.read().log(&view, None, None).unwrap();
        assert!(index.exists() && moves.iter().any(|row| row.commit == Some(moved)));
        for row in &moves {
            let place = refmark_records::layout::Place::Alias(row.model.clone(), row.alias.clone(), row.sequence);
            assert_eq!(view.landed(&place.path()).unwrap().map(|landed| landed.commit), row.commit);
        }
    }
}
