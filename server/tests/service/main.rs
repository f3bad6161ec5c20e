//! The service as its clients see it: a process, its folder, and HTTP on 127.0.0.1.

#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

mod answers;
mod bodies;
mod bytes;
mod deploy;
mod faults;
mod http;
mod lock;
mod mlflow;
mod oidc;
mod reading;
mod referrers;
mod secured;
mod starting;
mod states;
mod support;
mod tokens;
