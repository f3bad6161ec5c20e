//! `explain`: why one thing is as it is.

use refmark_core::ExplainAnswer;
use refmark_core::render::explain::page;
use refmark_core::types::name::PrincipalId;
use refmark_core::types::reference::{Reference, parse_version};
use serde::Serialize;

use crate::answer::{Render, Reply, reply};
use crate::app::App;
use crate::args::governing::ExplainArgs;
use crate::render::Page;

/// An explanation for a terminal.
#[derive(Serialize)]
#[serde(transparent)]
struct Explained(ExplainAnswer);

impl Render for Explained {
    fn render(&self, out: &mut Page) {
        out.raw(&page(self.0.explanation.as_ref(), self.0.why_not.as_ref()).terminal(true));
    }
}

/// Runs the command.
pub fn run(app: &App, args: &ExplainArgs) -> Reply {
    let reference = Reference::parse(&args.reference)?;
    let why_not = args.why_not.as_deref().map(parse_version).transpose()?;
    let by = args.by.as_deref().map(PrincipalId::parse).transpose()?;
    let registry = app.registry()?;
    let view = app.view(&registry)?;
    reply(Explained(registry.read().explain(&view, &reference, why_not, by.as_ref())?))
}
