//! The object database, for reading: packs and loose objects of one or more folders, each object checked against its id.
//!
//! Alternates are not followed unless a folder is named here: a registry is what its own folder holds.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::hash::Hash;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use gix::hash::ObjectId;
use gix::objs::Kind;
use gix::odb::pack;

use super::{from_gix, io_error, to_gix};
use refmark_pack::tree::{Tree, Trees};
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;

/// Trees, commits and tags over this are refused. A folder of 400,000 entries stays below it.
const MAX_STRUCTURE: u64 = 32 << 20;
/// What one object may take while it is unpacked, deltas included.
const MAX_ALLOCATION: usize = 256 << 20;
/// Bytes of trees kept decoded, and bytes of delta bases kept by each reading thread.
const TREE_CACHE: usize = 16 << 20;
const DELTA_CACHE: usize = 4 << 20;
/// How often the packs are listed again while somebody removes them.
const RELISTINGS: usize = 20;

/// Every pack opened by this process has a number of its own, the key of the delta cache.
static NEXT_PACK: AtomicU32 = AtomicU32::new(1);

struct Pack {
    idx: PathBuf,
    bundle: pack::Bundle,
}

#[derive(Default)]
struct Packs {
    open: Vec<Arc<Pack>>,
    /// Indexes that cannot be opened: what is in them is damaged, not absent.
    broken: Vec<(PathBuf, String)>,
}

/// The id that Git gives a file with these bytes in a repository of SHA-1, as the Hub names its small files.
pub fn blob_id(bytes: &[u8]) -> Result<Oid> {
    let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, Kind::Blob, bytes);
    from_gix(&id.map_err(|error| Error::new(Code::Damaged, format!("the bytes are a forged collision: {error}")))?)
}

/// The objects of a repository. Shared by threads.
pub(super) struct Objects {
    pub(super) hash: gix::hash::Kind,
    loose: Vec<gix::odb::loose::Store>,
    packs: RwLock<Arc<Packs>>,
    scratch: Mutex<Vec<Scratch>>,
    trees: Mutex<TwoGenerations<Oid, Arc<Tree>>>,
}

#[derive(Default)]
struct Scratch {
    inflate: gix::zlib::Inflate,
    bases: DeltaBases,
}

/// Where one place that claims to have an object went wrong.
struct Trouble(String);

type Found = std::result::Result<Option<(Kind, Vec<u8>)>, Box<Error>>;

impl Trees for Objects {
    type Handle = Arc<Tree>;

    fn tree(&self, id: Oid) -> Result<Arc<Tree>> {
        Objects::tree(self, id)
    }
}

impl Objects {
    /// Opens the objects of these folders, the first of them first. Packs are listed at the first look.
    pub(super) fn at(folders: &[PathBuf], hash: gix::hash::Kind) -> Objects {
        let options = gix::odb::loose::Options { alloc_limit_bytes: Some(MAX_ALLOCATION), ..Default::default() };
        Objects {
            hash,
            loose: folders.iter().map(|at| gix::odb::loose::Store::at_opts(at, hash, options)).collect(),
            packs: RwLock::default(),
            scratch: Mutex::default(),
            trees: Mutex::new(TwoGenerations::new(TREE_CACHE)),
        }
    }

    /// Whether an object is here, without reading it.
    pub(super) fn contains(&self, id: Oid) -> bool {
        let id = to_gix(id);
        if id.kind() != self.hash {
            return false;
        }
        let packed = |packs: &Packs| packs.open.iter().any(|pack| pack.bundle.index.lookup(id).is_some());
        packed(&self.packs())
            || self.loose.iter().any(|store| store.contains(&id))
            || self.refresh().is_ok_and(|_| packed(&self.packs()))
    }

    /// A blob's bytes, refused over `limit`.
    pub(super) fn blob(&self, id: Oid, limit: u64) -> Result<Vec<u8>> {
        self.of_kind(id, Kind::Blob, limit)
    }

    /// A commit's bytes. One that is not here is `incomplete`.
    pub(super) fn commit(&self, id: Oid) -> Result<Vec<u8>> {
        self.of_kind(id, Kind::Commit, MAX_STRUCTURE)
    }

