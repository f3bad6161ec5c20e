//! Floor 5: the registry's verbs, one a file: load a view, plan, apply by compare-and-swap.

#![allow(clippy::disallowed_methods)]

#[cfg(any(test, feature = "testing"))]
pub mod grown;
mod index;
mod init;
mod landed;
mod list;
mod log;
mod open;
mod promote;
mod pull;
mod register;
mod remembered;
mod remote;
mod resolve;
mod search;
mod show;
#[cfg(test)]
pub(crate) mod tests;
mod transition;
mod verify;
mod view;
mod world;
mod writer;

pub use index::{IndexStatus, IndexUse};
pub use init::{InitAnswer, InitRequest};
pub use landed::Landed;
pub use log::LogAnswer;
pub use open::{Located, Registry, locate};
pub use promote::{MoveAnswer, Propose};
pub use pull::{PathAnswer, PullAnswer, PullRequest, PulledFile};
pub use register::{Package, RegisterAnswer, RegisteredFile};
pub use remote::{RemoteRow, SyncAnswer};
pub use resolve::{ResolveAnswer, ResolveOptions};
pub use search::SearchAnswer;
pub use show::ShowAnswer;
pub use transition::{RevokeAnswer, TransitionAnswer};
pub use verify::{SavedVerify, VerifyAnswer, VerifyOptions};
pub use view::{AsOf, View};
pub use world::{Pinning, Places, SystemClock, World};
pub use writer::{Writer, Written};

pub use crate::judgement::index::{ModelRow, MoveRow, VersionRow};
