//! Arguments of resolve, pull and path.

use std::path::PathBuf;

use clap::Args;

/// What to accept, and as of when.
#[derive(Debug, Clone, Default, Args)]
pub struct Terms {
    /// As it was at this time, such as 2026-03-01 or 2026-03-01T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Where the newest commit is bad, answer from the last good one
    #[arg(long)]
    pub last_good: bool,
    /// Go on where history is shallow or otherwise not whole
    #[arg(long)]
    pub accept_incomplete: bool,
}

/// Arguments of `resolve`.
#[derive(Debug, Args)]
pub struct ResolveArgs {
    /// What to resolve, such as sentiment@champion
    #[arg(value_name = "REF")]
    pub reference: String,
    /// What to accept.
    #[command(flatten)]
    pub terms: Terms,
}

/// Arguments of `pull`.
#[derive(Debug, Args)]
pub struct PullArgs {
    /// What to pull, such as sentiment@champion
    #[arg(value_name = "REF")]
    pub reference: String,
    /// The folder to write; ./MODEL-VERSION where none is given
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Only these files
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// Go on where no trust root is pinned, so that nothing vouches for the bytes
    #[arg(long)]
    pub allow_unverified: bool,
    /// Take a version that was archived, too
    #[arg(long)]
    pub archived: bool,
    /// Take what nobody trusts yet, to look at it: into a marked folder, by those who may, and recorded
    #[arg(long, requires = "reason", conflicts_with_all = ["archived", "hard_links", "at", "last_good", "accept_incomplete"])]
    pub quarantined: bool,
    /// With --quarantined: why; it is kept with the version
    #[arg(short = 'm', long, value_name = "TEXT", requires = "quarantined")]
    pub reason: Option<String>,
    /// Hard links in place of copies; never write to such files
    #[arg(long)]
    pub hard_links: bool,
    /// What to accept.
    #[command(flatten)]
    pub terms: Terms,
}

/// Arguments of `path`.
#[derive(Debug, Args)]
pub struct PathArgs {
    /// The version
    #[arg(value_name = "REF")]
    pub reference: String,
    /// The file in the package; it may be left out where there is only one
    pub file: Option<String>,
    /// Go on where no trust root is pinned
    #[arg(long)]
    pub allow_unverified: bool,
    /// Take a version that was archived, too
    #[arg(long)]
    pub archived: bool,
    /// Do not read the bytes; whoever opens the file must hash them
    #[arg(long)]
    pub no_hash: bool,
    /// What to accept.
    #[command(flatten)]
    pub terms: Terms,
}