    /// A tree, from the cache or checked and parsed.
    pub(super) fn tree(&self, id: Oid) -> Result<Arc<Tree>> {
        if let Some(tree) = lock(&self.trees).get(&id) {
            return Ok(tree);
        }
        // Git knows the empty tree without having it.
        if to_gix(id) == ObjectId::empty_tree(self.hash) {
            return Ok(Arc::new(Tree::empty()));
        }
        let tree = Arc::new(Tree::parse(self.of_kind(id, Kind::Tree, MAX_STRUCTURE)?, self.hash.len_in_bytes(), id)?);
        lock(&self.trees).put(id, Arc::clone(&tree), tree.cost());
        Ok(tree)
    }

    /// Any object but a large one, with its kind; nothing where it is not here.
    pub(super) fn any(&self, id: Oid) -> Found {
        self.find(id, MAX_STRUCTURE)
    }

    fn of_kind(&self, id: Oid, expected: Kind, limit: u64) -> Result<Vec<u8>> {
        match self.find(id, limit)? {
            Some((kind, bytes)) if kind == expected => Ok(bytes),
            // What anybody can push: a tree that names a tree as a file. It must not stop the reader as a broken disk does.
            Some((kind, _)) => {
                Err(Error::new(Code::BadTree, format!("Git object {id} should be a {expected} and is a {kind}"))
                    .field("object", id))
            }
            None => Err(Error::new(Code::Incomplete, format!("Git {expected} {id} is not in this repository"))
                .hint("the clone may be shallow or partial: `git fetch --unshallow`, or clone it again")
                .field("object", id)),
        }
    }

    /// Packs first, as Git does, then loose objects, then packs that came since. A damaged copy does not hide a good one.
    fn find(&self, id: Oid, limit: u64) -> Found {
        let name = to_gix(id);
        if name.kind() != self.hash {
            return Err(Error::new(
                Code::NotFound,
                format!("{id} is not an object of this repository, whose ids are {} ones", self.hash),
            ));
        }
        let mut troubles = Vec::new();
        let known = self.packs();
        if let Some(found) = self.find_packed(&known, name, limit, &mut troubles)? {
            return Ok(Some(found));
        }
        if let Some(found) = self.find_loose(name, limit, &mut troubles)? {
            return Ok(Some(found));
        }
        self.refresh()?;
        let now = self.packs();
        if !Arc::ptr_eq(&known, &now)
            && let Some(found) = self.find_packed(&now, name, limit, &mut troubles)?
        {
            return Ok(Some(found));
        }
        troubles.extend(now.broken.iter().map(|(path, why)| Trouble(format!("{}: {why}", path.display()))));
        match troubles.first() {
            None => Ok(None),
            Some(Trouble(why)) => Err(Error::new(Code::BadPack, format!("Git object {id} cannot be read: {why}"))
                .hint("run `git fsck` to see what else is damaged, and fetch the object from a clone that has it")
                .field("object", id)),
        }
    }

    fn find_packed(&self, packs: &Packs, id: ObjectId, limit: u64, troubles: &mut Vec<Trouble>) -> Found {
        for pack in &packs.open {
            let Some(at) = pack.bundle.index.lookup(id) else { continue };
            let mut scratch = lock(&self.scratch).pop().unwrap_or_default();
            let read = read_packed(&pack.bundle, at, limit, id, &mut scratch);
            lock(&self.scratch).push(scratch);
            match read {
                Ok((kind, bytes)) => match checked(self.hash, kind, bytes, id) {
                    Ok(found) => return Ok(Some(found)),
                    Err(Trouble(why)) => troubles.push(Trouble(format!("{}: {why}", pack.idx.display()))),
                },
                Err(Read::TooLarge(size)) => return Err(too_large(id, size, limit)),
                Err(Read::Damaged(why)) => troubles.push(Trouble(format!("{}: {why}", pack.idx.display()))),
            }
        }
        Ok(None)
    }

    fn find_loose(&self, id: ObjectId, limit: u64, troubles: &mut Vec<Trouble>) -> Found {
        for store in &self.loose {
            let mut bytes = Vec::new();
            match read_loose(store, &id, limit, &mut bytes) {
                Ok(None) => {}
                Ok(Some(kind)) => match checked(self.hash, kind, bytes, id) {
                    Ok(found) => return Ok(Some(found)),
                    Err(Trouble(why)) => troubles.push(Trouble(format!("loose object {id}: {why}"))),
                },
                Err(Read::TooLarge(size)) => return Err(too_large(id, size, limit)),
                Err(Read::Damaged(why)) => troubles.push(Trouble(format!("loose object {id}: {why}"))),
            }
        }
        Ok(None)
    }

