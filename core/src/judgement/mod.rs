//! Floor 2: judgement. Records in, verdict out.

pub mod check;
pub mod diff;
pub mod doc;
pub mod effective;
pub mod explain;
pub mod facts;
pub mod gate;
pub mod inspect;
pub mod landing;
pub mod plan;
pub mod report;
pub mod review;

pub mod rules;
pub mod snapshot;
pub mod text;
pub mod verify;
