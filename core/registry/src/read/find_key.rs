//! Finding the key that a change is signed with.

use crate::registry::Reader;
use refmark_records::signature::PublicKey;
use refmark_store::key::{Found, KeySearch, look};
use refmark_types::error::Result;

impl<'r> Reader<'r> {
    /// Looks for a key by `search`. Where nobody named one, a key of a member of the newest policy comes before others.
    pub fn find_key(&self, search: &KeySearch<'_>) -> Result<Found> {
        let keys = self.member_keys()?;
        look(&KeySearch { only: Some(&keys), ..search.clone() })
    }

    /// The keys of every member of the newest policy.
    pub fn member_keys(&self) -> Result<Vec<PublicKey>> {
        let view = self.view()?;
        let Some((policy, _)) = view.facts()?.newest_policy()? else { return Ok(Vec::new()) };
        Ok(policy.members.values().flat_map(|member| &member.keys).copied().collect())
    }
}