    /// Ids that begin with these hex digits (four or more), over packs and loose objects.
    pub(super) fn with_prefix(&self, hex: &str) -> Result<BTreeSet<Oid>> {
        let prefix = gix::hash::Prefix::from_hex(hex)
            .map_err(|error| Error::new(Code::BadArgument, format!("`{hex}` is not a short object id: {error}")))?;
        self.refresh()?;
        let mut found = BTreeSet::new();
        for pack in &self.packs().open {
            let mut range = 0..0;
            pack.bundle.index.lookup_prefix(prefix, Some(&mut range));
            for at in range {
                found.insert(from_gix(pack.bundle.index.oid_at_index(at))?);
            }
        }
        for store in &self.loose {
            let folder = store.path().join(&hex[..2]);
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                other => other.map_err(|error| io_error("list", &folder, &error))?,
            };
            for entry in entries {
                let entry = entry.map_err(|error| io_error("list", &folder, &error))?;
                let name = format!("{}{}", &hex[..2], entry.file_name().to_string_lossy());
                if let Ok(id) = Oid::parse(&name)
                    && name.starts_with(hex)
                {
                    found.insert(id);
                }
            }
        }
        Ok(found)
    }

    fn packs(&self) -> Arc<Packs> {
        Arc::clone(&self.packs.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lists the pack folders again. Packs that stay keep their maps, those that went are let go.
    fn refresh(&self) -> Result<()> {
        let known = self.packs();
        // Where a gc removes a pack between the listing and the look, its successor may have been missed by the listing.
        for _ in 0..RELISTINGS {
            let (now, vanished) = self.list_packs(&known)?;
            if vanished {
                continue;
            }
            let same = now.open.len() == known.open.len()
                && now.broken.len() == known.broken.len()
                && now.open.iter().zip(&known.open).all(|(one, other)| Arc::ptr_eq(one, other));
            if !same {
                *self.packs.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(now);
            }
            return Ok(());
        }
        Err(Error::new(Code::GitFailed, "Git's packs are being rewritten without end")
            .hint("try again when gc is done"))
    }

    fn list_packs(&self, known: &Packs) -> Result<(Packs, bool)> {
        let mut now = Packs::default();
        let mut vanished = false;
        for store in &self.loose {
            for idx in indexes_in(&store.path().join("pack"))? {
                if let Some(pack) = known.open.iter().find(|pack| pack.idx == idx) {
                    now.open.push(Arc::clone(pack));
                    continue;
                }
                match open_pack(&idx, self.hash) {
                    Ok(pack) => now.open.push(Arc::new(pack)),
                    Err(_) if !idx.exists() => vanished = true,
                    Err(why) => now.broken.push((idx, why)),
                }
            }
        }
        Ok((now, vanished))
    }
}

fn indexes_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|error| io_error("list", folder, &error))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| io_error("list", folder, &error))?.path();
        if path.extension().is_some_and(|extension| extension == "idx") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn open_pack(idx: &Path, hash: gix::hash::Kind) -> std::result::Result<Pack, String> {
    let pack::Bundle { mut pack, index } = pack::Bundle::at(idx, hash).map_err(|error| error.to_string())?;
    pack.id = NEXT_PACK.fetch_add(1, Ordering::Relaxed);
    let pack = pack.with_alloc_limit_bytes(Some(MAX_ALLOCATION));
    Ok(Pack { idx: idx.to_owned(), bundle: pack::Bundle { pack, index } })
}

enum Read {
    TooLarge(u64),
    Damaged(String),
}

fn damaged(error: impl std::fmt::Display) -> Read {
    Read::Damaged(error.to_string())
}

