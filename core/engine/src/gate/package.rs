//! Gates on the package: whose it is, where it came from, what its files are.

use super::evidence::{evidence_of, standing_fail};
use super::people::is_person;
use super::{Finding, Status, Subject};
use refmark_records::evidence::Verdict;
use refmark_records::layout::Document;
use refmark_records::manifest::{FileClass, LINEAGE_KEYS, Manifest};
use refmark_types::error::Result;
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::name::EntryId;

pub(super) fn owner_named(s: &Subject<'_>) -> Result<Finding> {
    let Some((model, _)) = s.version else { return Ok(Finding::new(Status::Failed, "a named owner", "no model")) };
    let about = s.reader.about(model)?;
    let about = about.filter(|about| s.lost_keys.counts(&about.record));
    if let Some(about) = &about {
        s.lost_keys.rests_on(&about.record);
    }
    let owner = about.and_then(|about| about.owner.clone()).filter(|owner| !owner.trim().is_empty());
    Ok(match owner {
        Some(owner) => Finding::new(Status::Passed, "a named owner", owner),
        None => Finding::new(Status::Missing, "a named owner", "none").next(
            Hint::from(Next::Describe { reference: model.to_string() }).say(" with ").then(Next::With(Choice::Owner)),
        ),
    })
}

pub(super) fn lineage_complete(s: &Subject<'_>, keys: &[String]) -> Result<Finding> {
    let wanted: Vec<&str> =
        if keys.is_empty() { LINEAGE_KEYS.to_vec() } else { keys.iter().map(String::as_str).collect() };
    let lineage = s.reader.lineage(&s.artifact)?.unwrap_or_default();
    let missing: Vec<&str> =
        wanted.iter().copied().filter(|key| lineage.get(key).is_none_or(|value| value.trim().is_empty())).collect();
    let expected = format!("lineage with {}", wanted.join(", "));
    Ok(if missing.is_empty() {
        Finding::new(Status::Passed, expected, "complete")
    } else {
        Finding::new(Status::Failed, expected, format!("without {}", missing.join(", ")))
            .next("lineage is part of the artifact: register the files again with these lineage keys")
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
    let sign_offs = evidence_of(s, &EntryId::parse("sign-off")?)?;
    if let Some(fail) = standing_fail(s, &sign_offs) {
        return Ok(
            Finding::new(Status::Failed, expected, format!("sign-off refused by {}", fail.by)).by(fail.record.digest())
        );
    }
    Ok(
        match sign_offs
            .iter()
            .rev()
            .find(|sign_off| sign_off.verdict == Verdict::Pass && is_person(s.policy, &sign_off.by))
        {
            Some(pass) => {
                s.lost_keys.rests_on(&pass.record);
                Finding::new(Status::Passed, expected, format!("{found}, signed off by {}", pass.by))
                    .by(pass.record.digest())
            }
            None => Finding::new(Status::Missing, expected, found).next(s.attach("sign-off")),
        },
    )
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
