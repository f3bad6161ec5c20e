//! Restoring a backup: built beside its place, verified whole, and only then given its name.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::read::{blob_path, check_file, check_files};
use super::{BackupCheck, List, damaged, list, read};
use crate::context::Context;
use crate::init::{room_anywhere, room_for};
use crate::registry::Registry;
use crate::view::View;
use refmark_engine::ports::Unit;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::verify::Outcome;
use refmark_records::registry_id::RegistryId;
use refmark_records::trust::TrustState;
use refmark_store::blob::Source;
use refmark_store::fs::disk::io_error;
use refmark_store::fs::durable::replace;
use refmark_store::fs::read::read_bounded;
use refmark_store::fs::room::{Room, behind_links};
use refmark_store::git::program::GitProgram;
use refmark_store::git::{Format, Repo};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// How to restore.
#[derive(Debug, Clone, Copy, Default)]
pub struct RestoreRequest {
    /// The number of the backup; the newest, where none is named.
    pub number: Option<u64>,
    /// Pin the root that the backup has, where nothing pins one: trust on first use.
    pub tofu: bool,
}

/// What was restored.
#[derive(Debug, Clone, Serialize)]
pub struct RestoreAnswer {
    /// The registry's path.
    #[serde(serialize_with = "crate::paths::shown")]
    pub registry: PathBuf,
    /// The backup's number.
    pub number: u64,
    /// When it was made.
    pub time: Timestamp,
    /// The registry's id.
    pub id: RegistryId,
    /// Its name.
    pub name: String,
    /// The head.
    pub head: Oid,
    /// How many commits its first-parent chain has.
    pub commits: u64,
    /// ok, pending, or failed where something without effect lay in the registry as well.
    pub verdict: Outcome,
    /// How many files were restored; each was hashed.
    pub blobs: u64,
    /// Their bytes.
    pub blob_bytes: u64,
    /// How many aliases hold something, and what they hold has all of its files, or had not when the backup was made.
    pub aliases: u64,
    /// The files that the backup never had.
    pub absent: Vec<Digest>,
    /// The first root, as `sha256:<hex>`: compare it with the owner's.
    pub trust_root: String,
    /// Whether a root is pinned now, and the registry was held to it.
    pub pinned: bool,
}

impl Registry {
    /// Checks a backup without restoring it: its list, and every byte of every file that the list names.
    ///
    /// # Errors
    ///
    /// `not-found` where the folder has no such backup, `damaged` for the first file that is missing, or is not what it is named.
    pub fn check_backup(folder: &Path, number: Option<u64>, world: &Context) -> Result<BackupCheck> {
        read::check(folder, number, world)
    }

    /// Restores a backup into a new folder. Its files are hashed, its whole history is verified, held to the root that is pinned
    /// for it, and what every alias holds is looked at; where anything fails, nothing is left.
    ///
    /// # Errors
    ///
    /// Those of [`Registry::check_backup`]; `wrong-root` where it is not the registry that is pinned; `exists` where the folder is
    /// not empty.
    pub fn restore(
        folder: &Path,
        into: &Path,
        world: Context,
        git: &dyn GitProgram,
        request: RestoreRequest,
    ) -> Result<(Registry, RestoreAnswer)> {
        let into = behind_links(&std::path::absolute(into).map_err(|error| io_error("find", into, &error))?);
        let list = list(folder, request.number)?;
        let room = room_for(&into, &world)?;
        Registry::restore_in(folder, (room, &into), world, git, (list, request))
    }

    /// The same into a folder among a registry's own files, where a drill looks at what comes back.
    pub(crate) fn restore_for_a_drill(
        folder: &Path,
        into: &Path,
        world: Context,
        git: &dyn GitProgram,
        request: RestoreRequest,
    ) -> Result<(Registry, RestoreAnswer)> {
        let list = list(folder, request.number)?;
        let room = room_anywhere(into, &world)?;
        Registry::restore_in(folder, (room, into), world, git, (list, request))
    }

    fn restore_in(
        folder: &Path,
        (room, into): (Room, &Path),
        world: Context,
        git: &dyn GitProgram,
        (list, request): (List, RestoreRequest),
    ) -> Result<(Registry, RestoreAnswer)> {
        check_files(folder, &list, &world)?;
        let registry = build(folder, &list, room.path(), &world, git)?;
        let mut answer = registry.prove(&list)?;
        answer.registry = into.to_owned();
        let memory = registry.own_folder();
        drop(registry);
        let pinned = world.pin_of(list.registry)?.is_some();
        if !pinned && request.tofu {
            world.store_pin(list.registry, &list.name, list.root)?;
        }
        answer.pinned = pinned || request.tofu;
        room.finish()?;
        let registry = Registry::open(into, world)?;
        // What was verified just now need not be verified again under the new name.
        let _ = std::fs::rename(memory, registry.own_folder());
        // The index is derived: where it cannot be made now, it is made when it is asked for.
        let _ = registry.maintain().index_rebuild();
        Ok((registry, answer))
    }
}

