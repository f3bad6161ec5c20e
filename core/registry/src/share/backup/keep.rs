//! Making a backup: what the newest one lacks is added, and a list that names all of it comes last.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::read::{hash_file, is_kept};
use super::{BackupAnswer, FORMAT, Kept, List, MARK, Mark, damaged, list, list_path, lists, mark};
use crate::pins::project::at_home;
use crate::registry::{Registry, Sharing};
use crate::view::View;
use refmark_engine::ports::blob::BlobRemote;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::snapshot::History;
use refmark_records::layout::Place;
use refmark_records::trust::TrustState;
use refmark_store::blob::Presence;
use refmark_store::fs::disk::io_error;
use refmark_store::fs::durable::{make_dirs_durably, replace};
use refmark_store::fs::lock::{Guard, Wait, acquire};
use refmark_store::fs::read::read_bounded;
use refmark_store::fs::sibling::Beside;
use refmark_store::git::program::GitProgram;
use refmark_store::remote::FolderRemote;
use refmark_types::canonical::RECORD_LIMIT;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::printer::print;

/// The settings of a registry's own folder that a backup has. Webhooks are not among them: they have secrets.
const SETTINGS: [&str; 1] = ["remotes.toml"];

impl Sharing<'_> {
    /// Backs the registry up into a folder: all of it the first time, after that what is new. Others may write meanwhile: the
    /// backup is of the head that stood when it began. Where the newest backup has everything already, nothing is written.
    ///
    /// # Errors
    ///
    /// `wrong-registry` where the folder is another registry's backup, `history-rewritten` where this registry does not go on
    /// where the backup stands, `exists` where the folder holds something else, `bad-tip` where the newest commit is bad.
    pub fn backup(&self, git: &dyn GitProgram, folder: &Path) -> Result<BackupAnswer> {
        let registry = self.registry;
        let folder = at_home(folder, registry.world.places.home.as_deref());
        let folder = std::path::absolute(&folder).map_err(|error| io_error("find", &folder, &error))?;
        let view = registry.view()?;
        view.check_tip()?;
        registry.open_folder(&folder)?;
        let _held = registry.hold_backup(&folder)?;
        Beside::of(&folder.join(MARK)).iter().for_each(|it| it.sweep(&*registry.world.disk));
        let before = match lists(&folder)?.is_empty() {
            true => None,
            false => Some(list(&folder, None)?),
        };
        registry.check_goes_on(before.as_ref(), &view)?;
        let (blobs, absent) = registry.needed(&view)?;
        let mut answer = BackupAnswer {
            backup: folder.clone(),
            number: before.as_ref().map_or(1, |it| it.number + 1),
            new: true,
            head: view.head,
            git_bytes: 0,
            blobs: 0,
            blob_bytes: 0,
            blobs_in_all: blobs.len() as u64,
            absent: absent.clone(),
        };
        let moved = registry.keep_blobs(&folder, &blobs)?;
        (answer.blobs, answer.blob_bytes) = (moved.0, moved.1);
        let parts = registry.keep_parts(&folder, &view)?;
        let refs = self.site_refs(view.head)?;
        let mut packs = before.as_ref().map(|it| it.packs.clone()).unwrap_or_default();
        if before.as_ref().is_none_or(|it| it.refs != refs)
            && let Some(pack) = registry.keep_pack(git, &folder, before.as_ref(), &refs)?
            && !packs.contains(&pack)
        {
            answer.git_bytes = pack.size;
            packs.push(pack);
        }
        let list = List {
            format: FORMAT,
            number: answer.number,
            previous: before.as_ref().map(|it| print(it).map(|text| Digest::of(text.as_bytes()))).transpose()?,
            time: registry.world.clock.now(),
            registry: registry.id(),
            name: registry.name().to_owned(),
            root: registry.first_root(),
            branch: registry.branch().to_owned(),
            objects: if view.head.as_bytes().len() == 20 { "sha1" } else { "sha256" }.to_owned(),
            head: view.head,
            refs,
            packs,
            parts,
            blobs,
            absent,
        };
        match &before {
            Some(before) if same(before, &list) => (answer.number, answer.new) = (before.number, false),
            _ => registry.keep_list(&folder, &list)?,
        }
        registry.note_backup(&answer);
        Ok(answer)
    }
}

