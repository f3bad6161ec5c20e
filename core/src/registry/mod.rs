//! Floor 5: the registry's verbs, one a file: load a view, plan, apply by compare-and-swap.

#![allow(clippy::disallowed_methods)]

mod approve;
mod branch;
mod describe;
mod detail;
mod diff;
mod gc;
mod index;
mod init;
mod inspect;
mod label;
mod landed;
mod list;
mod log;
mod open;
mod paths;
mod promote;
mod propose;
mod pull;
mod register;
mod remembered;
mod remote;
mod resolve;
mod review;
mod search;
mod show;
mod signer;
#[cfg(test)]
pub(crate) mod stories;
#[cfg(test)]
pub(crate) mod tests;
mod transition;
mod trust_root;
mod verify;
mod view;
mod world;
mod writer;

pub use crate::judgement::index::{ModelRow, MoveRow, VersionRow};
pub use approve::{ApproveAnswer, ApproveRequest};
pub use detail::{ModelDetail, VersionDetail};
pub use gc::GcAnswer;
pub use index::{IndexStatus, IndexUse};
pub use init::{InitAnswer, InitRequest, PolicyText};
pub use inspect::inspect_file;
pub use label::LabelAnswer;
pub use landed::Landed;
pub use log::LogAnswer;
pub use open::{HERE_BRANCH, LOCK_FILE, Located, OWN_BRANCH, Registry, locate};
pub use promote::MoveAnswer;
pub use propose::{LandAnswer, ProposeAnswer};
pub use pull::{PathAnswer, PullAnswer, PullRequest, PulledFile};
pub use register::{Package, RegisterAnswer, RegisteredFile};
pub use remote::{RemoteRow, SyncAnswer};
pub use resolve::{ResolveAnswer, ResolveOptions};
pub use review::RangeText;
pub use search::SearchAnswer;
pub use show::ShowAnswer;
pub use transition::{RevokeAnswer, TransitionAnswer};
pub use trust_root::{RootKey, TrustRootAnswer};
pub use verify::{SavedVerify, VerifyAnswer, VerifyOptions};
pub use view::{AsOf, View};
pub use world::{Pinning, Places, SystemClock, World};
pub use writer::{Writer, Written};
