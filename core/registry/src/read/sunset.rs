//! `sunset`: what was retired, until when it may be used, and who still does.

use crate::registry::Registry;
use crate::view::View;
pub use refmark_query::answer::sunset::SunsetAnswer;
use refmark_query::answer::sunset::sunset;
use refmark_types::error::Result;

impl Registry {
    /// The versions whose sunset clock runs.
    pub fn sunset(&self, view: &View<'_>) -> Result<SunsetAnswer> {
        sunset(&view.basis()?, self.world.clock.now())
    }
}
