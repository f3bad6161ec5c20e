//! `pin`: what a project uses, by digest, in its refmark.lock.

use refmark_core::query::pin::{PinReport, Standing};
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::{ConsumerId, ModelName};
use refmark_core::types::span::Span;
use refmark_core::{LintAnswer, PinAddRequest, PinCheckAnswer, Project, Registry};
use serde::Serialize;

use super::propose;
use crate::answer::{Render, Reply, reply};
use crate::app::{App, here};
use crate::args::project::{PinAction, PinArgs};
use crate::args::proposals::Proposal;
use crate::render::plain::{Plain, members};
use crate::render::{Page, bad, bold, doubtful, faint, good, safe};

/// How the pins stand.
#[derive(Serialize)]
#[serde(transparent)]
struct Checked(PinCheckAnswer);

impl Render for Checked {
    fn render(&self, page: &mut Page) {
        for pin in &self.0.pins {
            page.line(standing(pin));
        }
        match &self.0.as_of {
            Some(as_of) => page.line(faint(format!("as of {}, {}", as_of.head.short(), as_of.time))),
            None => page.line(faint("the registry was not asked: only the age of the lock file was judged")),
        }
    }

    fn status(&self) -> u8 {
        self.0.error().map_or(0, |error| error.code.exit().status())
    }
}

/// One pin in words: what it is, how it stands, and why.
fn standing(pin: &PinReport) -> String {
    let of = format!("{}/{}", pin.model, pin.version);
    let alias = pin.alias.as_ref().map(|alias| format!(", by its alias {alias}")).unwrap_or_default();
    let name = if pin.name == pin.model { of } else { format!("{} = {of}", pin.name) };
    let why: Vec<String> = pin.problems.iter().map(|problem| safe(&problem.message)).collect();
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) };
    let how = match (pin.standing, pin.now) {
        (Standing::Current, _) => good("current"),
        (Standing::Behind, Some(now)) => doubtful(format!("behind: the alias holds version {now} now")),
        (Standing::Behind, None) => doubtful("behind: the alias holds nothing now"),
        (Standing::Stale, _) => doubtful(format!("stale{why}")),
        (Standing::Withdrawn, _) => bad(format!("withdrawn{why}")),
        (Standing::Tampered, _) => bad(format!("not what history says{why}")),
    };
    let sunset = pin.sunset.map(|day| format!("; nobody should use it from {day} on")).unwrap_or_default();
    format!("{}{alias}  {how}{sunset}", bold(safe(&name)))
}

/// What moves in the manifests: a pipeline fails where there is any.
#[derive(Serialize)]
#[serde(transparent)]
struct Linted(LintAnswer);

impl Render for Linted {
    fn render(&self, page: &mut Page) {
        members(page, &serde_json::to_value(&self.0).unwrap_or_default(), "");
    }

    fn status(&self) -> u8 {
        u8::from(!self.0.findings.is_empty())
    }
}

/// Runs the command.
pub fn run(app: &App, args: &PinArgs) -> Reply {
    match &args.action {
        PinAction::Add { references, max_offline } => add(app, references, max_offline.as_deref()),
        PinAction::Remove { names } => {
            let value = existing(app)?.remove(&parsed(names)?)?;
            reply(Plain { title: String::new(), value })
        }
        PinAction::Sync { output, frozen } => {
            app.arm();
            let value = existing(app)?.sync(output, *frozen)?;
            reply(Plain { title: "every byte is what the lock says".to_owned(), value })
        }
        PinAction::Update { names, dry_run } => {
            let registry = app.registry()?;
            let value = existing(app)?.update(&registry, &parsed(names)?, *dry_run)?;
            reply(Plain { title: String::new(), value })
        }
        PinAction::List => reply(Plain { title: String::new(), value: existing(app)?.list()? }),
        PinAction::Check { offline } => check(app, *offline),
        PinAction::Publish { consumer, project, gone, proposal } => {
            publish(app, consumer, project.clone(), *gone, proposal)
        }
        PinAction::Lint { path } => reply(Linted(app.registry()?.pins().lint_manifests(path)?)),
    }
}

/// The project at or above this folder.
pub fn project(app: &App) -> Result<Option<Project>> {
    Project::find(&here()?, &app.world()?)
}

fn existing(app: &App) -> Result<Project> {
    match project(app)? {
        Some(project) => Ok(project),
        None => Project::at(&here()?, app.world()?),
    }
}

fn parsed(names: &[String]) -> Result<Vec<ModelName>> {
    names.iter().map(|name| ModelName::parse(name)).collect()
}

fn add(app: &App, references: &[String], max_offline: Option<&str>) -> Reply {
    let pin = |text: &String| match text.split_once('=') {
        Some((name, reference)) => Ok((reference.to_owned(), Some(ModelName::parse(name)?))),
        None => Ok((text.clone(), None)),
    };
    let request = PinAddRequest {
        pins: references.iter().map(pin).collect::<Result<_>>()?,
        url: app.globals().registry.as_ref().map(|path| path.display().to_string()),
        max_offline: max_offline.map(Span::parse).transpose()?,
        tofu: app.globals().tofu,
    };
    let registry = app.registry()?;
    let value = existing(app)?.add(&registry, &request)?;
    reply(Plain { title: String::new(), value })
}

fn check(app: &App, offline: bool) -> Reply {
    let project = existing(app)?;
    let registry: Option<Registry> = if offline { None } else { project.registry()? };
    reply(Checked(project.check(registry.as_ref())?))
}

fn publish(app: &App, consumer: &str, uri: Option<String>, gone: bool, proposal: &Proposal) -> Reply {
    let consumer = ConsumerId::parse(consumer)?;
    let registry = app.registry()?;
    let project = project(app)?;
    let lock = match (&project, gone) {
        (_, true) => None,
        (Some(project), false) => Some(project.lock()?),
        (None, false) => {
            return Err(Error::new(Code::NotPinned, "there is no refmark.lock at or above this folder")
                .hint("`refmark pin add NAME@ALIAS` makes one; a project that is gone: --gone"));
        }
    };
    propose::change(app, &registry, proposal, |writer| {
        let value = writer.publish_pins(&consumer, uri, lock)?;
        reply(Plain { title: format!("published the pins of {}", value.consumer), value })
    })
}
