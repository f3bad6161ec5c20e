//! `renew`: makes a proposal, or what a clone changed on its own, again on what stands there now.

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::proposals::RenewArgs;

/// Runs the command.
pub fn run(app: &App, args: &RenewArgs) -> Reply {
    let registry = app.registry()?;
    let signer = app.signer(&registry)?;
    let writer = registry.write(&*signer);
    match &args.branch {
        Some(branch) => reply(writer.renew(branch)?),
        None => reply(writer.renew_own()?),
    }
}
