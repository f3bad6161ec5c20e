//! `transition`: moves a version's stage, or an artifact's trust state.

use refmark_core::TransitionRequest;
use refmark_core::query::request;
use refmark_core::types::reference::Reference;

use super::{propose, values};
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::moves::TransitionArgs;

/// Runs the command.
pub fn run(app: &App, args: &TransitionArgs) -> Reply {
    let request = TransitionRequest {
        reference: Reference::parse(&args.reference)?,
        to: args.to.clone(),
        reason: args.reason.clone(),
        replacement: args.replacement.clone(),
        sunset: values::time(&args.sunset)?,
        evidence: request::digests(&args.evidence)?,
    };
    let registry = app.registry()?;
    propose::change(app, &registry, &args.proposal, |writer| reply(writer.transition(&request)?))
}
