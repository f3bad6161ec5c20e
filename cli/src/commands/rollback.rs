//! `rollback`: moves an alias back.

use refmark_core::engine::plan::RollbackRequest;
use refmark_core::query::request;

use super::promote::Moved;
use super::propose;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::moves::RollbackArgs;

/// Runs the command.
pub fn run(app: &App, args: &RollbackArgs) -> Reply {
    let (model, alias) = request::alias(&args.alias)?;
    let registry = app.registry()?;
    let view = registry.read().view()?;
    let to = args.to.as_deref().map(|text| request::version(view.facts()?, &model, text)).transpose()?;
    let request = RollbackRequest { model, alias, to, reason: args.reason.clone() };
    propose::change(app, &registry, &args.proposal, |writer| {
        reply(Moved { verb: "rolled back", answer: writer.allow_absent(args.allow_absent).rollback(&request)? })
    })
}
