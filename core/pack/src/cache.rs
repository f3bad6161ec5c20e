//! Objects that were read lately. Two generations: when the young one is full, it becomes the old one.

use std::collections::HashMap;
use std::rc::Rc;

use super::object::Kind;
use refmark_types::oid::Oid;

/// Bytes of both generations together.
const BUDGET: usize = 48 << 20;
/// What an object costs besides its bytes.
const OVERHEAD: usize = 96;

/// An object in memory.
#[derive(Clone)]
pub(super) struct Object {
    pub(super) kind: Kind,
    pub(super) bytes: Rc<Vec<u8>>,
}

/// A pack's number and an offset in it.
pub(super) type Place = (usize, u64);

/// An object as decoded from a place, and the id that its bytes were found to have: an index may name one place twice.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) object: Object,
    pub(super) id: Option<Oid>,
}

#[derive(Default)]
pub(super) struct Cache {
    young: HashMap<Place, Held>,
    old: HashMap<Place, Held>,
    used: usize,
}

impl Cache {
    pub(super) fn get(&mut self, place: Place) -> Option<Held> {
        if let Some(held) = self.young.get(&place) {
            return Some(held.clone());
        }
        let held = self.old.remove(&place)?;
        self.put(place, held.clone());
        Some(held)
    }

    pub(super) fn put(&mut self, place: Place, held: Held) {
        let cost = held.object.bytes.len() + OVERHEAD;
        if cost > BUDGET / 8 {
            return;
        }
        if self.used + cost > BUDGET / 2 {
            self.old = std::mem::take(&mut self.young);
            self.used = 0;
        }
        if self.young.insert(place, held).is_none() {
            self.used += cost;
        }
    }
}
