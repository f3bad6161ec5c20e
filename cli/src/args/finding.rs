//! Arguments of search, index and describe.

use clap::{Args, Subcommand};

use super::proposals::Proposal;

/// Arguments of `search`.
#[derive(Debug, Args)]
#[command(after_help = "\
Everything that is given must hold.
  refmark search review classifier --metric 'f1>=0.9' --stage production
  refmark search --parent minilm/3 --tag language=de")]
pub struct SearchArgs {
    /// Words: the start of one is enough
    pub text: Vec<String>,
    /// Only this model's versions
    #[arg(long)]
    pub model: Option<String>,
    /// A capability, as it was registered
    #[arg(long, value_name = "WORD")]
    pub capability: Option<String>,
    /// The format of the weights, such as safetensors
    #[arg(long)]
    pub format: Option<String>,
    /// The artifact's type
    #[arg(long = "type", value_name = "TYPE")]
    pub artifact_type: Option<String>,
    /// A tag of the version or its model
    #[arg(long = "tag", value_name = "KEY[=VALUE]")]
    pub tags: Vec<String>,
    /// A bound on a metric, such as f1>=0.9
    #[arg(long = "metric", value_name = "NAME>=NUMBER")]
    pub metrics: Vec<String>,
    /// What it was made from
    #[arg(long, value_name = "REF")]
    pub parent: Option<String>,
    /// The version's stage
    #[arg(long)]
    pub stage: Option<String>,
    /// The artifact's trust state
    #[arg(long)]
    pub trust: Option<String>,
    /// A file that it has
    #[arg(long, value_name = "sha256:…")]
    pub file: Option<String>,
    /// Versions that lists leave out, too
    #[arg(long)]
    pub hidden: bool,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    pub limit: usize,
    /// Pass over so many first
    #[arg(long, default_value_t = 0)]
    pub offset: usize,
    /// In which order
    #[arg(long, value_name = "best|newest|name", default_value = "best")]
    pub order: String,
}

/// Arguments of `index`.
#[derive(Debug, Args)]
pub struct IndexArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: IndexAction,
}

/// What can be done with the index.
#[derive(Debug, Subcommand)]
pub enum IndexAction {
    /// Make it anew from the records
    Rebuild,
    /// Where it is, and how far it goes
    Status,
}

/// Arguments of `describe`.
#[derive(Debug, Args)]
pub struct DescribeArgs {
    /// A model, or a version of one
    #[arg(value_name = "MODEL|MODEL/VERSION")]
    pub of: String,
    /// What it is
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Who answers for the model
    #[arg(long)]
    pub owner: Option<String>,
    /// Set a tag
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub tags: Vec<String>,
    /// Take a tag away
    #[arg(long, value_name = "KEY")]
    pub untag: Vec<String>,
    /// Leave it out of lists; its records stay
    #[arg(long, conflicts_with = "unhide")]
    pub hide: bool,
    /// Show it in lists again
    #[arg(long)]
    pub unhide: bool,
    /// Give the model a new name; the old one points at it
    #[arg(long, value_name = "NAME", conflicts_with_all = ["description", "owner", "tags", "untag", "hide", "unhide"])]
    pub rename_to: Option<String>,
    /// Whether it is made at once or proposed.
    #[command(flatten)]
    pub proposal: Proposal,
}
