//! Arguments of bridge, assert-served and doctor.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Arguments of `bridge`.
#[derive(Debug, Args)]
pub struct BridgeArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: BridgeAction,
}

/// What the bridge can do.
#[derive(Debug, Subcommand)]
pub enum BridgeAction {
    /// Write the approved versions into the marked values of the manifests in a folder
    Apply(BridgeApplyArgs),
    /// Do the manifests in a folder name what is approved, and nothing by a name that moves? Writes nothing
    Check(BridgeCheckArgs),
    /// Do the same in a repository's branch: one signed commit on top of it, pushed; nothing is checked out
    Run(BridgeRunArgs),
}

/// Arguments of `bridge apply`.
#[derive(Debug, Args)]
#[command(after_help = "A marker: storageUri: models:/sentiment/3 # {\"$refmark\": \"sentiment@champion:uri\"}\n\
    Exit: 0 done, 3 a marker cannot be followed, and nothing was written.")]
pub struct BridgeApplyArgs {
    /// The folder
    pub dir: PathBuf,
    /// Only say what would be written
    #[arg(long)]
    pub dry_run: bool,
    /// Write a commit's message that names the moves to this file: git commit -F FILE
    #[arg(long, value_name = "FILE")]
    pub message_file: Option<PathBuf>,
    /// Take what is approved although no root is pinned
    #[arg(long)]
    pub allow_unverified: bool,
}

/// Arguments of `bridge check`.
#[derive(Debug, Args)]
#[command(after_help = "Exit: 0 all as approved, 3 not.")]
pub struct BridgeCheckArgs {
    /// The folder
    pub dir: PathBuf,
    /// Take what is approved although no root is pinned
    #[arg(long)]
    pub allow_unverified: bool,
}

/// Arguments of `bridge run`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit: 0 done or nothing to do, 3 a marker cannot be followed, 5 the branch moved: run it again."
)]
pub struct BridgeRunArgs {
    /// The repository with the manifests
    #[arg(long, value_name = "URL|PATH")]
    pub repo: String,
    /// The branch that is deployed from
    #[arg(long)]
    pub branch: String,
    /// The branch that the commit goes to, for a merge request; the same, where none is named
    #[arg(long, value_name = "BRANCH")]
    pub to: Option<String>,
    /// Take what is approved although no root is pinned
    #[arg(long)]
    pub allow_unverified: bool,
}

/// Arguments of `assert-served`.
#[derive(Debug, Args)]
#[command(after_help = "Exit: 0 it is served, 3 something else is, 1 the runtime cannot be asked.")]
pub struct AssertServedArgs {
    /// What should be served
    #[arg(value_name = "REF")]
    pub reference: String,
    /// Where the runtime says what it serves, as JSON
    #[arg(long)]
    pub url: String,
    /// Where in its answer: the artifact, MODEL/VERSION or the version. Else .artifact, .model.artifact, .version or .model.version
    #[arg(long, visible_alias = "jq", value_name = ".models[0].version")]
    pub path: Option<String>,
    /// Ask again for so long, until it is served: a rollout takes its time
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub within: u64,
    /// Take what is approved although no root is pinned
    #[arg(long)]
    pub allow_unverified: bool,
}
