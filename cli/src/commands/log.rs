//! `log`: the moves of aliases.

use refmark_core::LogAnswer;
use refmark_core::query::answer::log::subject;
use refmark_core::types::reference::Reference;
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
    let of = args.of.as_deref().map(|text| subject(&Reference::parse(text)?)).transpose()?;
    let registry = app.registry()?;
    let view = app.view(&registry)?;
    let (model, alias) = match &of {
        Some((model, alias)) => (Some(model), alias.as_ref()),
        None => (None, None),
    };
    reply(Log { answer: registry.read().log(&view, model, alias)?, all: args.all })
}
