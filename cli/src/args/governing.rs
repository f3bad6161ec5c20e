//! Arguments of explain, check, report, hook, setup-ci, setup-git, members, policy and sign.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::proposals::Proposal;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// What to explain, such as sentiment@champion
    #[arg(value_name = "REF")]
    pub reference: String,
    /// Also why the alias does not hold this version
    #[arg(long, value_name = "VERSION")]
    pub why_not: Option<String>,
    /// Judged as if this principal proposed it
    #[arg(long = "as", value_name = "ID", requires = "why_not")]
    pub by: Option<String>,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "Exit: 0 it may land, 3 pending or refused by the policy, 4 not what was signed.")]
pub struct CheckArgs {
    /// The range
    #[arg(value_name = "BASE..HEAD")]
    pub range: String,
    /// The range's end becomes the branch's head as it is, as in a push
    #[arg(long)]
    pub push: bool,
    /// Go on where no trust root is pinned
    #[arg(long)]
    pub allow_unverified: bool,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The version, or `usage`: what is used of the registry, in the units of the catalog
    #[arg(value_name = "REF")]
    pub reference: String,
    /// How to print it; `cyclonedx` is an ML-BOM, `page` a web page by itself
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "markdown", "html", "page", "json", "cyclonedx"], default_value = "text")]
    pub format: String,
    /// For whom: a model card with the metadata of a hub, the headings of the AI Act's Annex IV, or an ML-BOM
    #[arg(long, value_name = "PROFILE", value_parser = ["model-card", "annex-iv", "cyclonedx", "spdx", "evidence-pack"], conflicts_with = "format")]
    pub profile: Option<String>,
    /// The file that an evidence pack goes to: a zip, with a script that checks it by Python alone
    #[arg(long, value_name = "FILE", requires = "profile")]
    pub out: Option<std::path::PathBuf>,
}

/// Arguments of `hook`.
#[derive(Debug, Args)]
pub struct HookArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: HookAction,
}

/// What can be done with the hook.
#[derive(Debug, Subcommand)]
pub enum HookAction {
    /// Make the bare registry refuse pushes that may not land
    Install,
    /// What Git runs: reads the pushed references from standard input
    PreReceive,
}

/// Arguments of `setup-ci`.
#[derive(Debug, Args)]
pub struct SetupCiArgs {
    /// .github/workflows/refmark.yml
    #[arg(long)]
    pub github: bool,
    /// .gitlab-ci.yml
    #[arg(long)]
    pub gitlab: bool,
    /// CODEOWNERS
    #[arg(long)]
    pub codeowners: bool,
    /// Replace files that are there already, and are others
    #[arg(long)]
    pub force: bool,
    /// The checksum of the program that the workflows install: of refmark-x86_64-unknown-linux-gnu.tar.gz, from the SHA256SUMS of its release
    #[arg(long, value_name = "HEX")]
    pub sha256: Option<String>,
    /// Whether it is made at once or proposed.
    #[command(flatten)]
    pub proposal: Proposal,
}

/// Arguments of `members`.
#[derive(Debug, Args)]
pub struct MembersArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: MembersAction,
}

/// What can be done with members. Every change is a new, signed policy.
#[derive(Debug, Subcommand)]
pub enum MembersAction {
    /// Who may do what
    List,
    /// Somebody joins, or several at once with the same roles
    #[command(after_help = "\
  refmark members add bo --public-key bo.pub --role mlops-engineer
  refmark members add bo=bo.keys chen=chen.keys --role data-scientist
A file may be a .pub, or the .keys page that a forge shows of an account: its ed25519 keys are taken.")]
    Add {
        /// The id; or with the keys, which are a file or a key's text
        #[arg(value_name = "ID[=KEYS]", required = true)]
        ids: Vec<String>,
        /// A public key: its text, or the file of it
        #[arg(long = "public-key", value_name = "KEY|FILE")]
        keys: Vec<String>,
        /// A role
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// The name that people know
        #[arg(long)]
        name: Option<String>,
        /// A program, which never approves
        #[arg(long)]
        agent: bool,
        /// How it is written.
        #[command(flatten)]
        how: How,
    },
    /// Somebody leaves
    Remove {
        /// The id
        id: String,
        /// How it is written.
        #[command(flatten)]
        how: How,
    },
    /// Says who owns models: who is asked when one retires, and whom `--owner` may name
    #[command(after_help = "\
  refmark members own sentiment fay
  refmark members own 'nlp.*' fay bo --name nlp-team
Without anybody the entry of that pattern is taken away.")]
    Own {
        /// A pattern of model names; `*` stands for any characters
        #[arg(value_name = "MODELS")]
        models: String,
        /// The owners, from now on
        #[arg(value_name = "ID")]
        ids: Vec<String>,
        /// What they are called together, such as a team's name
        #[arg(long)]
        name: Option<String>,
        /// How it is written.
        #[command(flatten)]
        how: How,
    },
    /// Somebody has these roles, or these keys, from now on
    Set {
        /// The id
        id: String,
        /// A role; all that are not named are taken away
        #[arg(long = "role", required_unless_present = "keys")]
        roles: Vec<String>,
        /// A public key: its text, or the file of it; all that are not named are taken away
        #[arg(long = "public-key", value_name = "KEY|FILE")]
        keys: Vec<String>,
        /// How it is written.
        #[command(flatten)]
        how: How,
    },
}

/// Why a policy or a root changes, and where a draft goes.
#[derive(Debug, Clone, Args)]
pub struct How {
    /// Why
    #[arg(short = 'm', long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Write a draft here in place of landing it, so that others can sign it
    #[arg(long, value_name = "FILE", conflicts_with = "propose")]
    pub out: Option<PathBuf>,
    /// Whether it is made at once or proposed.
    #[command(flatten)]
    pub proposal: Proposal,
}

/// Arguments of `policy`.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: PolicyAction,
}

/// What can be done with the policy.
#[derive(Debug, Subcommand)]
pub enum PolicyAction {
    /// The policy's text
    Show {
        /// Its number; the one in force where none is given
        number: Option<u64>,
    },
    /// What a policy allows, in sentences, and what of it can never work
    Check {
        /// The text; the one in force where none is given
        file: Option<PathBuf>,
    },
    /// Sign a new policy and put it in force
    Apply {
        /// The text
        #[arg(required_unless_present = "preset")]
        file: Option<PathBuf>,
        /// A policy that refmark brings along, with the members of the one in force
        #[arg(long, conflicts_with = "file", value_name = "team")]
        preset: Option<String>,
        /// How it is written.
        #[command(flatten)]
        how: How,
    },
    /// Sign a draft of a policy or a root
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
}
