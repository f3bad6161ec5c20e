//! The order of a map's entries: positions in ascending order of what stands there. Nothing here is generic, so that it is
//! in a program once, whatever the maps hold.

use std::cmp::Ordering;

/// The most positions of one chunk: what is shifted when one comes in between.
const WIDEST: usize = 512;

/// Positions in order, in chunks none of which is empty.
#[derive(Debug, Clone)]
pub(super) struct Order {
    chunks: Vec<Vec<u32>>,
}

/// A place in the order: which chunk, and where in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    chunk: usize,
    at: usize,
}

impl Place {
    /// Where the lowest stands.
    pub(super) const FIRST: Place = Place { chunk: 0, at: 0 };
    /// After the highest.
    pub(super) const END: Place = Place { chunk: usize::MAX, at: 0 };
}

impl Order {
    pub(super) const fn new() -> Order {
        Order { chunks: Vec::new() }
    }

    /// Where the first position stands that is not below what is sought, and whether it is what is sought. `compare` says
    /// how what stands at a position compares with it.
    pub(super) fn find(&self, compare: &dyn Fn(u32) -> Ordering) -> (Place, bool) {
        let below = |chunk: &Vec<u32>| chunk.last().is_some_and(|last| compare(*last) == Ordering::Less);
        let chunk = if self.chunks.len() == 1 { 0 } else { self.chunks.partition_point(below) };
        let Some(held) = self.chunks.get(chunk) else { return (Place { chunk, at: 0 }, false) };
        match held.binary_search_by(|position| compare(*position)) {
            Ok(at) => (Place { chunk, at }, true),
            Err(at) => (Place { chunk, at }, false),
        }
    }

    /// The same for what is to come in: what comes in order is only compared with the last.
    pub(super) fn find_room(&self, compare: &dyn Fn(u32) -> Ordering) -> (Place, bool) {
        match self.chunks.last().and_then(|chunk| chunk.last()) {
            Some(last) if compare(*last) == Ordering::Less => (Place::END, false),
            _ => self.find(compare),
        }
    }

    /// The position at a place.
    pub(super) fn get(&self, place: Place) -> Option<usize> {
        self.chunks.get(place.chunk)?.get(place.at).map(|it| *it as usize)
    }

    /// Where the highest stands.
    pub(super) fn last(&self) -> Option<Place> {
        let chunk = self.chunks.len().checked_sub(1)?;
        Some(Place { chunk, at: self.chunks.get(chunk)?.len() - 1 })
    }

    /// Puts another position at a place.
    pub(super) fn set(&mut self, place: Place, position: usize) {
        if let Some(it) = self.chunks.get_mut(place.chunk).and_then(|chunk| chunk.get_mut(place.at)) {
            *it = position as u32;
        }
    }

    /// Lets a position in before what stands at a place.
    pub(super) fn insert(&mut self, place: Place, position: usize) {
        let position = position as u32;
        let Some(chunk) = self.chunks.get_mut(place.chunk) else {
            match self.chunks.last_mut() {
                Some(last) if last.len() < WIDEST => last.push(position),
                _ => self.chunks.push(vec![position]),
            }
            return;
        };
        chunk.insert(place.at.min(chunk.len()), position);
        if chunk.len() > WIDEST {
            let second = chunk.split_off(WIDEST / 2);
            self.chunks.insert(place.chunk + 1, second);
        }
    }

    /// Takes out what stands at a place.
    pub(super) fn remove(&mut self, place: Place) {
        let Some(chunk) = self.chunks.get_mut(place.chunk).filter(|it| place.at < it.len()) else { return };
        chunk.remove(place.at);
        if chunk.is_empty() {
            self.chunks.remove(place.chunk);
        }
    }

    /// Whether what came stands in its order already, in one chunk or in several.
    pub(super) fn is_as_it_came(&self) -> bool {
        self.chunks.iter().flatten().enumerate().all(|(at, position)| *position as usize == at)
    }

    /// Every position, in order.
    pub(super) fn all(&self) -> Positions<'_> {
        self.from(Place::FIRST)
    }

    /// The positions from a place on.
    pub(super) fn from(&self, place: Place) -> Positions<'_> {
        let rest = self.chunks.get(place.chunk..).unwrap_or_default();
        let (first, rest) = rest.split_first().map_or((&[][..], rest), |(first, rest)| (first.as_slice(), rest));
        Positions { front: first.get(place.at..).unwrap_or_default(), rest, back: &[] }
    }
}

/// Positions in order.
#[derive(Debug, Clone)]
pub(super) struct Positions<'a> {
    front: &'a [u32],
    rest: &'a [Vec<u32>],
    back: &'a [u32],
}

impl Positions<'_> {
    /// How many are left.
    pub(super) fn left(&self) -> usize {
        self.front.len() + self.rest.iter().map(Vec::len).sum::<usize>() + self.back.len()
    }

    /// Takes the first.
    pub(super) fn first(&mut self) -> Option<usize> {
        loop {
            if let Some((first, left)) = self.front.split_first() {
                self.front = left;
                return Some(*first as usize);
            }
            if let Some((chunk, rest)) = self.rest.split_first() {
                (self.front, self.rest) = (chunk, rest);
            } else if self.back.is_empty() {
                return None;
            } else {
                self.front = std::mem::take(&mut self.back);
            }
        }
    }

    /// Takes the last.
    pub(super) fn last(&mut self) -> Option<usize> {
        loop {
            if let Some((last, left)) = self.back.split_last() {
                self.back = left;
                return Some(*last as usize);
            }
            if let Some((chunk, rest)) = self.rest.split_last() {
                (self.back, self.rest) = (chunk, rest);
            } else if self.front.is_empty() {
                return None;
            } else {
                self.back = std::mem::take(&mut self.front);
            }
        }
    }
}
