//! The files under the registry's folder: dropped files, and objects by their SHA-256.

pub mod beneath;
pub mod guard;
pub mod hashing;
pub mod keep;
pub mod place;
pub mod source;
pub mod sweep;
