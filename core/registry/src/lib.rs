//! Floor 5: the registry's verbs, one a file: load a view, plan, apply by compare-and-swap.

#![forbid(unsafe_code)]
#![allow(clippy::disallowed_methods)]

mod ahead;
mod approve;
mod attach;
mod branch;
mod catalog;
mod check;
mod clone;
mod clone_fetch;
mod clone_push;
#[cfg(test)]
mod clone_tests;
mod context;
#[cfg(test)]
mod crash_tests;
mod describe;
mod detail;
mod diff;
mod draft;
mod explain;
mod export_site;
mod founder;
mod gc;
#[cfg(any(test, feature = "testing"))]
pub mod grown;
mod hook;
mod incomplete;
#[cfg(test)]
mod incomplete_tests;
mod index;
mod init;
mod inspect;
mod label;
mod landed;
mod list;
mod log;
mod members;
mod move_to;
mod open;
mod own;
mod paths;
mod pin;
mod pin_change;
mod pin_check;
mod pin_lint;
mod pin_publish;
mod pin_sync;
#[cfg(test)]
mod pin_sync_tests;
#[cfg(test)]
mod pin_tests;
mod policy;
mod policy_text;
mod probe;
mod promote;
mod propose;
mod pull;
mod register;
mod remembered;
mod remote;
mod report;
mod resolve;
mod review;
mod search;
mod setup_ci;
mod setup_git;
mod show;
mod signer;
mod status;
#[cfg(test)]
mod status_tests;
#[cfg(test)]
pub(crate) mod stories;
mod sunset;
#[cfg(test)]
pub(crate) mod tests;
mod transition;
mod trust;
mod use_default;
mod verify;
mod view;
mod writer;

// The floors below, for whoever embeds refmark and needs one of their types.
pub use refmark_engine as engine;
pub use refmark_pack as pack;
pub use refmark_query as query;
pub use refmark_records as records;
pub use refmark_render as render;
pub use refmark_scan as scan;
pub use refmark_store as store;
pub use refmark_types as types;

pub use approve::{ApproveAnswer, ApproveRequest};
pub use attach::{AttachAnswer, AttachRequest};
pub use catalog::{CatalogAnswer, EntryAnswer};
pub use check::CheckOptions;
pub use clone::{CloneAnswer, CloneRequest};
pub use clone_fetch::FetchAnswer;
pub use clone_push::PushAnswer;
pub use context::{Context, Pinning, Places, SystemClock};
pub use detail::{DetailRequest, ModelDetail, VersionDetail};
pub use draft::{DraftAnswer, Signatures, text_path};
pub use explain::ExplainAnswer;
pub use export_site::{ExportRequest, SinglePageAnswer, SiteAnswer, SiteBlobs, Viewer};
pub use founder::{founder_from_env, founders_key};
pub use gc::GcAnswer;
pub use hook::{HookAnswer, HookInstalled, PushedRef, Quarantine};
pub use index::{IndexStatus, IndexUse};
pub use init::{InitAnswer, InitRequest, PolicyText};
pub use inspect::inspect_file;
pub use label::LabelAnswer;
pub use landed::Landed;
pub use log::LogAnswer;
pub use members::{MemberChange, MemberRow, MembersAnswer, MembersRequest, keys_of_text};
pub use move_to::TransitionRequest;
pub use open::{HERE_BRANCH, LOCK_FILE, Located, OWN_BRANCH, Registry, locate, open_located};
pub use pin::Project;
pub use pin_change::{PinAddRequest, PinChange, PinChangeAnswer};
pub use pin_check::{PinCheckAnswer, PinListAnswer, PinRow};
pub use pin_lint::{LintAnswer, LintRow};
pub use pin_publish::PublishAnswer;
pub use pin_sync::{PinSyncAnswer, SyncedPin};
pub use policy::{PolicyApplyAnswer, PolicyCheckAnswer, PolicyRequest, PolicyShowAnswer, PolicySource};
pub use promote::MoveAnswer;
pub use propose::{LandAnswer, ProposeAnswer};
pub use pull::{PathAnswer, PullAnswer, PullRequest, PulledFile};
pub use refmark_query::index::{ModelRow, MoveRow, VersionRow};
pub use register::{Package, RegisterAnswer, RegisteredFile};
pub use remote::{RemoteRow, SyncAnswer};
pub use resolve::{ResolveAnswer, ResolveOptions};
pub use review::RangeText;
pub use search::SearchAnswer;
pub use setup_ci::{SetupCiAnswer, SetupCiRequest, codeowners};
pub use setup_git::SetupGitAnswer;
pub use show::ShowAnswer;
pub use status::{OriginStatus, PendingLanding, StatusAnswer, TrustStatus};
pub use sunset::SunsetAnswer;
pub use transition::{RevokeAnswer, TransitionAnswer};
pub use trust::{DistrustRequest, Distrusted, KeyholderRow, RootKey, RootRow, RotateAnswer, TrustAnswer};
pub use use_default::UseAnswer;
pub use verify::{SavedVerify, VerifyAnswer, VerifyOptions};
pub use view::{AsOf, View};
pub use writer::{Writer, Written};
