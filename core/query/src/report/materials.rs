//! What every bill of materials says of a version, whatever its form.

use super::Dossier;
use refmark_records::evidence::MetricValue;
use refmark_records::licence;
use refmark_types::digest::Digest;
use refmark_types::name::PrincipalId;
use refmark_types::time::Timestamp;

/// A version of a model in a registry, by what never changes.
pub(super) fn reference(dossier: &Dossier) -> String {
    format!("{}/{}@{}", dossier.model, dossier.version.version, dossier.artifact)
}

/// The version as its release calls it, else its number.
pub(super) fn version(dossier: &Dossier) -> String {
    match &dossier.version.release {
        Some(release) => release.to_string(),
        None => dossier.version.version.to_string(),
    }
}

/// The licence that the lineage names, or the model card.
pub(super) fn licence(dossier: &Dossier) -> Option<String> {
    licence::named(&dossier.lineage, dossier.model_card.as_deref().map(str::as_bytes))
}

/// Metrics that the registrar claimed, as texts.
pub(super) fn claimed(dossier: &Dossier) -> Vec<(String, String)> {
    let text = |value: &MetricValue| match value {
        MetricValue::Number(number) => refmark_types::number::print(*number),
        MetricValue::Text(text) => text.clone(),
    };
    dossier.manifest.metrics.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// Data that a version was made of or measured on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Data {
    pub(super) name: String,
    pub(super) sha256: Option<Digest>,
    /// Whether it was measured on it; else it was made of it.
    pub(super) measured: bool,
}

/// The data, as far as the records name it, sorted.
pub(super) fn data(dossier: &Dossier) -> Vec<Data> {
    let made_of = ["dataset", "dataset_version"].iter().filter_map(|key| dossier.lineage.get(key));
    let mut all: Vec<Data> = made_of.map(|name| Data { name: name.clone(), sha256: None, measured: false }).collect();
    for entry in &dossier.evidence {
        let data = entry.evidence.dataset.iter();
        all.extend(data.map(|data| Data { name: data.name.clone(), sha256: data.sha256, measured: true }));
    }
    all.sort();
    all.dedup();
    all
}

/// What bills of materials have no field for, as names and texts: states, evidence, moves and approvals.
pub(super) fn said(dossier: &Dossier) -> Vec<(String, String)> {
    let property = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let mut all = vec![
        property("registry", &dossier.registry.to_string()),
        property("registry-name", &dossier.name),
        property("commit", &dossier.head.to_string()),
        property("verified", &dossier.verified.to_string()),
        property("artifact", &dossier.artifact.to_string()),
        property("artifact-type", dossier.manifest.artifact_type.as_str()),
        property("format", dossier.manifest.format.as_str()),
        property("tensors", &dossier.tensors.to_string()),
        property("trust", dossier.trust.as_str()),
        property("stage", dossier.stage.as_str()),
    ];
    all.extend(dossier.policy.map(|(number, digest)| property("policy", &format!("{number} {}", digest.prefixed()))));
    all.extend(dossier.root.map(|(number, digest)| property("root", &format!("{number} {}", digest.prefixed()))));
    all.extend(dossier.manifest.source.iter().map(|source| property("source", source)));
    all.extend(dossier.lineage.iter().map(|(key, value)| property(&format!("lineage:{key}"), value)));
    let signed = |what: &str, by: &PrincipalId, time: Timestamp, key: Option<&str>, statement: &Digest| {
        let key = key.map(|key| format!(", key {key}")).unwrap_or_default();
        format!("{what} by {by} at {time}{key}, statement {}", statement.prefixed())
    };
    for entry in &dossier.evidence {
        let found = &entry.evidence;
        let text = signed(found.verdict.as_str(), &found.by, found.time, None, &entry.statement);
        all.push(property(&format!("evidence:{}", found.evidence_type), &text));
    }
    for entry in &dossier.moves {
        let key = entry.key.as_deref().unwrap_or("none");
        let text = signed(&entry.change, &entry.by, entry.time, Some(key), &entry.statement);
        all.push(property(&format!("move:{}", entry.kind), &text));
        for said in &entry.approvals {
            let what = if said.approves { "approval" } else { "waiver" };
            let key = said.key.as_deref().unwrap_or("none");
            all.push(property(what, &signed(&entry.change, &said.by, said.time, Some(key), &said.statement)));
        }
    }
    all
}
