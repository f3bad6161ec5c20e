//! `pin publish`: tells the registry what a project is pinned to, for reach and sunset.

use crate::registry::Writer;
use serde::Serialize;

use refmark_engine::plan::{PublishRequest, publish};
use refmark_query::pin::same_registry;
use refmark_records::consumer::PublishedPin;
use refmark_records::lock::LockFile;
use refmark_types::error::Result;
use refmark_types::name::{ConsumerId, PrincipalId};
use refmark_types::oid::Oid;

/// What was published.
#[derive(Debug, Clone, Serialize)]
pub struct PublishAnswer {
    /// The project's id.
    pub consumer: ConsumerId,
    /// The number of this list.
    pub sequence: u64,
    /// Its pins.
    pub pins: Vec<PublishedPin>,
    /// Who published it.
    pub by: PrincipalId,
    /// The commit.
    pub commit: Oid,
}

impl Writer<'_> {
    /// Publishes a project's pins, whole; without a lock file that the project is gone.
    pub fn publish_pins(
        &self,
        consumer: &ConsumerId,
        project: Option<String>,
        lock: Option<&LockFile>,
    ) -> Result<PublishAnswer> {
        if let Some(lock) = lock {
            same_registry(lock, self.registry.id())?;
        }
        let pin = |it: &refmark_records::lock::Pin| PublishedPin {
            model: it.model.clone(),
            version: it.version,
            artifact: it.artifact,
            alias: it.alias.clone(),
        };
        let pins: Vec<PublishedPin> = lock.iter().flat_map(|lock| &lock.pins).map(pin).collect();
        let request = PublishRequest { consumer: consumer.clone(), project, pins };
        let (written, view) = self.change_and_see(|view, author| publish(view.facts()?, author, &request))?;
        let sequence = view.facts()?.consumer(consumer)?.map_or(1, |it| it.sequence);
        let PublishRequest { consumer, pins, .. } = request;
        Ok(PublishAnswer { consumer, sequence, pins, by: written.by, commit: written.commit })
    }
}
