//! The sunset clock: versions that were retired, until when they may be used, and who still does.

use serde::Serialize;

use refmark_engine::state_reader::StateReader;
use refmark_records::version::Stage;
use refmark_types::digest::ArtifactId;
use refmark_types::error::Result;
use refmark_types::name::{AliasName, ConsumerId, ModelName};
use refmark_types::time::Timestamp;

/// A retired version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sunset {
    /// The model.
    pub model: ModelName,
    /// The version.
    pub version: u64,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The day from which nobody should use it; none where nobody said.
    pub sunset: Option<Timestamp>,
    /// Whole days until then; negative once it has passed.
    pub days_left: Option<i64>,
    /// The version that stands in for it.
    pub replacement: Option<u64>,
    /// Who published a lock file that pins it.
    pub consumers: Vec<ConsumerId>,
    /// The aliases that still hold it.
    pub aliases: Vec<AliasName>,
    /// Whether it may be archived: its day has passed, and nobody is pinned to it.
    pub due: bool,
}

/// The versions in stage `retired`, the most urgent first. Linear in versions and consumers.
pub fn sunsets(reader: StateReader<'_>, now: Timestamp) -> Result<Vec<Sunset>> {
    let consumers = reader.consumers()?;
    let mut found = Vec::new();
    for model in reader.models()? {
        for version in reader.versions(&model)? {
            let (Stage::Retired, Some(moved)) = reader.stage(&model, version)? else { continue };
            let pinned: Vec<ConsumerId> = consumers
                .iter()
                .filter(|consumer| consumer.pins.iter().any(|pin| pin.model == model && pin.version == version))
                .map(|consumer| consumer.consumer.clone())
                .collect();
            let mut aliases = Vec::new();
            for alias in reader.aliases(&model)? {
                let held = reader.alias(&model, &alias)?.and_then(|alias_move| alias_move.to);
                if held.is_some_and(|target| target.version == version) {
                    aliases.push(alias);
                }
            }
            let days_left = moved.sunset.map(|day| day.since(now).div_euclid(86_400));
            let passed = moved.sunset.is_some_and(|day| day <= now);
            found.push(Sunset {
                model: model.clone(),
                version,
                artifact: moved.artifact,
                sunset: moved.sunset,
                days_left,
                replacement: moved.replacement,
                due: passed && pinned.is_empty(),
                consumers: pinned,
                aliases,
            });
        }
    }
    found.sort_by(|a, b| (a.sunset, &a.model, a.version).cmp(&(b.sunset, &b.model, b.version)));
    Ok(found)
}
