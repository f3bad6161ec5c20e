//! Gates on evidence: its type and verdict, by whom, how old, from which suite, on which data.

use super::interest::Interest;
use super::people::by_role;
use super::{Finding, Status, Subject};
use crate::state_reader::TypedRecord;
use refmark_records::catalog::Family;
use refmark_records::evidence::{Evidence, Verdict};
use refmark_records::gate::Gate;
use refmark_records::substance::lacks;
use refmark_types::digest::ArtifactId;
use refmark_types::error::Result;
use refmark_types::name::EntryId;

/// The evidence of a type about an artifact: what may count, and why the rest does not.
#[derive(Default)]
pub struct Heard {
    /// By somebody in the policy, with a key that nobody lost, and without an interest where that is asked; newest last.
    pub counts: Vec<TypedRecord<Evidence>>,
    /// What does not count, each with the reason.
    pub not: Vec<String>,
}

/// Evidence of a type about the subject's artifact.
pub fn evidence_of(s: &Subject<'_>, of: &EntryId) -> Result<Heard> {
    evidence_about(s, &s.artifact, of)
}

/// Evidence of a type about an artifact, which may be another than the subject's.
pub(super) fn evidence_about(s: &Subject<'_>, artifact: &ArtifactId, of: &EntryId) -> Result<Heard> {
    let mut heard = Heard::default();
    // What others hold against is not the author's to say, nor asked about twice: only the subject has interested parties.
    let kept = s.reader.catalog(Family::EvidenceType, of)?.and_then(|entry| entry.retention_days);
    let interest = (s.independent && *artifact == s.artifact).then(|| Interest::of(s)).transpose()?;
    for piece in s.reader.evidence(artifact)?.into_iter().filter(|piece| piece.evidence_type == *of) {
        let why = match &interest {
            _ if !s.policy.members.contains_key(&piece.by) => Some(format!("{} is no member", piece.by)),
            _ if !s.lost_keys.counts(&piece.record) => Some(format!("it rests on a lost key of {}", piece.by)),
            Some(interest) => interest.excludes(s, &piece),
            None => None,
        };
        // What is kept no longer opens nothing; what was held against it stands.
        let outlived = || {
            let days = kept.filter(|_| piece.verdict != Verdict::Fail)?;
            let age = s.now.since(s.dated(&piece.record));
            (age > i64::try_from(days).ok()?.saturating_mul(86_400))
                .then(|| format!("its type is kept for {days} days, and it is older"))
        };
        let why = why.or_else(outlived);
        // What others hold against it counts, however little it says.
        let lacks = || s.policy.evidence.substance.then(|| lacks(&piece)).flatten().map(str::to_owned);
        let why = why.or_else(lacks);
        match why {
            Some(why) => heard.not.push(format!("{} by {}: {why}", piece.verdict.as_str(), piece.by)),
            None => heard.counts.push(piece),
        }
    }
    Ok(heard)
}

/// What was found where nothing counts: how much there is, and why each piece of it does not count.
pub(super) fn none_of(not: &[String]) -> String {
    const SHOWN: usize = 4;
    let more = match not.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let said = not.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("; ");
    match not.len() {
        0 => "none".to_owned(),
        1 => format!("one that does not count: {said}"),
        count => format!("{count} that do not count: {said}{more}"),
    }
}

/// The newest fail that no later pass from another run and principal answers.
pub(super) fn standing_fail<'e>(
    s: &Subject<'_>,
    all: &'e [TypedRecord<Evidence>],
) -> Option<&'e TypedRecord<Evidence>> {
    all.iter().rev().filter(|evidence| evidence.verdict == Verdict::Fail).find(|fail| {
        let answer = all.iter().find(|pass| {
            pass.verdict == Verdict::Pass
                && !s.is_ahead(&pass.record)
                && s.dated(&pass.record) >= s.dated(&fail.record)
                && pass.by != fail.by
                && run_of(pass).is_some()
                && run_of(pass) != run_of(fail)
        });
        answer.inspect(|pass| s.lost_keys.rests_on(&pass.record)).is_none()
    })
}

/// The run that produced a piece of evidence. An empty text names none: it is no other run than any.
fn run_of(evidence: &Evidence) -> Option<&str> {
    evidence.run.as_deref().map(str::trim).filter(|run| !run.is_empty())
}

