//! `gc`: removes what nobody needs.

use refmark_core::types::name::RemoteName;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::keeping::GcArgs;

/// Runs the command.
pub fn run(app: &App, args: &GcArgs) -> Reply {
    if let Some(name) = &args.remote {
        let name = RemoteName::parse(name)?;
        return reply(app.registry()?.share().gc_remote(&name, args.dry_run)?);
    }
    reply(app.registry()?.maintain().gc(&app.git(), args.dry_run)?)
}
