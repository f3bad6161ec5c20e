//! Publishing what a project is pinned to.

use super::{Author, Plan, not_before};
use crate::state_reader::StateReader;
use refmark_records::consumer::{Consumer, PublishedPin};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::ConsumerId;

/// Publish the pins of a project, whole; no pins where the project is gone.
#[derive(Debug, Clone)]
pub struct PublishRequest {
    /// The project's id.
    pub consumer: ConsumerId,
    /// Where the project is, for people.
    pub project: Option<String>,
    /// Its pins.
    pub pins: Vec<PublishedPin>,
}

/// Plans the record.
pub fn publish(reader: StateReader<'_>, author: &Author, request: &PublishRequest) -> Result<Plan> {
    let PublishRequest { consumer, project, pins } = request;
    for pin in pins {
        let found = reader.version(&pin.model, pin.version)?;
        if found.is_none_or(|version| version.artifact != pin.artifact) {
            return Err(Error::new(
                Code::NotFound,
                format!("the registry has no {}/{} that is {}", pin.model, pin.version, pin.artifact.short()),
            )
            .hint(Hint::of("what is wrong with the lock file: ").then(Next::PinCheck)));
        }
    }
    let now = reader.consumer(consumer)?;
    if now.as_ref().is_some_and(|now| now.pins == *pins && now.project == *project) {
        return Err(Error::new(Code::NothingToDo, format!("{consumer} has published exactly these pins already")));
    }
    let mut plan = Plan { subject: format!("publish {} pins of {consumer}", pins.len()), ..Plan::default() };
    let line = |published_pin: &PublishedPin| {
        format!("{}/{} {}", published_pin.model, published_pin.version, published_pin.artifact)
    };
    plan.body = pins.iter().take(64).map(line).collect::<Vec<_>>().join("\n");
    plan.sign(Consumer {
        consumer: consumer.clone(),
        sequence: now.as_ref().map_or(1, |now| now.sequence + 1),
        project: project.clone(),
        pins: pins.clone(),
        by: author.by.clone(),
        time: not_before(author, now.as_ref().map(|now| now.time)),
        previous: now.as_ref().map(|now| now.record.digest()),
        base: author.base,
        path: String::new(),
        registry: author.registry,
    })?;
    Ok(plan)
}
