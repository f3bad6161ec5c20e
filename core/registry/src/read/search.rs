//! `search`: versions by text, and by what is known of them.

use crate::read::resolve::find;
use crate::registry::Reader;
use crate::view::View;
pub use refmark_query::answer::search::SearchAnswer;
use refmark_query::index::SearchRequest;
use refmark_types::error::Result;
use refmark_types::reference::Reference;

impl<'r> Reader<'r> {
    /// The versions for which everything that was asked holds. Any text is a query; none is an error.
    pub fn search(&self, view: &View<'_>, request: &SearchRequest) -> Result<SearchAnswer> {
        let mut found = self.registry.indexed_or_in_memory(view, |index| index.search(request))?;
        view.basis()?.mark_tainted(found.iter_mut().map(|it| &mut it.version))?;
        Ok(SearchAnswer { found, as_of: view.as_of()? })
    }

    /// The versions of artifacts that were made from what a reference names, with what else was asked.
    pub fn search_children(
        &self,
        view: &View<'_>,
        parent: &Reference,
        request: &SearchRequest,
    ) -> Result<SearchAnswer> {
        let parent = Some(find(view.facts()?, parent)?.artifact);
        self.search(view, &SearchRequest { parent, ..request.clone() })
    }
}
