//! Arguments of backup and restore.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Arguments of `backup`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct BackupArgs {
    /// The folder: empty, not there yet, or an earlier backup of this registry, which gets what is new
    #[arg(value_name = "DIR", required = true)]
    pub target: Option<PathBuf>,
    /// What to do instead.
    #[command(subcommand)]
    pub action: Option<BackupAction>,
}

/// What can be done with a backup besides making one.
#[derive(Debug, Subcommand)]
pub enum BackupAction {
    /// Read every byte of a backup, and compare it with the digests; restores nothing and needs no registry
    Check(BackupCheckArgs),
}

/// Arguments of `backup check`.
#[derive(Debug, Args)]
#[command(after_help = "Exit: 0 whole, 1 there is no such backup or a drill did not pass, 4 damaged.")]
pub struct BackupCheckArgs {
    /// The backup's folder
    #[arg(value_name = "DIR")]
    pub source: PathBuf,
    /// Which of the backups in the folder; the newest, where none is named
    #[arg(long, value_name = "N")]
    pub number: Option<u64>,
    /// Restore it to a temporary place, verify it there, and compare every alias with the registry
    #[arg(long)]
    pub drill: bool,
    /// Write the drill's report to this file, as JSON
    #[arg(long, value_name = "FILE", requires = "drill")]
    pub report: Option<PathBuf>,
}

/// Arguments of `restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The backup's folder
    #[arg(value_name = "DIR")]
    pub source: PathBuf,
    /// Where the registry is to be: empty, or not there yet
    pub path: PathBuf,
    /// Which of the backups in the folder; the newest, where none is named
    #[arg(long, value_name = "N")]
    pub number: Option<u64>,
}
