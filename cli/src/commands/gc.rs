//! `gc`: removes what nobody needs.

use std::time::Duration;

use refmark_core::git::program::Git;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::keeping::GcArgs;

/// How long to wait for another writer.
const WAIT: Duration = Duration::from_secs(30);

/// Runs the command.
pub fn run(app: &App, args: &GcArgs) -> Reply {
    reply(app.registry()?.gc(&Git::default(), args.dry_run, WAIT)?)
}
