//! `show`: everything that is known of a version.

use crate::read::resolve::{ResolveAnswer, ResolveOptions};
use crate::registry::Reader;
use crate::view::View;
pub use refmark_query::answer::show::ShowAnswer;
use refmark_query::answer::show::show;
use refmark_store::blob::Presence;
use refmark_types::error::Result;
use refmark_types::reference::Reference;

impl<'r> Reader<'r> {
    /// Everything that is known of what a reference names, whatever its state.
    pub fn show(&self, view: &View<'_>, reference: &Reference) -> Result<ShowAnswer> {
        let mut shown =
            show(&view.basis()?, reference, &|digest| Ok(self.registry.store.presence(digest)? == Presence::Absent))?;
        shown.manifest_is = self.registry.manifest_is(&shown.artifact);
        Ok(shown)
    }

    /// What a reference means, in a view that the caller holds.
    pub fn resolve_here(&self, view: &View<'_>, reference: &Reference) -> Result<ResolveAnswer> {
        self.resolve_in(view, reference, ResolveOptions::default())
    }
}
