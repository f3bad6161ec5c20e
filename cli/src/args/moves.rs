//! Arguments of promote, rollback, unset, transition, revoke and delete.

use clap::Args;

use super::proposals::Proposal;

/// Arguments of `promote`.
#[derive(Debug, Args)]
pub struct PromoteArgs {
    /// The alias
    #[arg(value_name = "MODEL@ALIAS")]
    pub alias: String,
    /// The version that it shall hold: a number, or a release
    pub version: String,
    /// Why
    #[arg(short = 'm', long, value_name = "TEXT", default_value = "")]
    pub reason: String,
    /// Refuse unless the alias holds this version now; `none` for nothing
    #[arg(long, value_name = "VERSION")]
    pub expect: Option<String>,
    /// The statements of the evidence that the move rests on
    #[arg(long, value_name = "sha256:…")]
    pub evidence: Vec<String>,
    /// Move it although files of the version are not here, where the policy lets that
    #[arg(long)]
    pub allow_absent: bool,
    /// Whether it is made at once or proposed.
    #[command(flatten)]
    pub proposal: Proposal,
}

/// Arguments of `rollback`.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The alias
    #[arg(value_name = "MODEL@ALIAS")]
    pub alias: String,
    /// The version to go back to; what the alias held last where none is given
    #[arg(long, value_name = "VERSION")]
    pub to: Option<String>,
    /// Why
    #[arg(short = 'm', long, value_name = "TEXT", default_value = "")]
    pub reason: String,
    /// Move it although files of the version are not here
    #[arg(long)]
    pub allow_absent: bool,
    /// Whether it is made at once or proposed.
    #[command(flatten)]
    pub proposal: Proposal,
}

/// Arguments of `unset`.
#[derive(Debug, Args)]
pub struct UnsetArgs {
    /// The alias
    #[arg(value_name = "MODEL@ALIAS")]
    pub alias: String,
    /// Why
    #[arg(short = 'm', long, value_name = "TEXT", default_value = "")]
    pub reason: String,
    /// Whether it is made at once or proposed.
    #[command(flatten)]
    pub proposal: Proposal,
}

/// Arguments of `transition`.
#[derive(Debug, Args)]
#[command(after_help = "\
Stages of a version: experimental, staging, production, retired, archived.
Trust states of an artifact: acquired, quarantined, trusted, revoked, deleted.
To move an alias, use `refmark promote`.")]
pub struct TransitionArgs {
    /// The version
    #[arg(value_name = "REF")]
    pub reference: String,
    /// The stage or trust state
    pub to: String,
    /// Why
    #[arg(short = 'm', long, value_name = "TEXT", default_value = "")]
    pub reason: String,
    /// For `retired`: the version that stands in for it
    #[arg(long, value_name = "VERSION")]
    pub replacement: Option<String>,
    /// For `retired`: the day from which nobody should use it
    #[arg(long, value_name = "TIME")]
    pub sunset: Option<String>,
    /// The statements of the evidence that the move rests on
    #[arg(long, value_name = "sha256:…")]
    pub evidence: Vec<String>,
    /// Whether it is made at once or proposed.
    #[command(flatten)]
    pub proposal: Proposal,
}

/// Arguments of `revoke`.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// A version of the artifact, or the artifact
    #[arg(value_name = "REF")]
    pub reference: String,
    /// Why: everybody who asks for it reads this
    #[arg(short = 'm', long, value_name = "TEXT")]
    pub reason: String,
    /// Name this file's bytes alone, by its path or SHA-256; repeat for more. Without it all files are named but small data that other artifacts hold, too
    #[arg(long = "file", value_name = "PATH")]
    pub files: Vec<String>,
    /// Whether it is made at once or proposed.
    #[command(flatten)]
    pub proposal: Proposal,
}

/// Arguments of `delete`.
#[derive(Debug, Args)]
#[command(
    after_help = "The bytes go to the trash for two weeks, unless a live artifact shares them; `refmark gc` then \
                        removes them. The records stay: history never forgets that it was there."
)]
pub struct DeleteArgs {
    /// A version of the artifact, or the artifact
    #[arg(value_name = "REF")]
    pub reference: String,
    /// Why
    #[arg(short = 'm', long, value_name = "TEXT")]
    pub reason: String,
    /// Whether it is made at once or proposed.
    #[command(flatten)]
    pub proposal: Proposal,
}
