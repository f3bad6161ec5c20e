//! `log`: the moves of aliases.

use refmark_core::registry::LogAnswer;
use refmark_core::words::fault::{Code, Fault, Result};
use refmark_core::words::name::{AliasName, ModelName};
use refmark_core::words::reference::Reference;
use serde::Serialize;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::versions::LogArgs;

/// How many moves people see unless they ask for all.
pub const SHOWN: usize = 20;

/// The moves; programs get all of them.
#[derive(Serialize)]
pub struct Log {
    /// The moves.
    #[serde(flatten)]
    pub answer: LogAnswer,
    /// Whether people see all of them, too.
    #[serde(skip)]
    pub all: bool,
}

/// Runs the command.
pub fn run(app: &App, args: &LogArgs) -> Reply {
    let of = args.of.as_deref().map(of).transpose()?;
    let registry = app.registry()?;
    let view = app.view(&registry)?;
    let (model, alias) = match &of {
        Some((model, alias)) => (Some(model), alias.as_ref()),
        None => (None, None),
    };
    if let (Some(model), None) = (model, alias)
        && view.facts()?.newest_version(model)?.is_none()
    {
        return Err(
            Fault::new(Code::NotFound, format!("there is no model {model}")).hint("`refmark list` shows the models")
        );
    }
    reply(Log { answer: registry.log(&view, model, alias)?, all: args.all })
}

fn of(text: &str) -> Result<(ModelName, Option<AliasName>)> {
    match Reference::parse(text)? {
        Reference::Alias(model, alias) => Ok((model, Some(alias))),
        Reference::Pin(model) => Ok((model, None)),
        other => Err(Fault::new(Code::BadArgument, format!("`{other}` is neither a model nor an alias"))
            .hint("write MODEL or MODEL@ALIAS; `refmark show` tells of a version")),
    }
}