/// Puts the backup's packs, branches, files and settings into a new repository.
fn build(folder: &Path, list: &List, at: &Path, world: &Context, git: &dyn GitProgram) -> Result<Registry> {
    let format = match list.objects.as_str() {
        "sha1" => Format::Sha1,
        "sha256" => Format::Sha256,
        other => {
            return Err(Error::new(Code::Unsupported, format!("the backup's objects are of the kind {other}"))
                .hint("upgrade refmark"));
        }
    };
    let repo = Repo::init_on(world.disk.clone(), at, true, format, &list.branch)?;
    for pack in &list.packs {
        unpack(&pack.pack(folder), repo.git_dir(), format, world, git)?;
    }
    let repo = Repo::open_on(world.disk.clone(), at)?;
    for (name, tip) in &list.refs {
        let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
        repo.move_branch(branch, None, *tip)?;
    }
    let registry = Registry::open(at, world.clone())?;
    if registry.id() != list.registry || registry.first_root() != list.root {
        return Err(damaged(folder, "its list is of another registry than its records"));
    }
    registry.share_with_git_lfs()?;
    registry.fill(folder, list)?;
    for (name, kept) in &list.parts {
        let Some(setting) = name.strip_prefix("settings/") else { continue };
        let bytes = read_bounded(&kept.part(folder), kept.size)?.unwrap_or_default();
        if setting.bytes().all(|it| it.is_ascii_lowercase() || it == b'.') && Digest::of(&bytes) == kept.sha256 {
            replace(&*world.disk, &registry.work_folder().join(setting), &bytes, 0o644)?;
        }
    }
    Ok(registry)
}

/// One pack, with its index, among the repository's own: by the name that Git gives it.
fn unpack(pack: &Path, git_dir: &Path, format: Format, world: &Context, git: &dyn GitProgram) -> Result<()> {
    let bytes = std::fs::File::open(pack).map_err(|error| io_error("open", pack, &error))?;
    let hash = if format == Format::Sha1 { 20 } else { 32 };
    let name = trailer(&bytes, hash).map_err(|error| io_error("read", pack, &error))?;
    let to = git_dir.join("objects/pack").join(format!("pack-{name}.pack"));
    if to.exists() {
        return Ok(());
    }
    let disk = &*world.disk;
    let into = disk.create_new(&to, 0o444)?;
    std::io::copy(&mut &bytes, &mut &into).map_err(|error| io_error("write", &to, &error))?;
    disk.sync_file(&into, &to)?;
    git.index_pack(&to, &to.with_extension("idx"), format.as_str())?;
    disk.sync_dir(&git_dir.join("objects/pack"))
}

/// The hash at the end of a pack.
fn trailer(mut file: &std::fs::File, length: usize) -> std::io::Result<String> {
    use std::io::{Read, Seek, SeekFrom};
    let mut hash = vec![0; length];
    file.seek(SeekFrom::End(-(length as i64)))?;
    file.read_exact(&mut hash)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(refmark_types::digest::encode_hex(&hash))
}

impl Registry {
    /// Takes the files of the versions into the store; each is hashed on the way, and has the name that it is of.
    fn fill(&self, folder: &Path, list: &List) -> Result<()> {
        let (progress, cancel) = (&*self.world.progress, &self.world.cancel);
        let sources = list.blobs.iter().map(|it| Source { path: blob_path(folder, &it.sha256), observer: None });
        let taken = self.store.ingest(sources.collect(), progress, cancel)?;
        for (taken, kept) in taken.iter().zip(&list.blobs) {
            if taken.digest != kept.sha256 {
                check_file(&blob_path(folder, &kept.sha256), kept, cancel)?;
                return Err(damaged(&blob_path(folder, &kept.sha256), "it changed while it was read"));
            }
        }
        Ok(())
    }

    /// Verifies what was built: history, root, every alias's target, every file. An error where it is not all that the backup was.
    pub(super) fn prove(&self, list: &List) -> Result<RestoreAnswer> {
        self.world.progress.start("verifying", None, Unit::Items);
        let view = self.view_anew(list.head);
        self.world.progress.finish();
        let view = view?;
        view.check_tip()?;
        let Some(verified) = view.verified() else {
            return Err(Error::new(Code::Incomplete, "the history in the backup is not whole"));
        };
        if let Some(error) = &verified.root_error {
            return Err(error.clone());
        }
        // What lies refused or tainted in it lay so when the backup was made: it is restored as it was, and said.
        let (commits, outcome) = (verified.walk.commits(), verified.outcome());
        let absent: BTreeSet<Digest> = list.absent.iter().copied().collect();
        let aliases = check_aliases(&view, list, &absent)?;
        Ok(RestoreAnswer {
            registry: PathBuf::new(),
            number: list.number,
            time: list.time,
            id: self.id(),
            name: self.name().to_owned(),
            head: list.head,
            commits,
            verdict: outcome,
            blobs: list.blobs.len() as u64,
            blob_bytes: list.blobs.iter().map(|it| it.size).sum(),
            aliases,
            absent: list.absent.clone(),
            trust_root: list.root.prefixed(),
            pinned: false,
        })
    }
}

/// Every file that an alias stands for is in the backup, or was not in the registry's store when it was made.
fn check_aliases(view: &View<'_>, list: &List, absent: &BTreeSet<Digest>) -> Result<u64> {
    let facts = view.facts()?;
    let kept: BTreeSet<Digest> = list.blobs.iter().map(|it| it.sha256).collect();
    let mut aliases = 0;
    for model in facts.models()? {
        for alias in facts.aliases(&model)? {
            let Some(to) = facts.alias(&model, &alias)?.and_then(|it| it.to) else { continue };
            aliases += 1;
            if facts.trust(&to.artifact)?.0 == TrustState::Deleted {
                continue;
            }
            let Some(manifest) = facts.manifest(&to.artifact)? else {
                return Err(Error::new(Code::Absent, format!("{model}@{alias} holds an artifact without a manifest")));
            };
            if let Some(file) =
                manifest.files.iter().find(|it| !kept.contains(&it.sha256) && !absent.contains(&it.sha256))
            {
                return Err(Error::new(
                    Code::Absent,
                    format!("{} of {model}@{alias} is not in the backup, and its list does not say so", file.path),
                )
                .field("digest", file.sha256));
            }
        }
    }
    Ok(aliases)
}
