//! `status`: how the registry is, and what the project here pins of it.

use refmark_core::StatusAnswer;
use serde::Serialize;

use crate::answer::{Reply, reply};
use crate::app::{App, here};

/// How the registry is.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Status(pub StatusAnswer);

/// Runs the command.
pub fn run(app: &App) -> Reply {
    let registry = app.registry()?;
    let project = refmark_core::Project::find(&here()?, registry.world())?;
    reply(Status(registry.read().status(project.as_ref())?))
}
