//! An index for a pack that came without one: every entry is inflated and hashed, within bounds.

use std::collections::HashSet;
use std::rc::Rc;

use super::cache::Object;
use super::delta::Delta;
use super::entry::{self, Header, What};
use super::format::Format;
use super::index::Index;
use super::inflate::Inflater;
use super::object::Why;
use super::objects::MAX_BASE;
use refmark_types::error::Result as Outcome;
use refmark_types::oid::Oid;

/// The most bytes that are held at once: an object and all that it builds on.
const MAX_HELD: usize = 256 << 20;
/// The most bytes that deltas may make, for a pack of this many bytes. A pack of a real registry makes some twenty times
/// its size; one that is written to waste time makes a million times.
fn max_made(pack: usize) -> u64 {
    (64 << 20) + 512 * pack as u64
}

/// Finds an object that is not in the pack: what a thin pack builds on.
pub(super) type Elsewhere<'a> = &'a dyn Fn(Oid) -> Outcome<Option<Object>>;

/// Why there is no index.
pub(super) enum Failed {
    Broken(Why),
    TooLarge(Why),
    /// Deltas build on what is neither in the pack nor elsewhere.
    Thin,
    Elsewhere(Box<refmark_types::error::Error>),
}

impl From<Why> for Failed {
    fn from(why: Why) -> Failed {
        Failed::Broken(why)
    }
}

struct Indexer<'a> {
    pack: &'a [u8],
    format: Format,
    inflater: Inflater,
    found: Vec<(Oid, u32)>,
    /// By what they build on, in order: an entry's offset, or an id.
    on_offset: Vec<(u64, u64)>,
    on_object: Vec<(Oid, u64)>,
    /// Deltas that have been resolved, by offset.
    done: HashSet<u64>,
    made: u64,
}

/// Indexes a pack. `pack` is without its trailer, which the caller has checked; `count` is what its header says.
pub(super) fn index(
    pack: &[u8],
    trailer: &[u8],
    count: u32,
    format: Format,
    elsewhere: Elsewhere<'_>,
) -> Result<Index, Failed> {
    let mut indexer = Indexer {
        pack,
        format,
        inflater: Inflater::default(),
        found: Vec::new(),
        on_offset: Vec::new(),
        on_object: Vec::new(),
        done: HashSet::new(),
        made: 0,
    };
    let whole = indexer.scan(count)?;
    indexer.on_offset.sort_unstable();
    indexer.on_object.sort_unstable();
    for (offset, id) in whole {
        if indexer.has_children(offset, id) {
            let object = indexer.whole(offset)?;
            indexer.children_of(Frame::new(&indexer, offset, id, object))?;
        }
    }
    if !indexer.complete() {
        indexer.thin(elsewhere)?;
    }
    if !indexer.complete() {
        return Err(Failed::Thin);
    }
    Ok(Index::build(indexer.found, trailer, format)?)
}

/// An object whose deltas are under way.
struct Frame {
    object: Object,
    children: Vec<u64>,
}

impl Frame {
    fn new(indexer: &Indexer<'_>, offset: u64, id: Oid, object: Object) -> Frame {
        let mut children: Vec<u64> = of(&indexer.on_offset, offset).collect();
        children.extend(of(&indexer.on_object, id));
        Frame { object, children }
    }
}

/// What builds on a key, in a list in order.
fn of<K: Copy + Ord>(list: &[(K, u64)], key: K) -> impl Iterator<Item = u64> + '_ {
    let from = list.partition_point(|(base, _)| *base < key);
    list.iter().skip(from).take_while(move |(base, _)| *base == key).map(|(_, child)| *child)
}

