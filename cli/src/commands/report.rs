//! `report`: the dossier of a version.

use std::path::Path;

use refmark_core::query::report::{Dossier, ProductUse, Usage, annex_iv, cyclonedx, model_card, spdx};
use refmark_core::render::report::page;
use refmark_core::store::fs::disk::RealDisk;
use refmark_core::store::fs::durable::replace;
use refmark_core::types::digest::Digest;
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::ModelName;
use refmark_core::types::reference::Reference;
use refmark_core::types::text::size;
use serde::Serialize;

use super::completions::Raw;
use crate::answer::{Json, Render, Reply, reply};
use crate::app::App;
use crate::args::governing::ReportArgs;
use crate::render::{Page, Table, safe};

/// A dossier for a terminal.
#[derive(Serialize)]
#[serde(transparent)]
struct Shown(Dossier);

impl Render for Shown {
    fn render(&self, out: &mut Page) {
        out.raw(&page(&self.0).terminal(true));
    }
}

/// In place of a version: what is used of the registry. A model of this name goes before.
const USAGE: &str = "usage";

/// What is used, for a terminal.
#[derive(Serialize)]
#[serde(transparent)]
struct Used(Usage);

impl Render for Used {
    fn render(&self, page: &mut Page) {
        let mut table = Table::new(["UNIT", "BILLABLE", "TOTAL", "BY PRODUCT"]);
        for unit in &self.0.units {
            let by = |it: &ProductUse| {
                format!("{} {}", it.product.as_ref().map_or("(none)", |product| product.as_str()), it.count)
            };
            let billable = if unit.billable { "yes" } else { "no" };
            table.row([
                unit.unit.as_str().into(),
                billable.into(),
                unit.total.map_or("not counted here".to_owned(), |total| total.to_string()).into(),
                unit.products.iter().map(by).collect::<Vec<_>>().join(", ").into(),
            ]);
        }
        page.table(table);
        page.line(format!("as of commit {}", self.0.head.short()));
    }
}

/// A pack that was written.
#[derive(Serialize)]
struct Packed {
    /// The file.
    file: String,
    /// Its size in bytes.
    bytes: u64,
    /// Its SHA-256.
    sha256: Digest,
}

impl Render for Packed {
    fn render(&self, out: &mut Page) {
        out.line(format!("wrote {} ({}), {}", safe(&self.file), size(self.bytes), self.sha256.prefixed()));
        out.line("next: python3 verify.py --root sha256:…, in the folder that it is unpacked to");
    }
}

/// Writes a pack to a new file.
fn pack(to: Option<&Path>, make: impl FnOnce() -> Result<Vec<u8>>) -> Reply {
    let Some(to) = to else {
        return Err(Error::new(Code::BadArgument, "an evidence pack is a file: name it with --out"));
    };
    if to.exists() {
        return Err(Error::new(Code::Exists, format!("{} is there already", to.display())).at(to.display().to_string()));
    }
    let bytes = make()?;
    replace(&RealDisk, to, &bytes, 0o644)?;
    reply(Packed { file: to.display().to_string(), bytes: bytes.len() as u64, sha256: Digest::of(&bytes) })
}

/// Runs the command.
pub fn run(app: &App, args: &ReportArgs) -> Reply {
    let registry = app.registry()?;
    let view = app.view(&registry)?;
    if args.reference == USAGE && view.facts()?.newest_version(&ModelName::parse(USAGE)?)?.is_none() {
        return reply(Used(registry.read().usage(&view)?));
    }
    let reference = Reference::parse(&args.reference)?;
    let dossier = registry.read().report(&view, &reference)?;
    let shown = page(&dossier);
    match args.profile.as_deref() {
        Some("evidence-pack") => {
            return pack(args.out.as_deref(), || registry.read().evidence_pack(&view, &reference));
        }
        Some("model-card") => return reply(Raw { text: model_card(&dossier) }),
        Some("annex-iv") => return reply(Raw { text: annex_iv(&dossier) }),
        Some("cyclonedx") => return reply(Json::of(&cyclonedx(&dossier))?),
        Some("spdx") => return reply(Json::of(&spdx(&dossier))?),
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
