//! Arguments of demo, init, import, completions, man and help.

use std::path::PathBuf;

use super::proposals::Proposal;
use clap::{Args, Subcommand};

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Your own model: a file or a folder; without it a small one is made
    pub path: Option<PathBuf>,
    /// The folder to make
    #[arg(long, value_name = "DIR", default_value = "refmark-demo")]
    pub dir: PathBuf,
    /// Make an example registry in DIR instead: a team's three weeks, with proposals, a rollback and a revocation
    #[arg(long, value_name = "DIR", conflicts_with_all = ["path", "dir"])]
    pub site: Option<PathBuf>,
    /// With fixed keys and a fixed clock, the same bytes each time: for tests and pictures only, everybody knows the keys
    #[arg(long, requires = "site")]
    pub fixed: bool,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
#[command(after_help = "A registry is a bare Git repository at PATH; with --here it is the branch `refmark` of the \
                        project that you are in. Signs with your key, or makes one where you have none.")]
pub struct InitArgs {
    /// Where to make it
    #[arg(required_unless_present = "here")]
    pub path: Option<PathBuf>,
    /// On the branch `refmark` of the existing Git repository here (or at PATH)
    #[arg(long)]
    pub here: bool,
    /// Start with the team policy: roles, gates and approvals, with you leading the platform
    #[arg(long)]
    pub team: bool,
    /// The registry's name, for people; the folder's name where none is given
    #[arg(long)]
    pub name: Option<String>,
    /// Your id in the registry, such as ada or ada@example.org; your user name where none is given
    #[arg(long = "as", value_name = "ID")]
    pub founder: Option<String>,
    /// The hash that names Git's objects
    #[arg(long, value_parser = ["sha1", "sha256"], default_value = "sha1")]
    pub object_format: String,
}

/// Arguments of `import`.
#[derive(Debug, Args)]
#[command(
    after_help = "`mlflow` needs the Python package with MLflow: pip install 'refmark[mlflow]'. REFMARK_PYTHON names the Python \
                        that has it; python3 otherwise."
)]
pub struct ImportArgs {
    /// From where.
    #[command(subcommand)]
    pub action: ImportAction,
}

/// What can be brought over.
#[derive(Debug, Subcommand)]
pub enum ImportAction {
    /// MLflow's models and versions, with their files, numbers, aliases, tags, stages and times
    Mlflow {
        /// A folder such as mlruns, a SQLite file, or a URI that MLflow knows
        #[arg(value_name = "PATH|URI")]
        location: String,
    },
    /// Models that a Git repository keeps with DVC and names with GTO's tags: versions, and stages as aliases
    Dvc {
        /// The repository, a clone on this disk with its .dvc/cache
        #[arg(value_name = "REPOSITORY")]
        repository: PathBuf,
        /// Only this artifact
        #[arg(long = "only", value_name = "ARTIFACT")]
        only: Vec<String>,
    },
    /// A model that a Git repository keeps with Git LFS: each tag becomes a version
    GitLfs {
        /// The repository, a clone on this disk
        #[arg(value_name = "REPOSITORY")]
        repository: PathBuf,
        /// The model that it becomes
        #[arg(long, value_name = "MODEL")]
        model: String,
        /// The model's folder in the repository; all of it otherwise
        #[arg(long, value_name = "PATH")]
        folder: Option<String>,
        /// Only this tag
        #[arg(long = "tag", value_name = "TAG")]
        tags: Vec<String>,
        /// Whether it is made at once or proposed.
        #[command(flatten)]
        proposal: Proposal,
    },
    /// Models from the cache of the Hugging Face Hub's tools: each snapshot becomes a version
    Hf {
        /// The cache, such as ~/.cache/huggingface/hub
        #[arg(value_name = "CACHE")]
        cache: PathBuf,
        /// Only this repository, as OWNER/NAME
        #[arg(long = "only", value_name = "OWNER/NAME")]
        only: Vec<String>,
        /// The model that the one repository becomes; OWNER.NAME otherwise
        #[arg(long, value_name = "MODEL")]
        model: Option<String>,
        /// Whether it is made at once or proposed.
        #[command(flatten)]
        proposal: Proposal,
    },
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The folder; it is made where it does not exist
    pub dir: PathBuf,
}

/// Arguments of `help`.
#[derive(Debug, Args)]
pub struct HelpArgs {
    /// A command, `error CODE`, or `errors`
    pub topic: Vec<String>,
}

/// Arguments of `textconv`.
#[derive(Debug, Args)]
pub struct TextconvArgs {
    /// The file of a record
    pub file: PathBuf,
}
