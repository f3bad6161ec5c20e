//! Documents that were attached after the artifact was registered, as gates hear them: by whom, and whether that counts.

use super::evidence::{Heard, evidence_about, none_of, standing_fail};
use super::interest::Interest;
use super::{Finding, Status, Subject};
use crate::state_reader::TypedRecord;
use refmark_records::attached;
use refmark_records::evidence::{Evidence, Verdict};
use refmark_records::layout::Document;
use refmark_types::digest::ArtifactId;
use refmark_types::error::Result;
use refmark_types::hint::Next;
use refmark_types::name::EntryId;

/// What was attached of one kind of document.
#[derive(Default)]
pub(super) struct Later {
    /// The newest that counts.
    pub newest: Option<TypedRecord<Evidence>>,
    /// Somebody's fail, which no later pass answers.
    pub fail: Option<TypedRecord<Evidence>>,
    /// What does not count, each with the reason.
    pub not: Vec<String>,
}

impl Later {
    /// What was attached to what is judged.
    pub(super) fn of(s: &Subject<'_>, document: Document) -> Result<Later> {
        Later::about(s, &s.artifact, document)
    }

    /// What was attached to an artifact, which may be another: what is live, say. Whoever wants the change does not write its
    /// yardstick either, so that only disinterested parties' counts there, too.
    pub(super) fn about(s: &Subject<'_>, artifact: &ArtifactId, document: Document) -> Result<Later> {
        let Some(of) = document.as_evidence() else { return Ok(Later::default()) };
        let Heard { counts, mut not } = evidence_about(s, artifact, &EntryId::parse(of)?)?;
        let yardstick = s.independent && *artifact != s.artifact;
        let interest = yardstick.then(|| Interest::of(s)).transpose()?;
        let why_not = |piece: &TypedRecord<Evidence>| {
            let lacks = || attached::lacks(piece).map(str::to_owned);
            let ahead = || s.is_ahead(&piece.record).then(|| "it is dated after the change".to_owned());
            interest.as_ref().and_then(|interest| interest.excludes(s, piece)).or_else(lacks).or_else(ahead)
        };
        let fail = standing_fail(s, &counts).map(|fail| fail.record.digest());
        let mut later = Later::default();
        for piece in counts {
            if piece.verdict == Verdict::Fail {
                if fail == Some(piece.record.digest()) {
                    later.fail = Some(piece);
                }
                continue;
            }
            match why_not(&piece) {
                Some(why) => not.push(format!("{} by {}: {why}", piece.verdict.as_str(), piece.by)),
                None => later.newest = Some(piece),
            }
        }
        if let Some(newest) = &later.newest {
            s.lost_keys.rests_on(&newest.record);
        }
        Ok(Later { not, ..later })
    }

    /// What a gate says where somebody holds something against the document.
    pub(super) fn refused(&self, expected: &str) -> Option<Finding> {
        let fail = self.fail.as_ref()?;
        let why = fail.summary.as_ref().map(|summary| format!(": {summary}")).unwrap_or_default();
        Some(
            Finding::new(Status::Failed, expected, format!("fail by {}{why}", fail.by))
                .by(fail.record.digest())
                .next("get a waiver, or a later pass by somebody else from another run"),
        )
    }

    /// What a gate says where there is none: what was found, and the step that attaches one.
    pub(super) fn none(&self, s: &Subject<'_>, expected: &str, document: Document, what: &str) -> Finding {
        let found = match self.not.is_empty() {
            true => what.to_owned(),
            false => format!("{what}; attached: {}", none_of(&self.not)),
        };
        Finding::new(Status::Missing, expected, found).next(step(s, document))
    }

    /// Names who attached what a finding rests on.
    pub(super) fn name(&self, mut finding: Finding) -> Finding {
        if let Some(piece) = &self.newest {
            finding.found = format!("{}, attached by {}", finding.found, piece.by);
            finding.evidence = Some(piece.record.digest());
        }
        finding
    }
}

/// The step that attaches a document to what is judged.
pub(super) fn step(s: &Subject<'_>, document: Document) -> Next {
    match s.attach(document.as_evidence().unwrap_or_default()) {
        Next::Attach { reference, evidence, .. } => Next::Attach { reference, evidence, pass: false },
        other => other,
    }
}
