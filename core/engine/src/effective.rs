//! What has taken effect: the files that count, whatever else lies in the tree.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::model_names::{ModelNames, first_named};
use super::parsed_object::ParsedObject;
use super::releases::Releases;
use super::snapshot::{History, Mode, Snapshot};
use refmark_records::layout::{Place, is_companion};
use refmark_records::manifest::Manifest;
use refmark_records::policy::{POLICY_LIMIT, Policy};
use refmark_records::signature::{KeyId, PublicKey};
use refmark_records::statement::Record;
use refmark_types::canonical::{MANIFEST_LIMIT, RECORD_LIMIT};
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::ModelName;
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// So many parsed objects are kept before the cache starts afresh.
const KEPT: usize = 50_000;

/// So many folders of models are kept: there are 256 at a time.
const FOLDERS_KEPT: usize = 1024;

/// What was parsed of objects, to be kept from one view to the next.
#[derive(Default)]
pub struct Parsed {
    records: HashMap<Oid, Arc<Record>>,
    manifests: HashMap<Oid, Arc<Manifest>>,
    artifacts: HashMap<Oid, ArtifactId>,
    policies: HashMap<Oid, Arc<Policy>>,
    verified: HashSet<(Oid, KeyId)>,
    names: HashMap<Oid, Arc<ModelNames>>,
}

