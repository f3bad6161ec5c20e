//! Arguments of register, list, show, log, inspect and diff.

use std::path::PathBuf;

use clap::Args;

use super::proposals::Proposal;

/// Arguments of `register`.
#[derive(Debug, Args)]
#[command(after_help = "\
The same content again makes no new version, and says so. Files that packages never need (.git, __pycache__, \
.DS_Store and the like) and what a .refmarkignore names are left out.

  refmark register sentiment out/ --metric f1=0.91 --lineage dataset_version=2026-03 --card README.md
  refmark register --from models.jsonl     one line each: {\"model\": \"a\", \"paths\": [\"a/\"], \"metrics\": {\"f1\": 0.9}}
  refmark register big --ref s3://models/big --sha256-list SHA256SUMS     files that are not here")]
pub struct RegisterArgs {
    /// The model's name
    #[arg(required_unless_present = "from", conflicts_with = "from")]
    pub model: Option<String>,
    /// Files and folders: what lies in a folder keeps its path in it, a file keeps its name
    #[arg(required_unless_present_any = ["from", "sha256_list"], conflicts_with = "from")]
    pub paths: Vec<PathBuf>,
    /// A metric that you claim, such as f1=0.91
    #[arg(long = "metric", value_name = "NAME=NUMBER")]
    pub metrics: Vec<String>,
    /// Where it came from: a key and its value, or a JSON file of them; training_run, dataset_version and code_commit
    /// are what gates ask for
    #[arg(long, value_name = "KEY=VALUE|FILE")]
    pub lineage: Vec<String>,
    /// The model card, in Markdown
    #[arg(long, value_name = "FILE")]
    pub card: Option<PathBuf>,
    /// The contract: a JSON file with `inputs` and `outputs`, each {name, type, shape}
    #[arg(long, value_name = "FILE")]
    pub contract: Option<PathBuf>,
    /// The evaluation card: a JSON file
    #[arg(long, value_name = "FILE")]
    pub evaluation_card: Option<PathBuf>,
    /// Who answers for the model
    #[arg(long)]
    pub owner: Option<String>,
    /// What it is: an entry of the catalog's artifact types
    #[arg(long = "type", value_name = "TYPE", default_value = "model")]
    pub artifact_type: String,
    /// What it can do, in a word that people search for
    #[arg(long = "capability", value_name = "WORD")]
    pub capabilities: Vec<String>,
    /// A version or artifact that it was made from
    #[arg(long = "parent", value_name = "REF")]
    pub parents: Vec<String>,
    /// Where the bytes came from
    #[arg(long, value_name = "URI")]
    pub source: Option<String>,
    /// A name that this version carries for ever, such as 1.4.0
    #[arg(long)]
    pub release: Option<String>,
    /// What this version is
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Follow links out of a folder, as in the snapshots of a hub's cache
    #[arg(long)]
    pub follow_links: bool,
    /// Register a package that lacks what its own files name; its manifest says what is lacking
    #[arg(long)]
    pub allow_incomplete: bool,
    /// Take files whose bytes were revoked or deleted in another package: they begin in quarantine
    #[arg(long)]
    pub allow_withdrawn: bool,
    /// Leave these files out, too
    #[arg(long, value_name = "GLOB")]
    pub ignore: Vec<String>,
    /// Register many versions in one commit: one JSON object a line, with these options' names as keys
    #[arg(long, value_name = "LIST.jsonl", conflicts_with_all = ["reference", "sha256_list"])]
    pub from: Option<PathBuf>,
    /// Where files lie that are not here; needs --sha256-list
    #[arg(long = "ref", value_name = "URI", requires = "sha256_list")]
    pub reference: Option<String>,
    /// Those files by their digests, as `sha256sum` prints them; the size in bytes may stand between the two
    #[arg(long, value_name = "FILE", requires = "reference")]
    pub sha256_list: Option<PathBuf>,
    /// Whether it is made at once or proposed.
    #[command(flatten)]
    pub proposal: Proposal,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The model whose versions to list; without it the models
    pub model: Option<String>,
    /// Hidden versions, too
    #[arg(long, requires = "model")]
    pub all: bool,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The version
    #[arg(value_name = "REF")]
    pub reference: String,
}

/// Arguments of `log`.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// An alias, or a model for all of its aliases; without it every alias of every model
    #[arg(value_name = "MODEL[@ALIAS]")]
    pub of: Option<String>,
    /// Every kind of event, and all of them: versions, stages, trust, evidence, approvals, policies, members, the catalog,
    /// pins that were published
    #[arg(long)]
    pub all: bool,
    /// Only what took effect at this time or later
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// One JSON object a line, the oldest first
    #[arg(long, conflicts_with = "json")]
    pub jsonl: bool,
}

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The file, or a folder: its files as `register` would take them, and what the package lacks
    pub path: PathBuf,
    /// Print the digests of a GGUF file and of each of its tensors instead, in the form of gguf-guard
    #[arg(long)]
    pub gguf_manifest: bool,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The old version
    #[arg(value_name = "OLD")]
    pub old: String,
    /// The new version
    #[arg(value_name = "NEW")]
    pub new: String,
    /// Print Markdown
    #[arg(long, conflicts_with = "json")]
    pub markdown: bool,
}
