//! What changes a registry: each verb is a plan that one transaction judges, commits and makes durable.

pub(crate) mod approve;
pub(crate) mod attach;
mod behalf;
pub(crate) mod branch;
pub(crate) mod bytes;
pub(crate) mod catalog;
pub(crate) mod checkpoint;
pub(crate) mod delete;
mod deprecated;
pub(crate) mod describe;
pub(crate) mod import;
pub(crate) mod label;
pub(crate) mod promote;
pub(crate) mod proposal;
pub(crate) mod propose;
pub(crate) mod quarantine;
pub(crate) mod register;
pub(crate) mod revoke;
pub(crate) mod scan;
pub(crate) mod secrets;
pub(crate) mod setup_ci;
pub(crate) mod transaction;
pub(crate) mod transition;
pub(crate) mod transition_by_name;
