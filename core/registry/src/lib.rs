//! A registry of machine-learning models that is a Git repository: what programs embed.
//!
//! [`Registry::open`] and [`Registry::init`] give a door; behind it are handles by role, each with one method a verb:
//!
//! | handle | for |
//! |---|---|
//! | [`Registry::read`] | views and answers: list, show, resolve, log, diff, review, check, verify, pull |
//! | [`Registry::write`] | register, promote, attach, transition, propose, approve, land |
//! | [`Registry::govern`], [`Registry::govern_as`] | policy, members, trust roots |
//! | [`Registry::share`] | clone, fetch, push, remotes, sites, hooks |
//! | [`Registry::pins`] | the lock file of a project |
//! | [`Registry::maintain`] | garbage collection, the index |
//!
//! A [`Context`] holds what a verb needs of the world: clock, folders, pinned roots, progress, the wish to stop. With
//! [`Context::from_env`] a program sees what the command sees; [`Context::at`] is for services and tests.
//!
//! Reading judges: every answer is of the state in which only what the policy allowed took effect, and says whether that was
//! verified against a root that the reader pinned. Writing judges before it writes: a change that would have no effect on a
//! reader is refused with a report, and nothing is left behind. Both cost what is new since the last time, as a rule a few
//! milliseconds.
//!
//! ```
//! use std::sync::Arc;
//! use refmark_core::engine::plan::PromoteRequest;
//! use refmark_core::records::trust::TrustState;
//! use refmark_core::store::{git::Format, key::HeldKey};
//! use refmark_core::types::{name::{AliasName, ModelName, PrincipalId}, reference::Reference};
//! use refmark_core::{Context, InitRequest, Package, Places, PullRequest, Registry, ResolveOptions, SystemClock};
//!
//! let home = tempfile::tempdir()?;
//! let places = Places {
//!     home: Some(home.path().to_owned()),
//!     config: Some(home.path().join("config")),
//!     data: Some(home.path().join("data")),
//! };
//! let context = Context::at(places, Arc::new(SystemClock));
//! let key = HeldKey::from_seed(&[7; 32], "an example")?;
//! let founding =
//!     InitRequest { name: None, founder: PrincipalId::parse("ada")?, here: false, format: Format::Sha1, policy: None };
//! let (registry, _) = Registry::init(&home.path().join("models"), context, &key, &founding)?;
//!
//! std::fs::write(home.path().join("labels.json"), r#"["bad", "good"]"#)?;
//! let model = ModelName::parse("sentiment")?;
//! let package = Package::new(model.clone(), vec![home.path().join("labels.json")])?;
//! let registered = registry.write(&key).register(&package)?;
//! assert_eq!((registered.version, registered.trust), (1, TrustState::Trusted));
//!
//! let alias = AliasName::parse("champion")?;
//! let reason = "the first".to_owned();
//! registry.write(&key).promote(&PromoteRequest { model, alias, version: 1, reason, expect: None, evidence: Vec::new() })?;
//!
//! let champion = Reference::parse("sentiment@champion")?;
//! let found = registry.read().resolve(&champion, ResolveOptions::default())?;
//! assert!(found.verified && found.version == Some(1));
//! let pulled = registry.read().pull(&champion, &home.path().join("live"), &PullRequest::default())?;
//! assert_eq!(pulled.files[0].path, "labels.json");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Errors are one type, `types::error::Error`: a stable code, a sentence, fields for programs, and a hint that each face
//! spells in its own language.

#![forbid(unsafe_code)]
#![allow(clippy::disallowed_methods)]

mod claims;
mod context;
#[cfg(test)]
mod crash_tests;
mod founder;
mod govern;
#[cfg(any(test, feature = "testing"))]
pub mod grown;
mod hold;
mod init;
mod locate;
mod maintain;
mod missing_objects;
mod notices;
mod paths;
mod pins;
mod read;
mod registry;
mod share;
#[cfg(test)]
pub(crate) mod stories;
#[cfg(test)]
pub(crate) mod tests;
mod use_default;
mod view;
mod write;

// The floors below, for whoever embeds refmark and needs one of their types.
pub use refmark_engine as engine;
pub use refmark_pack as pack;
pub use refmark_query as query;
pub use refmark_records as records;
pub use refmark_render as render;
pub use refmark_scan as scan;
pub use refmark_store as store;
pub use refmark_types as types;

