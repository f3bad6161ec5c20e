//! Arguments of attach, scan, catalog, fetch, push and sunset.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::proposals::Proposal;

/// Arguments of `attach`.
#[derive(Debug, Args)]
#[command(after_help = "\
  refmark attach sentiment/4 --type evaluation result.json
  refmark attach sentiment/4 --type runbook runbook.md --summary \"whom to call\"
The type may also stand before the file without `--type`.
`refmark catalog list evidence-type` shows the types.")]
#[command(override_usage = "refmark attach [OPTIONS] <REF> [[TYPE] FILE]")]
pub struct AttachArgs {
    /// What it is about
    #[arg(value_name = "REF")]
    pub reference: String,
    /// The type and the document, or with --type the document alone: JSON, or any text
    #[arg(value_name = "[TYPE] FILE", num_args = 0..=2)]
    pub rest: Vec<String>,
    /// The type, such as evaluation, scan, runbook, rollback-plan or sign-off
    #[arg(long = "type", value_name = "TYPE")]
    pub evidence_type: Option<String>,
    /// What it comes to; the document's own word where none is given
    #[arg(long, value_name = "pass|fail|info")]
    pub verdict: Option<String>,
    /// One sentence for people
    #[arg(long, value_name = "TEXT")]
    pub summary: Option<String>,
    /// The run that produced it, such as a CI job's URL
    #[arg(long, value_name = "URI")]
    pub produced_by: Option<String>,
    /// The suite, and its version
    #[arg(long, value_name = "NAME[@VERSION]")]
    pub suite: Option<String>,
    /// The dataset, and its version or its sha256:…
    #[arg(long, value_name = "NAME[@VERSION|@sha256:…]")]
    pub dataset: Option<String>,
    /// A metric that was measured
    #[arg(long = "metric", value_name = "NAME=NUMBER")]
    pub metrics: Vec<String>,
    /// The tool, and its version
    #[arg(long, value_name = "NAME[@VERSION]")]
    pub tool: Option<String>,
    /// Whether it is made at once or proposed.
    #[command(flatten)]
    pub proposal: Proposal,
}

/// Arguments of `scan`.
#[derive(Debug, Args)]
#[command(after_help = "\
  refmark scan sentiment/4
  refmark scan sentiment/4 --with modelscan --with picklescan --produced-by https://ci.example.org/runs/7
Only a clean scan passes. One that looked at less than all that can run code, or that met an error, is `not-scanned`,
and its evidence says `info`. Ends with 1 where anything is unsafe.")]
pub struct ScanArgs {
    /// What to scan, whatever its trust state
    #[arg(value_name = "REF")]
    pub reference: String,
    /// Who scans; several may be named. The programs modelscan and picklescan are looked for along PATH
    #[arg(long = "with", value_name = "SCANNER", default_value = "built-in", value_parser = ["built-in", "modelscan", "picklescan"])]
    pub scanners: Vec<String>,
    /// The run that this is part of, such as a CI job's URL
    #[arg(long, value_name = "URI")]
    pub produced_by: Option<String>,
    /// Only say what is found; attach no evidence
    #[arg(long, conflicts_with = "propose")]
    pub dry_run: bool,
    /// Whether it is made at once or proposed.
    #[command(flatten)]
    pub proposal: Proposal,
}

/// Arguments of `catalog`.
#[derive(Debug, Args)]
pub struct CatalogArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: CatalogAction,
}

/// What an entry says beside its id and meaning.
#[derive(Debug, Clone, Default, Args)]
pub struct EntrySays {
    /// Its page in the documentation
    #[arg(long, value_name = "URI")]
    pub docs: Option<String>,
    /// Its status page
    #[arg(long, value_name = "URI")]
    pub status_page: Option<String>,
    /// How many days records that name it are kept; older evidence opens no gate
    #[arg(long, value_name = "DAYS")]
    pub retention_days: Option<u64>,
    /// Whether its use is billed
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub billable: Option<bool>,
    /// For an artifact type: none of its artifacts is ever trusted
    #[arg(long)]
    pub never_trusted: bool,
    /// For an artifact type: no alias ever points at one of its artifacts
    #[arg(long)]
    pub never_promoted: bool,
    /// For an artifact type: evidence that must pass before one of its artifacts is trusted
    #[arg(long = "needs", value_name = "EVIDENCE-TYPE")]
    pub needs: Vec<String>,
    /// For a notification template: the text that events fill in, such as "{subject}: {from} to {to}, by {by}"
    #[arg(long, value_name = "TEXT")]
    pub template: Option<String>,
}

/// What can be done with the catalog of stable ids.
#[derive(Debug, Subcommand)]
pub enum CatalogAction {
    /// The entries
    List {
        /// Only this family, such as evidence-type
        family: Option<String>,
    },
    /// One entry
    Show {
        /// Its family
        family: String,
        /// Its id
        id: String,
    },
    /// Add an entry
    Add {
        /// Its family
        family: String,
        /// Its id
        id: String,
        /// What it means, in a sentence
        #[arg(long)]
        meaning: String,
        /// What sort of entry it is
        #[arg(long, default_value = "custom")]
        kind: String,
        /// Who answers for it; you where nobody is named
        #[arg(long)]
        owner: Option<String>,
        /// A JSON Schema of what names it
        #[arg(long, value_name = "FILE")]
        schema: Option<PathBuf>,
        /// What else it says.
        #[command(flatten)]
        says: EntrySays,
        /// Whether it is made at once or proposed.
        #[command(flatten)]
        proposal: Proposal,
    },
    /// Change what an entry says, as its next version; what its id means never changes
    Change {
        /// Its family
        family: String,
        /// Its id
        id: String,
        /// Who answers for it
        #[arg(long)]
        owner: Option<String>,
        /// A JSON Schema of what names it; what stands is held against it first
        #[arg(long, value_name = "FILE")]
        schema: Option<PathBuf>,
        /// What else it says.
        #[command(flatten)]
        says: EntrySays,
        /// Say what would have to be made again, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// Take a schema that something that stands does not fit
        #[arg(long)]
        force: bool,
        /// Whether it is made at once or proposed.
        #[command(flatten)]
        proposal: Proposal,
    },
    /// Nobody should name an entry any more; records that do are taken still
    Deprecate {
        /// Its family
        family: String,
        /// Its id
        id: String,
        /// Whether it is made at once or proposed.
        #[command(flatten)]
        proposal: Proposal,
    },
    /// Records that name an entry are refused from now on
    Disable {
        /// Its family
        family: String,
        /// Its id
        id: String,
        /// Whether it is made at once or proposed.
        #[command(flatten)]
        proposal: Proposal,
    },
    /// An entry may be named again
    Activate {
        /// Its family
        family: String,
        /// Its id
        id: String,
        /// Whether it is made at once or proposed.
        #[command(flatten)]
        proposal: Proposal,
    },
}
