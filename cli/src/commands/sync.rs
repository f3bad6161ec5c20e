//! `sync`: files to and from the remotes.

use refmark_core::types::name::RemoteName;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::keeping::SyncArgs;

/// Runs the command.
pub fn run(app: &App, args: &SyncArgs) -> Reply {
    let only = args.remote.as_deref().map(RemoteName::parse).transpose()?;
    app.set_jobs(args.transfer.jobs);
    reply(app.registry()?.share().sync(only.as_ref())?)
}
