//! How a registry meets others: clones, pushes, remotes for blobs, sites, hooks and continuous integration.

pub(crate) mod clone;
pub(crate) mod export_site;
pub(crate) mod fetch;
pub(crate) mod hook;
pub(crate) mod push;
pub(crate) mod remotes;
pub(crate) mod setup_ci;
pub(crate) mod setup_git;
#[cfg(test)]
pub(crate) mod tests;