pub(super) fn evidence(gate: &Gate, s: &Subject<'_>) -> Result<Finding> {
    let Gate::Evidence { of, by, max_age_days, suite, suite_version, holdout, any_verdict } = gate else {
        return Ok(Finding::new(Status::Failed, "evidence", "another gate"));
    };
    let expected =
        expected(*any_verdict, *max_age_days, suite.as_deref(), suite_version.as_deref(), holdout.as_deref());
    let Heard { counts: all, mut not } = evidence_of(s, of)?;
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
    let why_not = |evidence: &TypedRecord<Evidence>| -> Option<&'static str> {
        let suite_is = evidence.suite.as_ref();
        let version_is = suite_is.and_then(|have| have.version.as_deref());
        let on = evidence.dataset.as_ref();
        match () {
            () if s.is_ahead(&evidence.record) => Some("it is dated after the change"),
            () if !by_role(s, &evidence.by, by) => Some("the gate asks for another role"),
            () if evidence.verdict != Verdict::Pass && !(*any_verdict && evidence.verdict == Verdict::Info) => {
                Some("it is no pass")
            }
            () if suite.as_ref().is_some_and(|want| suite_is.is_none_or(|have| have.name != *want)) => {
                Some("it is of another suite")
            }
            () if suite_version.as_ref().is_some_and(|want| version_is.is_none_or(|have| !have.starts_with(want))) => {
                Some("it is of another version of the suite")
            }
            () if holdout.as_ref().is_some_and(|want| on.is_none_or(|have| have.name != *want)) => {
                Some("it was measured on other data")
            }
            () if holdout.is_some() && trained_on == *holdout => Some("training used these data"),
            () => None,
        }
    };
    let Some(best) = all.iter().rev().find(|evidence| why_not(evidence).is_none()) else {
        let said = |piece: &TypedRecord<Evidence>| {
            let why = why_not(piece).unwrap_or_default();
            format!("{} by {}: {why}", piece.verdict.as_str(), piece.by)
        };
        not.extend(all.iter().map(said));
        return Ok(Finding::new(Status::Missing, expected, none_of(&not)).next(next));
    };
    s.lost_keys.rests_on(&best.record);
    let age = s.now.since(s.dated(&best.record));
    let found = format!("{} by {}, {}", best.verdict.as_str(), best.by, aged(age));
    let old = max_age_days.is_some_and(|limit| age > (limit.min(1_000_000) as i64) * DAY);
    let status = if old { Status::Missing } else { Status::Passed };
    Ok(Finding::new(status, expected, found).by(best.record.digest()).next(next))
}

pub(super) fn scan(s: &Subject<'_>, tools: &[String], max_age_days: Option<u64>) -> Result<Finding> {
    let of = EntryId::parse("scan")?;
    let days = max_age_days.map(|days| format!(", at most {days} days old")).unwrap_or_default();
    let by = if tools.is_empty() { "a scanner".to_owned() } else { tools.join(" and ") };
    let expected = format!("a pass by {by}{days}");
    let Heard { counts: all, not } = evidence_of(s, &of)?;
    if let Some(fail) = standing_fail(s, &all) {
        let found = format!("fail by {}", fail.by);
        return Ok(Finding::new(Status::Failed, expected, found)
            .by(fail.record.digest())
            .next("get a waiver, or a later pass by somebody else from another run"));
    }
    let young = |piece: &TypedRecord<Evidence>| {
        let age = s.now.since(s.dated(&piece.record));
        max_age_days.is_none_or(|limit| age <= (limit.min(1_000_000) as i64) * DAY)
    };
    let passes = |piece: &&TypedRecord<Evidence>, tool: Option<&String>| {
        let named = piece.tool.as_ref();
        piece.verdict == Verdict::Pass
            && !s.is_ahead(&piece.record)
            && young(piece)
            && named.is_some_and(|have| tool.is_none_or(|want| have.name == *want))
    };
    let wanted: Vec<Option<&String>> = if tools.is_empty() { vec![None] } else { tools.iter().map(Some).collect() };
    let mut seen = Vec::new();
    for tool in wanted {
        let Some(pass) = all.iter().rev().find(|piece| passes(piece, tool)) else {
            let lacking = tool.map_or_else(|| "no scanner".to_owned(), |tool| format!("no young pass by {tool}"));
            let found = format!("{lacking}; {}", none_of(&not));
            return Ok(Finding::new(Status::Missing, expected, found).next(s.attach(&of)));
        };
        s.lost_keys.rests_on(&pass.record);
        let name = pass.tool.as_ref().map(|tool| tool.name.clone()).unwrap_or_default();
        seen.push(format!("{name} by {}, {}", pass.by, aged(s.now.since(s.dated(&pass.record)))));
    }
    Ok(Finding::new(Status::Passed, expected, seen.join("; ")))
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
        ..=0 => "less than a day old".to_owned(),
        1 => "1 day old".to_owned(),
        days => format!("{days} days old"),
    }
}
