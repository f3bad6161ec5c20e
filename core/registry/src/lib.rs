//! Floor 5: the registry's verbs, one a file: load a view, plan, apply by compare-and-swap.

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
mod maintain;
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
pub use maintain::gc::GcAnswer;
pub use pins::change::{PinAddRequest, PinChange, PinChangeAnswer};
pub use pins::check::{PinCheckAnswer, PinListAnswer, PinRow};
pub use pins::lint::{LintAnswer, LintRow};
pub use pins::project::Project;
pub use pins::publish::PublishAnswer;
pub use pins::sync::{PinSyncAnswer, SyncedPin};
pub use read::check::CheckOptions;
pub use read::detail::{DetailRequest, ModelDetail, VersionDetail};
pub use read::explain::ExplainAnswer;
pub use read::inspect::{FolderFile, FolderInspection, gguf_manifest, inspect_file, inspect_folder};
pub use read::log::{Event, EventsAnswer, EventsRequest, LogAnswer};
pub use read::proposals::{Lacking, ProposalRow, ProposalsAnswer};
pub use read::pull::{PathAnswer, PullAnswer, PullRequest, PulledFile};
pub use read::resolve::{ResolveAnswer, ResolveOptions};
pub use read::review::RangeText;
pub use read::search::SearchAnswer;
pub use read::show::ShowAnswer;
pub use read::status::{OriginStatus, PendingLanding, StatusAnswer, TrustStatus};
pub use read::sunset::SunsetAnswer;
pub use read::verify::{SavedVerify, VerifyAnswer, VerifyOptions};
pub use refmark_query::answer::ManifestIs;
pub use refmark_query::index::{ModelRow, MoveRow, VersionRow};
pub use registry::{
    Governance, Governor, HERE_BRANCH, LOCK_FILE, Located, Maintenance, OWN_BRANCH, Pins, Reader, Registry, Sharing,
    Writer, locate, open_located,
};
pub use share::accept_head::{LostCommit, OlderHead};
pub use share::again::{AgainAnswer, LeftBehind, Made, MadeAgain};
pub use share::checked_out::CheckedOut;
pub use share::clone::{CloneAnswer, CloneRequest};
pub use share::export_site::{ExportRequest, SinglePageAnswer, SiteAnswer, SiteBlobs, Viewer};
pub use share::fetch::FetchAnswer;
pub use share::hook::{HookAnswer, HookInstalled, PushedRef, Quarantine};
pub use share::push::PushAnswer;
pub use share::remotes::{RemoteRow, SyncAnswer};
pub use share::setup_ci::{SetupCiAnswer, SetupCiRequest, codeowners};
pub use share::setup_git::SetupGitAnswer;
pub use use_default::UseAnswer;
pub use view::index::{IndexStatus, IndexUse};
pub use view::landed::Landed;
pub use view::{AsOf, View};
pub use write::approve::{ApproveAnswer, ApproveRequest};
pub use write::attach::{AttachAnswer, AttachRequest};
pub use write::catalog::{CatalogAnswer, EntryAnswer};
pub use write::checkpoint::CheckpointAnswer;
pub use write::label::LabelAnswer;
pub use write::promote::MoveAnswer;
pub use write::propose::{LandAnswer, ProposeAnswer};
pub use write::register::{Package, RegisterAnswer, RegisteredFile};
pub use write::revoke::{ClosedArtifact, RevokeAnswer};
pub use write::scan::{Outcome, ScanAnswer, ScanRequest, Scanner};
pub use write::transaction::Written;
pub use write::transition::TransitionAnswer;
pub use write::transition_by_name::TransitionRequest;
