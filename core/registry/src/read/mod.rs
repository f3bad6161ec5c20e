//! What a registry is asked: views of what took effect, and answers made of them. Nothing here changes the registry.

pub(crate) mod check;
pub(crate) mod detail;
pub(crate) mod diff;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod find_key;
pub(crate) mod inspect;
pub(crate) mod known_answers;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod look_again;
pub(crate) mod proposals;
pub(crate) mod pull;
pub(crate) mod report;
pub(crate) mod resolve;
pub(crate) mod review;
pub(crate) mod search;
pub(crate) mod served;
pub(crate) mod show;
pub(crate) mod status;
pub(crate) mod sunset;
pub(crate) mod verify;
