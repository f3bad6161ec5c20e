//! A dossier as a CycloneDX 1.6 bill of materials for machine learning.

use serde_json::{Value, json};

use super::Dossier;
use super::materials::{Data, claimed, data, licence, reference, said, version};
use refmark_types::digest::Digest;

/// The bill of materials, as a JSON document: the same from the same dossier.
pub fn cyclonedx(dossier: &Dossier) -> Value {
    let mut bom = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial(dossier),
        "version": 1,
        "metadata": {
            "timestamp": dossier.as_of,
            "tools": {"components": [{"type": "application", "name": "refmark", "version": env!("CARGO_PKG_VERSION")}]},
            "component": component(dossier),
        },
        "components": files(dossier),
    });
    let data = datasets(dossier);
    if let (Some(components), false) = (bom.get_mut("components").and_then(Value::as_array_mut), data.is_empty()) {
        components.extend(data);
    }
    bom
}

/// A UUID that says the same of the same commit and version.
fn serial(dossier: &Dossier) -> String {
    let digest = Digest::of(format!("{} {} {}", dossier.registry, dossier.head, reference(dossier)).as_bytes());
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

fn component(dossier: &Dossier) -> Value {
    let mut component = json!({
        "type": "machine-learning-model",
        "bom-ref": reference(dossier),
        "name": dossier.model,
        "version": version(dossier),
        "hashes": hashes(&dossier.artifact.digest()),
        "modelCard": card(dossier),
        "properties": said(dossier).into_iter().map(|(name, text)| property(&name, text)).collect::<Vec<_>>(),
    });
    let mut put =
        |key: &str, value: Value| drop(component.as_object_mut().map(|object| object.insert(key.to_owned(), value)));
    if let Some(text) = &dossier.version.description {
        put("description", json!(text));
    }
    if let Some(owner) = &dossier.owner {
        put("supplier", json!({"name": owner}));
    }
    if let Some(licence) = licence(dossier) {
        // A name, not an id: whether it is one of SPDX's is not known here.
        put("licenses", json!([{"license": {"name": licence}}]));
    }
    let ancestors: Vec<Value> = dossier
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

fn card(dossier: &Dossier) -> Value {
    let mut metrics = Vec::new();
    for entry in &dossier.evidence {
        for (name, metric) in entry.evidence.metrics.iter() {
            let mut row = json!({"type": name, "value": metric.value.to_string()});
            if let (Some(dataset), Some(row)) = (&entry.evidence.dataset, row.as_object_mut()) {
                row.insert("slice".to_owned(), json!(dataset.name));
            }
            metrics.push(row);
        }
    }
    for (name, value) in claimed(dossier) {
        metrics.push(json!({"type": format!("{name} (claim)"), "value": value}));
    }
    let values = |fields: &[refmark_records::manifest::ContractField]| -> Vec<Value> {
        fields.iter().map(|field| json!({"format": format!("{}: {}", field.name, field.field_type)})).collect()
    };
    let mut parameters = json!({});
    if let (Some(contract), Some(parameters)) = (&dossier.contract, parameters.as_object_mut()) {
        for (key, fields) in [("inputs", &contract.inputs), ("outputs", &contract.outputs)] {
            let mut seen = values(fields);
            seen.dedup();
            if !seen.is_empty() {
                parameters.insert(key.to_owned(), json!(seen));
            }
        }
    }
    let data: Vec<Value> = datasets(dossier).iter().map(|data| json!({"ref": data["bom-ref"]})).collect();
    if let (false, Some(parameters)) = (data.is_empty(), parameters.as_object_mut()) {
        parameters.insert("datasets".to_owned(), json!(data));
    }
    let mut card = json!({"modelParameters": parameters});
    if let (false, Some(card)) = (metrics.is_empty(), card.as_object_mut()) {
        card.insert("quantitativeAnalysis".to_owned(), json!({"performanceMetrics": metrics}));
    }
    card
}

fn files(dossier: &Dossier) -> Vec<Value> {
    let file = |file: &refmark_records::manifest::FileEntry| {
        json!({
            "type": "file",
            "bom-ref": format!("{}#{}", reference(dossier), file.path),
            "name": file.path,
            "hashes": hashes(&file.sha256),
            "properties": [
                property("class", file.class.as_str()),
                property("format", file.format.as_str()),
                property("size", file.size.to_string()),
            ],
        })
    };
    dossier.manifest.files.iter().map(file).collect()
}

/// The data that it was made of and measured on.
fn datasets(dossier: &Dossier) -> Vec<Value> {
    let row = |data: &Data| {
        let mark = data.sha256.map(|digest| format!("@{}", digest.short())).unwrap_or_default();
        let mut row = json!({
            "type": "data",
            "bom-ref": format!("dataset:{}{mark}", data.name),
            "name": data.name,
            "data": [{"type": "dataset", "name": data.name}],
        });
        if let (Some(digest), Some(row)) = (&data.sha256, row.as_object_mut()) {
            row.insert("hashes".to_owned(), hashes(digest));
        }
        row
    };
    let mut rows: Vec<Value> = data(dossier).iter().map(row).collect();
    rows.dedup();
    rows
}