/// Whether two lists have the same.
fn same(before: &List, now: &List) -> bool {
    let List { number, previous, time, .. } = before.clone();
    *before == List { number, previous, time, ..now.clone() }
}

impl Registry {
    /// The folder, as a backup of this registry.
    fn open_folder(&self, folder: &Path) -> Result<()> {
        let disk = &*self.world.disk;
        let own = Mark { format: FORMAT, registry: self.id(), name: self.name().to_owned() };
        match mark(folder)? {
            Some(found) if found.registry == own.registry => {}
            Some(found) => {
                return Err(Error::new(
                    Code::WrongRegistry,
                    format!(
                        "{} is a backup of {} ({}), and this is {}",
                        folder.display(),
                        found.name,
                        found.registry,
                        own.registry
                    ),
                )
                .hint("give each registry a folder of its own"));
            }
            None => {
                let is_taken = |path: std::fs::DirEntry| !path.file_name().to_string_lossy().starts_with('.');
                let entries = std::fs::read_dir(folder).ok().into_iter().flatten().flatten();
                if folder.is_file() || entries.into_iter().any(is_taken) {
                    return Err(Error::new(
                        Code::Exists,
                        format!("{} holds something else than a backup", folder.display()),
                    )
                    .hint("name an empty folder, or one that is not there yet")
                    .at(folder.display().to_string()));
                }
                make_dirs_durably(disk, folder)?;
                replace(disk, &folder.join(MARK), print(&own)?.as_bytes(), 0o644)?;
            }
        }
        ["backups", "packs", "blobs", "parts"].iter().try_for_each(|name| make_dirs_durably(disk, &folder.join(name)))
    }

    fn hold_backup(&self, folder: &Path) -> Result<Guard> {
        let told = &mut |_: &_| {};
        acquire(
            &self.world.disk,
            &folder.join("lock"),
            Wait { timeout: self.world.wait, cancel: &self.world.cancel, told },
        )
    }

    fn check_goes_on(&self, before: Option<&List>, view: &View<'_>) -> Result<()> {
        let Some(before) = before else { return Ok(()) };
        let known = self.repo.commit(before.head).is_ok() && self.repo.on_first_parent_chain(view.head, before.head)?;
        if known {
            return Ok(());
        }
        Err(Error::new(
            Code::HistoryRewritten,
            format!("the backup stands at {}, and that is not behind {} here", before.head.short(), view.head.short()),
        )
        .hint("fetch first if this copy is behind; where history was rewritten or put back, back up to a new folder")
        .field("expected", before.head)
        .field("found", view.head))
    }

    /// The files that the registry's live artifacts need: those that are here, and those that are not.
    pub(crate) fn needed(&self, view: &View<'_>) -> Result<(Vec<Kept>, Vec<Digest>)> {
        let facts = view.facts()?;
        let mut needed = BTreeSet::new();
        for artifact in crate::write::transition::artifacts(facts)? {
            if facts.trust(&artifact)?.0 != TrustState::Deleted {
                needed.extend(facts.manifest(&artifact)?.iter().flat_map(|it| &it.files).map(|file| file.sha256));
            }
        }
        let (mut here, mut absent) = (Vec::new(), Vec::new());
        for sha256 in needed {
            match self.store.presence(&sha256)? {
                Presence::Present { size } => here.push(Kept { sha256, size }),
                Presence::Absent => absent.push(sha256),
            }
        }
        Ok((here, absent))
    }

