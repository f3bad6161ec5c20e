//! Arguments of clone, use, status and pin.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::proposals::Proposal;

/// Arguments of `clone`.
#[derive(Debug, Args)]
#[command(after_help = "\
The whole history is verified before the clone has its name. Give the root that the owner told you with --trust-root, \
or take what is there with --tofu and compare its fingerprints.")]
pub struct CloneArgs {
    /// Where the registry is: an address that Git takes, or a path
    pub url: String,
    /// The folder to make; the address's last part where none is given
    pub dir: Option<PathBuf>,
    /// Keep a copy whose history is not whole
    #[arg(long)]
    pub accept_incomplete: bool,
}

/// Arguments of `use`.
#[derive(Debug, Args)]
pub struct UseArgs {
    /// The registry
    pub path: PathBuf,
}

/// Arguments of `pin`.
#[derive(Debug, Args)]
pub struct PinArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: PinAction,
}

/// What can be done with pins: the project's refmark.lock.
#[derive(Debug, Subcommand)]
pub enum PinAction {
    /// Pin what references mean now, in refmark.lock
    Add {
        /// What to pin: MODEL@ALIAS or MODEL/VERSION, or NAME=REF under another name
        #[arg(value_name = "[NAME=]REF", required = true)]
        references: Vec<String>,
        /// For how long a pin may go without somebody asking the registry, such as 30d
        #[arg(long, value_name = "SPAN")]
        max_offline: Option<String>,
    },
    /// Take pins out of the lock file
    Remove {
        /// Their names
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Write every pinned file to a folder: complete or not at all
    Sync {
        /// The folder
        #[arg(short, long, value_name = "DIR", default_value = "models")]
        output: PathBuf,
        /// By the lock alone: no registry, no home, no network but the remotes that the lock names
        #[arg(long)]
        frozen: bool,
    },
    /// Move pins to what their aliases hold now
    Update {
        /// Only these
        names: Vec<String>,
        /// Only say what would change
        #[arg(long)]
        dry_run: bool,
    },
    /// The pins
    List,
    /// Are the pins still good? Exits with 3 where one was revoked, deleted, is past its sunset or too old
    Check {
        /// Judge by the lock alone, without asking the registry
        #[arg(long)]
        offline: bool,
    },
    /// Tell the registry what this project uses
    Publish {
        /// The project's id
        #[arg(long = "as", value_name = "ID")]
        consumer: String,
        /// Where the project is
        #[arg(long, value_name = "URI")]
        project: Option<String>,
        /// The project is gone: it uses nothing any more
        #[arg(long)]
        gone: bool,
        /// Whether it is made at once or proposed.
        #[command(flatten)]
        proposal: Proposal,
    },
    /// Find references in manifests that move by themselves
    Lint {
        /// The folder
        #[arg(default_value = ".")]
        path: PathBuf,
    },
}
