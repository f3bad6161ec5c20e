//! Gates on the package: whose it is, where it came from, what its files are.

use super::evidence::{Heard, evidence_of, none_of, standing_fail};
use super::people::is_person;
use super::{Finding, Status, Subject};
use refmark_records::evidence::Verdict;
use refmark_records::layout::Document;
use refmark_records::lineage::fault;
use refmark_records::manifest::{FileClass, LINEAGE_KEYS, Manifest};
use refmark_records::statement::Predicate;
use refmark_types::error::Result;
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::name::{EntryId, PrincipalId};
use std::collections::BTreeMap;

pub(super) fn owner_named(s: &Subject<'_>) -> Result<Finding> {
    let Some((model, _)) = s.version else { return Ok(Finding::new(Status::Failed, "a named owner", "no model")) };
    let about = s.reader.about(model)?;
    // As with evidence: what a gate rests on is by somebody who is a member now.
    let about = about.filter(|about| s.policy.members.contains_key(&about.by) && s.lost_keys.counts(&about.record));
    if let Some(about) = &about {
        s.lost_keys.rests_on(&about.record);
    }
    let owner = about.and_then(|about| about.owner.clone()).filter(|owner| !owner.trim().is_empty());
    let expected = "an owner that the policy knows";
    let known = |id: &&PrincipalId| s.policy.members.contains_key(*id);
    let mut owners: Vec<&str> =
        s.policy.owners_of(model).flat_map(|owner| &owner.members).filter(known).map(PrincipalId::as_str).collect();
    owners.sort_unstable();
    owners.dedup();
    let name_one = || {
        let describe = Hint::from(Next::Describe { reference: model.to_string() });
        describe.say(" with ").then(Next::With(Choice::Owner))
    };
    Ok(match owner {
        _ if owners.is_empty() => Finding::new(Status::Missing, expected, "the policy names nobody for this model")
            .next(Hint::of("the policy says who owns a model: ").then(Next::MembersOwn { models: model.to_string() })),
        Some(owner) if s.policy.is_owner_called(&owner, model) => Finding::new(Status::Passed, expected, owner),
        Some(owner) => {
            let found = format!("{owner}, whom the policy does not know; owners are {}", owners.join(", "));
            Finding::new(Status::Missing, expected, found).next(name_one())
        }
        None => {
            let found = format!("nobody is named; owners are {}", owners.join(", "));
            Finding::new(Status::Missing, expected, found).next(name_one())
        }
    })
}

pub(super) fn lineage_complete(
    s: &Subject<'_>,
    keys: &[String],
    patterns: &BTreeMap<String, String>,
) -> Result<Finding> {
    let wanted: Vec<&str> =
        if keys.is_empty() { LINEAGE_KEYS.to_vec() } else { keys.iter().map(String::as_str).collect() };
    let lineage = s.reader.lineage(&s.artifact)?.unwrap_or_default();
    let empty = |key: &str| lineage.get(key).is_none_or(|value| value.trim().is_empty());
    let missing: Vec<&str> = wanted.iter().copied().filter(|key| empty(key)).collect();
    let expected = format!("lineage with {}", wanted.join(", "));
    let found = match missing.as_slice() {
        [] => wanted.iter().filter_map(|key| fault(key, lineage.get(key)?, patterns)).collect::<Vec<_>>().join("; "),
        missing => format!("without {}", missing.join(", ")),
    };
    Ok(match found.is_empty() {
        true => Finding::new(Status::Passed, expected, "complete"),
        false => Finding::new(Status::Failed, expected, found)
            .next("lineage is part of the artifact: register the files again with values that somebody can follow"),
    })
}

pub(super) fn class_allowed(s: &Subject<'_>, classes: &[FileClass], with_sign_off: &[FileClass]) -> Result<Finding> {
    let words = |classes: &[FileClass]| classes.iter().map(|class| class.as_str()).collect::<Vec<_>>().join(", ");
    let mut expected = words(classes);
    if !with_sign_off.is_empty() {
        expected.push_str(&format!("; with a sign-off {}", words(with_sign_off)));
    }
    let Some(manifest) = s.reader.manifest(&s.artifact)? else {
        return Ok(Finding::new(Status::Missing, expected, "no manifest"));
    };
    let outside: Vec<_> = manifest.files.iter().filter(|file| !classes.contains(&file.class)).collect();
    let Some(first) = outside.first() else {
        return Ok(Finding::new(Status::Passed, expected, describe_classes(&manifest)));
    };
    let found = format!("{} is {}", first.path, first.class);
    if !outside.iter().all(|file| with_sign_off.contains(&file.class)) {
        return Ok(Finding::new(Status::Failed, expected, found));
    }
    let Heard { counts: sign_offs, not } = evidence_of(s, &EntryId::parse("sign-off")?)?;
    if let Some(fail) = standing_fail(s, &sign_offs) {
        return Ok(
            Finding::new(Status::Failed, expected, format!("sign-off refused by {}", fail.by)).by(fail.record.digest())
        );
    }
    Ok(
        match sign_offs.iter().rev().find(|sign_off| {
            sign_off.verdict == Verdict::Pass && is_person(s.policy, &sign_off.by) && !s.is_ahead(&sign_off.record)
        }) {
            Some(pass) => {
                s.lost_keys.rests_on(&pass.record);
                Finding::new(Status::Passed, expected, format!("{found}, signed off by {}", pass.by))
                    .by(pass.record.digest())
            }
            None if not.is_empty() => Finding::new(Status::Missing, expected, found).next(s.attach("sign-off")),
            None => Finding::new(Status::Missing, expected, format!("{found}; sign-offs: {}", none_of(&not)))
                .next(s.attach("sign-off")),
        },
    )
}

