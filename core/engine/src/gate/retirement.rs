//! Gates at the end of a version's life: its replacement, its sunset, its consumers.

use super::{Finding, Status, Subject};
use refmark_records::version::Stage;
use refmark_types::error::Result;
use refmark_types::hint::{Hint, Next};

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
    Ok(Finding::check(
        stage == Stage::Production && version != stage_move.version && counts,
        expected,
        format!("{model}/{version} is {stage}"),
    ))
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
        Some(day) if day <= s.now => Finding::new(Status::Passed, "its sunset date has passed", format!("{day}")),
        Some(day) => {
            Finding::new(Status::Failed, "its sunset date has passed", format!("{day}, which is in the future"))
                .next(Hint::of("wait until that day; all sunset dates: ").then(Next::Sunset))
        }
    })
}

pub(super) fn no_consumers(s: &Subject<'_>) -> Result<Finding> {
    let Some((model, version)) = s.version else { return Ok(Finding::new(Status::Failed, "no consumer", "no model")) };
    let mut pinned = Vec::new();
    for consumer in s.reader.consumers()? {
        // A list that a lost key signed says nothing: least of all that nobody is left.
        if !s.lost_keys.counts(&consumer.record) {
            pinned.push(format!("{} (its list was signed by a key that was lost)", consumer.consumer));
        } else if consumer.pins.iter().any(|pin| pin.model == *model && pin.version == version) {
            pinned.push(consumer.consumer.to_string());
        }
        s.lost_keys.rests_on(&consumer.record);
    }
    let found = if pinned.is_empty() { "none".to_owned() } else { pinned.join(", ") };
    Ok(Finding::check(pinned.is_empty(), "no consumer is pinned to it", found).next(
        Hint::of("ask each project to run ").then(Next::PinUpdate { name: None }).say(" and ").then(Next::PinPublish),
    ))
}
