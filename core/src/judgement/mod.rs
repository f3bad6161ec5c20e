//! Floor 2: judgement. Records in, verdict out.

pub mod inspect;
pub mod snapshot;