pub(super) fn no_code(s: &Subject<'_>) -> Result<Finding> {
    let expected = "no code, no config that names code, nothing unscanned";
    let Some(manifest) = s.reader.manifest(&s.artifact)? else {
        return Ok(Finding::new(Status::Missing, expected, "no manifest"));
    };
    let is_harmless = |class: FileClass| matches!(class, FileClass::Tensors | FileClass::Data);
    let mut outside = manifest.files.iter().filter(|file| !is_harmless(file.class));
    Ok(match outside.next() {
        None => Finding::new(Status::Passed, expected, describe_classes(&manifest)),
        Some(first) => {
            let more = outside.count();
            let more = if more == 0 { String::new() } else { format!(", and {more} more") };
            Finding::new(Status::Failed, expected, format!("{} is {}{more}", first.path, first.class))
                .next("register it without these files")
        }
    })
}

pub(super) fn size(s: &Subject<'_>, max_bytes: u64) -> Result<Finding> {
    let expected = format!("at most {max_bytes} bytes");
    let Some(manifest) = s.reader.manifest(&s.artifact)? else {
        return Ok(Finding::new(Status::Missing, expected, "no manifest"));
    };
    let unknown = manifest.files.iter().find(|file| file.known_size().is_none());
    let sum = manifest.files.iter().fold(0u64, |sum, file| sum.saturating_add(file.size));
    Ok(match unknown {
        Some(file) => Finding::new(Status::Failed, expected, format!("nobody knows how large {} is", file.path))
            .next("register it with the bytes at hand"),
        None => Finding::check(sum <= max_bytes, expected, format!("{sum} bytes")).next("register a smaller package"),
    })
}

pub(super) fn complete(s: &Subject<'_>) -> Result<Finding> {
    let expected = "a package that is whole";
    let Some(manifest) = s.reader.manifest(&s.artifact)? else {
        return Ok(Finding::new(Status::Missing, expected, "no manifest"));
    };
    Ok(match manifest.incomplete.as_slice() {
        [] => Finding::new(Status::Passed, expected, "whole"),
        [first, rest @ ..] => {
            let more = if rest.is_empty() { String::new() } else { format!(", and {} more", rest.len()) };
            Finding::new(Status::Failed, expected, format!("{first}{more}"))
                .next("register the whole package as a new version")
        }
    })
}

/// Whether bytes are on a disk is no fact of the history: each reader would judge by its own disk. What is judged is the
/// signed word of whoever moves the alias, which is the same for everybody.
pub(super) fn bytes_present(s: &Subject<'_>) -> Finding {
    let expected = "every byte at hand where it was moved, and whole";
    let says = matches!(s.record.predicate(), Predicate::Alias(moved) if moved.bytes_present);
    let found =
        if says { format!("held against their digests by {}", s.author) } else { "the move does not say so".into() };
    Finding::check(says, expected, found)
        .next(Hint::of("bring the files, and make the move again where they are: ").then(Next::Sync))
}

/// The classes of a package's files, for people.
pub fn describe_classes(manifest: &Manifest) -> String {
    let counted = FileClass::ALL.into_iter().filter_map(|class| {
        let count = manifest.files.iter().filter(|file| file.class == class).count();
        (count > 0).then(|| format!("{count} {class}"))
    });
    counted.collect::<Vec<_>>().join(", ")
}

/// Whether an artifact has a document; for gates and reviews alike.
pub fn has_document(manifest: &Manifest, document: Document) -> bool {
    match document {
        Document::Manifest => true,
        Document::Contract => manifest.contract.is_some(),
        Document::Lineage => manifest.lineage.is_some(),
        Document::EvaluationCard => manifest.evaluation_card.is_some(),
        Document::ModelCard => manifest.model_card.is_some(),
        Document::Contents => manifest.contents.is_some(),
    }
}
