//! Evidence that counts for nothing, because it rests on a key that was lost to somebody else.

use std::cell::RefCell;

use crate::effective::Effective;
use crate::state_reader::StateReader;
use refmark_records::policy::Policy;
use refmark_records::signature::KeyId;
use refmark_records::statement::Record;
use refmark_types::error::Result;
use std::collections::BTreeSet;

/// What is known of lost keys where a change is judged.
pub struct LostKeys<'a> {
    /// The paths that rest on a distrusted key.
    tainted: &'a BTreeSet<String>,
    /// Keys that only the judging policy distrusts: it lands with the change, and what they taint is not known yet.
    fresh: Vec<KeyId>,
    /// The paths of the records that spoke for the change.
    support: RefCell<Vec<String>>,
}

impl<'a> LostKeys<'a> {
    /// The doubts under a policy, given what took effect before the change and what of it is tainted.
    pub fn of(policy: &Policy, before: &dyn Effective, tainted: &'a BTreeSet<String>) -> Result<LostKeys<'a>> {
        if policy.distrust.is_empty() {
            return Ok(LostKeys { tainted, fresh: Vec::new(), support: RefCell::default() });
        }
        let known = StateReader(before).newest_policy()?.map(|policy| policy.0);
        let is_known =
            |key: &KeyId| known.as_ref().is_some_and(|policy| policy.distrust.iter().any(|lost| lost.key == *key));
        let fresh = policy.distrust.iter().map(|distrust| distrust.key).filter(|key| !is_known(key)).collect();
        Ok(LostKeys { tainted, fresh, support: RefCell::default() })
    }

    /// Whether a record may count.
    pub fn counts(&self, record: &Record) -> bool {
        !self.tainted.contains(record.common().path)
            && !record.signatures.iter().any(|signature| self.fresh.contains(&signature.keyid))
    }

    /// Notes that the change passes by this record too: what taints it later taints the change.
    pub fn rests_on(&self, record: &Record) {
        let mut support = self.support.borrow_mut();
        let path = record.common().path;
        if !support.iter().any(|support| support == path) {
            support.push(path.to_owned());
        }
    }

    /// Gives away the paths of what the change passed by.
    pub fn take_support(&self) -> Vec<String> {
        self.support.take()
    }
}
