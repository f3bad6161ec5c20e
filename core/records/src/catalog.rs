//! The catalog of stable ids: what may be named in records.

use serde::{Deserialize, Serialize};

use super::common::predicate;
use refmark_types::canonical::FreeJson;
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
        ...
    }
}

fn is_null(json: &FreeJson) -> bool {
    json.0.is_null()
}

/// The entries that `init` seeds: family, id, meaning.
pub const BUILT_IN: &[(Family, &str, &str)] = &[
    (Family::ArtifactType, "model", "A trained model: weights, configuration and what goes with them."),
    (Family::ArtifactType, "adapter", "A change to a base model, such as a LoRA."),
    (Family::ArtifactType, "tokenizer", "A tokenizer and its vocabulary."),
    (Family::ArtifactType, "dataset", "A dataset or a split of one."),
    (Family::ArtifactType, "prompt", "A prompt or a set of prompts."),
    (Family::ArtifactType, "pipeline", "Several models and their glue, used as one."),
    (Family::EvidenceType, "evaluation", "Metrics of an artifact on a dataset."),
    (Family::EvidenceType, "scan", "What a scanner found in an artifact's files."),
    (Family::EvidenceType, "canary", "How an artifact did on a part of the live traffic."),
    (Family::EvidenceType, "rollback-plan", "How to go back, and who does it."),
    (Family::EvidenceType, "runbook", "What on-call does when it misbehaves."),
    (Family::EvidenceType, "migration-document", "How consumers move to the replacement."),
    (Family::EvidenceType, "sign-off", "A person read the code or the unscanned bytes and stands for them."),
    (Family::EvidenceType, "quarantine-pull", "Somebody took quarantined bytes, to look at them."),
    (Family::AuditAction, "register", "A version was added."),
    (Family::AuditAction, "promote", "An alias was moved."),
    (Family::AuditAction, "transition", "A stage or a trust state was moved."),
    (Family::AuditAction, "revoke", "An artifact was revoked."),
    (Family::AuditAction, "delete", "An artifact was deleted."),
    (Family::AuditAction, "describe", "A model or a version was described."),
    (Family::AuditAction, "attach", "Evidence was attached."),
    (Family::AuditAction, "publish", "A project said which versions it uses."),
    (Family::AuditAction, "checkpoint", "A head was witnessed, and the time."),
    (Family::AuditAction, "catalog", "The catalog was changed."),
    (Family::AuditAction, "approve", "A principal agreed to a change."),
    (Family::AuditAction, "policy", "The policy or the trust root was changed."),
    (Family::Product, "refmark", "This registry."),
    (Family::Scope, "registry", "The whole registry."),
    (Family::UsageUnit, "stored-byte", "A byte in the blob store."),
    (Family::UsageUnit, "version", "A registered version."),
    (Family::UsageUnit, "published-pin", "A version that a project says it is pinned to."),
    (Family::SdkContract, "refmark-v1", "The first contract of the client libraries."),
    (Family::NotificationTemplate, "alias-moved", "Tells that an alias was moved, from what to what, by whom and why."),
];

/// The schema of what names a built-in entry, as JSON text; nothing for most. It holds evidence of that type, as it is
/// recorded: `verdict`, `summary`, `run`, `suite`, `dataset`, `metrics`, `tool`, `document` and `details`.
pub fn built_in_schema(family: Family, id: &str) -> Option<&'static str> {
    if family != Family::EvidenceType {
        return None;
    }
    Some(match id {
        "evaluation" => {
            r#"{"title": "Metrics of an artifact on a dataset", "type": "object", "required": ["verdict"], "properties": {
                "verdict": {"enum": ["pass", "fail", "info"]},
                "suite": {"type": "object", "required": ["name"]},
                "dataset": {"type": "object", "required": ["name"]},
                "metrics": {"type": "object", "additionalProperties": {"type": "object", "required": ["value", "better"],
                    "properties": {"value": {"type": ["number", "string"]}, "better": {"enum": ["higher", "lower"]}}}}}}"#
        }
        "scan" => {
            r#"{"title": "What a scanner found", "type": "object", "required": ["verdict"], "properties": {
                "verdict": {"enum": ["pass", "fail", "info"]}, "tool": {"type": "object", "required": ["name"]}}}"#
        }
        "canary" => {
            r#"{"title": "A part of the live traffic", "type": "object", "required": ["verdict"], "properties": {
                "verdict": {"enum": ["pass", "fail", "info"]}, "metrics": {"type": "object"}}}"#
        }
        "sign-off" => {
            r#"{"title": "A person read it and stands for it", "type": "object", "required": ["verdict"], "properties": {
                "verdict": {"enum": ["pass", "fail"]}}}"#
        }
        "quarantine-pull" => {
            r#"{"title": "Who took quarantined bytes, and why", "type": "object", "required": ["verdict", "summary"],
                "properties": {"verdict": {"enum": ["info"]}, "summary": {"type": "string", "minLength": 3}}}"#
        }
        "rollback-plan" | "runbook" | "migration-document" => {
            r#"{"title": "A document that people rely on", "type": "object", "required": ["verdict"], "properties": {
                "summary": {"type": "string", "minLength": 1},
                "document": {"type": "object", "required": ["name", "sha256"]}}}"#
        }
        _ => return None,
    })
}
