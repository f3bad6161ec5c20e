//! `webhook`: whom to tell of events over HTTP.

use refmark_core::store::fs::input::read_given;
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::RemoteName;
use refmark_core::{WebhookRequest, WebhookRow};
use serde::Serialize;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::events::{WebhookAction, WebhookAddArgs, WebhookArgs};

/// The webhooks.
#[derive(Serialize)]
pub struct Webhooks {
    /// Each, by name.
    pub webhooks: Vec<WebhookRow>,
}

/// A webhook that was forgotten.
#[derive(Serialize)]
pub struct WebhookRemoved {
    /// Its name.
    pub removed: RemoteName,
}

/// Runs the command.
pub fn run(app: &App, args: &WebhookArgs) -> Reply {
    match &args.action {
        WebhookAction::Add(args) => add(app, args),
        WebhookAction::List => reply(Webhooks { webhooks: app.registry()?.share().list_webhooks()? }),
        WebhookAction::Test { name } => reply(app.registry()?.share().test_webhook(&RemoteName::parse(name)?)?),
        WebhookAction::Remove { name } => {
            let removed = RemoteName::parse(name)?;
            app.registry()?.share().remove_webhook(&removed)?;
            reply(WebhookRemoved { removed })
        }
    }
}

fn add(app: &App, args: &WebhookAddArgs) -> Reply {
    let request = WebhookRequest {
        url: args.url.clone(),
        kinds: args.kinds.clone(),
        ed25519: args.ed25519,
        secret: args.secret_file.as_deref().map(secret).transpose()?,
        private: args.allow_private,
        since: args.since.clone(),
    };
    reply(app.registry()?.share().add_webhook(&RemoteName::parse(&args.name)?, &request)?)
}

fn secret(path: &std::path::Path) -> Result<String> {
    String::from_utf8(read_given(path, 4096)?)
        .map_err(|_| Error::new(Code::BadArgument, format!("{} is no text", path.display())))
}
