//! `pin`: what a project uses, by digest, in its refmark.lock.

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
use crate::render::Page;
use crate::render::plain::{Plain, members};

/// How the pins stand.
#[derive(Serialize)]
#[serde(transparent)]
struct Checked(PinCheckAnswer);

impl Render for Checked {
    fn render(&self, page: &mut Page) {
        members(page, &serde_json::to_value(&self.0).unwrap_or_default(), "");
    }

    fn status(&self) -> u8 {
        self.0.error().map_or(0, |error| error.code.exit().status())
    }
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
