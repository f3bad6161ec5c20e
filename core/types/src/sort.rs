//! Sorting with little code for each type.
//!
//! The standard library's sort is there once for every type and order that is sorted: 45 of them made a tenth of the browser's
//! module. Here one sort orders positions, and all that is there for each type is the moving of items. Where millions are
//! sorted (a pack's index), the standard library's is right.

use std::cmp::Ordering;

/// Sorts by an order; equal items keep theirs.
pub fn by<T>(items: &mut Vec<T>, order: impl Fn(&T, &T) -> Ordering) {
    let positions = positions(items.len(), &|a, b| match (items.get(a), items.get(b)) {
        (Some(a), Some(b)) => order(a, b),
        _ => Ordering::Equal,
    });
    let mut from: Vec<Option<T>> = std::mem::take(items).into_iter().map(Some).collect();
    items.extend(positions.into_iter().filter_map(|at| from.get_mut(at).and_then(Option::take)));
}

/// Sorts by a key; items with equal keys keep their order.
pub fn by_key<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    by(items, |a, b| key(a).cmp(&key(b)));
}

/// Sorts by a key that takes its time to be made: once for each item.
pub fn by_cached_key<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    let mut keyed: Vec<(K, T)> = std::mem::take(items).into_iter().map(|it| (key(&it), it)).collect();
    by(&mut keyed, |a, b| a.0.cmp(&b.0));
    items.extend(keyed.into_iter().map(|it| it.1));
}

/// Sorts by the items' own order.
pub fn plain<T: Ord>(items: &mut Vec<T>) {
    by(items, T::cmp);
}

/// The positions of so many items in their order. The one sort.
fn positions(count: usize, order: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..count).collect();
    positions.sort_by(|a, b| order(*a, *b));
    positions
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn items_are_sorted_as_the_standard_library_sorts_them(items: Vec<(u8, String)>) {
            let (mut ours, mut theirs) = (items.clone(), items.clone());
            by_key(&mut ours, |it| it.0);
            theirs.sort_by_key(|it| it.0);
            prop_assert_eq!(&ours, &theirs);
            by_cached_key(&mut ours, |it| it.1.clone());
            theirs.sort_by_cached_key(|it| it.1.clone());
            prop_assert_eq!(&ours, &theirs);
            plain(&mut ours);
            theirs.sort();
            prop_assert_eq!(&ours, &theirs);
        }
    }
}
