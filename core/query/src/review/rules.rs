//! New roots and policies under review: members in sentences, the text line by line.

use super::RulesReview;
use super::range_file::RangeFile;
use crate::diff::{Listed, lines};
use refmark_engine::state_reader::StateReader;
use refmark_records::layout::Place;
use refmark_records::policy::Policy;
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
            effect: brought.effect,
            changes: Listed::default(),
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
                for (what, quorum) in [("root", &root.root), ("policy", &root.policy)] {
                    let who =
                        quorum.principals.iter().map(|principal| principal.as_str()).collect::<Vec<_>>().join(", ");
                    review.changes.push(format!("{what}: {} of {who} must sign", quorum.threshold));
                }
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
        members(&old, &new, review);
    }
    let (new, old) = (read(text)?, old_text.map(read).transpose()?.unwrap_or_default());
    (review.lines_removed, review.lines_added) = lines::compare(&old, &new);
    Ok(())
}

fn members(old: &Policy, new: &Policy, review: &mut RulesReview) {
    // What is lost goes first: a list may be cut at its end.
    for distrust in new.distrust.iter().filter(|distrust| !old.distrust.iter().any(|other| other.key == distrust.key)) {
        let since = distrust.since.short();
        review.changes.push(format!("key {} is distrusted since {since}: {}", distrust.key, distrust.reason));
    }
    for distrust in old.distrust.iter().filter(|distrust| !new.distrust.iter().any(|other| other.key == distrust.key)) {
        review.changes.push(format!("key {} is trusted again", distrust.key));
    }
    let roles = |member: &refmark_records::policy::Member| {
        member.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ")
    };
    for (id, member) in &new.members {
        match old.members.get(id) {
            None => review.changes.push(format!("{id} becomes a member: {}", roles(member))),
            Some(before) => {
                if roles(before) != roles(member) {
                    review.changes.push(format!("{id}: {} → {}", roles(before), roles(member)));
                }
                if before.keys != member.keys {
                    review.changes.push(format!("{id} has other keys"));
                }
                if before.kind != member.kind {
                    review.changes.push(format!("{id} changes between person and agent"));
                }
            }
        }
    }
    for id in old.members.keys().filter(|id| !new.members.contains_key(*id)) {
        review.changes.push(format!("{id} is no member any more"));
    }
}
