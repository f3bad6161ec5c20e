//! Policies as people meet them: the texts that a registry starts from, what a policy allows in sentences, what of it
//! can never work, and changes to its text that keep every comment.

mod template;

pub use template::{Preset, TeamMember, preset_over, team_policy};
