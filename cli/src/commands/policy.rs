//! `policy`: who may do what, and which gates must hold.

use refmark_core::engine::policy::Preset;
use refmark_core::store::fs::input::read_text;
use refmark_core::{PolicyRequest, PolicyShowAnswer, PolicySource};
use serde::Serialize;

use super::propose;
use crate::answer::{Render, Reply, reply};
use crate::app::App;
use crate::args::governing::{PolicyAction, PolicyArgs};
use crate::render::Page;
use crate::render::plain::Plain;

/// A policy's text.
#[derive(Serialize)]
#[serde(transparent)]
struct Shown(PolicyShowAnswer);

impl Render for Shown {
    fn render(&self, page: &mut Page) {
        page.raw(&self.0.text);
    }
}

/// Runs the command.
pub fn run(app: &App, args: &PolicyArgs) -> Reply {
    let registry = app.registry()?;
    match &args.action {
        PolicyAction::Show { number } => reply(Shown(registry.govern().policy_show(&app.view(&registry)?, *number)?)),
        PolicyAction::Check { file } => {
            let text = file.as_deref().map(read_text).transpose()?;
            let value = registry.govern().policy_check(&app.view(&registry)?, text.as_deref())?;
            reply(Plain { title: String::new(), value })
        }
        PolicyAction::Apply { file, preset, how } => {
            let source = match (file, preset) {
                (_, Some(preset)) => PolicySource::Preset(Preset::parse(preset)?),
                (Some(file), None) => PolicySource::Text(read_text(file)?),
                (None, None) => PolicySource::Preset(Preset::Team),
            };
            let reason = how.reason.clone().unwrap_or_default();
            let request = PolicyRequest { source, reason, out: how.out.clone() };
            propose::change(app, &registry, &how.proposal, |writer| {
                let value = writer.govern().policy_apply(&request)?;
                reply(Plain { title: format!("policy {}", value.number), value })
            })
        }
        PolicyAction::Sign { draft } => {
            let signer = app.signer(&registry)?;
            reply(Plain { title: String::new(), value: registry.govern_as(&*signer).draft_sign(draft)? })
        }
        PolicyAction::Land { draft, proposal } => propose::change(app, &registry, proposal, |writer| {
            reply(Plain { title: String::new(), value: writer.govern().draft_land(draft)? })
        }),
    }
}
