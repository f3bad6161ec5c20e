//! When and where a file took effect.

use crate::registry::Registry;
use crate::view::View;
pub use refmark_query::answer::landed::Landed;
use refmark_query::answer::landed::Landings;
use refmark_types::error::Result;

impl Registry {
    /// The commit in which a file took effect. Nothing where it has no effect, or history does not reach back that far.
    pub(crate) fn landed(&self, view: &View<'_>, path: &str) -> Result<Option<Landed>> {
        view.basis()?.landed(path)
    }
}

impl Landings for View<'_> {
    fn known(&self, path: &str) -> Result<Option<Landed>> {
        self.registry.indexed_landing(self, path)
    }
}
