//! Gates at the end of a version's life: its replacement, its sunset, its consumers.

use super::{Found, Status, Subject};
use refmark_records::version::Stage;
use refmark_types::error::Result;

pub(super) fn replacement(s: &Subject<'_>) -> Result<Found> {
    let expected = "a replacement in production";
    let (Some((model, _)), refmark_records::statement::Predicate::Stage(it)) = (s.version, s.record.predicate()) else {
        return Ok(Found::new(Status::Failed, expected, "the change is no stage move"));
    };
    let Some(version) = it.replacement else {
        return Ok(Found::new(Status::Failed, expected, "none named").next("--replacement VERSION"));
    };
    let (stage, moved) = s.facts.stage(model, version)?;
    let counts = moved.as_ref().is_none_or(|moved| s.doubt.lets_count(&moved.record));
    if let Some(moved) = &moved {
        s.doubt.rests_on(&moved.record);
    }
    Ok(Found::check(
        stage == Stage::Production && version != it.version && counts,
        expected,
        format!("{model}/{version} is {stage}"),
    ))
}

pub(super) fn sunset_passed(s: &Subject<'_>) -> Result<Found> {
    let Some((model, version)) = s.version else { return Ok(Found::new(Status::Failed, "a sunset date", "no model")) };
    let mut sunset = None;
    for number in 1.. {
        let Some(found) = s.facts.stage_move(model, version, number)? else { break };
        if found.sunset.is_some() && s.doubt.lets_count(&found.record) {
            s.doubt.rests_on(&found.record);
            sunset = found.sunset;
        }
    }
    Ok(match sunset {
        None => Found::new(Status::Failed, "its sunset date has passed", "no sunset date was set")
            .next("it was retired without a day: `refmark policy show` has who may say otherwise"),
        Some(day) if day <= s.now => Found::new(Status::Passed, "its sunset date has passed", format!("{day}")),
        Some(day) => Found::new(Status::Failed, "its sunset date has passed", format!("{day} is still to come"))
            .next("wait for the day: `refmark sunset` lists what is due"),
    })
}

pub(super) fn no_consumers(s: &Subject<'_>) -> Result<Found> {
    let Some((model, version)) = s.version else { return Ok(Found::new(Status::Failed, "no consumer", "no model")) };
    let mut pinned = Vec::new();
    for consumer in s.facts.consumers()? {
        // A list that a lost key signed says nothing: least of all that nobody is left.
        if !s.doubt.lets_count(&consumer.record) {
            pinned.push(format!("{} (its list was signed by a key that was lost)", consumer.consumer));
        } else if consumer.pins.iter().any(|pin| pin.model == *model && pin.version == version) {
            pinned.push(consumer.consumer.to_string());
        }
        s.doubt.rests_on(&consumer.record);
    }
    let found = if pinned.is_empty() { "none".to_owned() } else { pinned.join(", ") };
    Ok(Found::check(pinned.is_empty(), "no consumer is pinned to it", found)
        .next("ask them to run `refmark pin update` and `refmark pin publish`"))
}