impl Parsed {
    /// About how many objects there are.
    pub fn len(&self) -> usize {
        self.records.len() + self.manifests.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Reads objects and keeps what was parsed of them. An object's id names its bytes, so nothing here can go stale.
pub struct Objects<'h> {
    history: &'h dyn History,
    records: RefCell<HashMap<Oid, Arc<Record>>>,
    manifests: RefCell<HashMap<Oid, Arc<Manifest>>>,
    artifacts: RefCell<HashMap<Oid, ArtifactId>>,
    policies: RefCell<HashMap<Oid, Arc<Policy>>>,
    verified: RefCell<HashSet<(Oid, KeyId)>>,
    /// The models in a folder, by the id of its tree.
    names: RefCell<HashMap<Oid, Arc<ModelNames>>>,
    expected: RefCell<HashMap<Oid, Vec<u8>>>,
    releases: Releases,
    /// The commit whose time was asked for last: neighbours share a base.
    dated: Cell<Option<(Oid, Timestamp)>>,
}

impl<'h> Objects<'h> {
    /// Objects of this history.
    pub fn new(history: &'h dyn History) -> Rc<Objects<'h>> {
        Objects::seeded(history, Parsed::default())
    }

    /// Objects of this history, some of which were parsed for another view of it.
    pub fn seeded(history: &'h dyn History, parsed: Parsed) -> Rc<Objects<'h>> {
        Rc::new(Objects {
            history,
            records: parsed.records.into(),
            manifests: parsed.manifests.into(),
            artifacts: parsed.artifacts.into(),
            policies: parsed.policies.into(),
            verified: parsed.verified.into(),
            names: parsed.names.into(),
            expected: RefCell::default(),
            releases: Releases::default(),
            dated: Cell::default(),
        })
    }

    /// Gives away what was parsed.
    pub fn take_parsed(&self) -> Parsed {
        Parsed {
            records: self.records.take(),
            manifests: self.manifests.take(),
            artifacts: self.artifacts.take(),
            policies: self.policies.take(),
            verified: self.verified.take(),
            names: self.names.take(),
        }
    }

    /// The history behind the objects.
    pub fn history(&self) -> &'h dyn History {
        self.history
    }

    /// The committer's time of a commit; nothing where it is not here, as of one that is only tried.
    pub(crate) fn commit_time(&self, commit: Oid) -> Option<Timestamp> {
        if let Some((_, time)) = self.dated.get().filter(|(dated, _)| *dated == commit) {
            return Some(time);
        }
        let time = self.history.commit(commit).ok()?.time;
        self.dated.set(Some((commit, time)));
        Some(time)
    }

    /// Which releases the versions of a model have.
    pub(crate) fn releases(&self) -> &Releases {
        &self.releases
    }

    /// Knows an object that is about to be written, so that a plan can be judged before it is.
    pub fn expect(&self, oid: Oid, bytes: Vec<u8>) {
        self.expected.borrow_mut().insert(oid, bytes);
    }

    /// An object's bytes.
    pub fn bytes(&self, oid: Oid, limit: u64) -> Result<Vec<u8>> {
        if let Some(bytes) = self.expected.borrow().get(&oid) {
            if bytes.len() as u64 > limit {
                return Err(Error::new(Code::TooLarge, format!("{} bytes are over the limit of {limit}", bytes.len())));
            }
            return Ok(bytes.clone());
        }
        self.history.load(oid, limit)
    }

    /// A record. Its signatures are not checked here.
    pub fn record(&self, oid: Oid) -> Result<Arc<Record>> {
        self.kept(&self.records, oid, || Record::parse(&self.bytes(oid, RECORD_LIMIT)?))
    }

    /// A manifest.
    pub fn manifest(&self, oid: Oid) -> Result<Arc<Manifest>> {
        self.kept(&self.manifests, oid, || Manifest::parse(&self.bytes(oid, MANIFEST_LIMIT)?))
    }

    /// The artifact that a manifest is of.
    pub fn artifact(&self, oid: Oid) -> Result<ArtifactId> {
        if let Some(id) = self.artifacts.borrow().get(&oid) {
            return Ok(*id);
        }
        let id = self.manifest(oid)?.id()?;
        keep(&self.artifacts, oid, id);
        Ok(id)
    }

    /// Takes in what was found out about an object beforehand.
    pub fn add_parsed(&self, oid: Oid, object: ParsedObject) {
        match object {
            ParsedObject::Record(record, by) => {
                keep(&self.records, oid, record);
                if let Some(key) = by {
                    self.verified.borrow_mut().insert((oid, key));
                }
            }
            ParsedObject::Manifest(manifest, id) => {
                keep(&self.manifests, oid, manifest);
                keep(&self.artifacts, oid, id);
            }
        }
    }

    /// A policy's text, read.
    pub fn policy(&self, oid: Oid) -> Result<Arc<Policy>> {
        self.kept(&self.policies, oid, || {
            let bytes = self.bytes(oid, POLICY_LIMIT)?;
            let text = std::str::from_utf8(&bytes)
                .map_err(|_| Error::new(Code::BadRecord, "the policy's text is not UTF-8"))?;
            Policy::parse(text)
        })
    }

    /// The models in a folder, by the id of its tree, as `list` gives its entries' names.
    fn model_names(&self, tree: Oid, list: impl FnOnce() -> Result<Vec<String>>) -> Result<Arc<ModelNames>> {
        if let Some(names) = self.names.borrow().get(&tree) {
            return Ok(names.clone());
        }
        let names = list()?;
        let names = Arc::new(ModelNames::of(names.iter().filter_map(|name| ModelName::from_escaped(name))));
        let mut kept = self.names.borrow_mut();
        if kept.len() >= FOLDERS_KEPT {
            kept.clear();
        }
        kept.insert(tree, names.clone());
        Ok(names)
    }

    fn kept<T>(
        &self,
        cache: &RefCell<HashMap<Oid, Arc<T>>>,
        oid: Oid,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<Arc<T>> {
        if let Some(have) = cache.borrow().get(&oid) {
            return Ok(have.clone());
        }
        let made = Arc::new(make()?);
        keep(cache, oid, made.clone());
        Ok(made)
    }

    /// Checks a signature of the record in an object, once.
    pub fn verify(&self, oid: Oid, record: &Record, signature: usize, key: &PublicKey) -> Result<()> {
        let Some(signature) = record.signatures.get(signature) else {
            return Err(Error::new(Code::BadSignature, "the record is not signed"));
        };
        let id = (oid, signature.keyid);
        if self.verified.borrow().contains(&id) && record.signatures.len() == 1 {
            return Ok(());
        }
        signature.verify(key, record.canonical())?;
        self.verified.borrow_mut().insert(id);
        Ok(())
    }
}

/// Keeps what was made of an object.
fn keep<T>(cache: &RefCell<HashMap<Oid, T>>, oid: Oid, made: T) {
    let mut cache = cache.borrow_mut();
    if cache.len() >= KEPT {
        cache.clear();
    }
    cache.insert(oid, made);
}

/// The files that have taken effect, seen by path.
pub trait Effective {
    /// The object of the file at a path.
    fn oid(&self, path: &str) -> Result<Option<Oid>>;
    /// The names of the files and folders in a folder, in no order.
    fn children(&self, folder: &str) -> Result<Vec<String>>;
    /// Where objects are read from.
    fn objects(&self) -> &Objects<'_>;
    /// Another model whose name people would take for this one.
    fn model_twins(&self, model: &ModelName) -> Result<Vec<ModelName>>;

    /// The record at a path.
    fn record(&self, path: &str) -> Result<Option<Arc<Record>>> {
        match self.oid(path)? {
            Some(oid) => self.objects().record(oid).map(Some),
            None => Ok(None),
        }
    }
}

/// A commit's tree without its inert files and companions.
struct Tree<'h> {
    snapshot: Box<dyn Snapshot + 'h>,
    inert: BTreeSet<String>,
}

impl Tree<'_> {
    /// The folders in which models lie, with the ids of their trees.
    fn model_folders(&self) -> Result<Vec<(String, Oid)>> {
        let mut found = Vec::new();
        for outer in self.snapshot.list("models")?.into_iter().filter(|entry| entry.mode == Mode::Folder) {
            let outer = joined("models", &outer.name);
            for inner in self.snapshot.list(&outer)?.into_iter().filter(|entry| entry.mode == Mode::Folder) {
                found.push((joined(&outer, &inner.name), inner.oid));
            }
        }
        Ok(found)
    }

