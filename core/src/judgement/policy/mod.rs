//! Policies as people meet them: the texts that a registry starts from, what a policy allows in sentences, and what of
//! it can never work.

mod explain;
mod template;
#[cfg(test)]
mod tests;
mod warn;

pub use explain::{changes, explain, gate as explain_gate};
pub use template::{Preset, TeamMember, founding_policy, preset_over, team_policy};
pub use warn::{Warning, warnings};
