//! Governance as stories: a team of fixed keys, its policy, and what its members may and may not do.

mod bytes;
mod catalog;
mod clocks;
mod gates;
mod life;
mod proposals;
mod rules;
pub(crate) mod team;
