//! The scopes of a policy as the catalog has them: one that is disabled holds no model any more.

use std::sync::Arc;

use crate::state_reader::StateReader;
use refmark_records::catalog::{EntryState, Family};
use refmark_records::policy::Policy;
use refmark_types::error::Result;
use refmark_types::name::EntryId;

impl StateReader<'_> {
    /// Whether a scope may be named.
    pub(crate) fn is_scope(self, id: &EntryId) -> Result<bool> {
        Ok(self.catalog(Family::Scope, id)?.is_some_and(|entry| entry.state != EntryState::Disabled))
    }

    /// A policy without the models of scopes that are disabled: roles that are limited to those reach nothing.
    pub(crate) fn in_catalog_scopes(self, policy: Arc<Policy>) -> Result<Arc<Policy>> {
        let mut gone = Vec::new();
        for id in policy.scopes.keys() {
            if !self.is_scope(id)? {
                gone.push(id.clone());
            }
        }
        if gone.is_empty() {
            return Ok(policy);
        }
        let mut pruned = (*policy).clone();
        pruned.scopes.iter_mut().filter(|(id, _)| gone.contains(id)).for_each(|(_, patterns)| patterns.clear());
        Ok(Arc::new(pruned))
    }
}
