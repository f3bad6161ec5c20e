//! `delete`: removes an artifact's bytes.

use refmark_core::types::reference::Reference;

use super::propose;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::moves::DeleteArgs;

/// Runs the command.
pub fn run(app: &App, args: &DeleteArgs) -> Reply {
    let reference = Reference::parse(&args.reference)?;
    let registry = app.registry()?;
    let artifact = registry.read().side(&registry.read().view()?, &reference)?.artifact;
    propose::change(app, &registry, &args.proposal, |writer| reply(writer.delete(artifact, &args.reason)?))
}
