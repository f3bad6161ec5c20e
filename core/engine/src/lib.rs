//! Floor 2: the engine. Records in, verdict out: state, landing, rules, gates, policy, verification and plans.

#![forbid(unsafe_code)]

mod artifact_mark;
pub mod chain;
pub mod document;
pub mod effective;
pub mod gate;
pub mod landing;
#[cfg(test)]
mod landing_tests;
pub mod open_approvals;
pub mod parsed_object;
pub mod plan;
pub mod policy;
pub mod ports;
pub mod revoked;
pub mod rules;
pub mod schema;
pub mod snapshot;
pub mod state_reader;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod verify;
