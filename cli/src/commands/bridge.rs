//! `bridge`: approved versions, written into what is deployed.

use refmark_core::store::fs::disk::RealDisk;
use refmark_core::store::fs::durable::replace;
use refmark_core::{BridgeAnswer, BridgeRunRequest};
use serde::Serialize;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::operating::{BridgeAction, BridgeApplyArgs, BridgeArgs, BridgeRunArgs};

/// What was written, or would be.
#[derive(Serialize)]
pub struct Bridged {
    /// What was found and done.
    #[serde(flatten)]
    pub answer: BridgeAnswer,
    /// Whether nothing was to be written.
    #[serde(skip)]
    pub dry: bool,
}

/// What was only looked at.
#[derive(Serialize)]
pub struct BridgeChecked {
    /// Whether everything is as approved.
    pub current: bool,
    /// What was found.
    #[serde(flatten)]
    pub answer: BridgeAnswer,
}

/// Runs the command.
pub fn run(app: &App, args: &BridgeArgs) -> Reply {
    match &args.action {
        BridgeAction::Apply(args) => apply(app, args),
        BridgeAction::Check(args) => {
            let answer = app.registry()?.share().bridge_check(&args.dir, args.allow_unverified)?;
            reply(BridgeChecked { current: answer.is_current(), answer })
        }
        BridgeAction::Run(args) => run_in_repository(app, args),
    }
}

fn apply(app: &App, args: &BridgeApplyArgs) -> Reply {
    let answer = app.registry()?.share().bridge_apply(&args.dir, args.dry_run, args.allow_unverified)?;
    if let (Some(path), Some(message)) = (&args.message_file, &answer.message) {
        replace(&RealDisk, path, message.as_bytes(), 0o644)?;
    }
    reply(Bridged { answer, dry: args.dry_run })
}

fn run_in_repository(app: &App, args: &BridgeRunArgs) -> Reply {
    let registry = app.registry()?;
    let signer = app.signer(&registry)?;
    let request = BridgeRunRequest {
        repository: args.repo.clone(),
        branch: args.branch.clone(),
        to: args.to.clone(),
        allow_unverified: args.allow_unverified,
    };
    let answer = registry.share().bridge_run(&app.git(), &*signer, &request)?;
    reply(Bridged { answer, dry: false })
}
