//! Arguments of review, approve, renew, land, and of proposing.

use clap::Args;

/// How a change is made: at once or as a proposal, and with what in it.
#[derive(Debug, Clone, Default, Args)]
pub struct Proposal {
    /// Propose it on a branch of its own, for a pull request, in place of making it; the branch is named after the
    /// change where no name is given
    #[arg(long, value_name = "BRANCH", num_args = 0..=1, require_equals = true)]
    pub propose: Option<Option<String>>,
    /// Take what looks like a key, a token or a password, and is none
    #[arg(long)]
    pub allow_secret: bool,
}

/// Arguments of `review`.
#[derive(Debug, Args)]
#[command(after_help = "\
  refmark review main..propose/sentiment-champion-4     a proposal
  refmark review main                                   the newest commit
A review is read from the commits alone; nothing of theirs is run. It always ends with 0; `check` is for CI.")]
pub struct ReviewArgs {
    /// The range; or one commit, which is compared with its parent
    #[arg(value_name = "BASE..HEAD|COMMIT")]
    pub range: String,
    /// How to print it
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "markdown", "html", "page", "json"], default_value = "text")]
    pub format: String,
    /// The most characters of the Markdown, for a forge's comment
    #[arg(long, value_name = "CHARACTERS", default_value_t = 60_000)]
    pub limit: usize,
}

/// Arguments of `approve`.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// The branch of a proposal; or a commit of the registry's own branch with a move that waits
    #[arg(value_name = "BRANCH|COMMIT")]
    pub target: String,
    /// Why
    #[arg(short = 'm', long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// After this time the approval may no longer make the change take effect
    #[arg(long, value_name = "TIME")]
    pub not_after: Option<String>,
    /// Let a gate pass that does not hold; needs --reason and --until
    #[arg(long, value_name = "GATE", requires = "reason", requires = "until")]
    pub waive: Vec<String>,
    /// Until when a waived gate may pass
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Only waive, without agreeing to the change
    #[arg(long, requires = "waive")]
    pub waive_only: bool,
}

/// Arguments of `renew`.
#[derive(Debug, Args)]
pub struct RenewArgs {
    /// The branch of a proposal; without it, what this copy changed and its origin lacks
    pub branch: Option<String>,
}

/// Arguments of `land`.
#[derive(Debug, Args)]
pub struct LandArgs {
    /// The branch
    pub branch: String,
}
