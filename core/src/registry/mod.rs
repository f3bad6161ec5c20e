//! Floor 5: the registry's verbs, one a file: load a view, plan, apply by compare-and-swap.

#![allow(clippy::disallowed_methods)]

mod check;
mod explain;
mod hook;
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
mod report;
mod resolve;
mod review;
mod setup_ci;
mod setup_git;
mod show;
#[cfg(test)]
pub(crate) mod tests;
mod transition;
mod verify;
mod view;
mod world;
mod writer;

pub use check::CheckOptions;
pub use explain::ExplainAnswer;
pub use hook::{HookAnswer, HookInstalled, PushedRef, Quarantine};
pub use init::{InitAnswer, InitRequest};
pub use landed::Landed;
pub use list::{ModelRow, VersionRow};
pub use log::{LogAnswer, MoveRow};
pub use open::{Located, Registry, locate};
pub use promote::{MoveAnswer, Propose};
pub use pull::{PathAnswer, PullAnswer, PullRequest, PulledFile};
pub use register::{Package, RegisterAnswer, RegisteredFile};
pub use remote::{RemoteRow, SyncAnswer};
pub use resolve::{ResolveAnswer, ResolveOptions};
pub use review::RangeText;
pub use setup_ci::{SetupCiAnswer, SetupCiRequest, codeowners};
pub use setup_git::SetupGitAnswer;
pub use show::ShowAnswer;
pub use transition::{RevokeAnswer, TransitionAnswer};
pub use verify::{SavedVerify, VerifyAnswer, VerifyOptions};
pub use view::{AsOf, View};
pub use world::{Pinning, Places, SystemClock, World};
pub use writer::{Writer, Written};
