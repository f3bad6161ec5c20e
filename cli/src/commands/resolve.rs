//! `resolve`: what a reference means.

use refmark_core::types::reference::Reference;

use super::{pin, values};
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::bytes::ResolveArgs;

/// Runs the command.
pub fn run(app: &App, args: &ResolveArgs) -> Reply {
    let reference = Reference::parse(&args.reference)?;
    let options = values::options(&args.terms)?;
    if let Reference::Pin(name) = &reference
        && let Some(project) = pin::project(app)?
    {
        return reply(project.resolve(name, options)?);
    }
    reply(app.registry()?.read().resolve(&reference, options)?)
}
