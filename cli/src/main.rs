//! The refmark command.
fn main() {}
