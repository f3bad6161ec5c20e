//! `sunset`: versions whose last day is near.

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::render::plain::Plain;

/// Runs the command.
pub fn run(app: &App) -> Reply {
    let registry = app.registry()?;
    let view = app.view(&registry)?;
    reply(Plain { title: String::new(), value: registry.read().sunset(&view)? })
}
