//! `export-site`: the registry as plain files that any host serves, with the viewer beside them.

mod blobs;
mod folder;
mod gather;
mod packs;
mod single;
#[cfg(test)]
mod tests;

use crate::registry::Sharing;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde::Serialize;

use self::folder::Folder;
use crate::view::View;
use refmark_engine::snapshot::History;
use refmark_query::site::{PackPlan, SITE_FORMAT, Site, SitePack, SiteRegistry};
use refmark_store::git::program::{GitEnded, GitProgram};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result, bug};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;
use refmark_types::package_path::PackagePath;
use refmark_types::text::counted;
use std::collections::{BTreeMap, BTreeSet};

pub use single::SinglePageAnswer;

/// The file of the viewer that takes a registry's data into itself.
const SINGLE_PAGE: &str = "single.html";
/// The signal of Ctrl-C.
const INTERRUPT: i32 = 2;

/// The built viewer: its files by their paths.
pub struct Viewer<'v> {
    files: BTreeMap<String, Cow<'v, [u8]>>,
}

impl<'v> Viewer<'v> {
    /// The files of a built viewer. An error with code `bad-argument` where `index.html` is missing, or a path leads out of
    /// the site or into the registry's folder.
    pub fn new(files: impl IntoIterator<Item = (String, Cow<'v, [u8]>)>) -> Result<Viewer<'v>> {
        let mut kept = BTreeMap::new();
        for (path, bytes) in files {
            PackagePath::parse(&path)?;
            if path == "registry" || path.starts_with("registry/") {
                return Err(Error::new(
                    Code::BadArgument,
                    format!("the viewer has a file {path}, and that is the registry's"),
                )
                .at(path));
            }
            kept.insert(path, bytes);
        }
        if !kept.contains_key("index.html") {
            return Err(Error::new(Code::BadArgument, "the viewer has no index.html").hint("build it: viewer/build.sh"));
        }
        Ok(Viewer { files: kept })
    }

    /// The page for `--single-file`.
    pub fn single_page(&self) -> Result<&str> {
        let page = self.files.get(SINGLE_PAGE).and_then(|bytes| std::str::from_utf8(bytes).ok());
        page.ok_or_else(|| {
            Error::new(Code::BadArgument, format!("the viewer has no {SINGLE_PAGE}")).hint("build it: viewer/build.sh")
        })
    }

    /// What a site is served with, the page itself last.
    fn served(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let page = self.files.get_key_value("index.html");
        let rest = self.files.iter().filter(|(path, _)| *path != "index.html" && *path != SINGLE_PAGE);
        rest.chain(page).map(|(path, bytes)| (path.as_str(), bytes.as_ref()))
    }
}

/// What a site is to have besides the registry.
#[derive(Default)]
pub struct ExportRequest<'v> {
    /// The viewer; without one only the registry's folder is written.
    pub viewer: Option<&'v Viewer<'v>>,
    /// Whether the files of trusted versions go along.
    pub blobs: bool,
    /// Whether they do although no root is pinned.
    pub allow_unverified: bool,
}

/// A site that was written.
#[derive(Debug, Clone, Serialize)]
pub struct SiteAnswer {
    /// The folder.
    pub path: PathBuf,
    /// The registry's id.
    pub registry: String,
    /// The commit that the site shows.
    pub head: Oid,
    /// The root that is pinned here, as `sha256:<hex>`: what a reader should hold the site to. None where none is.
    pub trust_root: Option<String>,
    /// What to put behind the site's address, so that a reader's browser holds it to that root and at least that commit.
    pub fragment: String,
    /// The branches: the registry's and those of open proposals.
    pub refs: BTreeMap<String, Oid>,
    /// Whether anything changed; an unchanged registry changes no byte.
    pub changed: bool,
    /// The packs that were added.
    pub packs_added: Vec<SitePack>,
    /// How many packs stayed as they were.
    pub packs_kept: u64,
    /// Whether all packs were written anew, because there had become too many.
    pub repacked: bool,
    /// How many models the listing has.
    pub models: u64,
    /// How many versions.
    pub versions: u64,
    /// The files of trusted versions, where they were asked for.
    pub blobs: Option<SiteBlobs>,
    /// How many files were written.
    pub files_written: u64,
    /// Their bytes.
    pub bytes_written: u64,
    /// The bytes of the site as it is now, without the viewer's.
    pub bytes: u64,
    /// What a publisher should know.
    pub warnings: Vec<String>,
}

/// The files of trusted versions in a site.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SiteBlobs {
    /// How many there are.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those that are in no store here, and so not in the site.
    pub absent: Vec<Digest>,
}

