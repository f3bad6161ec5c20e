//! `path`: a file in the store.

use refmark_core::PullRequest;
use refmark_core::types::reference::Reference;

use super::{pin, values};
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::bytes::PathArgs;

/// Runs the command.
pub fn run(app: &App, args: &PathArgs) -> Reply {
    let reference = Reference::parse(&args.reference)?;
    let options = values::options(&args.terms)?;
    let request = PullRequest {
        allow_unverified: args.allow_unverified,
        archived: args.archived,
        options,
        ..PullRequest::default()
    };
    if let Reference::Pin(name) = &reference
        && let Some(project) = pin::project(app)?
    {
        return reply(project.path_of(name, args.file.as_deref(), options)?);
    }
    let registry = app.registry()?;
    reply(registry.read().path_of(&reference, args.file.as_deref(), &request, !args.no_hash)?)
}
