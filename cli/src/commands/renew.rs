//! `renew`: makes a proposal again on what stands there now.

use refmark_core::Writer;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::proposals::RenewArgs;

/// Runs the command.
pub fn run(app: &App, args: &RenewArgs) -> Reply {
    let registry = app.registry()?;
    let signer = app.signer(&registry)?;
    reply(registry.renew(&Writer::new(&*signer), &args.branch)?)
}
