//! Floor 2: judgement. Records in, verdict out.

pub mod answer;
pub mod chain;
pub mod check;
pub mod diff;
pub mod doc;
pub mod document;
pub mod effective;
pub mod explain;
pub mod facts;
pub mod gate;
pub mod index;
pub mod inspect;
pub mod known;
pub mod landing;
#[cfg(test)]
mod landing_tests;
pub mod lint;
pub mod open_approvals;
pub mod pin;
pub mod plan;
pub mod policy;
pub mod report;
pub mod review;
pub mod rules;
pub mod schema;
pub mod site;
pub mod snapshot;
pub mod sunset;
pub mod text;
pub mod verify;
