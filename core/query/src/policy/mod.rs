//! Policies as people meet them: what a policy allows in sentences, and what of it can never work.

mod aliases;
mod compare;
mod explain;
#[cfg(test)]
mod tests;
mod warn;

pub use aliases::{AliasClass, alias_classes};
pub use compare::{PolicyChanges, compare};
pub use explain::{LIVE_NAMES, changes, explain, gate as explain_gate};
pub use warn::{Warning, warnings};
