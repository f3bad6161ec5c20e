//! Options that every command takes.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// Options that every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// The registry [env: REFMARK_REGISTRY]; else that of the refmark.lock above this folder, the nearest one, the
    /// default one
    #[arg(short = 'R', long, global = true, value_name = "PATH", env = "REFMARK_REGISTRY", hide_env = true)]
    pub registry: Option<PathBuf>,

    /// Print one JSON value
    #[arg(long, global = true)]
    pub json: bool,

    /// No notes, warnings or progress: the answer alone
    #[arg(short, long, global = true)]
    pub quiet: bool,

    /// The key to sign with: a file, or a public key or fingerprint that the ssh-agent holds [env: REFMARK_KEY]
    #[arg(long, global = true, value_name = "KEY")]
    pub key: Option<OsString>,

    /// How long to wait for another writer
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 30)]
    pub wait: u64,

    /// Hold the registry to this root, whatever is pinned [env: REFMARK_TRUST_ROOT]
    #[arg(
        long,
        global = true,
        value_name = "FILE|sha256:…",
        env = "REFMARK_TRUST_ROOT",
        hide_env = true,
        conflicts_with = "tofu"
    )]
    pub trust_root: Option<String>,

    /// Pin the registry's root on this first use, and print its fingerprints
    #[arg(long, global = true)]
    pub tofu: bool,
}
