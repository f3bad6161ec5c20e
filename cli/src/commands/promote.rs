//! `promote`: moves an alias to a version.

use refmark_core::MoveAnswer;
use refmark_core::engine::plan::PromoteRequest;
use refmark_core::query::request;
use serde::Serialize;

use super::propose;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::moves::PromoteArgs;

/// A move that took effect, with its verb.
#[derive(Serialize)]
pub struct Moved {
    /// What was done, in the past tense.
    #[serde(skip)]
    pub verb: &'static str,
    /// The move.
    #[serde(flatten)]
    pub answer: MoveAnswer,
}

/// Runs the command.
pub fn run(app: &App, args: &PromoteArgs) -> Reply {
    let (model, alias) = request::alias(&args.alias)?;
    let evidence = request::digests(&args.evidence)?;
    let registry = app.registry()?;
    let view = registry.read().view()?;
    let version = request::version(view.facts()?, &model, &args.version)?;
    let expect = args.expect.as_deref().map(|text| request::expected(view.facts()?, &model, text)).transpose()?;
    let request = PromoteRequest { model, alias, version, reason: args.reason.clone(), expect, evidence };
    propose::change(app, &registry, &args.proposal, |writer| {
        reply(Moved { verb: "promoted", answer: writer.allow_absent(args.allow_absent).promote(&request)? })
    })
}
