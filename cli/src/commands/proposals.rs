//! `proposals`: what waits to land, and for whom.

use crate::answer::{Reply, reply};
use crate::app::App;

/// Runs the command. Without a key it shows the same, and nothing of it as one's own.
pub fn run(app: &App) -> Reply {
    let registry = app.registry()?;
    let view = app.view(&registry)?;
    let key = app.signer(&registry).ok().map(|signer| signer.public().id());
    reply(registry.read().proposals(&view, key.as_ref())?)
}
