//! `events`: what took effect, in the order of the chain; and telling webhooks of it.

use std::io::Write;
use std::time::Duration;

use refmark_core::types::error::{Result, bug};
use refmark_core::types::name::RemoteName;
use refmark_core::{CloudEvent, CloudEventsAnswer, DeliverRequest, Registry};

use super::completions::Raw;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::events::{DeliverArgs, EventsAction, EventsArgs};
use crate::render::events::line;

/// How often the branch is looked at, to follow it.
const EVERY: Duration = Duration::from_millis(500);

/// Runs the command.
pub fn run(app: &App, args: &EventsArgs) -> Reply {
    if let Some(EventsAction::Deliver(args)) = &args.action {
        return deliver(app, args);
    }
    let registry = app.registry()?;
    let answer = registry.read().cloud_events(args.since.as_deref())?;
    let as_json = args.jsonl || app.globals().json;
    match (args.follow, args.jsonl) {
        (true, _) => follow(app, &registry, answer, as_json),
        (false, true) => {
            let lines = answer.events.iter().map(|event| said(event, true));
            reply(Raw { text: lines.collect::<Result<String>>()? })
        }
        (false, false) => reply(answer),
    }
}

fn deliver(app: &App, args: &DeliverArgs) -> Reply {
    let to = args.to.as_deref().map(RemoteName::parse).transpose()?;
    reply(app.registry()?.share().deliver(&DeliverRequest { to, since: args.since.clone() })?)
}

/// Prints events as they take effect, until an interrupt, or until nobody reads them any more.
fn follow(app: &App, registry: &Registry, mut answer: CloudEventsAnswer, as_json: bool) -> Reply {
    let mut out = std::io::stdout();
    loop {
        for event in &answer.events {
            let written = out.write_all(said(event, as_json)?.as_bytes()).and_then(|()| out.flush());
            if written.is_err() {
                return reply(Raw { text: String::new() });
            }
        }
        app.cancel().check()?;
        std::thread::sleep(EVERY);
        answer = registry.read().cloud_events_after(&answer)?;
    }
}

fn said(event: &CloudEvent, as_json: bool) -> Result<String> {
    let text = if as_json { serde_json::to_string(event).map_err(bug)? } else { line(event) };
    Ok(text + "\n")
}
