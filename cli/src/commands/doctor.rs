//! `doctor`: what may go wrong here some day, each with what to do.

use crate::answer::{Reply, reply};
use crate::app::App;

/// Runs the command.
pub fn run(app: &App) -> Reply {
    let registry = app.registry()?;
    reply(registry.maintain().doctor(&app.keys(), &app.git()))
}
