//! The packs of a site: what the head needs and all the rest, each by Git's own hand.

use crate::registry::Sharing;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::folder::Folder;
use refmark_engine::ports::Unit;
use refmark_engine::snapshot::History;
use refmark_query::site::{PackPlan, PackUse, Site, SitePack, plan_packs};
use refmark_store::fs::disk::io_error;
use refmark_store::git::program::GitProgram;
use refmark_types::digest::encode_hex;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;
use std::collections::BTreeMap;

impl Sharing<'_> {
    /// The packs of the site: those that stay, and those that are added.
    pub(crate) fn site_packs(
        &self,
        git: &dyn GitProgram,
        head: Oid,
        refs: &BTreeMap<String, Oid>,
        folder: &mut Folder,
    ) -> Result<(PackPlan, Vec<SitePack>)> {
        let before = folder.before().cloned();
        let whole = before.as_ref().is_none_or(|site| site.packs.iter().all(|pack| folder.has(pack)));
        let plan = plan_packs(before.as_ref(), whole, refs);
        let (kept, known) = match (plan, before) {
            (PackPlan::Keep, Some(site)) => return Ok((plan, site.packs)),
            (PackPlan::Add, Some(site)) => (site.packs.clone(), Some(site)),
            _ => (Vec::new(), None),
        };
        let mut packs = kept;
        let wanted = [
            (PackUse::State, state(head, known.as_ref())),
            (PackUse::History, Some(self.history(head, refs, known.as_ref()))),
        ];
        for (used_for, revisions) in wanted {
            let Some(revisions) = revisions else { continue };
            self.registry.world.cancel.check()?;
            packs.extend(self.pack(git, folder, used_for, &revisions, head.as_bytes().len())?);
        }
        Ok((plan, packs))
    }

    /// All that the branches reach and the head's tree does not hold; nothing of what the site's branches reached before.
    fn history(&self, head: Oid, refs: &BTreeMap<String, Oid>, known: Option<&Site>) -> String {
        let mut lines: String = refs.values().map(|tip| format!("{tip}\n")).collect();
        lines.push_str(&format!("^{head}^{{tree}}\n"));
        // A proposal that is gone by now may have taken its objects along.
        let standing =
            known.iter().flat_map(|site| site.refs.values()).filter(|tip| self.registry.repo.commit(**tip).is_ok());
        standing.for_each(|tip| lines.push_str(&format!("^{tip}\n")));
        lines
    }

    /// One pack with its index, in its place; none where it would hold nothing.
    fn pack(
        &self,
        git: &dyn GitProgram,
        folder: &mut Folder,
        used_for: PackUse,
        revisions: &str,
        hash_len: usize,
    ) -> Result<Option<SitePack>> {
        let what = match used_for {
            PackUse::State => "packing the state",
            PackUse::History => "packing history",
        };
        self.registry.world.progress.start(what, None, Unit::Items);
        let (pack, index) = (folder.staged("pack"), folder.staged("idx"));
        let packed = git.pack_objects(self.registry.git_dir(), revisions, &pack).and_then(|()| {
            let it = describe(&pack, used_for, hash_len)?;
            if it.objects > 0 {
                git.index_pack(&pack, &index, if hash_len == 20 { "sha1" } else { "sha256" })?;
            }
            Ok(it)
        });
        self.registry.world.progress.finish();
        let packed = packed?;
        if packed.objects == 0 {
            return Ok(None);
        }
        folder.place(&index, &format!("registry/{}", packed.idx))?;
        folder.place(&pack, &format!("registry/{}", packed.pack))?;
        Ok(Some(packed))
    }
}

/// The head's commit and tree, less the tree that the site has already.
fn state(head: Oid, known: Option<&Site>) -> Option<String> {
    match known {
        Some(site) if site.head == head => None,
        // Cut behind the head, so that its commit comes alone.
        Some(site) => Some(format!("--shallow {head}\n{head}\n^{}^{{tree}}\n", site.head)),
        None => Some(format!("--shallow {head}\n{head}\n")),
    }
}

/// What a pack says of itself: how many objects, and the hash at its end.
fn describe(path: &Path, used_for: PackUse, hash_len: usize) -> Result<SitePack> {
    let read = || -> std::io::Result<([u8; 12], Vec<u8>, u64)> {
        let mut file = std::fs::File::open(path)?;
        let (mut head, mut hash) = ([0u8; 12], vec![0u8; hash_len]);
        file.read_exact(&mut head)?;
        let bytes = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::End(-(hash_len as i64)))?;
        file.read_exact(&mut hash)?;
        Ok((head, hash, bytes))
    };
    let (head, hash, bytes) = read().map_err(|error| io_error("read", path, &error))?;
    let [b'P', b'A', b'C', b'K', _, _, _, _, count @ ..] = head else {
        return Err(Error::new(Code::BadPack, "what git printed is no pack").at(path.display().to_string()));
    };
    Ok(SitePack::new(&encode_hex(&hash), bytes, u64::from(u32::from_be_bytes(count)), used_for))
}
