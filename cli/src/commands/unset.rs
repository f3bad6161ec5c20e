//! `unset`: closes an alias.

use refmark_core::engine::plan::UnsetRequest;
use refmark_core::query::request;

use super::promote::Moved;
use super::propose;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::moves::UnsetArgs;

/// Runs the command.
pub fn run(app: &App, args: &UnsetArgs) -> Reply {
    let (model, alias) = request::alias(&args.alias)?;
    let registry = app.registry()?;
    let request = UnsetRequest { model, alias, reason: args.reason.clone() };
    propose::change(app, &registry, &args.proposal, |writer| {
        reply(Moved { verb: "closed", answer: writer.unset(&request)? })
    })
}