impl Sharing<'_> {
    /// Writes the registry into a folder as plain files, with the viewer where one is given. The folder is new, empty, or
    /// holds an earlier site of this registry: then only what is new is added, and of an unchanged registry not one byte
    /// changes. `site.json` is replaced last, so that whoever stops this leaves the old site whole.
    ///
    /// Errors: `exists` for a folder with anything else in it, `wrong-registry` for another registry's site,
    /// `history-rewritten` where the site shows a commit that this registry does not have, `incomplete` for a shallow
    /// clone, `wrong-root` for another registry than the one that is pinned here, `unverified` for blobs without a pinned root, `locked` where another export is at work.
    pub fn export_site(&self, git: &dyn GitProgram, dir: &Path, request: &ExportRequest<'_>) -> Result<SiteAnswer> {
        if request.blobs && self.registry.world.pin_of(self.registry.id())?.is_none() && !request.allow_unverified {
            return Err(crate::read::pull::unpinned(self.registry));
        }
        let mut folder = Folder::open(&self.registry.world, dir, self.registry.id())?;
        match self.write_site(git, &mut folder, request) {
            Ok(answer) => Ok(answer),
            Err(error) => {
                folder.undo();
                // Ctrl-C ends Git, too, whose error it then is not; it may die before we hear of it.
                if error.code == Code::GitFailed
                    && error.cause::<GitEnded>().is_some_and(|git| git.signal == Some(INTERRUPT))
                {
                    self.registry.world.cancel.stop();
                }
                self.registry.world.cancel.check()?;
                Err(error)
            }
        }
    }

    fn write_site(&self, git: &dyn GitProgram, folder: &mut Folder, request: &ExportRequest<'_>) -> Result<SiteAnswer> {
        if let Some(error) = self.registry.why_incomplete()? {
            return Err(error);
        }
        let head = self.registry.head()?;
        let refs = self.site_refs(head)?;
        self.check_follows(folder.before(), head)?;
        // Git packs while we verify: of a long history each takes a minute.
        let (view, packed) = std::thread::scope(|scope| {
            let packing = scope.spawn(|| self.site_packs(git, head, &refs, folder));
            let view = self.registry.view_by_one_walk(head);
            (view, packing.join())
        });
        let view = &view?;
        // A bad commit is shown to readers as such; another registry than the pinned one is nobody's to publish.
        view.check_tip().or_else(|error| if error.code == Code::WrongRoot { Err(error) } else { Ok(()) })?;
        let (plan, packs) = packed.map_err(|_| bug("a thread that packs died"))??;
        self.registry.world.cancel.check()?;
        let listing = self.listing(view)?;
        let (name, bytes) = listing.print()?;
        folder.put_listing(&name, &bytes)?;
        let blobs = if request.blobs { Some(self.site_blobs(view, folder)?) } else { None };
        for (path, bytes) in request.viewer.iter().flat_map(|viewer| viewer.served()) {
            folder.put(path, bytes)?;
        }
        self.registry.world.cancel.check()?;
        let site = self.site(view, refs, packs, name, request.blobs)?;
        let changed = folder.put("registry/site.json", &site.print()?)?;
        folder.sweep(&site, blobs.as_ref().map(|it| &it.0), request.viewer.map(|viewer| viewer.files.keys()))?;
        let had: BTreeSet<&str> = folder.before().iter().flat_map(|it| &it.packs).map(|it| it.name.as_str()).collect();
        let packs_added: Vec<SitePack> =
            site.packs.iter().filter(|it| !had.contains(it.name.as_str())).cloned().collect();
        let blobs = blobs.map(|it| it.1);
        Ok(SiteAnswer {
            path: folder.path().to_owned(),
            registry: self.registry.id().to_string(),
            head: view.head,
            trust_root: view.pin.map(|pin| pin.prefixed()),
            fragment: fragment(view),
            changed,
            packs_kept: (site.packs.len() - packs_added.len()) as u64,
            packs_added,
            repacked: plan == PackPlan::Repack,
            models: listing.models.name.len() as u64,
            versions: listing.versions.version.len() as u64,
            files_written: folder.files_written,
            bytes_written: folder.bytes_written,
            bytes: folder.bytes_of(&site)? + blobs.as_ref().map_or(0, |it| it.bytes),
            blobs,
            refs: site.refs,
            warnings: warnings(view, &self.registry.repo.foreign_branches()?),
        })
    }

    fn site(
        &self,
        view: &View<'_>,
        refs: BTreeMap<String, Oid>,
        packs: Vec<SitePack>,
        listing: String,
        blobs: bool,
    ) -> Result<Site> {
        Ok(Site {
            format: SITE_FORMAT,
            registry: SiteRegistry { id: self.registry.id(), name: self.registry.name().to_owned() },
            branch: self.registry.branch.clone(),
            head: view.head,
            refs,
            root: self.registry.first_root().prefixed(),
            packs,
            listing,
            exported_of: self.registry.repo.commit(view.head)?.time,
            blobs,
        })
    }
}

/// What a link carries: the pinned root, where there is one, and the commit.
fn fragment(view: &View<'_>) -> String {
    let root = view.pin.map(|pin| format!("root={}&", pin.prefixed())).unwrap_or_default();
    format!("#{root}head={}", view.head)
}

fn warnings(view: &View<'_>, foreign: &[String]) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(first) = foreign.first() {
        warnings.push(format!(
            "{} passed over, whose names refmark does not take: {}",
            counted(foreign.len(), "branch").replace("branchs", "branches"),
            first.escape_debug()
        ));
    }
    if let Err(error) = view.check_tip() {
        warnings.push(format!("{}; the listing is of the last good state", error.message));
    }
    if view.pin.is_none() {
        warnings.push(
            Hint::of("no trust root is pinned here: a reader can only see that the site agrees with itself: ")
                .then(Next::TrustPin { root: None })
                .to_string(),
        );
    }
    warnings
}
