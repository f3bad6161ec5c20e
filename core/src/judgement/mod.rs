//! Floor 2: judgement. Records in, verdict out.

pub mod diff;
pub mod document;
pub mod effective;
pub mod facts;
pub mod gate;
pub mod inspect;
pub mod landing;
pub mod open_approvals;
pub mod plan;
pub mod policy;
pub mod rules;
pub mod schema;
pub mod snapshot;
pub mod sunset;
pub mod text;
pub mod verify;
