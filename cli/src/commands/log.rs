//! `log`: the moves of aliases, or every kind of event.

use refmark_core::query::answer::log::subject;
use refmark_core::types::error::{Result, bug};
use refmark_core::types::reference::Reference;
use refmark_core::{EventsAnswer, EventsRequest, LogAnswer};
use serde::Serialize;

use super::completions::Raw;
use super::values;
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

/// Events of every kind.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Events(pub EventsAnswer);

/// Runs the command.
pub fn run(app: &App, args: &LogArgs) -> Reply {
    let of = args.of.as_deref().map(|text| subject(&Reference::parse(text)?)).transpose()?;
    let since = values::time(&args.since)?;
    let registry = app.registry()?;
    let view = app.view(&registry)?;
    let of = of.as_ref().map(|(model, alias)| (model, alias.as_ref()));
    if args.all {
        let answer = registry.read().events(&view, EventsRequest { of, since })?;
        return match args.jsonl {
            true => lines(&answer.events),
            false => reply(Events(answer)),
        };
    }
    let mut answer = registry.read().log(&view, of.map(|it| it.0), of.and_then(|it| it.1))?;
    if let Some(since) = since {
        answer.moves.retain(|it| it.landed.unwrap_or(it.time) >= since);
    }
    match args.jsonl {
        true => lines(&answer.moves),
        false => reply(Log { answer, all: since.is_some() }),
    }
}

/// One JSON object a line, the oldest first: what is new goes to the end of a file.
fn lines<T: Serialize>(rows: &[T]) -> Reply {
    let text = rows.iter().rev().map(|row| serde_json::to_string(row).map_err(bug).map(|line| line + "\n"));
    reply(Raw { text: text.collect::<Result<String>>()? })
}
