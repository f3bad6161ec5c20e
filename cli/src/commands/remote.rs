//! `remote`: other places that hold the files.

use refmark_core::types::name::RemoteName;
use refmark_core::{RemoteOptions, RemoteRow};
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
        RemoteAction::Add { name, place, endpoint, region, profile } => {
            let name = RemoteName::parse(name)?;
            let options =
                RemoteOptions { endpoint: endpoint.clone(), region: region.clone(), profile: profile.clone() };
            reply(Added { remote: app.registry()?.share().add_remote(&name, place, &options)? })
        }
        RemoteAction::Check { name, hash, transfer } => {
            let name = RemoteName::parse(name)?;
            app.set_jobs(transfer.jobs);
            reply(app.registry()?.share().check_remote(&name, *hash)?)
        }
        RemoteAction::List => reply(Remotes { remotes: app.registry()?.share().list_remotes()? }),
        RemoteAction::Remove { name } => {
            let removed = RemoteName::parse(name)?;
            app.registry()?.share().remove_remote(&removed)?;
            reply(Removed { removed })
        }
    }
}