pub use context::{Context, Pinning, Places, SystemClock};
pub use founder::{founder_from_env, founders_key};
pub use govern::draft::{DraftAnswer, Signatures, text_path};
pub use govern::members::{MemberChange, MemberRow, MembersAnswer, MembersRequest, keys_of_text};
pub use govern::policy::{PolicyApplyAnswer, PolicyCheckAnswer, PolicyRequest, PolicyShowAnswer, PolicySource};
pub use govern::trust::{DistrustRequest, Distrusted, KeyholderRow, RootKey, RootRow, RotateAnswer, TrustAnswer};
pub use init::{InitAnswer, InitRequest, PolicyText};
pub use locate::{Located, locate, open_located};
pub use maintain::doctor::{Checked, DoctorAnswer, Health};
pub use maintain::gc::GcAnswer;
pub use notices::Notices;
pub use pins::change::{PinAddRequest, PinChange, PinChangeAnswer};
pub use pins::check::{PinCheckAnswer, PinListAnswer, PinRow};
pub use pins::lint::{LintAnswer, LintRow};
pub use pins::project::Project;
pub use pins::publish::PublishAnswer;
pub use pins::sync::{PinSyncAnswer, SyncedPin};
pub use read::check::CheckOptions;
pub use read::detail::{DetailRequest, ModelDetail, VersionDetail};
pub use read::events::{Approver, CloudEvent, CloudEventsAnswer, EventData};
pub use read::explain::ExplainAnswer;
pub use read::inspect::{FolderFile, FolderInspection, gguf_manifest, inspect_file, inspect_folder};
pub use read::log::{Event, EventsAnswer, EventsRequest, LogAnswer};
pub use read::proposals::{Lacking, ProposalRow, ProposalsAnswer};
pub use read::pull::{PathAnswer, PullAnswer, PullRequest, PulledFile};
pub use read::resolve::{ResolveAnswer, ResolveOptions};
pub use read::review::RangeText;
pub use read::search::SearchAnswer;
pub use read::served::{ServedAnswer, ServedRequest};
pub use read::show::ShowAnswer;
pub use read::status::{OriginStatus, PendingLanding, StatusAnswer, TrustStatus};
pub use read::sunset::SunsetAnswer;
pub use read::verify::{SavedVerify, VerifyAnswer, VerifyOptions};
pub use refmark_query::answer::ManifestIs;
pub use refmark_query::index::{ModelRow, MoveRow, VersionRow};
pub use registry::{
    Governance, Governor, HERE_BRANCH, LOCK_FILE, Maintenance, OWN_BRANCH, Pins, Reader, Registry, Sharing, Writer,
};
pub use share::accept_head::{LostCommit, OlderHead};
pub use share::again::{AgainAnswer, LeftBehind, Made, MadeAgain};
pub use share::backup::{
    BackupAnswer, BackupCheck, DrillAnswer, DrilledAlias, Held, RestoreAnswer, RestoreRequest, SavedDrill,
};
pub use share::bridge::{BridgeAnswer, BridgeEdit, BridgeMove, BridgeProblem, BridgeRunRequest};
pub use share::check_remote::RemoteCheckAnswer;
pub use share::checked_out::CheckedOut;
pub use share::clone::{CloneAnswer, CloneRequest};
pub use share::export_site::{ExportRequest, SinglePageAnswer, SiteAnswer, SiteBlobs, Viewer};
pub use share::fetch::FetchAnswer;
pub use share::gc_remote::RemoteGcAnswer;
pub use share::hook::{HookAnswer, HookInstalled, PushedRef, Quarantine};
pub use share::push::PushAnswer;
pub use share::remotes::{RemoteOptions, RemoteRow};
pub use share::setup_git::SetupGitAnswer;
pub use share::sync::SyncAnswer;
pub use share::webhooks::{
    DeliverRequest, Delivered, DeliveryAnswer, TestAnswer, WebhookAdded, WebhookRequest, WebhookRow,
};
pub use use_default::UseAnswer;
pub use view::index::{IndexStatus, IndexUse};
pub use view::landed::Landed;
pub use view::{AsOf, View};
pub use write::approve::{ApproveAnswer, ApproveRequest};
pub use write::attach::{AttachAnswer, AttachRequest};
pub use write::catalog::{CatalogAnswer, EntryAnswer, Migration, Unfit};
pub use write::checkpoint::CheckpointAnswer;
pub use write::import::dvc::DvcImport;
pub use write::import::git_lfs::LfsImport;
pub use write::import::hub::HubImport;
pub use write::import::{ImportAnswer, ImportedVersion, NotImported};
pub use write::label::LabelAnswer;
pub use write::promote::MoveAnswer;
pub use write::proposal::ProposeAnswer;
pub use write::propose::LandAnswer;
pub use write::quarantine::{FILES as QUARANTINE_FILES, MARK as QUARANTINE_MARK, QuarantinePull};
pub use write::register::{Document, LineageRequest, Package, PackageRequest, RegisterAnswer, RegisteredFile};
pub use write::revoke::{ClosedArtifact, RevokeAnswer};
pub use write::scan::{Outcome, ScanAnswer, ScanRequest, Scanner};
pub use write::setup_ci::{SetupCiAnswer, SetupCiRequest, codeowners};
pub use write::transaction::Written;
pub use write::transition::TransitionAnswer;
pub use write::transition_by_name::TransitionRequest;
