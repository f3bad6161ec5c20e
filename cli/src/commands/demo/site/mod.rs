//! `demo --site`: an example registry with a team's work of three weeks in it, and its site.

mod cast;
mod packages;
mod story;

use std::path::{Path, PathBuf};

use refmark_core::engine::ports::Clock;
use refmark_core::records::registry_id::RegistryId;
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::oid::Oid;
use refmark_core::{Context, ExportRequest, Places, SystemClock};
use serde::Serialize;

use super::quoted;
use crate::answer::{Render, Reply, reply};
use crate::app::App;
use crate::commands::export_site;
use crate::render::{Page, bold, doubtful, faint, safe};

/// The midnight at which a fixed story begins: 1 September 2026.
const FIXED_START: i64 = 1_788_220_800;
/// How many days a story takes; the last one is today, where the clock is not fixed.
const DAYS: i64 = 21;

/// What was made.
#[derive(Serialize)]
pub struct ExampleAnswer {
    /// The folder.
    pub path: PathBuf,
    /// The registry in it.
    pub registry: PathBuf,
    /// The registry's root, for the link's `#root=…`.
    pub trust_root: String,
    /// The registry's newest commit.
    pub head: Oid,
    /// The site, exported from it.
    pub site: PathBuf,
    /// Whether the site has a viewer; it has none where this command was built without.
    pub viewer: bool,
    /// What to put behind the site's address.
    pub fragment: String,
    /// Everybody's keys: a file each.
    pub keys: PathBuf,
    /// The proposal that waits for a second approval.
    pub pending: String,
    /// The proposal whose canary failed.
    pub blocked: String,
    /// The proposal of what was revoked since: refused.
    pub refused: String,
    /// What to type next.
    pub next: Vec<String>,
}

impl Render for ExampleAnswer {
    fn render(&self, page: &mut Page) {
        page.line(format!("made an example registry: {}", safe(&self.registry.display().to_string())));
        page.line(format!("and its site: {}  {}", safe(&self.site.display().to_string()), faint(&self.fragment)));
        if !self.viewer {
            page.line(format!(
                "{} this refmark was built without the viewer: the site holds data only",
                doubtful("note:")
            ));
        }
        page.line(format!("root {}", self.trust_root));
        page.line(bold("Try:"));
        self.next.iter().for_each(|command| page.line(format!("  {command}")));
    }
}

/// Makes the example in a folder that does not exist yet.
pub fn run(app: &App, folder: &Path, fixed: bool) -> Reply {
    if folder.symlink_metadata().is_ok() {
        return Err(Error::new(Code::Exists, format!("{} is there already", folder.display()))
            .hint(format!("remove it (rm -r {}), or name another folder", folder.display()))
            .at(folder.display().to_string()));
    }
    app.arm();
    let made = make(app, folder, fixed);
    if made.is_err() {
        // It was ours alone: leave no half of an example.
        let _ = std::fs::remove_dir_all(folder);
    }
    reply(made?)
}

fn make(app: &App, folder: &Path, fixed: bool) -> Result<ExampleAnswer> {
    let home = folder.join("home");
    let start = match fixed {
        true => FIXED_START,
        false => SystemClock.now().unix() / 86_400 * 86_400 - DAYS * 86_400,
    };
    let clock = cast::StoryClock::new(start);
    let places = Places {
        config: Some(home.join(".config/refmark")),
        data: Some(home.join(".local/share/refmark")),
        home: Some(home),
    };
    let mut world = Context::at(places, clock.clone());
    app.equip(&mut world);
    let keys = folder.join("keys");
    let people = cast::Keys::make(&keys, fixed)?;
    let registry = folder.join("models");
    let id = fixed.then(|| RegistryId::from_bytes([0x2a; 16]));
    let cast = cast::Cast::found(&registry, id, world, clock, people)?;
    let told = story::tell(&cast)?;
    let viewer = export_site::viewer(None).ok();
    let request = ExportRequest { viewer: viewer.as_ref(), ..ExportRequest::default() };
    let site = cast.registry.share().export_site(&app.git(), &folder.join("site"), &request)?;
    Ok(ExampleAnswer {
        site: folder.join("site"),
        viewer: viewer.is_some(),
        fragment: site.fragment,
        path: folder.to_owned(),
        trust_root: cast.founded.trust_root.clone(),
        head: cast.registry.read().head()?,
        next: next(&registry, &keys, &told),
        pending: told.pending,
        blocked: told.blocked,
        refused: told.refused,
        registry,
        keys,
    })
}

/// What to type next. All of it works when it is typed.
fn next(registry: &Path, keys: &Path, told: &story::Told) -> Vec<String> {
    let me = super::me();
    let at = quoted(&registry.display().to_string());
    let key = quoted(&keys.join("bo").display().to_string());
    vec![
        format!("{me} -R {at} review main..{}", told.pending),
        format!("{me} -R {at} --key {key} approve {}", told.pending),
        format!("{me} -R {at} view"),
    ]
}
