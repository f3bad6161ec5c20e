//! refmark as a service: one process, and every client that people already have pulls verified bytes.
//!
//! Protocols are adapters, a folder each, thin over refmark-core; none knows another. The service is a principal of its own
//! registry: every change that a caller asks for is one signed commit that names the caller.

#![forbid(unsafe_code)]
#![allow(clippy::disallowed_methods)]

mod access;
mod api;
mod attachments;
pub mod ctl;
mod fatal;
mod figures;
mod git;
mod http;
mod hub;
mod inventory;
mod jobs;
mod logs;
mod mlflow;
mod objects;
mod oci;
mod oidc;
mod once;
mod ops;
mod page;
mod plain;
mod run;
mod secret;
mod service;
mod settings;
mod shelves;
mod sync;
mod tls;
pub mod tokens;
mod uploads;
mod v1;
mod webhooks;

pub use fatal::Fatal;
pub use inventory::found::state_folder;
pub use run::run;
pub use settings::Settings;
