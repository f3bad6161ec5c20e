use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// What is done to a map.
#[derive(Debug, Clone)]
enum Act {
    Insert(u16, u8),
    Remove(u16),
    PopFirst,
    PopLast,
    Add(u16),
    Keep(u8),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        12 => (any::<u16>(), any::<u8>()).prop_map(|(key, value)| Act::Insert(key, value)),
        3 => any::<u16>().prop_map(Act::Remove),
        1 => Just(Act::PopFirst),
        1 => Just(Act::PopLast),
        3 => (0u16..64).prop_map(Act::Add),
        1 => (0u8..16).prop_map(Act::Keep),
    ];
    prop::collection::vec(act, 0..2_000)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn a_map_does_what_the_standard_librarys_does(acts in acts(), step in 1u16..40, probe: u16) {
        let (mut ours, mut theirs) = (Map::new(), BTreeMap::new());
        for act in acts {
            match act {
                Act::Insert(key, value) => prop_assert_eq!(ours.insert(key / step, value), theirs.insert(key / step, value)),
                Act::Remove(key) => prop_assert_eq!(ours.remove(&(key / step)), theirs.remove(&(key / step))),
                Act::PopFirst => prop_assert_eq!(ours.pop_first(), theirs.pop_first()),
                Act::PopLast => prop_assert_eq!(ours.pop_last(), theirs.pop_last()),
                Act::Add(key) => {
                    let (a, b) = (ours.get_or_default(key), theirs.entry(key).or_default());
                    (*a, *b) = (a.wrapping_add(1), b.wrapping_add(1));
                }
                Act::Keep(0) => {
                    ours.retain(|key, _| key % 3 != 0);
                    theirs.retain(|key, _| key % 3 != 0);
                }
                Act::Keep(_) => {}
            }
            prop_assert_eq!(ours.len(), theirs.len());
        }
        prop_assert!(ours.iter().eq(theirs.iter()));
        prop_assert!(ours.iter().rev().eq(theirs.iter().rev()));
        prop_assert!(ours.range_from(&probe).eq(theirs.range(probe..)));
        prop_assert_eq!(ours.first_key_value(), theirs.first_key_value());
        prop_assert_eq!(ours.last_key_value(), theirs.last_key_value());
        prop_assert_eq!(ours.get(&probe), theirs.get(&probe));
        prop_assert_eq!(ours.iter().len(), theirs.len());
        let both_ends = |mut all: Vec<u16>, ends: &mut dyn DoubleEndedIterator<Item = u16>| {
            while let Some(first) = ends.next() {
                all.push(first);
                all.extend(ends.next_back());
            }
            all
        };
        prop_assert_eq!(
            both_ends(Vec::new(), &mut ours.keys().copied()),
            both_ends(Vec::new(), &mut theirs.keys().copied())
        );
        prop_assert_eq!(ours.clone().into_iter().collect::<Vec<_>>(), theirs.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_set_does_what_the_standard_librarys_does(a: Vec<u8>, b: Vec<u8>) {
        let (ours, others): (Set<u8>, Set<u8>) = (a.iter().copied().collect(), b.iter().copied().collect());
        let (theirs, theirs_too): (BTreeSet<u8>, BTreeSet<u8>) = (a.into_iter().collect(), b.into_iter().collect());
        prop_assert!(ours.iter().eq(theirs.iter()));
        prop_assert!(ours.difference(&others).eq(theirs.difference(&theirs_too)));
        prop_assert_eq!(ours.is_subset(&others), theirs.is_subset(&theirs_too));
        prop_assert_eq!(ours == others, theirs == theirs_too);
        prop_assert_eq!((ours.first(), ours.last()), (theirs.first(), theirs.last()));
        prop_assert_eq!(serde_json::to_string(&ours).unwrap(), serde_json::to_string(&theirs).unwrap());
    }
}

#[test]
fn a_map_is_written_and_read_by_key() {
    let map = Map::from([("b".to_owned(), 1), ("a".to_owned(), 2)]);
    let text = serde_json::to_string(&map).unwrap();
    assert_eq!(text, r#"{"a":2,"b":1}"#);
    assert_eq!(serde_json::from_str::<Map<String, i32>>(&text).unwrap(), map);
    assert_eq!(format!("{map:?}"), r#"{"a": 2, "b": 1}"#);
}
