//! `unlock`: clears the writer's lock by hand.

use refmark_core::store::fs::lock::Holder;
use serde::Serialize;

use crate::answer::{Reply, reply};
use crate::app::App;

/// The lock that was cleared.
#[derive(Serialize)]
pub struct Unlocked {
    /// Who held it, where that could be read.
    pub holder: Option<Holder>,
}

/// Runs the command.
pub fn run(app: &App) -> Reply {
    reply(Unlocked { holder: app.registry()?.maintain().unlock()? })
}
