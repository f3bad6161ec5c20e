//! All objects that were given, found by id, decoded within bounds and checked against that id.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::cache::{Cache, Held, Object, Place};
use super::delta::Delta;
use super::entry::{self, Header, What};
use super::format::Format;
use super::index::Index;
use super::inflate::Inflater;
use super::loose;
use super::object::{Kind, Trouble, Why};
use crate::tree::{Tree, Trees};
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;

/// The longest chain of deltas that Git writes is 4,095.
const MAX_CHAIN: usize = 4096;
/// The largest object that others may build on.
pub(super) const MAX_BASE: u64 = 64 << 20;
/// The most bytes that are inflated and copied for one object, beyond its own limit.
const MAX_WORK: u64 = 256 << 20;
/// The largest commit or tree.
const MAX_STRUCTURE: u64 = 32 << 20;

/// A pack and its index.
pub(super) struct Pack {
    pub(super) name: String,
    /// Without the trailer.
    pub(super) bytes: Vec<u8>,
    pub(super) index: Index,
}

/// Objects can be added while others are read: an id names its bytes, so what was read stays true.
pub(super) struct Objects {
    pub(super) format: Cell<Option<Format>>,
    packs: RefCell<Vec<Rc<Pack>>>,
    loose: RefCell<HashMap<Oid, Rc<Vec<u8>>>>,
    cache: RefCell<Cache>,
    inflater: RefCell<Inflater>,
    trees: RefCell<ParsedTrees>,
}

/// Trees that were parsed lately. A walk reads the same few at the top for each commit.
#[derive(Default)]
struct ParsedTrees {
    kept: HashMap<Oid, Rc<Tree>>,
    cost: usize,
}

/// Bytes of parsed trees that are kept before they are dropped together.
const TREES_BUDGET: usize = 32 << 20;

impl Trees for Objects {
    type Handle = Rc<Tree>;

    fn tree(&self, id: Oid) -> Result<Rc<Tree>> {
        Objects::tree(self, id)
    }
}

/// One delta of a chain, inflated, and where its result may be kept.
struct Step {
    place: Place,
    delta: Vec<u8>,
}

impl Objects {
    pub(super) fn new() -> Objects {
        Objects {
            format: Cell::default(),
            packs: RefCell::default(),
            loose: RefCell::default(),
            cache: RefCell::default(),
            inflater: RefCell::default(),
            trees: RefCell::default(),
        }
    }

    pub(super) fn add_pack(&self, pack: Pack) {
        self.packs.borrow_mut().push(Rc::new(pack));
    }

    pub(super) fn add_loose(&self, id: Oid, deflated: Vec<u8>) {
        self.loose.borrow_mut().insert(id, Rc::new(deflated));
    }

    /// Objects in packs and loose ones; one that is given twice counts twice.
    pub(super) fn count(&self) -> usize {
        self.packs.borrow().iter().map(|pack| pack.index.count()).sum::<usize>() + self.loose.borrow().len()
    }

    /// An object whose bytes have this id; nothing where it is not here. A damaged copy does not hide a good one.
    pub(super) fn find(&self, id: Oid, limit: u64) -> Result<Option<Object>> {
        let format = Format::of(id);
        if self.format.get() != Some(format) {
            return Ok(None);
        }
        let mut trouble = None;
        let packs = self.packs.borrow();
        for (number, pack) in packs.iter().enumerate() {
            let Some(offset) = pack.index.find(id.as_bytes()) else { continue };
            match self.checked((number, offset), id, format, limit) {
                Ok(object) => return Ok(Some(object)),
                Err(Trouble::TooLarge(size)) => return Err(too_large(id, size, limit)),
                Err(Trouble::Broken(why)) => trouble = trouble.or(Some((pack.name.as_str(), why))),
            }
        }
        if let Some(deflated) = self.loose.borrow().get(&id) {
            match loose::read(&mut self.inflater.borrow_mut(), deflated, id, format, limit) {
                Ok(object) => return Ok(Some(object)),
                Err(Trouble::TooLarge(size)) => return Err(too_large(id, size, limit)),
                Err(Trouble::Broken(why)) => trouble = trouble.or(Some(("a loose object", why))),
            }
        }
        match trouble {
            None => Ok(None),
            Some((place, why)) => {
                Err(Error::new(Code::BadPack, format!("Git object {id} cannot be read from {place}: {why}"))
                    .hint("run `git fsck` where these bytes came from, and take them again from a clone that is whole")
                    .field("object", id))
            }
        }
    }

