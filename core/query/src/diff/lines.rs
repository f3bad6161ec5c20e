//! Two texts, line by line: what only one of them has.

use std::collections::BTreeMap;

use super::Listed;

/// So many lines of a text are looked at.
const LINES: usize = 5_000;

/// Lines that only the old text has, and lines that only the new one has, each in the order of its text. A line that moved is
/// in neither, nor is an empty one.
pub(crate) fn compare(old: &[u8], new: &[u8]) -> (Listed<String>, Listed<String>) {
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let lines = |text: &'_ str| -> Vec<String> {
        text.lines().take(LINES).filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
    };
    let (old, new) = (lines(&old), lines(&new));
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for (lines, by) in [(&old, -1), (&new, 1)] {
        lines.iter().for_each(|line| *counts.entry(line).or_default() += by);
    }
    let mut only = |lines: &[String], sign: i64| -> Listed<String> {
        let mut listed = Listed::default();
        for line in lines {
            if let Some(count) = counts.get_mut(line.as_str()).filter(|count| **count * sign > 0) {
                *count -= sign;
                listed.push(line.clone());
            }
        }
        listed
    };
    let added = only(&new, 1);
    (only(&old, -1), added)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_moved_is_no_change_and_one_that_stands_twice_is_counted_twice() {
        let (removed, added) = compare(b"a\nb\n\nc\n", b"c\nb\nb\nd\n");
        assert_eq!((removed.items, added.items), (vec!["a".to_owned()], vec!["b".to_owned(), "d".to_owned()]));
        assert_eq!(compare(b"", b"\n \n").1.count, 0);
    }
}
