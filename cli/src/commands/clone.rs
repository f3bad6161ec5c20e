//! `clone`: a copy of a registry, verified whole.

use refmark_core::{CloneRequest, Registry};

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::project::CloneArgs;
use crate::render::plain::Plain;

/// Runs the command.
pub fn run(app: &App, args: &CloneArgs) -> Reply {
    app.arm();
    let request = CloneRequest { tofu: app.globals().tofu, accept_incomplete: args.accept_incomplete };
    let (_, value) = Registry::clone_from(&args.url, args.dir.as_deref(), app.world()?, request)?;
    reply(Plain { title: format!("cloned {}", value.name), value })
}
