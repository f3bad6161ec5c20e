//! `report`: the dossier of a version.

use refmark_core::query::report::{Dossier, annex_iv, cyclonedx, model_card};
use refmark_core::render::report::page;
use refmark_core::types::reference::Reference;
use serde::Serialize;

use super::completions::Raw;
use crate::answer::{Json, Render, Reply, reply};
use crate::app::App;
use crate::args::governing::ReportArgs;
use crate::render::Page;

/// A dossier for a terminal.
#[derive(Serialize)]
#[serde(transparent)]
struct Shown(Dossier);

impl Render for Shown {
    fn render(&self, out: &mut Page) {
        out.raw(&page(&self.0).terminal(true));
    }
}

/// Runs the command.
pub fn run(app: &App, args: &ReportArgs) -> Reply {
    let reference = Reference::parse(&args.reference)?;
    let registry = app.registry()?;
    let view = app.view(&registry)?;
    let dossier = registry.read().report(&view, &reference)?;
    let shown = page(&dossier);
    match args.profile.as_deref() {
        Some("model-card") => return reply(Raw { text: model_card(&dossier) }),
        Some("annex-iv") => return reply(Raw { text: annex_iv(&dossier) }),
        Some("cyclonedx") => return reply(Json::of(&cyclonedx(&dossier))?),
        _ => {}
    }
    match args.format.as_str() {
        // The BOM is JSON whether it is asked for or not.
        "cyclonedx" => reply(Json::of(&cyclonedx(&dossier))?),
        _ if app.globals().json => reply(Shown(dossier)),
        "json" => reply(Json::of(&dossier)?),
        "markdown" => reply(Raw { text: shown.markdown(usize::MAX) }),
        "html" => reply(Raw { text: shown.html() }),
        "page" => reply(Raw { text: shown.html_page(&format!("{reference}: dossier")) }),
        _ => reply(Shown(dossier)),
    }
}