    /// Whether an entry is a file with effect, or a folder that holds one. Only folders with inert files are looked into.
    fn has_effect(&self, path: &str, mode: Mode) -> Result<bool> {
        match mode {
            Mode::File => Ok(!self.inert.contains(path) && !is_companion(path)),
            Mode::Odd(_) => Ok(false),
            Mode::Folder => {
                let below = format!("{path}/");
                let inert = self.inert.range(below.clone()..).next().is_some_and(|path| path.starts_with(&below));
                if is_companion(&below) || !inert {
                    return Ok(!is_companion(&below));
                }
                for entry in self.snapshot.list(path)? {
                    if self.has_effect(&joined(path, &entry.name), entry.mode)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }
}

/// The files that have taken effect: those of a tree that was verified before, and those since.
pub struct State<'h> {
    objects: Rc<Objects<'h>>,
    tree: Option<Tree<'h>>,
    files: BTreeMap<String, Oid>,
    /// The models that took effect since the tree below, once a new one had to be held against them.
    models: RefCell<Option<ModelNames>>,
}

impl<'h> State<'h> {
    /// Nothing has taken effect yet.
    pub fn empty(objects: Rc<Objects<'h>>) -> State<'h> {
        State { objects, tree: None, files: BTreeMap::new(), models: RefCell::default() }
    }

    /// Everything in a good commit's tree but its inert files.
    pub fn of_tree(
        objects: Rc<Objects<'h>>,
        snapshot: Box<dyn Snapshot + 'h>,
        inert: impl IntoIterator<Item = String>,
    ) -> State<'h> {
        let inert = inert.into_iter().collect();
        State { objects, tree: Some(Tree { snapshot, inert }), files: BTreeMap::new(), models: RefCell::default() }
    }

    /// Takes the files of a landing in.
    pub fn add(&mut self, files: impl IntoIterator<Item = (String, Oid)>) {
        for (path, oid) in files {
            if let Some(models) = self.models.get_mut()
                && let Some(place) = Place::parse(&path)
                && let Some(model) = first_named(&place)
            {
                models.insert(model.clone());
            }
            self.files.insert(path, oid);
        }
    }

    /// The files that took effect since the tree below (all, where there is none).
    pub fn added(&self) -> &BTreeMap<String, Oid> {
        &self.files
    }

    /// Where objects are read from, shared.
    pub fn shared_objects(&self) -> Rc<Objects<'h>> {
        self.objects.clone()
    }
}

impl Effective for State<'_> {
    fn oid(&self, path: &str) -> Result<Option<Oid>> {
        if let Some(oid) = self.files.get(path) {
            return Ok(Some(*oid));
        }
        let Some(tree) = &self.tree else { return Ok(None) };
        if tree.inert.contains(path) || is_companion(path) {
            return Ok(None);
        }
        let found = tree.snapshot.find(path)?;
        Ok(found.filter(|entry| entry.mode == Mode::File).map(|entry| entry.oid))
    }

