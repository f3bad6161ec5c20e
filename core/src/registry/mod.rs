//! Floor 5: the registry's verbs, one a file: load a view, plan, apply by compare-and-swap.

#![allow(clippy::disallowed_methods)]

mod approve;
mod attach;
mod branch;
mod catalog;
mod draft;
mod init;
mod landed;
mod list;
mod log;
mod members;
mod move_to;
mod open;
mod policy;
mod policy_text;
mod promote;
mod propose;
mod pull;
mod register;
mod remembered;
mod remote;
mod resolve;
mod show;
#[cfg(test)]
pub(crate) mod stories;
mod sunset;
#[cfg(test)]
pub(crate) mod tests;
mod transition;
mod trust;
mod verify;
mod view;
mod world;
mod writer;

pub use approve::{ApproveAnswer, ApproveRequest};
pub use attach::{AttachAnswer, AttachRequest};
pub use catalog::{CatalogAnswer, EntryAnswer};
pub use draft::{DraftAnswer, Signatures, text_path};
pub use init::{InitAnswer, InitRequest, PolicyText};
pub use landed::Landed;
pub use list::{ModelRow, VersionRow};
pub use log::{LogAnswer, MoveRow};
pub use members::{MemberChange, MemberRow, MembersAnswer, MembersRequest, keys_of_text};
pub use move_to::TransitionRequest;
pub use open::{Located, Registry, locate};
pub use policy::{PolicyApplyAnswer, PolicyCheckAnswer, PolicyRequest, PolicyShowAnswer, PolicySource};
pub use promote::MoveAnswer;
pub use propose::{LandAnswer, ProposeAnswer};
pub use pull::{PathAnswer, PullAnswer, PullRequest, PulledFile};
pub use register::{Package, RegisterAnswer, RegisteredFile};
pub use remote::{RemoteRow, SyncAnswer};
pub use resolve::{ResolveAnswer, ResolveOptions};
pub use show::ShowAnswer;
pub use sunset::SunsetAnswer;
pub use transition::{RevokeAnswer, TransitionAnswer};
pub use trust::{DistrustRequest, Distrusted, KeyholderRow, RootRow, RotateAnswer, TrustAnswer};
pub use verify::{SavedVerify, VerifyAnswer, VerifyOptions};
pub use view::{AsOf, View};
pub use world::{Pinning, Places, SystemClock, World};
pub use writer::{Writer, Written};
