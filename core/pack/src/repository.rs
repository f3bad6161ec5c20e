//! What a caller holds: give it bytes, then read history through it.

use std::cell::RefCell;

use super::format::Format;
use super::index::Index;
use super::indexer::{self, Failed};
use super::objects::{MAX_BASE, Objects, Pack};
use super::refs::Refs;
use super::{bundle, loose};
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;
use std::collections::{BTreeMap, BTreeSet};

/// A Git repository in memory. Its object format is that of the first thing that is added; what is of another is refused.
///
/// Anything can be added at any time, while others read. Reading is by [`History`](refmark_engine::snapshot::History). Objects are checked against their ids as they are read,
/// and an object that nobody reads is never looked at.
pub struct Repository {
    pub(super) objects: Objects,
    refs: RefCell<Refs>,
}

impl Default for Repository {
    fn default() -> Repository {
        Repository::new()
    }
}

impl Repository {
    /// A repository without objects and refs.
    pub fn new() -> Repository {
        Repository { objects: Objects::new(), refs: RefCell::default() }
    }

    /// Adds a pack. With its index (version 2) this costs one look at the ids; without, every object is inflated and
    /// hashed. `name` is for messages. `bad-pack` where the form is wrong or pack and index do not belong together,
    /// `incomplete` where a thin pack builds on objects that are not here yet, `too-large` over the bounds.
    pub fn add_pack(&self, name: &str, pack: Vec<u8>, idx: Option<Vec<u8>>) -> Result<()> {
        let broken = |why: &str| {
            Error::new(Code::BadPack, format!("the pack `{name}` cannot be read: {why}"))
                .hint("run `git fsck` where it came from, and take pack and index again as one pair")
                .field("pack", name)
        };
        let count = header(&pack).map_err(broken)?;
        let format = self.format_of(&pack, idx.as_deref()).map_err(broken)?;
        let mut bytes = pack;
        let trailer = bytes.split_off(bytes.len() - format.width());
        let index = match idx {
            Some(idx) => {
                let index = Index::parse(idx, format).map_err(broken)?;
                if index.pack_trailer() != trailer || index.count() as u64 != u64::from(count) {
                    return Err(broken("its index is another pack's"));
                }
                index
            }
            None => {
                let elsewhere = |id| self.objects.find(id, MAX_BASE);
                indexer::index(&bytes, &trailer, count, format, &elsewhere).map_err(|failed| match failed {
                    Failed::Broken(why) => broken(why),
                    Failed::TooLarge(why) => {
                        Error::new(Code::TooLarge, format!("the pack `{name}` cannot be indexed here: {why}"))
                            .hint("give its .idx with it; `git index-pack` makes one")
                            .field("pack", name)
                    }
                    Failed::Thin => Error::new(
                        Code::Incomplete,
                        format!("the pack `{name}` builds on objects that are not among what was given"),
                    )
                    .hint("add first what it builds on, or take a bundle of the whole branch")
                    .field("pack", name),
                    Failed::Elsewhere(error) => error,
                })?
            }
        };
        self.objects.format.set(Some(format));
        self.objects.add_pack(Pack { name: name.to_owned(), bytes, index });
        Ok(())
    }

    /// Adds a loose object, deflated as Git keeps it, by its id or a path that ends in `ab/cdef…`. It is looked at when it
    /// is read. `bad-pack` where the name is not an object's.
    pub fn add_loose(&self, path_or_oid: &str, deflated: Vec<u8>) -> Result<()> {
        let id = loose::name(path_or_oid).ok_or_else(|| {
            Error::new(Code::BadPack, format!("`{}` does not name a loose object", path_or_oid.escape_debug()))
                .hint("give the path below `objects/`, or the full id")
        })?;
        self.agree(Format::of(id))?;
        self.objects.add_loose(id, deflated);
        Ok(())
    }

