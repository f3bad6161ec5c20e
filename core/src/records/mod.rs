//! Floor 1: the records, what is stored.

pub mod signature;
