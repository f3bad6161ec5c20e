//! `renew`: makes a proposal again on what stands there now.

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::proposals::RenewArgs;

/// Runs the command.
pub fn run(app: &App, args: &RenewArgs) -> Reply {
    let registry = app.registry()?;
    let signer = app.signer(&registry)?;
    reply(registry.write(&*signer).renew(&args.branch)?)
}
