//! Keys that were lost to somebody else: they sign nothing, in no quorum, and nobody takes a distrust back in passing.

use super::{RuleContext, Ruling};
use crate::effective::{Effective, StateOverlay};
use refmark_records::policy::Distrust;
use refmark_records::statement::Record;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;

/// A failure where one of these keys signed a record.
pub(super) fn signed_by_none(record: &Record, lost: &[Distrust]) -> Ruling {
    let found = lost.iter().find(|distrust| record.signatures.iter().any(|signature| signature.keyid == distrust.key));
    match found {
        None => Ruling::Ok,
        Some(distrust) => Ruling::Failed(
            Error::new(
                Code::Distrusted,
                format!("key {} is distrusted, and signs nothing: {}", distrust.key, distrust.reason),
            )
            .hint("have it signed by the others of the quorum; a root with another key in its place needs them, too")
            .field("keyid", distrust.key)
            .field("since", distrust.since),
        ),
    }
}

/// The distrusts of the policy in force that the next policy's text drops, or begins later.
pub(super) fn taken_back(
    before: &[Distrust],
    text: Option<Oid>,
    overlay: &StateOverlay<'_>,
    context: &RuleContext<'_>,
) -> Result<Vec<Distrust>> {
    // A text that cannot be read is refused for that.
    let Some(after) = text.and_then(|text| overlay.objects().policy(text).ok()) else { return Ok(Vec::new()) };
    let mut gone = Vec::new();
    for distrust in before {
        let began = (context.position)(distrust.since)?;
        let mut kept = false;
        for kept_on in after.distrust.iter().filter(|after| after.key == distrust.key) {
            kept |= matches!(((context.position)(kept_on.since)?, began), (Some(now), Some(then)) if now <= then);
        }
        if !kept {
            gone.push(distrust.clone());
        }
    }
    Ok(gone)
}