fn read_packed(
    bundle: &pack::Bundle,
    at: u32,
    limit: u64,
    id: ObjectId,
    scratch: &mut Scratch,
) -> std::result::Result<(Kind, Vec<u8>), Read> {
    let entry = bundle.pack.entry(bundle.index.pack_offset_at_index(at)).map_err(damaged)?;
    let base_in_pack = |id: &gix::hash::oid| {
        let at = bundle.index.lookup(id);
        at.map(|at| bundle.pack.entry(bundle.index.pack_offset_at_index(at))).transpose()
    };
    let size = bundle
        .pack
        .decode_header(entry.clone(), &mut scratch.inflate, &|id| {
            Ok(base_in_pack(id)?.map(pack::data::decode::header::ResolvedBase::InPack))
        })
        .map_err(damaged)?
        .object_size;
    if size > limit {
        return Err(Read::TooLarge(size));
    }
    let mut bytes = Vec::new();
    let kind = bundle
        .find(&id, &mut bytes, &mut scratch.inflate, &mut scratch.bases)
        .map_err(damaged)?
        .map(|(data, _)| data.kind)
        .ok_or_else(|| damaged("its index is inconsistent"))?;
    Ok((kind, bytes))
}

fn read_loose(
    store: &gix::odb::loose::Store,
    id: &gix::hash::oid,
    limit: u64,
    bytes: &mut Vec<u8>,
) -> std::result::Result<Option<Kind>, Read> {
    // Structures and small records need no look at the header alone: a loose object's header is read with its body.
    if limit < MAX_STRUCTURE
        && let Some((size, _)) = store.try_header(id).map_err(damaged)?
        && size > limit
    {
        return Err(Read::TooLarge(size));
    }
    let kind = store.try_find(id, bytes).map_err(damaged)?.map(|data| data.kind);
    match kind {
        Some(_) if bytes.len() as u64 > limit => Err(Read::TooLarge(bytes.len() as u64)),
        kind => Ok(kind),
    }
}

fn checked(
    hash: gix::hash::Kind,
    kind: Kind,
    bytes: Vec<u8>,
    id: ObjectId,
) -> std::result::Result<(Kind, Vec<u8>), Trouble> {
    match gix::objs::compute_hash(hash, kind, &bytes) {
        Ok(found) if found == id => Ok((kind, bytes)),
        Ok(found) => Err(Trouble(format!("its bytes have the id {found}"))),
        Err(error) => Err(Trouble(error.to_string())),
    }
}

fn too_large(id: ObjectId, size: u64, limit: u64) -> Box<Error> {
    Error::new(Code::TooLarge, format!("Git object {id} has {size} bytes; at most {limit} are read here"))
        .field("object", id.to_string())
        .field("size", size)
        .field("limit", limit)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What is behind these locks are caches: after another thread's panic they are still sound.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A cache that forgets what neither its young nor its old half was asked for: bounded, and no list to keep in order.
struct TwoGenerations<K, V> {
    young: HashMap<K, (V, usize)>,
    old: HashMap<K, (V, usize)>,
    held: usize,
    half: usize,
}

impl<K: Hash + Eq, V: Clone> TwoGenerations<K, V> {
    fn new(limit: usize) -> Self {
        TwoGenerations { young: HashMap::new(), old: HashMap::new(), held: 0, half: limit / 2 }
    }

    fn get(&mut self, key: &K) -> Option<V> {
        if let Some((value, _)) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, (value, cost)) = self.old.remove_entry(key)?;
        self.put(key, value.clone(), cost);
        Some(value)
    }

    fn put(&mut self, key: K, value: V, cost: usize) {
        if cost > self.half {
            return;
        }
        if self.held + cost > self.half {
            self.old = std::mem::take(&mut self.young);
            self.held = 0;
        }
        self.held += cost;
        self.young.insert(key, (value, cost));
    }
}

/// Bases of deltas by pack and offset, so that a chain is not unpacked again for each of its links.
struct DeltaBases(TwoGenerations<(u32, u64), Arc<DeltaBase>>);

/// Kind, compressed size and bytes of an unpacked base.
type DeltaBase = (Kind, usize, Vec<u8>);

impl Default for DeltaBases {
    fn default() -> Self {
        DeltaBases(TwoGenerations::new(DELTA_CACHE))
    }
}

impl pack::cache::DecodeEntry for DeltaBases {
    fn put(&mut self, pack: u32, offset: u64, data: &[u8], kind: Kind, compressed: usize) {
        if data.len() <= DELTA_CACHE / 16 {
            self.0.put((pack, offset), Arc::new((kind, compressed, data.to_vec())), data.len() + 64);
        }
    }

    fn get(&mut self, pack: u32, offset: u64, out: &mut Vec<u8>) -> Option<(Kind, usize)> {
        let entry = self.0.get(&(pack, offset))?;
        out.clear();
        out.extend_from_slice(&entry.2);
        Some((entry.0, entry.1))
    }
}
