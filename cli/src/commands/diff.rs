//! `diff`: what differs between two versions.

use refmark_core::render::diff::to_markdown;
use refmark_core::types::reference::Reference;

use super::completions::Raw;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::versions::DiffArgs;

/// Runs the command.
pub fn run(app: &App, args: &DiffArgs) -> Reply {
    let (old, new) = (Reference::parse(&args.old)?, Reference::parse(&args.new)?);
    let registry = app.registry()?;
    let view = app.view(&registry)?;
    let diff = registry.read().diff(&view, &old, &new)?;
    match args.markdown {
        true => reply(Raw { text: to_markdown(&diff) }),
        false => reply(diff),
    }
}
