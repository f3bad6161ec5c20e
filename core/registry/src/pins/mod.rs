//! A consumer's project and its lock file.

pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod lint;
pub(crate) mod project;
pub(crate) mod publish;
pub(crate) mod sync;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod way_up;