    /// Copies the files that the folder lacks, each hashed on the way.
    fn keep_blobs(&self, folder: &Path, blobs: &[Kept]) -> Result<(u64, u64)> {
        let remote = FolderRemote::open(folder, self.world.disk.clone());
        // What was cut short in the backup is not there: it is written again.
        for blob in blobs {
            if let Some(size) = remote.has(&blob.sha256)?.filter(|size| *size != blob.size) {
                let hex = blob.sha256.hex();
                let path = folder.join("blobs").join(&hex[..2]).join(&hex[2..4]).join(&hex);
                return Err(damaged(&path, &format!("it has {size} bytes, and should have {}", blob.size)));
            }
        }
        let digests: Vec<Digest> = blobs.iter().map(|it| it.sha256).collect();
        let moved = self.store.push(&digests, &remote, &*self.world.progress, &self.world.cancel)?;
        Ok((moved.blobs, moved.bytes))
    }

    /// The root, the policy in force and the settings, as files that can be read without refmark.
    fn keep_parts(&self, folder: &Path, view: &View<'_>) -> Result<BTreeMap<String, Kept>> {
        let mut parts = BTreeMap::new();
        let facts = view.facts()?;
        let mut paths = Vec::new();
        let mut number = 1;
        while facts.root(number)?.is_some() {
            paths.push(Place::Root(number).path());
            number += 1;
        }
        if let Some((policy, _)) = facts.newest_policy()? {
            paths.extend([Place::Policy(policy.number).path(), Place::PolicyText(policy.number).path()]);
        }
        let (snapshot, mut texts) = (self.repo.snapshot(view.head)?, Vec::new());
        for path in paths {
            if let Some(bytes) = snapshot.read(&path, RECORD_LIMIT)? {
                texts.push((path, bytes));
            }
        }
        for name in SETTINGS {
            if let Some(bytes) = read_bounded(&self.work_folder().join(name), crate::context::SETTINGS_LIMIT)? {
                texts.push((format!("settings/{name}"), bytes));
            }
        }
        for (name, bytes) in texts {
            let kept = Kept { sha256: Digest::of(&bytes), size: bytes.len() as u64 };
            let path = kept.part(folder);
            if !is_kept(&path, kept.size) {
                replace(&*self.world.disk, &path, &bytes, 0o444)?;
            }
            parts.insert(name, kept);
        }
        Ok(parts)
    }

    /// A pack of what the branches have and the backup has not; none where that is nothing.
    fn keep_pack(
        &self,
        git: &dyn GitProgram,
        folder: &Path,
        before: Option<&List>,
        refs: &BTreeMap<String, refmark_types::oid::Oid>,
    ) -> Result<Option<Kept>> {
        let mut lines: String = refs.values().map(|tip| format!("{tip}\n")).collect();
        // A proposal that is gone by now may have taken its objects along.
        let known = before.iter().flat_map(|it| it.refs.values()).filter(|tip| self.repo.commit(**tip).is_ok());
        known.for_each(|tip| lines.push_str(&format!("^{tip}\n")));
        let disk = &*self.world.disk;
        let Some(beside) = Beside::of(&folder.join("packs/new")) else {
            return Err(refmark_types::error::bug("a pack's place has no name"));
        };
        beside.sweep(disk);
        let staged = beside.fresh();
        let packed =
            git.pack_objects(self.git_dir(), &lines, &staged).and_then(|()| hash_file(&staged, &self.world.cancel));
        let (sha256, size) = packed.inspect_err(|_| drop(disk.remove(&staged)))?;
        let kept = Kept { sha256, size };
        // Twelve bytes of head and the hash at the end: there is nothing in it.
        let empty = 12 + self.repo.head(&self.branch)?.map_or(20, |it| it.as_bytes().len() as u64);
        if size <= empty || is_kept(&kept.pack(folder), size) {
            disk.remove(&staged)?;
            return Ok((size > empty).then_some(kept));
        }
        let file = std::fs::File::open(&staged).map_err(|error| io_error("open", &staged, &error))?;
        disk.sync_file(&file, &staged)?;
        disk.rename(&staged, &kept.pack(folder))?;
        disk.sync_dir(&folder.join("packs"))?;
        Ok(Some(kept))
    }

    fn keep_list(&self, folder: &Path, list: &List) -> Result<()> {
        let text = print(list)?;
        let path = list_path(folder, list.number, &Digest::of(text.as_bytes()));
        replace(&*self.world.disk, &path, text.as_bytes(), 0o444)
    }
}
