//! Gates at the end of a version's life: its replacement, its sunset, its consumers.

use super::{Finding, Status, Subject};
use crate::state_reader::TypedRecord;
use refmark_records::consumer::Consumer;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::error::Result;
use refmark_types::hint::{Hint, Next};
use refmark_types::name::ModelName;
use refmark_types::time::Timestamp;

pub(super) fn replacement(s: &Subject<'_>) -> Result<Finding> {
    let expected = "a replacement in production";
    let (Some((model, _)), refmark_records::statement::Predicate::Stage(stage_move)) =
        (s.version, s.record.predicate())
    else {
        return Ok(Finding::new(Status::Failed, expected, "the change is no stage move"));
    };
    let Some(version) = stage_move.replacement else {
        return Ok(
            Finding::new(Status::Failed, expected, "none named").next("name the replacement version with the move")
        );
    };
    let (stage, moved) = s.reader.stage(model, version)?;
    let counts = moved.as_ref().is_none_or(|moved| s.lost_keys.counts(&moved.record));
    if let Some(moved) = &moved {
        s.lost_keys.rests_on(&moved.record);
    }
    // What nobody is given stands in for nothing.
    let (trust, trusted) = match s.reader.version(model, version)? {
        Some(found) => s.reader.trust(&found.artifact)?,
        None => return Ok(Finding::new(Status::Failed, expected, format!("there is no {model}/{version}"))),
    };
    let trusted_counts = trusted.as_ref().is_none_or(|moved| s.lost_keys.counts(&moved.record));
    if let Some(moved) = &trusted {
        s.lost_keys.rests_on(&moved.record);
    }
    Ok(Finding::check(
        stage == Stage::Production
            && version != stage_move.version
            && counts
            && trust == TrustState::Trusted
            && trusted_counts,
        expected,
        format!("{model}/{version} is {stage} and {trust}"),
    )
    .next("name a version that is in production and trusted"))
}

pub(super) fn sunset_passed(s: &Subject<'_>) -> Result<Finding> {
    let Some((model, version)) = s.version else {
        return Ok(Finding::new(Status::Failed, "a sunset date", "no model"));
    };
    let mut sunset = None;
    for number in 1.. {
        let Some(found) = s.reader.stage_move(model, version, number)? else { break };
        if found.sunset.is_some() && s.lost_keys.counts(&found.record) {
            s.lost_keys.rests_on(&found.record);
            sunset = found.sunset;
        }
    }
    Ok(match sunset {
        None => Finding::new(Status::Failed, "its sunset date has passed", "no sunset date was set").next(
            Hint::of("the version was retired without a sunset date; retire it again with one, as the policy allows: ")
                .then(Next::PolicyShow),
        ),
        Some(day) if day <= s.now => seen_after(s, day)?,
        Some(day) => {
            Finding::new(Status::Failed, "its sunset date has passed", format!("{day}, which is in the future"))
                .next(Hint::of("wait until that day; all sunset dates: ").then(Next::Sunset))
        }
    })
}

/// The day has come by the author's clock; somebody else must have seen that, too.
fn seen_after(s: &Subject<'_>, day: Timestamp) -> Result<Finding> {
    let expected = "its sunset date has passed, as a checkpoint by somebody else says";
    let mut newest = None;
    for number in (1..=s.before.checkpoint()?.map_or(0, |newest| newest.sequence)).rev().take(CHECKPOINTS) {
        let Some(seen) = s.before.checkpoint_at(number)? else { continue };
        let member = s.policy.members.contains_key(&seen.by);
        if seen.by == *s.author || !member || !s.lost_keys.counts(&seen.record) || s.is_ahead(&seen.record) {
            continue;
        }
        newest = newest.max(Some(seen.time));
        if seen.time >= day {
            s.lost_keys.rests_on(&seen.record);
            return Ok(Finding::new(Status::Passed, expected, format!("{day}; seen at {} by {}", seen.time, seen.by)));
        }
    }
    let found = match newest {
        Some(time) => format!("{day}; the newest checkpoint by somebody else is of {time}"),
        None => format!("{day}; there is no checkpoint by somebody else"),
    };
    let next = Hint::of("somebody else, or CI, says what time it is: ").then(Next::Checkpoint);
    Ok(Finding::new(Status::Missing, expected, found).next(next))
}

/// So many checkpoints are looked through, newest first.
const CHECKPOINTS: usize = 64;

pub(super) fn no_consumers(s: &Subject<'_>) -> Result<Finding> {
    let Some((model, version)) = s.version else { return Ok(Finding::new(Status::Failed, "no consumer", "no model")) };
    let (mut pinned, mut gone) = (Vec::new(), Vec::new());
    for consumer in s.reader.consumers()? {
        // A list that a lost key signed says nothing: least of all that nobody is left.
        if !s.lost_keys.counts(&consumer.record) {
            pinned.push(format!("{} (its list was signed by a key that was lost)", consumer.consumer));
        } else if holds(&consumer, model, version) {
            pinned.push(consumer.consumer.to_string());
        } else if let Some(said) = let_go(s, &consumer, model, version)? {
            gone.push(said);
        }
        s.lost_keys.rests_on(&consumer.record);
    }
    let mut found = if pinned.is_empty() { "none".to_owned() } else { pinned.join(", ") };
    if !gone.is_empty() {
        found.push_str(&format!("; {}", gone.join("; ")));
    }
    Ok(Finding::check(pinned.is_empty(), "no consumer is pinned to it", found).next(
        Hint::of("ask each project to run ").then(Next::PinUpdate { name: None }).say(" and ").then(Next::PinPublish),
    ))
}

fn holds(list: &Consumer, model: &ModelName, version: u64) -> bool {
    list.pins.iter().any(|pin| pin.model == *model && pin.version == version)
}

/// So many lists of one project are looked through for when it let a version go.
const LISTS: usize = 16;

/// Who let a version go that a project held before, and when.
fn let_go(s: &Subject<'_>, now: &TypedRecord<Consumer>, model: &ModelName, version: u64) -> Result<Option<String>> {
    let mut released = now.clone();
    for number in (1..now.sequence).rev().take(LISTS) {
        let Some(before) = s.reader.consumer_at(&now.consumer, number)? else { break };
        if holds(&before, model, version) {
            return Ok(Some(format!("{} let it go by {} at {}", now.consumer, released.by, released.time)));
        }
        released = before;
    }
    Ok(None)
}
