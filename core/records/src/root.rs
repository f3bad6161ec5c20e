//! Trust roots: the keys for root and policy.

use serde::{Deserialize, Serialize};

use super::common::predicate;
use super::signature::PublicKey;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::PrincipalId;

/// The format's number that this refmark writes, and the newest that it reads.
pub const FORMAT: u64 = 2;

/// The oldest format that this refmark reads. Format 1 was 0.1.0's alone and was never released to anybody.
pub const OLDEST_FORMAT: u64 = 2;

/// Whether this refmark reads a format. An error `upgrade-needed` for a newer one, `format-retired` for an older one;
/// `what` names the file in the message, such as `the policy`.
pub fn readable(what: &str, format: u64) -> Result<()> {
    if format > FORMAT {
        let message = format!("{what} is of format {format}, and this refmark reads up to {FORMAT}");
        return Err(Error::new(Code::UpgradeNeeded, message).hint("upgrade refmark"));
    }
    if format < OLDEST_FORMAT {
        let message = format!("{what} is of format {format}, and this refmark reads from {OLDEST_FORMAT} on");
        return Err(Error::new(Code::FormatRetired, message)
            .hint("refmark 0.1 reads it; make a new registry and register the artifacts again"));
    }
    Ok(())
}

/// A principal of the root and the keys that speak for it. However many keys it has, it counts once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keyholder {
    /// The principal.
    pub principal: PrincipalId,
    /// Its keys.
    pub keys: Vec<PublicKey>,
}

/// So many of these principals must sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quorum {
    /// How many, from 1 to the number of principals.
    pub threshold: u64,
    /// Who counts.
    pub principals: Vec<PrincipalId>,
}

predicate! {
    /// Trust root n. Root n+1 needs the thresholds of both.
    Root {
        /// The root's number, from 1.
        number: u64,
        /// The registry's name, for people.
        name: String,
        /// The number of the format that the registry is written in.
        format: u64,
        /// Who must sign the next root.
        root: Quorum,
        /// Who must sign a policy.
        policy: Quorum,
        /// The keys of everybody named above.
        keyholders: Vec<Keyholder>,
        /// Why this root replaces the one before.
        reason: String,
        ...
    }
}

impl Root {
    /// The rule that this root breaks by itself, if any: thresholds from 1 to n, every principal with a key, no key twice.
    pub fn broken_rule(&self) -> Option<String> {
        let mut keys = std::collections::BTreeSet::new();
        let mut holders = std::collections::BTreeSet::new();
        for holder in &self.keyholders {
            if !holders.insert(&holder.principal) {
                return Some(format!("principal {} stands twice", holder.principal));
            }
            if holder.keys.is_empty() {
                return Some(format!("principal {} has no key", holder.principal));
            }
            if !holder.keys.iter().all(|key| keys.insert(key.to_string())) {
                return Some(format!("a key of {} stands twice", holder.principal));
            }
        }
        for (what, quorum) in [("root", &self.root), ("policy", &self.policy)] {
            let distinct: std::collections::BTreeSet<_> = quorum.principals.iter().collect();
            if distinct.len() != quorum.principals.len() {
                return Some(format!("the {what} quorum names a principal twice"));
            }
            if let Some(unknown) = quorum.principals.iter().find(|principal| !holders.contains(principal)) {
                return Some(format!("the {what} quorum names {unknown}, who has no key here"));
            }
            if quorum.threshold < 1 || quorum.threshold > quorum.principals.len() as u64 {
                return Some(format!(
                    "the {what} threshold is {}, and must be from 1 to {}",
                    quorum.threshold,
                    quorum.principals.len()
                ));
            }
        }
        None
    }

    /// The keys of a principal.
    pub fn keys_of(&self, principal: &PrincipalId) -> &[PublicKey] {
        self.keyholders
            .iter()
            .find(|holder| holder.principal == *principal)
            .map(|holder| holder.keys.as_slice())
            .unwrap_or_default()
    }
}
