//! `events`: what took effect, in the order of the chain; and telling webhooks of it.

use std::io::Write;
use std::time::Duration;

use refmark_core::types::error::{Result, bug};
use refmark_core::types::name::{EntryId, RemoteName};
use refmark_core::types::oid::Oid;
use refmark_core::{CloudEvent, CloudEventsAnswer, DeliverRequest, Registry};

use serde::Serialize;

use super::completions::Raw;
use crate::answer::{Render, Reply, reply};
use crate::app::App;
use crate::args::events::{DeliverArgs, EventsAction, EventsArgs};
use crate::render::events::line;
use crate::render::{Page, safe_lines};

/// How often the branch is looked at, to follow it.
const EVERY: Duration = Duration::from_millis(500);

/// An event as a template says it.
#[derive(Serialize)]
pub struct Notification {
    /// The event's id.
    pub id: String,
    /// What is said of it.
    pub text: String,
}

/// Events as a template says them.
#[derive(Serialize)]
pub struct Notifications {
    /// Each, the oldest first.
    pub notifications: Vec<Notification>,
    /// The head up to which they are.
    pub head: Oid,
    /// What people should know.
    pub warnings: Vec<String>,
}

impl Render for Notifications {
    fn render(&self, page: &mut Page) {
        for it in &self.notifications {
            page.line(safe_lines(&it.text));
        }
    }
}

/// Runs the command.
pub fn run(app: &App, args: &EventsArgs) -> Reply {
    if let Some(EventsAction::Deliver(args)) = &args.action {
        return deliver(app, args);
    }
    let registry = app.registry()?;
    let mut answer = registry.read().cloud_events(args.since.as_deref())?;
    let template = match &args.template {
        Some(id) => Some(registry.read().notification_template(&app.view(&registry)?, &EntryId::parse(id)?)?),
        None => None,
    };
    let wanted = Wanted {
        kinds: &args.kinds,
        template: template.as_ref().map(|(text, _)| text.as_str()),
        as_json: args.jsonl || app.globals().json,
    };
    if args.follow {
        return follow(app, &registry, answer, &wanted);
    }
    answer.events.retain(|event| wanted.takes(event));
    match (wanted.template, args.jsonl) {
        (Some(text), _) => {
            let said = |event: &CloudEvent| Ok(Notification { id: event.id.clone(), text: event.said(text)? });
            let notifications = answer.events.iter().map(said).collect::<Result<_>>()?;
            let warnings = template.iter().filter_map(|(_, warning)| warning.clone()).collect();
            reply(Notifications { notifications, head: answer.head, warnings })
        }
        (None, true) => {
            let lines = answer.events.iter().map(|event| wanted.line(event));
            reply(Raw { text: lines.collect::<Result<String>>()? })
        }
        (None, false) => reply(answer),
    }
}

fn deliver(app: &App, args: &DeliverArgs) -> Reply {
    let to = args.to.as_deref().map(RemoteName::parse).transpose()?;
    reply(app.registry()?.share().deliver(&DeliverRequest { to, since: args.since.clone() })?)
}

/// Prints events as they take effect, until an interrupt, or until nobody reads them any more.
fn follow(app: &App, registry: &Registry, mut answer: CloudEventsAnswer, wanted: &Wanted<'_>) -> Reply {
    let mut out = std::io::stdout();
    loop {
        for event in answer.events.iter().filter(|event| wanted.takes(event)) {
            let written = out.write_all(wanted.line(event)?.as_bytes()).and_then(|()| out.flush());
            if written.is_err() {
                return reply(Raw { text: String::new() });
            }
        }
        app.cancel().check()?;
        std::thread::sleep(EVERY);
        answer = registry.read().cloud_events_after(&answer)?;
    }
}

/// Which events are told, and how.
struct Wanted<'a> {
    kinds: &'a [String],
    template: Option<&'a str>,
    as_json: bool,
}

impl Wanted<'_> {
    fn takes(&self, event: &CloudEvent) -> bool {
        self.kinds.is_empty() || self.kinds.iter().any(|kind| *kind == event.data.event.kind)
    }

    /// An event on a line of its own.
    fn line(&self, event: &CloudEvent) -> Result<String> {
        let text = match (self.template, self.as_json) {
            (Some(template), false) => safe_lines(&event.said(template)?),
            (Some(template), true) => {
                let told = Notification { id: event.id.clone(), text: event.said(template)? };
                serde_json::to_string(&told).map_err(bug)?
            }
            (None, true) => serde_json::to_string(event).map_err(bug)?,
            (None, false) => line(event),
        };
        Ok(text + "\n")
    }
}
