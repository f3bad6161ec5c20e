//! A drill: a backup restored to a temporary place and compared with the registry, and a report that can be kept as evidence.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::restore::RestoreRequest;
use super::{BackupAnswer, list};
use crate::context::Context;
use crate::registry::{Registry, Sharing};
use crate::view::View;
use refmark_engine::ports::store::RecordStore;
use refmark_records::registry_id::RegistryId;
use refmark_store::fs::durable::{make_dirs_durably, replace_cache};
use refmark_store::fs::read::read_bounded;
use refmark_store::fs::sibling::Beside;
use refmark_store::git::program::GitProgram;
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result, bug};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// What a drill found. It is a report: from the same backup and registry it says the same, but for its time.
#[derive(Debug, Clone, Serialize)]
pub struct DrillAnswer {
    /// Whether the backup was restored whole, and every alias holds what it holds in the registry at that head.
    pub passed: bool,
    /// When the drill was held.
    pub time: Timestamp,
    /// The folder of the backup.
    #[serde(serialize_with = "crate::paths::shown")]
    pub backup: PathBuf,
    /// The backup's number.
    pub number: u64,
    /// When the backup was made.
    pub made: Timestamp,
    /// The registry's id.
    pub id: RegistryId,
    /// The registry's name.
    pub name: String,
    /// The head that the backup has.
    pub head: Oid,
    /// How many commits the registry has that the backup lacks.
    pub behind: u64,
    /// How many commits were verified.
    pub commits: u64,
    /// How many files were restored and hashed.
    pub blobs: u64,
    /// Their bytes.
    pub blob_bytes: u64,
    /// How many files the backup never had.
    pub absent: u64,
    /// Every alias, as it was restored and as it is in the registry at that head.
    pub aliases: Vec<DrilledAlias>,
}

/// An alias in a drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DrilledAlias {
    /// `MODEL@ALIAS`.
    pub alias: String,
    /// What it holds in the restored registry.
    pub restored: Option<Held>,
    /// What it holds in the registry.
    pub registry: Option<Held>,
}

/// What an alias holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The version.
    pub version: u64,
    /// Its artifact.
    pub artifact: ArtifactId,
}

/// The last backup, or the last drill that passed, for `status`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SavedDrill {
    /// When.
    pub time: Timestamp,
    /// The backup's number in its folder.
    pub number: u64,
    /// The head that the backup has.
    pub head: Oid,
    /// The folder.
    pub backup: String,
}

impl Sharing<'_> {
    /// Restores a backup of this registry to a temporary place, verifies it there, and compares every alias. What passed is
    /// remembered for `status`; the temporary place goes.
    ///
    /// # Errors
    ///
    /// Those of [`Registry::restore`]; `wrong-registry` where it is another registry's backup. An alias that differs is no error:
    /// the answer has not passed.
    pub fn drill(&self, folder: &Path, number: Option<u64>, git: &dyn GitProgram) -> Result<DrillAnswer> {
        let registry = self.registry;
        let list = list(folder, number)?;
        if list.registry != registry.id() {
            return Err(Error::new(
                Code::WrongRegistry,
                format!("{} is a backup of {}, and this is {}", folder.display(), list.registry, registry.id()),
            ));
        }
        let view = registry.view()?;
        let known = registry.repo.on_first_parent_chain(view.head, list.head)?;
        let disk = &*registry.world.disk;
        let Some(beside) = Beside::of(&registry.work_folder().join("drill")) else {
            return Err(bug("a drill's place has no name"));
        };
        beside.sweep(disk);
        let place = beside.fresh();
        make_dirs_durably(disk, &place)?;
        // A world of its own: nobody's default registry, and a memory that goes with it.
        let world = Context { cache: Some(place.join("cache")), ..registry.world.clone() };
        let asked = RestoreRequest { number, tofu: false };
        let restored = Registry::restore_for_a_drill(folder, &place.join("registry"), world, git, asked);
        let compared = restored.and_then(|(copy, answer)| {
            let here = if known { held(&registry.view_of(list.head)?)? } else { BTreeMap::new() };
            Ok((answer, held(&copy.read().view()?)?, here))
        });
        disk.remove_tree(&place)?;
        let (answer, there, here) = compared?;
        let mut aliases = Vec::new();
        for alias in there.keys().chain(here.keys()).collect::<std::collections::BTreeSet<_>>() {
            let (restored, registry) = (there.get(alias).copied(), here.get(alias).copied());
            aliases.push(DrilledAlias { alias: alias.clone(), restored, registry });
        }
        let drill = DrillAnswer {
            passed: known && aliases.iter().all(|it| it.restored == it.registry),
            time: registry.world.clock.now(),
            backup: folder.to_owned(),
            number: list.number,
            made: list.time,
            id: list.registry,
            name: list.name,
            head: list.head,
            behind: if known { registry.chain_length(view.head, list.head)? } else { 0 },
            commits: answer.commits,
            blobs: answer.blobs,
            blob_bytes: answer.blob_bytes,
            absent: answer.absent.len() as u64,
            aliases,
        };
        if drill.passed {
            registry.save_note("drill.json", drill.time, folder, drill.number, drill.head)?;
        }
        Ok(drill)
    }

    /// The last drill that passed here.
    pub fn last_drill(&self) -> Option<SavedDrill> {
        self.registry.note("drill.json")
    }

    /// The last backup that was made from here.
    pub fn last_backup(&self) -> Option<SavedDrill> {
        self.registry.note("backup.json")
    }
}

fn held(view: &View<'_>) -> Result<BTreeMap<String, Held>> {
    let facts = view.facts()?;
    let mut found = BTreeMap::new();
    for model in facts.models()? {
        for alias in facts.aliases(&model)? {
            if let Some(to) = facts.alias(&model, &alias)?.and_then(|it| it.to) {
                found.insert(format!("{model}@{alias}"), Held { version: to.version, artifact: to.artifact });
            }
        }
    }
    Ok(found)
}

impl Registry {
    /// Remembers a backup; one that cannot be remembered was made all the same.
    pub(super) fn note_backup(&self, answer: &BackupAnswer) {
        let _ = self.save_note("backup.json", self.world.clock.now(), &answer.backup, answer.number, answer.head);
    }

    fn save_note(&self, name: &str, time: Timestamp, folder: &Path, number: u64, head: Oid) -> Result<()> {
        let saved = SavedDrill { time, number, head, backup: folder.display().to_string() };
        let text = serde_json::to_vec_pretty(&saved).map_err(bug)?;
        make_dirs_durably(&*self.world.disk, &self.work_folder())?;
        replace_cache(&*self.world.disk, &self.work_folder().join(name), &text, 0o644)
    }

    fn note(&self, name: &str) -> Option<SavedDrill> {
        let bytes = read_bounded(&self.work_folder().join(name), 1 << 20).ok()??;
        serde_json::from_slice(&bytes).ok()
    }
}
