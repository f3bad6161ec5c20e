//! The engine: records in, verdict out. Everything that decides what a registry's history means is here, and nothing else:
//! what an auditor must read. Pure: no file, no network, no clock, no environment.
//!
//! The way of a commit:
//!
//! 1. [`verify::Verifier`] walks first parents over a [`snapshot::History`], from the first commit or from what was
//!    remembered of an earlier walk.
//! 2. [`landing::Walk`] takes each commit's changes as one landing, and keeps the [`effective::State`]: the files that have
//!    taken effect. A landing takes effect, waits (pending), or is refused.
//! 3. [`rules`] judge a landing, alone and whole: place, registry, base, predecessor, author, then what its kind demands.
//! 4. Moves of aliases, stages and trust states are held to the policy: [`gate`] asks each gate and gives a
//!    [`gate::GateReport`], the same value in every face.
//! 5. [`verify::Verified`] has the outcome, every [`verify::Problem`], and what to remember.
//!
//! Who asks what has taken effect uses [`state_reader::StateReader`]. Who wants a change makes a [`plan::Plan`]: statements
//! to be signed, files, and the commit's words. The same rules judge it before it is written. [`ports`] are the traits
//! through which the registry reaches disks, keys and clocks.
//!
//! | to change | look at |
//! |---|---|
//! | who may do what | [`rules`] |
//! | what a gate asks | [`gate`] |
//! | what a verb writes | [`plan`] |
//! | how a lost key's records are found | [`verify`] |
//!
//! # Errors
//!
//! Every function returns a [`refmark_types::error::Error`] with a stable code. A refusal carries its report as a
//! [`gate::Refusal`]; a walk that must begin again at the first commit says so with [`verify::NeedsWholeWalk`]. Both are
//! read with `Error::cause`, never from the error's fields.
//!
//! # Examples
//!
//! The policy decides which moves there are. This one leads to production over staging only:
//!
//! ```
//! use refmark_engine::policy::team_policy;
//! use refmark_engine::rules::{stage_step, trust_step};
//! use refmark_records::policy::Policy;
//! use refmark_records::registry_id::RegistryId;
//! use refmark_records::trust::TrustState;
//! use refmark_records::version::Stage;
//! use refmark_types::name::ModelName;
//!
//! let registry = RegistryId::from_bytes([7; 16]);
//! let policy = Policy::parse(&team_policy(registry, 1, &[], &[]))?;
//! let model = ModelName::parse("sentiment")?;
//!
//! let step = stage_step(&policy, &model, Stage::Experimental, &[Stage::Production]);
//! assert_eq!(step, Some(Stage::Staging));
//! let step = trust_step(&policy, TrustState::Revoked, &[TrustState::Trusted]);
//! assert_eq!(step, Some(TrustState::Quarantined), "a revoked artifact comes back through quarantine");
//! assert_eq!(trust_step(&policy, TrustState::Deleted, &[TrustState::Trusted]), None);
//! # Ok::<(), Box<refmark_types::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod artifact_mark;
mod attached;
pub mod chain;
pub mod clock;
pub mod effective;
pub mod gate;
pub mod landing;
#[cfg(test)]
mod landing_tests;
mod model_names;
pub mod open_approvals;
pub mod parsed_object;
pub mod plan;
pub mod policy;
pub mod ports;
mod releases;
pub mod revoked;
pub mod rules;
pub mod schema;
mod scopes;
pub mod snapshot;
pub mod state_reader;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod verify;
