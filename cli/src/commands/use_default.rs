//! `use`: makes a registry the user's default.

use refmark_core::Registry;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::project::UseArgs;
use crate::render::plain::Plain;

/// Runs the command.
pub fn run(app: &App, args: &UseArgs) -> Reply {
    let value = Registry::make_default(&args.path, app.world()?)?;
    reply(Plain { title: format!("{} is your default registry now", value.name), value })
}
