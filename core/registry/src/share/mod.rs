//! How a registry meets others: clones, pushes, remotes for blobs, sites, hooks and continuous integration.

pub(crate) mod accept_head;
pub(crate) mod again;
#[cfg(test)]
mod again_tests;
pub(crate) mod backup;
pub(crate) mod bridge;
pub(crate) mod check_remote;
pub(crate) mod checked_out;
pub(crate) mod clone;
pub(crate) mod export_site;
pub(crate) mod fetch;
pub(crate) mod gc_remote;
pub(crate) mod hook;
pub(crate) mod origin;
pub(crate) mod push;
pub(crate) mod remotes;
pub(crate) mod setup_git;
pub(crate) mod sync;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod webhooks;
#[cfg(test)]
mod week_tests;
