//! Files that took effect in a later commit than the one that brought them: they waited for an approval, for evidence, or for the
//! commit that put a bad one right.

use std::collections::BTreeSet;

use refmark_types::oid::Oid;
use serde::{Deserialize, Serialize};

use super::Effect;

/// From so many on they are not listed: every reader keeps the list, and writes it with each head.
const LISTED: usize = 1024;

/// The files that came late, as far as they are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Late {
    paths: BTreeSet<String>,
    more: bool,
}

impl Late {
    /// Takes in what took effect in a commit.
    pub(super) fn take(&mut self, commit: Oid, effects: &[Effect]) {
        for effect in effects.iter().filter(|effect| effect.brought_by != commit) {
            effect.files.keys().for_each(|path| self.mention(path));
        }
    }

    /// Takes in a file that was replaced or removed while it had no effect: what takes effect in its place came later.
    pub(super) fn mention(&mut self, path: &str) {
        if self.more {
            return;
        }
        self.paths.insert(path.to_owned());
        if self.paths.len() > LISTED {
            *self = Late { paths: BTreeSet::new(), more: true };
        }
    }

    /// Whether a file may have taken effect later than in the commit that brought it.
    pub fn may_be(&self, path: &str) -> bool {
        self.more || self.paths.contains(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_late_is_known_by_name_and_where_too_much_did_any_file_may_have() {
        let oid = |n: u32| Oid::parse(&format!("{n:040x}")).unwrap();
        let effect = |by: u32, names: std::ops::Range<usize>| Effect {
            brought_by: oid(by),
            files: names.map(|n| (format!("models/{n:05}"), oid(9))).collect(),
            reports: Vec::new(),
        };
        let mut late = Late::default();
        late.take(oid(2), &[effect(1, 0..1), effect(2, 1..2)]);
        assert!(late.may_be("models/00000") && !late.may_be("models/00001"));
        late.take(oid(3), &[effect(1, 0..LISTED + 1)]);
        assert!(late.may_be("anything"));
    }
}
