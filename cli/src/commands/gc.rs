//! `gc`: removes what nobody needs.

use refmark_core::store::git::program::Git;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::keeping::GcArgs;

/// Runs the command.
pub fn run(app: &App, args: &GcArgs) -> Reply {
    reply(app.registry()?.maintain().gc(&Git::default(), args.dry_run)?)
}
