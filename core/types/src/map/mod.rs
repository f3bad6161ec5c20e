//! Sorted maps and sets with little code for each type.
//!
//! The standard library's ordered map is there once for every pair of types: 34 of them were a seventh of the browser's
//! module. Here the entries stand in the order in which they came, and a list of their positions, which is there once for all
//! types, holds their order. Inserting costs a search and a short shift; what comes in order is only appended.

mod iter;
mod order;
mod set;
#[cfg(test)]
mod tests;

use std::borrow::Borrow;
use std::cmp::Ordering;

pub use iter::{Iter, Keys, Values};
use order::{Order, Place};
pub use set::Set;

/// A map in the order of its keys.
#[derive(Clone)]
pub struct Map<K, V> {
    order: Order,
    entries: Vec<(K, V)>,
}

impl<K, V> Map<K, V> {
    /// A map without entries.
    pub const fn new() -> Map<K, V> {
        Map { order: Order::new(), entries: Vec::new() }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries, by key.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter::of(self.order.all(), &self.entries)
    }

    /// The keys, in order.
    pub fn keys(&self) -> Keys<'_, K, V> {
        Keys::of(self.iter())
    }

    /// The values, by key.
    pub fn values(&self) -> Values<'_, K, V> {
        Values::of(self.iter())
    }

    /// The values, by key, without the keys.
    pub fn into_values(self) -> impl DoubleEndedIterator<Item = V> {
        self.into_iter().map(|it| it.1)
    }

    /// The keys in order, without the values.
    pub fn into_keys(self) -> impl DoubleEndedIterator<Item = K> {
        self.into_iter().map(|it| it.0)
    }

    /// The values, to be changed, in the order in which they came.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.iter_mut().map(|it| &mut it.1)
    }

    /// The entry with the lowest key.
    pub fn first_key_value(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    /// The entry with the highest key.
    pub fn last_key_value(&self) -> Option<(&K, &V)> {
        self.iter().next_back()
    }
}

impl<K: Ord, V> Map<K, V> {
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> (Place, bool)
    where
        K: Borrow<Q>,
    {
        self.order.find(&|position| self.compare(position, key))
    }

    /// How the key at a position compares with another.
    fn compare<Q: Ord + ?Sized>(&self, position: u32, key: &Q) -> Ordering
    where
        K: Borrow<Q>,
    {
        self.entries.get(position as usize).map_or(Ordering::Greater, |(have, _)| have.borrow().cmp(key))
    }

    /// Where the entry of a key lies.
    fn position<Q: Ord + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        match self.find(key) {
            (place, true) => self.order.get(place),
            _ => None,
        }
    }

    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(self.position(key)?).map(|it| &it.1)
    }

    /// An entry as it is held.
    pub fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        self.entries.get(self.position(key)?).map(|(key, value)| (key, value))
    }

    /// The value of a key, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let position = self.position(key)?;
        self.entries.get_mut(position).map(|it| &mut it.1)
    }

    /// Whether a key has a value.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).1
    }

    /// Gives a key a value; the one that it had comes back.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (place, there) = self.order.find_room(&|position| self.compare(position, &key));
        if there {
            let had = self.order.get(place).and_then(|position| self.entries.get_mut(position))?;
            return Some(std::mem::replace(&mut had.1, value));
        }
        self.add(place, key, value);
        None
    }

    fn add(&mut self, place: Place, key: K, value: V) {
        self.order.insert(place, self.entries.len());
        self.entries.push((key, value));
    }

    /// The value of a key, which is made where it has none.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let (place, there) = self.find(&key);
        let position = match self.order.get(place) {
            Some(position) if there => position,
            _ => {
                self.add(place, key, make());
                self.entries.len() - 1
            }
        };
        &mut self.entries[position].1
    }

    /// The value of a key, which begins as its type's default.
    pub fn get_or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        self.get_or_insert_with(key, V::default)
    }

    /// Takes a key and its value out.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        match self.find(key) {
            (place, true) => self.take(place).map(|it| it.1),
            _ => None,
        }
    }

    /// Takes out the entry with the lowest key.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        let place = Place::FIRST;
        self.order.get(place)?;
        self.take(place)
    }

    /// Takes out the entry with the highest key.
    pub fn pop_last(&mut self) -> Option<(K, V)> {
        let place = self.order.last()?;
        self.take(place)
    }

    /// Takes out what stands at a place. The last of the entries moves to where it lay.
    fn take(&mut self, place: Place) -> Option<(K, V)> {
        let position = self.order.get(place)?;
        let (last, _) = self.entries.last()?;
        let moved = self.find(last).0;
        self.order.set(moved, position);
        self.order.remove(place);
        Some(self.entries.swap_remove(position))
    }

    /// The entries whose keys are not below this one, by key.
    pub fn range_from<Q: Ord + ?Sized>(&self, key: &Q) -> Iter<'_, K, V>
    where
        K: Borrow<Q>,
    {
        Iter::of(self.order.from(self.find(key).0), &self.entries)
    }

    /// Keeps what `keeps` says.
    pub fn retain(&mut self, mut keeps: impl FnMut(&K, &mut V) -> bool) {
        for (key, mut value) in std::mem::take(self) {
            if keeps(&key, &mut value) {
                self.add(Place::END, key, value);
            }
        }
    }
}
