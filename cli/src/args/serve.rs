//! Arguments of serve.

use clap::{Args, Subcommand};

use super::site::ViewerArgs;

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(
    after_help = "Environment: BIND_ADDR (127.0.0.1:8470), REGISTRY_DIR (/registry), REGISTRY_LOCK_PATH, SERVICE_TOKEN_PATH, \
                        INTEGRITY_RESULT_PATH, ALLOW_REMOTE_BIND=true, TLS_CERT_PATH, TLS_KEY_PATH, INSECURE_DEV_MODE=true, ALLOWED_HOSTS, LOG_FORMAT=json, \
                        REFMARK_STATE. It logs to standard error, reads its token and certificates again on SIGHUP, and ends on SIGTERM \
                        once open requests are answered. \
                        docs/serve.md says more."
)]
pub struct ServeArgs {
    /// Where the viewer at `/` comes from.
    #[command(flatten)]
    pub viewer: ViewerArgs,
}

/// Arguments of `ctl`.
#[derive(Debug, Args)]
#[command(after_help = "Verbs: list, info NAME, verify NAME, path NAME, revoke NAME, delete NAME, status, check. \
                        Environment: REGISTRY_URL (http://127.0.0.1:8470), SERVICE_TOKEN_PATH. \
                        Exit: 0 done and good, 1 everything else.")]
pub struct CtlArgs {
    /// The verb, and the model's name where it needs one
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "VERB")]
    pub words: Vec<String>,
}

/// Arguments of `token`.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: TokenVerb,
}

/// What is done with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenVerb {
    /// Make a token; it is shown this once
    Add(TokenAddArgs),
    /// The tokens, without themselves
    List,
    /// End a token at once
    Revoke(TokenRevokeArgs),
}

/// Arguments of `token add`.
#[derive(Debug, Args)]
pub struct TokenAddArgs {
    /// The token's name
    pub name: String,
    /// Who uses it: stands in the records of what is done with it
    #[arg(long, value_name = "ID")]
    pub principal: String,
    /// What it is for: read, verify, change (acquire, quarantine, promote), withdraw (revoke, delete)
    #[arg(long = "right", value_name = "RIGHT", default_value = "read")]
    pub rights: Vec<String>,
    /// The models that it is for, `*` for any characters; all where none is named
    #[arg(long = "model", value_name = "PATTERN")]
    pub models: Vec<String>,
    /// In how many days it ends
    #[arg(long, value_name = "N")]
    pub days: Option<u32>,
}

/// Arguments of `token revoke`.
#[derive(Debug, Args)]
pub struct TokenRevokeArgs {
    /// The token's name
    pub name: String,
}
