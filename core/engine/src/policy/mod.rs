//! The policies that a registry starts from.

mod template;

pub use template::{Preset, TeamMember, founding_policy, one_person_policy, preset_over, team_policy};
