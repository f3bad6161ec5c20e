//! `fetch` and `push`: the commits of a clone and of its origin.

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::render::plain::Plain;

/// Runs `fetch`.
pub fn fetch(app: &App) -> Reply {
    reply(Plain { title: String::new(), value: app.registry()?.share().fetch_commits()? })
}

/// Runs `push`.
pub fn push(app: &App) -> Reply {
    reply(Plain { title: String::new(), value: app.registry()?.share().push_commits()? })
}
