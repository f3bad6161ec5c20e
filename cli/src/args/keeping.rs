//! Arguments of verify, trust, gc, remote and sync.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::proposals::Proposal;

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(after_help = "Exit: 0 ok, 3 pending or incomplete, 4 failed.")]
pub struct VerifyArgs {
    /// Only this version's files; the history is verified all the same
    #[arg(value_name = "REF")]
    pub reference: Option<String>,
    /// Remember the outcome, for `status`
    #[arg(long)]
    pub save: bool,
    /// The history alone; leave the files out
    #[arg(long)]
    pub history_only: bool,
}

/// Arguments of `trust`.
#[derive(Debug, Args)]
pub struct TrustArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: TrustAction,
}

/// What can be done with the root.
#[derive(Debug, Subcommand)]
pub enum TrustAction {
    /// The registry's root, its keys, and what you pinned
    Show,
    /// Pin the root, as its owner told it to you; --tofu pins what is there
    Pin {
        /// The root: its digest, or the file trust/0001.json
        #[arg(value_name = "sha256:…|FILE")]
        root: Option<String>,
    },
    /// Take an older head for the newest, where a registry was put back from a backup: says what is lost, and asks
    AcceptHead {
        /// The head, which is accepted without asking
        #[arg(value_name = "COMMIT")]
        head: Option<String>,
    },
    /// Sign the next root: who holds its keys, and how many of them must sign
    Rotate {
        /// Who joins, or has other keys from now on: ID=KEY or ID=FILE
        #[arg(long = "add", value_name = "ID=KEY|FILE")]
        add: Vec<String>,
        /// Who leaves
        #[arg(long = "remove", value_name = "ID")]
        remove: Vec<String>,
        /// How many must sign the next root
        #[arg(long, value_name = "N")]
        root_threshold: Option<u64>,
        /// How many must sign a policy
        #[arg(long, value_name = "N")]
        policy_threshold: Option<u64>,
        /// Who of those that join signs policies only
        #[arg(long, value_name = "ID")]
        policy_only: Vec<String>,
        /// How it is written.
        #[command(flatten)]
        how: super::governing::How,
    },
    /// Distrust a key that was lost to somebody else: what it signed after a commit is tainted
    Distrust {
        /// The key: a fingerprint, a public key, or a member with one key
        #[arg(value_name = "KEY|MEMBER")]
        lost: String,
        /// The last commit at which it was certainly in the right hands
        #[arg(long, value_name = "COMMIT")]
        since: String,
        /// How it is written.
        #[command(flatten)]
        how: super::governing::How,
    },
    /// Sign a draft of a root or a policy
    Sign {
        /// The draft
        draft: PathBuf,
    },
    /// Put a draft in force that has all its signatures
    Land {
        /// The draft
        draft: PathBuf,
        /// Whether it is made at once or proposed.
        #[command(flatten)]
        proposal: Proposal,
    },
    /// Every root with its keyholders, the distrusted keys, and what rests on one key
    History,
    /// Print the members' keys for Git's gpg.ssh.allowedSignersFile
    ExportAllowedSigners,
}

/// Arguments of `gc`.
#[derive(Debug, Args)]
pub struct GcArgs {
    /// Only say what would go
    #[arg(long)]
    pub dry_run: bool,
    /// Clean up this remote instead: the files of artifacts that were deleted two weeks ago
    #[arg(long, value_name = "NAME")]
    pub remote: Option<String>,
}

/// Arguments of `remote`.
#[derive(Debug, Args)]
pub struct RemoteArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: RemoteAction,
}

/// What can be done with remotes.
#[derive(Debug, Subcommand)]
pub enum RemoteAction {
    /// Add a place: a folder, or s3://, gs://, az:// or https://
    Add {
        /// Its name
        name: String,
        /// A folder, which is made where it does not exist, or an address such as s3://bucket/prefix
        #[arg(value_name = "DIR|URL")]
        place: OsString,
        /// The server, where it is not the cloud's own
        #[arg(long, value_name = "URL")]
        endpoint: Option<String>,
        /// The region of an S3 bucket
        #[arg(long)]
        region: Option<String>,
        /// The profile in ~/.aws whose credentials are used
        #[arg(long)]
        profile: Option<String>,
    },
    /// List the remotes
    List,
    /// Compare what a remote holds with what the registry needs; --hash reads every byte
    Check {
        /// Its name
        name: String,
        /// Fetch and hash every file, and keep none
        #[arg(long)]
        hash: bool,
        /// How much goes on at a time.
        #[command(flatten)]
        transfer: Transfer,
    },
    /// Forget a remote; nothing of it is removed
    Remove {
        /// Its name
        name: String,
    },
}

/// Arguments of `sync`.
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// Only this remote
    pub remote: Option<String>,
    /// How much goes on at a time.
    #[command(flatten)]
    pub transfer: Transfer,
}

/// How files are moved.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Transfer {
    /// How many files, and parts of files, are under way at a time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
}