    /// Adds a bundle's refs and its pack, which is indexed here. Errors as for a pack without index.
    pub fn add_bundle(&self, mut bundle: Vec<u8>) -> Result<()> {
        let head = bundle::head(&bundle)
            .map_err(|why| Error::new(Code::BadPack, format!("the bundle cannot be read: {why}")))?;
        self.agree(head.format)?;
        if head.refs.iter().any(|(_, id)| Format::of(*id) != head.format) {
            return Err(Error::new(Code::BadPack, "the bundle names ids of another object format than its own"));
        }
        self.add_pack("bundle", bundle.split_off(head.pack), None)?;
        for (name, id) in &head.refs {
            self.refs.borrow_mut().add(name, *id);
        }
        Ok(())
    }

    /// Adds a ref by its full name, such as `refs/heads/main`. It goes before a packed one.
    pub fn add_ref(&self, name: &str, id: Oid) {
        self.refs.borrow_mut().add(name, id);
    }

    /// Adds the text of `packed-refs`. `bad-pack` where a line is not as Git writes it.
    pub fn add_packed_refs(&self, text: &str) -> Result<()> {
        self.refs.borrow_mut().add_packed(text)
    }

    /// Adds the text of `HEAD`: a branch's name or an id.
    pub fn add_head(&self, text: &str) -> Result<()> {
        self.refs.borrow_mut().add_head(text)
    }

    /// Adds the text of `shallow`: the commits whose parents the clone left out.
    pub fn add_shallow(&self, text: &str) -> Result<()> {
        self.refs.borrow_mut().add_shallow(text)
    }

    /// The commit of a branch, by short name (`main`: here, else of the remote `origin`) or full name.
    pub fn branch(&self, name: &str) -> Option<Oid> {
        self.refs.borrow().branch(name)
    }

    /// The full name of the branch that `HEAD` names, where it was given and names one.
    pub fn head(&self) -> Option<String> {
        self.refs.borrow().head().map(str::to_owned)
    }

    /// All refs by full name.
    pub fn refs(&self) -> BTreeMap<String, Oid> {
        self.refs.borrow().all()
    }

    /// The commits at which the history was cut off. Empty where it is whole, as far as Git noted it.
    pub fn shallow(&self) -> BTreeSet<Oid> {
        self.refs.borrow().shallow.clone()
    }

    /// The object format; nothing as long as no object was added.
    pub fn format(&self) -> Option<Format> {
        self.objects.format.get()
    }

    /// How many objects were given; one that is given twice counts twice.
    pub fn objects(&self) -> usize {
        self.objects.count()
    }

    fn agree(&self, format: Format) -> Result<()> {
        match self.objects.format.get() {
            Some(known) if known != format => Err(Error::new(
                Code::BadPack,
                format!("a {} repository cannot hold {} objects", known.word(), format.word()),
            )),
            _ => {
                self.objects.format.set(Some(format));
                Ok(())
            }
        }
    }

    /// A pack does not say its format. The index repeats the pack's trailer at a place that depends on it; without an
    /// index, the trailer itself must be the hash of what is before it.
    fn format_of(&self, pack: &[u8], idx: Option<&[u8]>) -> std::result::Result<Format, &'static str> {
        let fits = |format: &Format| {
            let width = format.width();
            let Some(middle) = pack.len().checked_sub(width).filter(|middle| *middle >= 12) else { return false };
            let (before, trailer) = pack.split_at(middle);
            match idx {
                Some(idx) => idx.len().checked_sub(2 * width).and_then(|at| idx.get(at..at + width)) == Some(trailer),
                None => format.hash(before).is_some_and(|hash| hash.as_bytes() == trailer),
            }
        };
        let known =
            Format::ALL.into_iter().filter(|format| self.objects.format.get().is_none_or(|known| known == *format));
        let why =
            if idx.is_some() { "its index is another pack's" } else { "its trailer is not the hash of its bytes" };
        known.into_iter().find(fits).ok_or(why)
    }
}

/// How many entries a pack says that it has.
fn header(pack: &[u8]) -> std::result::Result<u32, &'static str> {
    let number = |at| pack.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
    match (pack.starts_with(b"PACK"), number(4), number(8)) {
        (true, Some(2 | 3), Some(count)) => Ok(count),
        _ => Err("it does not begin as a pack of version 2 does"),
    }
}
