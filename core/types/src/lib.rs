//! Floor 0: the words. Newtypes whose `parse` is the only door, and the two byte forms of a record.

#![forbid(unsafe_code)]

pub mod canonical;
pub mod digest;
pub mod error;
pub mod hint;
pub mod json;
pub mod name;
pub mod number;
pub mod oid;
pub mod package_path;
pub mod printer;
pub mod reference;
pub mod span;
pub mod text;
pub mod time;
pub mod toml;
pub mod value;
