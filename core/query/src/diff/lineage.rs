//! Lineage and cards: where an artifact came from, and what is written about it.

use serde::Serialize;

use super::{Listed, lines};
use refmark_records::licence;
use refmark_records::manifest::{Lineage, Manifest};
use refmark_types::digest::{ArtifactId, Digest};
use std::collections::BTreeSet;

/// A value, old beside new; nothing where a version does not have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it is the value of.
    pub key: String,
    /// The old version's.
    pub old: Option<String>,
    /// The new version's.
    pub new: Option<String>,
}

/// What changed in where an artifact came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LineageDiff {
    /// The keys that differ.
    pub changed: Listed<Change>,
    /// How many keys are the same.
    pub same: usize,
    /// Parents that only the new version names.
    pub parents_added: Listed<ArtifactId>,
    /// Parents that only the old version names.
    pub parents_removed: Listed<ArtifactId>,
    /// Where the bytes came from, where that differs.
    pub source: Option<Change>,
    /// The licence, by lineage or model card, whether or not it differs; nothing where neither version has one.
    pub licence: Option<Change>,
    /// Capabilities that only the new version has.
    pub capabilities_added: Listed<String>,
    /// Capabilities that only the old version has.
    pub capabilities_removed: Listed<String>,
}

fn only_in<T: Clone + Ord>(these: &[T], others: &[T]) -> Listed<T> {
    let others: BTreeSet<&T> = others.iter().collect();
    these.iter().filter(|item| !others.contains(item)).cloned().collect()
}

fn change(key: &str, old: Option<&String>, new: Option<&String>) -> Change {
    Change { key: key.to_owned(), old: old.cloned(), new: new.cloned() }
}

/// A version's manifest, lineage and model card.
type Origin<'a> = (&'a Manifest, &'a Lineage, Option<&'a [u8]>);

/// Compares where two artifacts came from.
pub fn compare(old: Origin<'_>, new: Origin<'_>) -> LineageDiff {
    let keys: BTreeSet<&str> = old.1.iter().chain(new.1.iter()).map(|(key, _)| key).collect();
    let mut diff = LineageDiff::default();
    for key in keys {
        let (a, b) = (old.1.get(key), new.1.get(key));
        if a == b { diff.same += 1 } else { diff.changed.push(change(key, a, b)) }
    }
    diff.parents_added = only_in(&new.0.parents, &old.0.parents);
    diff.parents_removed = only_in(&old.0.parents, &new.0.parents);
    diff.capabilities_added = only_in(&new.0.capabilities, &old.0.capabilities);
    diff.capabilities_removed = only_in(&old.0.capabilities, &new.0.capabilities);
    if old.0.source != new.0.source {
        diff.source = Some(change("source", old.0.source.as_ref(), new.0.source.as_ref()));
    }
    let (a, b) = (licence::named(old.1, old.2), licence::named(new.1, new.2));
    if a.is_some() || b.is_some() {
        diff.licence = Some(change("licence", a.as_ref(), b.as_ref()));
    }
    diff
}

/// What became of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// Neither version has it.
    #[default]
    None,
    /// Both have the same.
    Same,
    /// Both have one, and they differ.
    Changed,
    /// Only the new version has it.
    Added,
    /// Only the old version has it.
    Removed,
}

impl Presence {
    fn of(old: Option<Digest>, new: Option<Digest>) -> Presence {
        match (old, new) {
            (None, None) => Presence::None,
            (Some(a), Some(b)) if a == b => Presence::Same,
            (Some(_), Some(_)) => Presence::Changed,
            (None, Some(_)) => Presence::Added,
            (Some(_), None) => Presence::Removed,
        }
    }

    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Presence::None => "none",
            Presence::Same => "same",
            Presence::Changed => "changed",
            Presence::Added => "added",
            Presence::Removed => "removed",
        }
    }
}

/// What changed in the cards.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CardDiff {
    /// The model card.
    pub model_card: Presence,
    /// Lines of the model card that only the new version has; a line that moved is in neither list, nor is an empty one.
    pub lines_added: Listed<String>,
    /// Lines of the model card that only the old version has.
    pub lines_removed: Listed<String>,
    /// The evaluation card.
    pub evaluation_card: Presence,
}

/// The model card and the evaluation card of a version, as they stand.
type Cards<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

/// Compares the cards.
pub fn cards(old: Cards<'_>, new: Cards<'_>) -> CardDiff {
    let (removed, added) = lines::compare(old.0.unwrap_or_default(), new.0.unwrap_or_default());
    CardDiff {
        model_card: Presence::of(old.0.map(Digest::of), new.0.map(Digest::of)),
        lines_added: added,
        lines_removed: removed,
        evaluation_card: Presence::of(old.1.map(Digest::of), new.1.map(Digest::of)),
    }
}
