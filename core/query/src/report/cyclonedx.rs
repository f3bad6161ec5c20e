//! A dossier as a CycloneDX 1.6 bill of materials for machine learning.

use serde_json::{Value, json};

use super::Dossier;
use refmark_records::evidence::MetricValue;
use refmark_types::digest::Digest;

/// The bill of materials, as a JSON document: the same from the same dossier.
pub fn cyclonedx(it: &Dossier) -> Value {
    let mut bom = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial(it),
        "version": 1,
        "metadata": {
            "timestamp": it.as_of,
            "tools": {"components": [{"type": "application", "name": "refmark", "version": env!("CARGO_PKG_VERSION")}]},
            "component": component(it),
        },
        "components": files(it),
    });
    let data = datasets(it);
    if let (Some(components), false) = (bom.get_mut("components").and_then(Value::as_array_mut), data.is_empty()) {
        components.extend(data);
    }
    bom
}

fn reference(it: &Dossier) -> String {
    format!("{}/{}@{}", it.model, it.version.version, it.artifact)
}

/// A UUID that says the same of the same commit and version.
fn serial(it: &Dossier) -> String {
    let digest = Digest::of(format!("{} {} {}", it.registry, it.head, reference(it)).as_bytes());
    let hex = digest.hex();
    // The digits that say that it is of version 8 (free form) and of the usual variant.
    format!("urn:uuid:{}-{}-8{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

fn hashes(digest: &Digest) -> Value {
    json!([{"alg": "SHA-256", "content": digest.hex()}])
}

fn property(name: &str, value: impl Into<String>) -> Value {
    json!({"name": format!("refmark:{name}"), "value": value.into()})
}

fn component(it: &Dossier) -> Value {
    let version = match &it.version.release {
        Some(release) => release.to_string(),
        None => it.version.version.to_string(),
    };
    let mut component = json!({
        "type": "machine-learning-model",
        "bom-ref": reference(it),
        "name": it.model,
        "version": version,
        "hashes": hashes(&it.artifact.digest()),
        "modelCard": card(it),
        "properties": properties(it),
    });
    let mut put = |key: &str, value: Value| drop(component.as_object_mut().map(|it| it.insert(key.to_owned(), value)));
    if let Some(text) = &it.version.description {
        put("description", json!(text));
    }
    if let Some(owner) = &it.owner {
        put("supplier", json!({"name": owner}));
    }
    if let Some(licence) = it.lineage.get("license").or_else(|| it.lineage.get("licence")) {
        // A name, not an id: whether it is one of SPDX's is not known here.
        put("licenses", json!([{"license": {"name": licence}}]));
    }
    let ancestors: Vec<Value> = it
        .manifest
        .parents
        .iter()
        .map(|parent| {
            json!({"type": "machine-learning-model", "name": parent.to_string(), "hashes": hashes(&parent.digest())})
        })
        .collect();
    if !ancestors.is_empty() {
        put("pedigree", json!({"ancestors": ancestors}));
    }
    component
}

fn card(it: &Dossier) -> Value {
    let mut metrics = Vec::new();
    for entry in &it.evidence {
        for (name, metric) in entry.evidence.metrics.iter() {
            let mut row = json!({"type": name, "value": metric.value.to_string()});
            if let (Some(dataset), Some(row)) = (&entry.evidence.dataset, row.as_object_mut()) {
                row.insert("slice".to_owned(), json!(dataset.name));
            }
            metrics.push(row);
        }
    }
    for (name, value) in it.manifest.metrics.iter() {
        let value = match value {
            MetricValue::Number(number) => refmark_types::number::print(*number),
            MetricValue::Text(text) => text.clone(),
        };
        metrics.push(json!({"type": format!("{name} (claim)"), "value": value}));
    }
    let values = |fields: &[refmark_records::manifest::ContractField]| -> Vec<Value> {
        fields.iter().map(|field| json!({"format": format!("{}: {}", field.name, field.field_type)})).collect()
    };
    let mut parameters = json!({});
    if let (Some(contract), Some(parameters)) = (&it.contract, parameters.as_object_mut()) {
        for (key, fields) in [("inputs", &contract.inputs), ("outputs", &contract.outputs)] {
            let mut seen = values(fields);
            seen.dedup();
            if !seen.is_empty() {
                parameters.insert(key.to_owned(), json!(seen));
            }
        }
    }
    let data: Vec<Value> = datasets(it).iter().map(|data| json!({"ref": data["bom-ref"]})).collect();
    if let (false, Some(parameters)) = (data.is_empty(), parameters.as_object_mut()) {
        parameters.insert("datasets".to_owned(), json!(data));
    }
    let mut card = json!({"modelParameters": parameters});
    if let (false, Some(card)) = (metrics.is_empty(), card.as_object_mut()) {
        card.insert("quantitativeAnalysis".to_owned(), json!({"performanceMetrics": metrics}));
    }
    card
}

/// What CycloneDX has no field for: states, evidence, moves and approvals.
fn properties(it: &Dossier) -> Vec<Value> {
    let mut all = vec![
        property("registry", it.registry.to_string()),
        property("registry-name", it.name.as_str()),
        property("commit", it.head.to_string()),
        property("verified", it.verified.to_string()),
        property("artifact", it.artifact.to_string()),
        property("artifact-type", it.manifest.artifact_type.as_str()),
        property("format", it.manifest.format.as_str()),
        property("tensors", it.tensors.to_string()),
        property("trust", it.trust.as_str()),
        property("stage", it.stage.as_str()),
    ];
    all.extend(it.policy.map(|(number, digest)| property("policy", format!("{number} {}", digest.prefixed()))));
    all.extend(it.root.map(|(number, digest)| property("root", format!("{number} {}", digest.prefixed()))));
    all.extend(it.manifest.source.iter().map(|source| property("source", source.as_str())));
    all.extend(it.lineage.iter().map(|(key, value)| property(&format!("lineage:{key}"), value.as_str())));
    for entry in &it.evidence {
        let found = &entry.evidence;
        let text = format!(
            "{} by {} at {}, statement {}",
            found.verdict.as_str(),
            found.by,
            found.time,
            entry.statement.prefixed()
        );
        all.push(property(&format!("evidence:{}", found.evidence_type), text));
    }
    for entry in &it.moves {
        let key = entry.key.as_deref().unwrap_or("none");
        let text = format!(
            "{} by {} at {}, key {key}, statement {}",
            entry.change,
            entry.by,
            entry.time,
            entry.statement.prefixed()
        );
        all.push(property(&format!("move:{}", entry.kind), text));
        for said in &entry.approvals {
            let what = if said.approves { "approval" } else { "waiver" };
            let key = said.key.as_deref().unwrap_or("none");
            let text = format!(
                "{} by {} at {}, key {key}, statement {}",
                entry.change,
                said.by,
                said.time,
                said.statement.prefixed()
            );
            all.push(property(what, text));
        }
    }
    all
}

fn files(it: &Dossier) -> Vec<Value> {
    let file = |file: &refmark_records::manifest::FileEntry| {
        json!({
            "type": "file",
            "bom-ref": format!("{}#{}", reference(it), file.path),
            "name": file.path,
            "hashes": hashes(&file.sha256),
            "properties": [
                property("class", file.class.as_str()),
                property("format", file.format.as_str()),
                property("size", file.size.to_string()),
            ],
        })
    };
    it.manifest.files.iter().map(file).collect()
}

/// The data that it was made of and measured on, as far as the records name it.
fn datasets(it: &Dossier) -> Vec<Value> {
    let mut names: Vec<(String, Option<Digest>)> = Vec::new();
    for key in ["dataset", "dataset_version"] {
        names.extend(it.lineage.get(key).map(|name| (name.clone(), None)));
    }
    for entry in &it.evidence {
        names.extend(entry.evidence.dataset.iter().map(|it| (it.name.clone(), it.sha256)));
    }
    names.sort();
    names.dedup();
    let row = |(name, digest): &(String, Option<Digest>)| {
        let mark = digest.map(|digest| format!("@{}", digest.short())).unwrap_or_default();
        let mut data = json!({
            "type": "data",
            "bom-ref": format!("dataset:{name}{mark}"),
            "name": name,
            "data": [{"type": "dataset", "name": name}],
        });
        if let (Some(digest), Some(data)) = (digest, data.as_object_mut()) {
            data.insert("hashes".to_owned(), hashes(digest));
        }
        data
    };
    names.iter().map(row).collect()
}
