//! Stories of the command: what people type, what they read, what programs get, and how it ends.

#![allow(clippy::disallowed_methods, reason = "stories read and write files")]

mod attacks;
mod backups;
mod changes;
mod clones;
mod compat;
mod crashes;
mod demo;
mod environment;
mod errors;
mod events;
mod finding;
mod git_settings;
mod governing;
mod hostile;
mod importing;
mod interrupts;
mod keeping;
mod kinds;
mod main_job;
mod memory;
mod mistakes;
mod operating;
mod pages;
mod papers;
mod pinning;
mod pipelines;
mod places;
mod plain_git;
mod proposals;
mod registering;
mod remotes;
mod roots;
mod runbooks;
mod scanning;
mod scopes;
mod searching;
mod secrets;
#[cfg(feature = "serve")]
mod serving;
mod sites;
mod team;
mod webhooks;
