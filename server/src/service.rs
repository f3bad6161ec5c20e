//! What every protocol is given: the settings, the records, the files, and who may do what.

use std::collections::HashSet;
use std::path::PathBuf;

use axum::http::header::HOST;
use axum::http::request::Parts;
use refmark_core::Registry;
use refmark_core::records::trust::TrustState;

use crate::access::Access;
use crate::attachments::Last;
use crate::figures::Figures;
use crate::inventory::Inventory;
use crate::inventory::found::state_folder;
use crate::jobs::Jobs;
use crate::objects::beneath;
use crate::objects::guard::{Guard, Kind};
use crate::objects::place::canonical;
use crate::objects::sweep::sweep;
use crate::once::Once;
use crate::page::site::Site;
use crate::settings::Settings;
use crate::shelves::library::Library;
use crate::uploads::Uploads;

/// How many files are hashed at once.
const HASHING_PLACES: usize = 4;

/// A running service.
pub struct Service {
    /// How it was asked to run.
    pub settings: Settings,
    /// Who may do what.
    pub access: Access,
    /// The records.
    pub inventory: Inventory,
    /// The files.
    pub guard: Guard,
    /// What the reading protocols hand out, besides the service's own models.
    pub library: Option<Library>,
    /// The viewer, and the site that it shows; none where this program was built without.
    pub page: Option<Site>,
    /// Long work.
    pub jobs: Jobs,
    /// The files that callers put here, to make versions of them.
    pub uploads: Uploads,
    /// The signed records of the model whose referrers were asked for last.
    pub attached: Last,
    /// Requests that come again while they are being done.
    pub once: Once,
    /// What was answered so far.
    pub figures: Figures,
}

impl Service {
    /// With these parts.
    pub fn new(
        settings: Settings,
        access: Access,
        inventory: Inventory,
        library: Option<Library>,
        page: Option<Site>,
    ) -> Service {
        let guard = Guard::new(&settings.registry_dir, HASHING_PLACES);
        let uploads = Uploads::at(state_folder(&settings).join("uploads"), settings.upload_limit.unwrap_or(0));
        Service {
            settings,
            access,
            inventory,
            guard,
            library,
            page,
            jobs: Jobs::default(),
            uploads,
            once: Once::default(),
            attached: Last::default(),
            figures: Figures::default(),
        }
    }

    /// The service's address as a client spells it, `http://host:port`, for answers that lead back here.
    pub fn base_of(&self, head: &Parts) -> String {
        let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let over = if self.settings.tls.is_some() { "https" } else { "http" };
        format!("{over}://{host}")
    }

    /// The registry that is shown and asked: the one that is handed out, else the service's own.
    pub fn registry(&self) -> &Registry {
        self.library.as_ref().map_or_else(|| self.inventory.registry(), |library| library.registry())
    }

    /// Where a file of the registry's folder is.
    pub fn path_of(&self, relative: &str) -> PathBuf {
        self.settings.registry_dir.join(relative)
    }

    /// Goes on with what a killed process left: half-written objects, and bytes of what was deleted.
    pub fn recover(&self) {
        let Ok(contents) = self.inventory.contents() else { return };
        let live = || contents.entries().iter().filter(|entry| entry.is_live());
        let named: HashSet<&str> = live().map(|entry| entry.artifact.object_path.as_str()).collect();
        let removed = sweep(&self.settings.registry_dir, &named);
        let gone: Vec<_> =
            contents.entries().iter().filter(|entry| entry.state() == TrustState::Deleted).cloned().collect();
        let mut finished = 0;
        for entry in gone {
            let Ok(file) = canonical(&entry.artifact.filename) else { continue };
            // What was dropped since under that name is no longer the deleted file: only its own bytes go.
            let is_its_own = contents.of_file(&file).is_none()
                && beneath::open(self.guard.root(), &file).is_ok()
                && self.guard.content(&file, Kind::Dropped).is_ok_and(|it| it.digest.hex() == entry.artifact.sha256);
            if is_its_own {
                finished += usize::from(beneath::remove(self.guard.root(), &file).unwrap_or(false));
            }
        }
        if removed + finished > 0 {
            tracing::info!("removed {removed} objects without a record and {finished} files of deleted models");
        }
    }
}
