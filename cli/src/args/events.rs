//! Arguments of events and webhook.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Arguments of `events`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct EventsArgs {
    /// Only what took effect after this commit: the `head` of an earlier answer, or the `commit` of an event
    #[arg(long, value_name = "COMMIT")]
    pub since: Option<String>,
    /// Go on until you are interrupted: each event on a line, as soon as it took effect; with --json or --jsonl as JSON
    #[arg(long)]
    pub follow: bool,
    /// One JSON object a line
    #[arg(long)]
    pub jsonl: bool,
    /// Only events of this kind, such as alias or trust
    #[arg(long = "kind", value_name = "KIND")]
    pub kinds: Vec<String>,
    /// Each as this notification-template of the catalog says it
    #[arg(long, value_name = "ID", conflicts_with = "jsonl")]
    pub template: Option<String>,
    /// What to do instead.
    #[command(subcommand)]
    pub action: Option<EventsAction>,
}

/// What can be done with events besides reading them.
#[derive(Debug, Subcommand)]
pub enum EventsAction {
    /// Tell the webhooks what they were not told yet: from a timer, where no service does it
    Deliver(DeliverArgs),
}

/// Arguments of `events deliver`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit: 0 all were told, 1 one did not take an event. It is tried again later: 5 seconds to a day after."
)]
pub struct DeliverArgs {
    /// Only to this webhook
    #[arg(long, value_name = "NAME")]
    pub to: Option<String>,
    /// Tell everything after this commit again
    #[arg(long, value_name = "COMMIT", requires = "to")]
    pub since: Option<String>,
}

/// Arguments of `webhook`.
#[derive(Debug, Args)]
pub struct WebhookArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: WebhookAction,
}

/// What can be done with webhooks.
#[derive(Debug, Subcommand)]
pub enum WebhookAction {
    /// Add an address; what lands from now on is posted to it, signed by Standard Webhooks
    Add(WebhookAddArgs),
    /// List the webhooks: how far each was told, and what failed
    List,
    /// Post an event that tells of nothing, once
    Test {
        /// Its name
        name: String,
    },
    /// Forget a webhook, with its secret and how far it was told
    Remove {
        /// Its name
        name: String,
    },
}

/// Arguments of `webhook add`.
#[derive(Debug, Args)]
pub struct WebhookAddArgs {
    /// Its name
    pub name: String,
    /// Where to post to: https
    pub url: String,
    /// Only events of this kind: version, alias, stage, trust, evidence, approval, policy, …
    #[arg(long = "kind", value_name = "KIND")]
    pub kinds: Vec<String>,
    /// Sign with an ed25519 key, which the receiver needs the public half of (v1a), not with a shared secret (v1)
    #[arg(long)]
    pub ed25519: bool,
    /// A file with a secret that there is already: whsec_… or whsk_…
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// Allow plain http, and addresses of this machine and the own network
    #[arg(long)]
    pub allow_private: bool,
    /// Begin after this commit, and not with what lands from now on
    #[arg(long, value_name = "COMMIT")]
    pub since: Option<String>,
}
