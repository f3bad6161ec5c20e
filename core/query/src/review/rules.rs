//! New roots and policies under review: who could do what before and who can now, and the text line by line.

use super::RulesReview;
use super::range_file::RangeFile;
use crate::diff::{Listed, lines};
use crate::policy::compare;
use refmark_engine::state_reader::StateReader;
use refmark_records::layout::Place;
use refmark_records::policy::Policy;
use refmark_records::root::{Quorum, Root};
use refmark_records::statement::Predicate;
use refmark_types::error::Result;
use refmark_types::oid::Oid;

/// The roots and policies of a range.
pub(super) fn rules(reader: StateReader<'_>, all: &[RangeFile<'_>]) -> Result<Vec<RulesReview>> {
    let mut rules = Vec::new();
    for brought in all {
        let Some(record) = &brought.record else { continue };
        let common = record.common();
        let mut review = RulesReview {
            kind: record.predicate().kind(),
            number: 0,
            statement: record.digest(),
            reason: String::new(),
            by: common.by.clone(),
            time: common.time,
            signatures: record.signatures.len(),
            decision: brought.decision(),
            changes: Listed::default(),
            asks_less: Listed::default(),
            lines_added: Listed::default(),
            lines_removed: Listed::default(),
        };
        match record.predicate() {
            Predicate::Policy(policy) => {
                review.number = policy.number;
                review.reason.clone_from(&policy.reason);
                let text = all.iter().find(|other| other.place == Place::PolicyText(policy.number));
                if let Some(text) = text {
                    policy_changes(reader, policy.number, text.oid, &mut review)?;
                }
            }
            Predicate::Root(root) => {
                review.number = root.number;
                review.reason.clone_from(&root.reason);
                let before = match root.number {
                    0 | 1 => None,
                    n => reader.root(n - 1)?,
                };
                root_changes(before.as_deref(), root, &mut review);
            }
            _ => continue,
        }
        rules.push(review);
    }
    Ok(rules)
}

/// What a policy changes against the one before: its members in sentences, its text line by line.
fn policy_changes(reader: StateReader<'_>, number: u64, text: Oid, review: &mut RulesReview) -> Result<()> {
    let objects = reader.0.objects();
    let read = |oid: Oid| objects.bytes(oid, refmark_records::policy::POLICY_LIMIT);
    let old_text = match number {
        0 | 1 => None,
        n => reader.0.oid(&Place::PolicyText(n - 1).path())?,
    };
    if let (Ok(new), Some(Ok(old))) = (objects.policy(text), old_text.map(|oid| objects.policy(oid))) {
        distrusted(&old, &new, review);
        let changes = compare(&old, &new);
        review.changes.extend(changes.says);
        review.asks_less.extend(changes.asks_less);
    }
    let (new, old) = (read(text)?, old_text.map(read).transpose()?.unwrap_or_default());
    (review.lines_removed, review.lines_added) = lines::compare(&old, &new);
    Ok(())
}

fn distrusted(old: &Policy, new: &Policy, review: &mut RulesReview) {
    // What is lost goes first: a list may be cut at its end.
    for distrust in new.distrust.iter().filter(|distrust| !old.distrust.iter().any(|other| other.key == distrust.key)) {
        let since = distrust.since.short();
        review.changes.push(format!("key {} is distrusted since {since}: {}", distrust.key, distrust.reason));
    }
    for distrust in old.distrust.iter().filter(|distrust| !new.distrust.iter().any(|other| other.key == distrust.key)) {
        let says = format!("key {} is trusted again", distrust.key);
        review.asks_less.push(says.clone());
        review.changes.push(says);
    }
}

/// Who must sign roots and policies from now on, beside who had to.
fn root_changes(before: Option<&Root>, root: &Root, review: &mut RulesReview) {
    let words = |quorum: &Quorum| {
        let who: Vec<&str> = quorum.principals.iter().map(|principal| principal.as_str()).collect();
        format!("{} of {}", quorum.threshold, who.join(", "))
    };
    let quorums = |root: &Root| [("root", root.root.clone()), ("policy", root.policy.clone())];
    let old = before.map(quorums);
    for (at, (what, quorum)) in quorums(root).into_iter().enumerate() {
        let old = old.as_ref().and_then(|old| old.get(at)).map(|(_, quorum)| quorum);
        let says = match old.filter(|old| **old != quorum) {
            Some(old) => format!("{what}: {} had to sign, now {}", words(old), words(&quorum)),
            None => format!("{what}: {} must sign", words(&quorum)),
        };
        if old.is_some_and(|old| quorum.threshold < old.threshold) {
            review.asks_less.push(says.clone());
        }
        review.changes.push(says);
    }
    for holder in before.map(|_| &root.keyholders[..]).unwrap_or_default() {
        let known = before.map(|before| before.keys_of(&holder.principal)).unwrap_or_default();
        for key in holder.keys.iter().filter(|key| !known.contains(key)) {
            review.changes.push(format!("{} holds the new key {}", holder.principal, key.id()));
        }
    }
}
