//! `land`: merges a proposal that is complete.

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::proposals::LandArgs;

/// Runs the command.
pub fn run(app: &App, args: &LandArgs) -> Reply {
    let registry = app.registry()?;
    let signer = app.signer(&registry)?;
    reply(registry.write(&*signer).land(&args.branch)?)
}
