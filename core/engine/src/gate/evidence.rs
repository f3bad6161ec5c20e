//! Gates on evidence: its type and verdict, by whom, how old, from which suite, on which data.

use super::people::by_role;
use super::{Finding, Status, Subject};
use crate::state_reader::TypedRecord;
use refmark_records::evidence::{Evidence, Verdict};
use refmark_records::gate::Gate;
use refmark_types::error::Result;
use refmark_types::name::EntryId;

/// Evidence of a type about the subject's artifact, by somebody in the policy with a key that nobody lost, newest last.
pub fn evidence_of(s: &Subject<'_>, of: &EntryId) -> Result<Vec<TypedRecord<Evidence>>> {
    let mut all = s.reader.evidence(&s.artifact)?;
    all.retain(|piece| piece.evidence_type == *of && s.policy.members.contains_key(&piece.by));
    all.retain(|piece| s.lost_keys.counts(&piece.record));
    Ok(all)
}

/// The newest fail that no later pass from another run and principal answers.
pub(super) fn standing_fail<'e>(
    s: &Subject<'_>,
    all: &'e [TypedRecord<Evidence>],
) -> Option<&'e TypedRecord<Evidence>> {
    all.iter().rev().filter(|evidence| evidence.verdict == Verdict::Fail).find(|fail| {
        let answer = all.iter().find(|pass| {
            pass.verdict == Verdict::Pass
                && pass.time >= fail.time
                && pass.by != fail.by
                && pass.run.is_some()
                && pass.run != fail.run
        });
        answer.inspect(|pass| s.lost_keys.rests_on(&pass.record)).is_none()
    })
}

pub(super) fn evidence(gate: &Gate, s: &Subject<'_>) -> Result<Finding> {
    let Gate::Evidence { of, by, max_age_days, suite, suite_version, holdout, any_verdict } = gate else {
        return Ok(Finding::new(Status::Failed, "evidence", "another gate"));
    };
    let expected =
        expected(*any_verdict, *max_age_days, suite.as_deref(), suite_version.as_deref(), holdout.as_deref());
    let all = evidence_of(s, of)?;
    let next = s.attach(of);
    if let Some(fail) = standing_fail(s, &all) {
        let found = format!(
            "fail by {}{}",
            fail.by,
            fail.summary.as_ref().map(|summary| format!(": {summary}")).unwrap_or_default()
        );
        return Ok(Finding::new(Status::Failed, expected, found)
            .by(fail.record.digest())
            .next("get a waiver, or a later pass by somebody else from another run"));
    }
    let trained_on = match holdout {
        Some(_) => s
            .reader
            .lineage(&s.artifact)?
            .and_then(|lineage| lineage.get("dataset").or(lineage.get("dataset_version")).cloned()),
        None => None,
    };
    let counts = |evidence: &&TypedRecord<Evidence>| {
        by_role(s, &evidence.by, by)
            && (evidence.verdict == Verdict::Pass || (*any_verdict && evidence.verdict != Verdict::Fail))
            && suite.as_ref().is_none_or(|want| evidence.suite.as_ref().is_some_and(|have| have.name == *want))
            && suite_version.as_ref().is_none_or(|want| {
                let have = evidence.suite.as_ref().and_then(|have| have.version.as_deref());
                have.is_some_and(|have| have.starts_with(want.as_str()))
            })
            && holdout.as_ref().is_none_or(|want| {
                evidence.dataset.as_ref().is_some_and(|have| have.name == *want && trained_on.as_ref() != Some(want))
            })
    };
    let Some(best) = all.iter().rev().find(counts) else {
        let found = match all.len() {
            0 => "none".to_owned(),
            1 => "one piece of evidence, which does not count".to_owned(),
            count => format!("{count} pieces of evidence, which do not count"),
        };
        return Ok(Finding::new(Status::Missing, expected, found).next(next));
    };
    s.lost_keys.rests_on(&best.record);
    let age = s.now.since(best.time);
    let found = format!("{} by {}, {}", best.verdict.as_str(), best.by, aged(age));
    let old = max_age_days.is_some_and(|limit| age > (limit.min(1_000_000) as i64) * DAY);
    // A clock that runs ahead must not keep evidence young for ever; a day is left for clocks that merely differ.
    let ahead = max_age_days.is_some() && age < -DAY;
    let status = if old || ahead { Status::Missing } else { Status::Passed };
    Ok(Finding::new(status, expected, found).by(best.record.digest()).next(next))
}

fn expected(
    any_verdict: bool,
    max_age_days: Option<u64>,
    suite: Option<&str>,
    suite_version: Option<&str>,
    holdout: Option<&str>,
) -> String {
    let mut expected = if any_verdict { "present".to_owned() } else { "pass".to_owned() };
    if let Some(days) = max_age_days {
        expected.push_str(&format!(", at most {days} days old"));
    }
    if let Some(suite) = suite {
        expected.push_str(format!(", suite {suite} {}", suite_version.unwrap_or("")).trim_end());
    }
    if let Some(holdout) = holdout {
        expected.push_str(&format!(", on holdout {holdout}"));
    }
    expected
}

const DAY: i64 = 86_400;

fn aged(seconds: i64) -> String {
    match seconds / DAY {
        days if days < 0 => "dated after the change".to_owned(),
        0 => "less than a day old".to_owned(),
        1 => "1 day old".to_owned(),
        days => format!("{days} days old"),
    }
}