    /// An object that must be of a kind, and must be here.
    pub(super) fn expect(&self, id: Oid, kind: Kind, limit: u64) -> Result<Object> {
        match self.find(id, limit)? {
            Some(object) if object.kind == kind => Ok(object),
            // What anybody can push: a tree that names a tree as a file. It must not stop the reader as damage does.
            Some(object) => Err(Error::new(
                Code::BadTree,
                format!("Git object {id} should be a {} and is a {}", kind.word(), object.kind.word()),
            )
            .field("object", id)),
            None => Err(Error::new(
                Code::MissingObject,
                format!("Git {} {id} is not among what was given", kind.word()),
            )
            .hint("add the pack or the loose object that holds it, and ask again; of a shallow clone, `git fetch --unshallow` brings it")
            .field("oid", id)),
        }
    }

    /// A commit's bytes.
    pub(super) fn commit(&self, id: Oid) -> Result<Object> {
        self.expect(id, Kind::Commit, MAX_STRUCTURE)
    }

    /// A tree, parsed. Git knows the empty tree without having it.
    pub(super) fn tree(&self, id: Oid) -> Result<Rc<Tree>> {
        if let Some(tree) = self.trees.borrow().kept.get(&id) {
            return Ok(tree.clone());
        }
        let format = Format::of(id);
        let tree = match format.id(Kind::Tree, b"") == Some(id) {
            true => Tree::empty(),
            false => {
                let object = self.expect(id, Kind::Tree, MAX_STRUCTURE)?;
                Tree::parse(object.bytes.to_vec(), format.width(), id)?
            }
        };
        let tree = Rc::new(tree);
        let mut trees = self.trees.borrow_mut();
        if trees.cost + tree.cost() > TREES_BUDGET {
            *trees = ParsedTrees::default();
        }
        trees.cost += tree.cost();
        trees.kept.insert(id, tree.clone());
        Ok(tree)
    }

    fn checked(&self, place: Place, id: Oid, format: Format, limit: u64) -> Result<Object, Trouble> {
        let held = self.decode(place, format, limit)?;
        if held.object.bytes.len() as u64 > limit {
            return Err(Trouble::TooLarge(held.object.bytes.len() as u64));
        }
        if held.id != Some(id) {
            if format.id(held.object.kind, &held.object.bytes) != Some(id) {
                return Err(Trouble::Broken("its bytes have another id"));
            }
            self.cache.borrow_mut().put(place, Held { object: held.object.clone(), id: Some(id) });
        }
        Ok(held.object)
    }

