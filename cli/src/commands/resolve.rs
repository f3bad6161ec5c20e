//! `resolve`: what a reference means.

use refmark_core::words::reference::Reference;

use super::values;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::bytes::ResolveArgs;

/// Runs the command.
pub fn run(app: &App, args: &ResolveArgs) -> Reply {
    let reference = Reference::parse(&args.reference)?;
    let options = values::options(&args.terms)?;
    reply(app.registry()?.resolve(&reference, options)?)
}
