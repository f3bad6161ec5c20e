//! `--single-file`: one page with the viewer and the registry in it, for a disk or a mail.

use crate::registry::Sharing;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{ExportRequest, Viewer, fragment, warnings};
use refmark_query::site::{DATA_MARK, Site, inline};
use refmark_store::fs::disk::{io_error, shown};
use refmark_store::fs::host::unique_name;
use refmark_store::fs::read::read_bounded;
use refmark_store::git::program::GitProgram;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;

/// Pages over this size are slow to open.
const LARGE: u64 = 64 << 20;

/// A page that was written.
#[derive(Debug, Clone, Serialize)]
pub struct SinglePageAnswer {
    /// The page.
    pub path: PathBuf,
    /// The registry's id.
    pub registry: String,
    /// The commit that it shows.
    pub head: Oid,
    /// The root that is pinned here; none where none is.
    pub trust_root: Option<String>,
    /// What to put behind the page's address.
    pub fragment: String,
    /// Whether it changed.
    pub changed: bool,
    /// Its size in bytes.
    pub bytes: u64,
    /// What a publisher should know.
    pub warnings: Vec<String>,
}

impl Sharing<'_> {
    /// Writes the registry and the viewer as one page. A page of before is replaced; anything else that stands there is a
    /// error with code `exists`. Without blobs.
    pub fn export_single_page(
        &self,
        git: &dyn GitProgram,
        path: &Path,
        viewer: &Viewer<'_>,
    ) -> Result<SinglePageAnswer> {
        let template = viewer.single_page()?;
        let path = std::path::absolute(path).map_err(|error| io_error("find", path, &error))?;
        let standing = standing(&path)?;
        let view = self.registry.view()?;
        // The same files as a site's, in a folder beside the page, which goes again.
        let beside = path.with_file_name(format!(".refmark-page-{}", unique_name()));
        let made = self.page(git, &beside, template);
        let _ = std::fs::remove_dir_all(&beside);
        let page = made?;
        let changed = standing.as_deref() != Some(page.as_bytes());
        if changed {
            let staged = path.with_file_name(format!(".refmark-page-{}", unique_name()));
            self.registry.world.disk.write_new(&staged, page.as_bytes(), 0o644)?;
            self.registry.world.disk.rename(&staged, &path)?;
            self.registry.world.disk.sync_dir(path.parent().unwrap_or(Path::new("/")))?;
        }
        let bytes = page.len() as u64;
        let mut warnings = warnings(&view, &self.registry.repo.foreign_branches()?);
        if bytes > LARGE {
            warnings.push(Hint::of("the page is large; a site opens much sooner: ").then(Next::ExportSite).to_string());
        }
        Ok(SinglePageAnswer {
            path,
            registry: self.registry.id().to_string(),
            head: view.head,
            trust_root: view.pin.map(|pin| pin.prefixed()),
            fragment: fragment(&view),
            changed,
            bytes,
            warnings,
        })
    }

    fn page(&self, git: &dyn GitProgram, beside: &Path, template: &str) -> Result<String> {
        self.export_site(git, beside, &ExportRequest::default())?;
        let registry = beside.join("registry");
        let read = |name: &str| -> Result<Vec<u8>> {
            let path = registry.join(name);
            std::fs::read(&path).map_err(|error| io_error("read", &path, &error))
        };
        let json = read("site.json")?;
        let site = Site::parse(&json)?;
        let names = site.packs.iter().flat_map(|it| [&it.pack, &it.idx]).chain([&site.listing]);
        let files = names.map(|name| Ok((name.clone(), read(name)?))).collect::<Result<Vec<_>>>()?;
        inline(template, &json, &files)
    }
}

/// The largest page that is looked at before it is replaced.
const PAGE_LIMIT: u64 = 1 << 30;

/// The page that stands there; an error where it is none of ours.
fn standing(path: &Path) -> Result<Option<Vec<u8>>> {
    let Some(found) = read_bounded(path, PAGE_LIMIT)? else { return Ok(None) };
    let ours = String::from_utf8_lossy(&found).contains(DATA_MARK);
    match ours {
        true => Ok(Some(found)),
        false => {
            Err(Error::new(Code::Exists, format!("{} is there already, and is no page of a registry", shown(path)))
                .hint("name another file")
                .at(shown(path)))
        }
    }
}
