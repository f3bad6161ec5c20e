//! Floor 2: judgement. Records in, verdict out.

pub mod diff;
pub mod doc;
pub mod effective;
pub mod facts;
pub mod gate;
pub mod index;
pub mod inspect;
pub mod landing;
pub mod open_approvals;
pub mod plan;
pub mod policy;
pub mod review;
pub mod rules;
pub mod snapshot;
pub mod text;
pub mod verify;
