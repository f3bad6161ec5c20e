//! The catalog of stable ids: what may be named in records.

use serde::{Deserialize, Serialize};

use super::common::predicate;
use refmark_types::canonical::FreeJson;
use refmark_types::error::{Result, bug};
use refmark_types::name::EntryId;

/// A family of stable ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Products that use the registry.
    Product,
    /// Scopes of access.
    Scope,
    /// Units in which use is counted.
    UsageUnit,
    /// Actions that an audit names.
    AuditAction,
    /// Types of evidence.
    EvidenceType,
    /// Types of artifact.
    ArtifactType,
    /// Contracts of client libraries.
    SdkContract,
    /// Templates of notifications.
    NotificationTemplate,
}

impl Family {
    /// Every family.
    pub const ALL: [Family; 8] = [
        Family::Product,
        Family::Scope,
        Family::UsageUnit,
        Family::AuditAction,
        Family::EvidenceType,
        Family::ArtifactType,
        Family::SdkContract,
        Family::NotificationTemplate,
    ];

    /// The family's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Family::Product => "product",
            Family::Scope => "scope",
            Family::UsageUnit => "usage-unit",
            Family::AuditAction => "audit-action",
            Family::EvidenceType => "evidence-type",
            Family::ArtifactType => "artifact-type",
            Family::SdkContract => "sdk-contract",
            Family::NotificationTemplate => "notification-template",
        }
    }

    /// The family of this word.
    pub fn parse(text: &str) -> Option<Family> {
        Family::ALL.into_iter().find(|family| family.as_str() == text)
    }
}

/// Whether an entry may be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryState {
    /// It may be named.
    Active,
    /// It may be named, with a warning.
    Deprecated,
    /// It may not be named any more.
    Disabled,
}

impl EntryState {
    /// The state's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            EntryState::Active => "active",
            EntryState::Deprecated => "deprecated",
            EntryState::Disabled => "disabled",
        }
    }
}

/// What may become of the artifacts of a type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ArtifactRules {
    /// Whether none of them is ever trusted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub never_trusted: bool,
    /// Whether no alias ever points at one of them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub never_promoted: bool,
    /// The types of evidence that must pass before one of them is trusted, beside what the policy asks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<EntryId>,
}

impl ArtifactRules {
    /// Whether they ask for nothing.
    pub fn is_empty(&self) -> bool {
        *self == ArtifactRules::default()
    }
}

predicate! {
    /// An entry of the catalog, whole; the highest number is current.
    CatalogEntry {
        /// The family.
        family: Family,
        /// The stable id.
        id: EntryId,
        /// This text's number, from 1.
        sequence: u64,
        /// Whether it may be named.
        state: EntryState,
        /// Who answers for it.
        owner: String,
        /// What the id means, in a sentence.
        meaning: String,
        /// What sort of entry it is, such as `built-in`.
        entry_kind: String,
        /// A JSON Schema of what names it, where there is one.
        #[serde(default, skip_serializing_if = "is_null")]
        schema: FreeJson,
        /// Its page in the documentation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        docs: Option<String>,
        /// Its status page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status_page: Option<String>,
        /// How many days records that name it are kept; none: for ever.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retention_days: Option<u64>,
        /// Whether its use is billed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        billable: bool,
        /// For an artifact type: what may become of its artifacts.
        #[serde(default, skip_serializing_if = "ArtifactRules::is_empty")]
        artifacts: ArtifactRules,
        /// For a notification template: the text that events fill in, see [`crate::template`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        template: Option<String>,
        ...
    }
}

fn is_null(json: &FreeJson) -> bool {
    json.0.is_null()
}

/// An entry that `init` seeds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// The family.
    pub family: Family,
    /// The stable id.
    pub id: EntryId,
    /// What it means, in a sentence.
    pub meaning: String,
    /// The schema of what names it; nothing for most. It holds evidence of that type, as it is recorded: `verdict`, `summary`,
    /// `run`, `suite`, `dataset`, `metrics`, `tool`, `document` and `details`.
    #[serde(default)]
    pub schema: FreeJson,
    /// For a notification template: its text.
    #[serde(default)]
    pub template: Option<String>,
}

/// The entries that `init` seeds, as `seeds/catalog.json` of this crate has them.
///
/// # Errors
/// `bug` where that file is no list of seeds, which a test holds.
pub fn seeds() -> Result<Vec<Seed>> {
    serde_json::from_str(include_str!("../seeds/catalog.json")).map_err(bug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_a_seed_and_no_id_stands_twice() {
        let seeds = seeds().unwrap();
        for family in Family::ALL {
            assert!(seeds.iter().any(|seed| seed.family == family), "{}", family.as_str());
        }
        for (at, seed) in seeds.iter().enumerate() {
            assert!(!seed.meaning.is_empty());
            assert!(!seeds[..at].iter().any(|it| it.family == seed.family && it.id == seed.id), "{}", seed.id);
        }
        assert!(seeds.iter().filter(|seed| !seed.schema.0.is_null()).count() >= 6);
    }
}