    fn children(&self, folder: &str) -> Result<Vec<String>> {
        let mut names = Vec::new();
        if let Some(tree) = &self.tree {
            for entry in tree.snapshot.list(folder)? {
                let path = joined(folder, &entry.name);
                if tree.has_effect(&path, entry.mode)? {
                    names.push(entry.name);
                }
            }
        }
        add_children(&self.files, folder, &mut names);
        Ok(names)
    }

    fn objects(&self) -> &Objects<'_> {
        &self.objects
    }

    /// A folder whose tree was seen before is not read again: a new model costs no look at every other.
    fn model_twins(&self, model: &ModelName) -> Result<Vec<ModelName>> {
        let mut twins = BTreeSet::new();
        if let Some(tree) = &self.tree {
            for (path, oid) in tree.model_folders()? {
                let list = || Ok(tree.snapshot.list(&path)?.into_iter().map(|entry| entry.name).collect());
                for twin in self.objects.model_names(oid, list)?.twins_of(model) {
                    if tree.has_effect(&joined(&path, &twin.escaped()), Mode::Folder)? {
                        twins.insert(twin);
                    }
                }
            }
        }
        let mut models = self.models.borrow_mut();
        let since = models.get_or_insert_with(|| {
            ModelNames::of(self.files.keys().filter_map(|path| first_named(&Place::parse(path)?).cloned()))
        });
        twins.extend(since.twins_of(model));
        Ok(twins.into_iter().collect())
    }
}

/// The state and one landing on top.
pub struct StateOverlay<'a> {
    state: &'a dyn Effective,
    files: BTreeMap<String, Oid>,
}

impl<'a> StateOverlay<'a> {
    /// The state and these files.
    pub fn new(state: &'a dyn Effective, files: BTreeMap<String, Oid>) -> StateOverlay<'a> {
        StateOverlay { state, files }
    }

    /// Adds a file.
    pub fn insert(&mut self, path: String, oid: Oid) {
        self.files.insert(path, oid);
    }

    /// Takes a file of the landing out again.
    pub fn remove(&mut self, path: &str) {
        self.files.remove(path);
    }

    /// The paths of the landing's own files.
    pub fn own_files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The landing's files.
    pub fn into_files(self) -> BTreeMap<String, Oid> {
        self.files
    }
}

impl Effective for StateOverlay<'_> {
    fn oid(&self, path: &str) -> Result<Option<Oid>> {
        match self.files.get(path) {
            Some(oid) => Ok(Some(*oid)),
            None => self.state.oid(path),
        }
    }

    fn children(&self, folder: &str) -> Result<Vec<String>> {
        let mut names = self.state.children(folder)?;
        add_children(&self.files, folder, &mut names);
        Ok(names)
    }

    fn objects(&self) -> &Objects<'_> {
        self.state.objects()
    }

    fn model_twins(&self, model: &ModelName) -> Result<Vec<ModelName>> {
        let mut twins = self.state.model_twins(model)?;
        let own = self.files.keys().filter_map(|path| first_named(&Place::parse(path)?).cloned());
        twins.extend(ModelNames::of(own).twins_of(model));
        Ok(twins)
    }
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Adds the names that these files have directly in a folder. Jumps over each subfolder, however much is in it.
fn add_children(files: &BTreeMap<String, Oid>, folder: &str, names: &mut Vec<String>) {
    if files.is_empty() {
        return;
    }
    let had: HashSet<String> = names.iter().cloned().collect();
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let mut from = prefix.clone();
    while let Some((path, _)) = files.range(from..).next() {
        let Some(rest) = path.strip_prefix(&prefix) else { break };
        let (name, is_folder) = match rest.split_once('/') {
            Some((name, _)) => (name, true),
            None => (rest, false),
        };
        if !had.contains(name) {
            names.push(name.to_owned());
        }
        // The next name: past `name` itself, or past everything that starts with `name/` (`0` follows `/`).
        from = if is_folder { format!("{prefix}{name}0") } else { format!("{prefix}{name}\0") };
    }
}
