//! What a review never leaves out: changes of who is trusted, and of what is live.

use super::GraveChange;
use super::range_file::RangeFile;
use refmark_engine::rules::describe;
use refmark_records::layout::Place;
use refmark_records::policy::Policy;
use refmark_records::statement::Predicate;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use std::collections::BTreeSet;

use refmark_types::digest::ArtifactId;

/// How grave a change is; the lower, the graver. Nothing for what may be counted where there is much of it.
pub(super) fn gravity(file: &RangeFile<'_>, policy: Option<&Policy>, new: &BTreeSet<ArtifactId>) -> Option<u8> {
    let record = file.record.as_ref()?;
    match record.predicate() {
        Predicate::Root(_) => Some(0),
        Predicate::Policy(_) => Some(1),
        Predicate::Alias(moved) => {
            // What no rule is for is judged by the strictest one.
            let rule = policy.and_then(|policy| policy.alias_rule(&moved.model, &moved.alias));
            rule.is_none_or(|rule| rule.stage.contains(&Stage::Production)).then_some(2)
        }
        Predicate::Trust(moved) => {
            let begins = moved.from == TrustState::Acquired && new.contains(&moved.artifact);
            (!begins).then_some(3)
        }
        Predicate::Stage(moved) => [moved.from, moved.to].contains(&Stage::Production).then_some(4),
        _ => None,
    }
}

/// The artifacts that a range registers.
pub(super) fn registered(all: &[RangeFile<'_>]) -> BTreeSet<ArtifactId> {
    let version = |file: &RangeFile<'_>| match file.record.as_ref()?.predicate() {
        Predicate::Version(version) => Some(version.artifact),
        _ => None,
    };
    all.iter().filter_map(version).collect()
}

/// Every grave change of a range, the gravest first.
pub(super) fn grave(all: &[RangeFile<'_>], policy: Option<&Policy>) -> Vec<GraveChange> {
    let new = registered(all);
    let mut found: Vec<_> = all.iter().filter_map(|file| Some((gravity(file, policy, &new)?, file))).collect();
    found.sort_by_key(|(gravity, file)| (*gravity, file.effect, file.path.clone()));
    let change = |(_, file): &(u8, &RangeFile<'_>)| {
        let record = file.record.as_ref()?;
        let change = match &file.place {
            Place::Root(number) => format!("root {number}"),
            Place::Policy(number) => format!("policy {number}"),
            _ => describe(record.predicate()),
        };
        Some(GraveChange { change, path: file.path.clone(), by: record.common().by.clone(), decision: file.decision() })
    };
    found.iter().filter_map(change).collect()
}
