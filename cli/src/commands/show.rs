//! `show`: everything that is known of a version.

use refmark_core::types::reference::Reference;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::versions::ShowArgs;

/// Runs the command.
pub fn run(app: &App, args: &ShowArgs) -> Reply {
    let reference = Reference::parse(&args.reference)?;
    let registry = app.registry()?;
    let view = app.view(&registry)?;
    reply(registry.read().show(&view, &reference)?)
}
