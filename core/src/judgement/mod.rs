//! Floor 2: judgement. Records in, verdict out.

pub mod diff;
pub mod effective;
pub mod facts;
pub mod gate;
pub mod index;
pub mod inspect;
pub mod landing;
pub mod plan;
pub mod rules;
pub mod snapshot;
pub mod text;
pub mod verify;