    /// Follows the chain of deltas down to a whole object, then applies them upwards. Nothing here recurses.
    fn decode(&self, from: Place, format: Format, limit: u64) -> Result<Held, Trouble> {
        let mut steps: Vec<Step> = Vec::new();
        let mut work = 0u64;
        let mut place = from;
        let base = loop {
            if let Some(held) = self.cache.borrow_mut().get(place) {
                break held;
            }
            let most = if steps.is_empty() { limit } else { MAX_BASE };
            let (pack, header) = self.header(place, format)?;
            work = work.saturating_add(header.size);
            let spent = work > MAX_WORK.saturating_add(limit);
            match header.what {
                What::Whole(_) if header.size > most => return Err(Trouble::TooLarge(header.size)),
                _ if spent => return Err(Trouble::Broken("it takes too much work to put together")),
                What::Whole(kind) => {
                    let bytes = Rc::new(self.inflate(&pack, &header)?);
                    let held = Held { object: Object { kind, bytes }, id: None };
                    self.cache.borrow_mut().put(place, held.clone());
                    break held;
                }
                What::OnOffset(offset) => {
                    self.push(&mut steps, place, &pack, &header, most)?;
                    place = (place.0, offset);
                }
                What::OnObject(id) => {
                    self.push(&mut steps, place, &pack, &header, most)?;
                    match self.place(place.0, id) {
                        Some(base) => place = base,
                        None => break self.loose_base(id, format)?,
                    }
                }
            }
        };
        self.apply(steps, base, work, limit)
    }

    fn header(&self, place: Place, format: Format) -> Result<(Rc<Pack>, Header), Why> {
        let pack = self.packs.borrow().get(place.0).cloned().ok_or("its pack is not here")?;
        let header = entry::read(&pack.bytes, place.1, format)?;
        Ok((pack, header))
    }

    fn inflate(&self, pack: &Pack, header: &Header) -> Result<Vec<u8>, Why> {
        let deflated = pack.bytes.get(header.data..).unwrap_or_default();
        Ok(self.inflater.borrow_mut().exact(deflated, header.size)?.0)
    }

    /// Inflates one delta, and looks at the size of what it makes before anything is made.
    fn push(
        &self,
        steps: &mut Vec<Step>,
        place: Place,
        pack: &Pack,
        header: &Header,
        most: u64,
    ) -> Result<(), Trouble> {
        if steps.len() >= MAX_CHAIN {
            return Err(Trouble::Broken("its chain of deltas has more than 4,096 links, or is a ring"));
        }
        let delta = self.inflate(pack, header)?;
        let result = Delta::parse(&delta)?.result;
        if result > most {
            return Err(Trouble::TooLarge(result));
        }
        steps.push(Step { place, delta });
        Ok(())
    }

    /// Where an object lies: in the pack that asks, else in any.
    fn place(&self, asking: usize, id: Oid) -> Option<Place> {
        let packs = self.packs.borrow();
        let here = packs.get(asking).and_then(|pack| pack.index.find(id.as_bytes())).map(|at| (asking, at));
        let mut packs = packs.iter().enumerate();
        here.or_else(|| packs.find_map(|(number, pack)| Some((number, pack.index.find(id.as_bytes())?))))
    }

    fn loose_base(&self, id: Oid, format: Format) -> Result<Held, Trouble> {
        let deflated = self.loose.borrow().get(&id).cloned();
        let deflated = deflated.ok_or("its delta builds on an object that is not here")?;
        let object = loose::read(&mut self.inflater.borrow_mut(), &deflated, id, format, MAX_BASE)?;
        Ok(Held { object, id: Some(id) })
    }

    fn apply(&self, steps: Vec<Step>, base: Held, mut work: u64, limit: u64) -> Result<Held, Trouble> {
        let mut held = base;
        for step in steps.into_iter().rev() {
            let delta = Delta::parse(&step.delta)?;
            work = work.saturating_add(delta.result);
            if work > MAX_WORK.saturating_add(limit) {
                return Err(Trouble::Broken("it takes too much work to put together"));
            }
            let bytes = Rc::new(delta.apply(&held.object.bytes)?);
            held = Held { object: Object { kind: held.object.kind, bytes }, id: None };
            self.cache.borrow_mut().put(step.place, held.clone());
        }
        Ok(held)
    }
}

fn too_large(id: Oid, size: u64, limit: u64) -> Box<Error> {
    Error::new(Code::TooLarge, format!("Git object {id} has {size} bytes; at most {limit} are read here"))
        .field("object", id)
        .field("size", size)
        .field("limit", limit)
}
