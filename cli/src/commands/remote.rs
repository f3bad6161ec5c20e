//! `remote`: other places that hold the files.

use refmark_core::RemoteRow;
use refmark_core::types::name::RemoteName;
use serde::Serialize;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::keeping::{RemoteAction, RemoteArgs};

/// The remotes.
#[derive(Serialize)]
pub struct Remotes {
    /// Each, by name.
    pub remotes: Vec<RemoteRow>,
}

/// A remote that was added.
#[derive(Serialize)]
pub struct Added {
    /// The remote.
    #[serde(flatten)]
    pub remote: RemoteRow,
}

/// A remote that was forgotten.
#[derive(Serialize)]
pub struct Removed {
    /// Its name.
    pub removed: RemoteName,
}

/// Runs the command.
pub fn run(app: &App, args: &RemoteArgs) -> Reply {
    match &args.action {
        RemoteAction::Add { name, dir } => {
            let name = RemoteName::parse(name)?;
            reply(Added { remote: app.registry()?.share().add_remote(&name, dir)? })
        }
        RemoteAction::List => reply(Remotes { remotes: app.registry()?.share().list_remotes()? }),
        RemoteAction::Remove { name } => {
            let removed = RemoteName::parse(name)?;
            app.registry()?.share().remove_remote(&removed)?;
            reply(Removed { removed })
        }
    }
}
