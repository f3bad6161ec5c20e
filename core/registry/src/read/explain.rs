//! `explain`: why one thing is as it is, and why another is not.

use crate::registry::Reader;
use crate::view::View;
pub use refmark_query::answer::explain::ExplainAnswer;
use refmark_query::answer::explain::{WhyNot, explain};
use refmark_types::error::Result;
use refmark_types::name::PrincipalId;
use refmark_types::reference::Reference;

#[cfg(test)]
mod tests;

impl<'r> Reader<'r> {
    /// Explains what a reference names; with `why_not`, also why its alias does not hold that version, judged as if `by` (or
    /// the first who may) proposed it now.
    pub fn explain(
        &self,
        view: &View<'_>,
        reference: &Reference,
        why_not: Option<u64>,
        by: Option<&PrincipalId>,
    ) -> Result<ExplainAnswer> {
        let (now, registry) = (self.registry.world.clock.now(), self.registry.id());
        let asked = why_not.map(|version| WhyNot { version, by, now, registry });
        explain(&view.basis()?, reference, asked)
    }
}
