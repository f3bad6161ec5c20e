//! `revoke`: withdraws an artifact.

use refmark_core::types::reference::Reference;

use super::propose;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::moves::RevokeArgs;

/// Runs the command.
pub fn run(app: &App, args: &RevokeArgs) -> Reply {
    let reference = Reference::parse(&args.reference)?;
    let registry = app.registry()?;
    let artifact = registry.read().side(&registry.read().view()?, &reference)?.artifact;
    propose::change(app, &registry, &args.proposal, |writer| {
        reply(writer.revoke_files(artifact, &args.reason, &args.files)?)
    })
}
