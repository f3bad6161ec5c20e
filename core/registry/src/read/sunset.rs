//! `sunset`: what was retired, until when it may be used, and who still does.

use crate::registry::Reader;
use crate::view::View;
pub use refmark_query::answer::sunset::SunsetAnswer;
use refmark_query::answer::sunset::sunset;
use refmark_types::error::Result;

impl<'r> Reader<'r> {
    /// The versions whose sunset clock runs.
    pub fn sunset(&self, view: &View<'_>) -> Result<SunsetAnswer> {
        sunset(&view.basis()?, self.registry.world.clock.now())
    }
}
