//! The refmark command.
#![forbid(unsafe_code)]

fn main() {}