impl Indexer<'_> {
    /// Walks the entries from first to last. Whole objects are hashed piece by piece and returned; deltas are noted.
    fn scan(&mut self, count: u32) -> Result<Vec<(u64, Oid)>, Failed> {
        let mut whole = Vec::new();
        let mut at = 12u64;
        for _ in 0..count {
            let Header { what, size, data } = entry::read(self.pack, at, self.format)?;
            let deflated = self.pack.get(data..).unwrap_or_default();
            let taken = match what {
                What::Whole(kind) => {
                    let mut hasher = self.format.object(kind, size);
                    let taken = self.inflater.stream(deflated, size, |piece| hasher.update(piece))?;
                    let id = hasher.finish().ok_or("it holds a forged SHA-1 collision")?;
                    whole.push((at, id));
                    self.note(id, at)?;
                    taken
                }
                What::OnOffset(base) => {
                    self.on_offset.push((base, at));
                    self.inflater.stream(deflated, size, |_| ())?
                }
                What::OnObject(base) => {
                    self.on_object.push((base, at));
                    self.inflater.stream(deflated, size, |_| ())?
                }
            };
            at = (data + taken) as u64;
        }
        if at != self.pack.len() as u64 {
            return Err(Failed::Broken("bytes follow its last entry"));
        }
        Ok(whole)
    }

    fn note(&mut self, id: Oid, offset: u64) -> Result<(), Failed> {
        let offset = u32::try_from(offset).ok().filter(|offset| *offset < 1 << 31);
        self.found.push((id, offset.ok_or(Failed::TooLarge("packs of 2 GiB and more need their index"))?));
        Ok(())
    }

    fn has_children(&self, offset: u64, id: Oid) -> bool {
        of(&self.on_offset, offset).next().is_some() || of(&self.on_object, id).next().is_some()
    }

    fn whole(&mut self, offset: u64) -> Result<Object, Failed> {
        let header = entry::read(self.pack, offset, self.format)?;
        let What::Whole(kind) = header.what else { return Err(Failed::Broken("an entry changed its type")) };
        Ok(Object { kind, bytes: Rc::new(self.inflate(&header)?) })
    }

    fn inflate(&mut self, header: &Header) -> Result<Vec<u8>, Failed> {
        if header.size > MAX_BASE {
            return Err(Failed::TooLarge("an object that others build on is over 64 MiB"));
        }
        self.made = self.made.saturating_add(header.size);
        Ok(self.inflater.exact(self.pack.get(header.data..).unwrap_or_default(), header.size)?.0)
    }

    /// All that builds on one object, and on that, depth first, so that only one chain is held at a time.
    fn children_of(&mut self, first: Frame) -> Result<(), Failed> {
        let mut held = first.object.bytes.len();
        let mut path = vec![first];
        while let Some(frame) = path.last_mut() {
            let Some(child) = frame.children.pop() else {
                held -= frame.object.bytes.len();
                path.pop();
                continue;
            };
            // An object that stands twice in the pack has the same children twice.
            if !self.done.insert(child) {
                continue;
            }
            let base = frame.object.clone();
            let (id, object) = self.child(child, &base)?;
            if self.has_children(child, id) {
                held += object.bytes.len();
                if held > MAX_HELD {
                    return Err(Failed::TooLarge("a chain of deltas needs over 256 MiB at once"));
                }
                path.push(Frame::new(self, child, id, object));
            }
        }
        Ok(())
    }

    fn child(&mut self, offset: u64, base: &Object) -> Result<(Oid, Object), Failed> {
        let header = entry::read(self.pack, offset, self.format)?;
        let bytes = self.inflate(&header)?;
        let delta = Delta::parse(&bytes)?;
        if delta.result > MAX_BASE {
            return Err(Failed::TooLarge("a delta makes an object over 64 MiB"));
        }
        self.made = self.made.saturating_add(delta.result);
        if self.made > max_made(self.pack.len()) {
            return Err(Failed::TooLarge("its deltas make more than 512 times its size"));
        }
        let object = Object { kind: base.kind, bytes: Rc::new(delta.apply(&base.bytes)?) };
        let id = self.format.id(object.kind, &object.bytes).ok_or("it holds a forged SHA-1 collision")?;
        self.note(id, offset)?;
        Ok((id, object))
    }

    fn complete(&self) -> bool {
        self.done.len() == self.on_offset.len() + self.on_object.len()
    }

    /// Deltas on objects that are not in this pack.
    fn thin(&mut self, elsewhere: Elsewhere<'_>) -> Result<(), Failed> {
        let mut bases: Vec<Oid> = self.on_object.iter().map(|(base, _)| *base).collect();
        bases.dedup();
        let mut here: HashSet<Oid> = HashSet::new();
        let mut known = 0;
        for id in bases {
            here.extend(self.found.iter().skip(known).map(|(id, _)| *id));
            known = self.found.len();
            if here.contains(&id) {
                continue;
            }
            if let Some(object) = elsewhere(id).map_err(Failed::Elsewhere)? {
                // Offset 0 is no entry's, so only those that name the id follow.
                self.children_of(Frame::new(self, 0, id, object))?;
            }
        }
        Ok(())
    }
}
