//! `index`: the derived index over the records.

use refmark_core::IndexStatus;
use serde::Serialize;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::finding::{IndexAction, IndexArgs};

/// The state of the index.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Index(pub IndexStatus);

/// Runs the command.
pub fn run(app: &App, args: &IndexArgs) -> Reply {
    let registry = app.registry()?;
    reply(Index(match args.action {
        IndexAction::Rebuild => registry.maintain().index_rebuild()?,
        IndexAction::Status => registry.maintain().index_status()?,
    }))
}
