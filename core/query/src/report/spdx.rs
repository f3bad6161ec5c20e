//! A dossier as an SPDX 3.0.1 document with the AI and dataset profiles, in JSON-LD.

use refmark_records::licence::met;
use refmark_types::digest::Digest;
use serde_json::{Map, Value, json};

use super::Dossier;
use super::materials::{claimed, data, licence, reference, said, version};

/// Where the names of the document's keys are defined.
const CONTEXT: &str = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";
/// The node that says who made the document, and of which time it is.
const CREATION: &str = "_:creation";

/// The document: the same from the same dossier.
pub fn spdx(dossier: &Dossier) -> Value {
    let mut document =
        Document { base: format!("urn:refmark:{}:{}", dossier.registry, dossier.head), graph: Vec::new() };
    document.graph.push(json!({
        "type": "CreationInfo",
        "@id": CREATION,
        "specVersion": "3.0.1",
        "created": dossier.as_of,
        "createdBy": [document.id("refmark")],
    }));
    document.put("SoftwareAgent", "refmark", &format!("refmark {}", env!("CARGO_PKG_VERSION")), json!({}));
    let model = document.model(dossier);
    document.files(dossier, &model);
    document.data(dossier, &model);
    document.parents(dossier, &model);
    document.licence(dossier, &model);
    for (number, (name, text)) in said(dossier).iter().enumerate() {
        let about =
            json!({"subject": model, "annotationType": "other", "statement": format!("refmark:{name}: {text}")});
        document.put("Annotation", &format!("said-{number}"), name, about);
    }
    let profiles = ["core", "software", "ai", "dataset", "simpleLicensing"];
    let about = json!({"rootElement": [model], "profileConformance": profiles});
    document.put("SpdxDocument", "document", &reference(dossier), about);
    json!({"@context": CONTEXT, "@graph": document.graph})
}

/// A document while it is put together.
struct Document {
    /// What the ids of all elements begin with.
    base: String,
    graph: Vec<Value>,
}

impl Document {
    fn id(&self, name: &str) -> String {
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte);
        let mut id = format!("{}#", self.base);
        for byte in name.bytes() {
            match safe(byte) {
                true => id.push(char::from(byte)),
                false => id.push_str(&format!("%{byte:02X}")),
            }
        }
        id
    }

    /// Adds an element of a type, with an id of this name; gives the id.
    fn put(&mut self, kind: &str, id: &str, name: &str, about: Value) -> String {
        let id = self.id(id);
        let mut element = Map::new();
        let fixed = json!({"type": kind, "spdxId": id, "creationInfo": CREATION, "name": name});
        for members in [fixed, about] {
            if let Value::Object(members) = members {
                element.extend(members);
            }
        }
        self.graph.push(Value::Object(element));
        id
    }

    fn relate(&mut self, from: &str, relation: &str, to: &[String]) {
        let id = format!("relationship-{}", self.graph.len());
        let about = json!({"from": from, "relationshipType": relation, "to": to, "completeness": "noAssertion"});
        self.put("Relationship", &id, relation, about);
    }

    fn model(&mut self, dossier: &Dossier) -> String {
        let mut metrics = Vec::new();
        for entry in &dossier.evidence {
            let of = |name: &str| format!("{name} ({} by {})", entry.evidence.evidence_type, entry.evidence.by);
            let measured = entry.evidence.metrics.iter();
            metrics.extend(measured.map(|(name, metric)| pair(&of(name), &metric.value.to_string())));
        }
        metrics.extend(claimed(dossier).iter().map(|(name, value)| pair(&format!("{name} (claim)"), value)));
        let mut about = json!({
            "software_packageVersion": version(dossier),
            "software_primaryPurpose": "model",
            "releaseTime": dossier.version.time,
            "verifiedUsing": hashes(&dossier.artifact.digest()),
            "ai_typeOfModel": [dossier.manifest.format.as_str()],
            "ai_metric": metrics,
        });
        let mut put = |key: &str, value: Value| drop(about.as_object_mut().map(|it| it.insert(key.to_owned(), value)));
        if let Some(text) = &dossier.version.description {
            put("description", json!(text));
        }
        // A place that is no address is told among what was said.
        if let Some(source) = dossier.manifest.source.as_ref().filter(|source| source.contains("://")) {
            put("software_downloadLocation", json!(source));
        }
        let lineage: Vec<String> = dossier.lineage.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        if !lineage.is_empty() {
            put("ai_informationAboutTraining", json!(lineage.join("\n")));
        }
        if let Some(card) = &dossier.model_card {
            put("ai_informationAboutApplication", json!(card));
        }
        if let Some(owner) = &dossier.owner {
            let owner = self.put("Agent", "owner", owner, json!({}));
            put("suppliedBy", json!(owner));
        }
        self.put("ai_AIPackage", "model", dossier.model.as_str(), about)
    }

    fn files(&mut self, dossier: &Dossier, model: &str) {
        let mut files = Vec::new();
        for file in &dossier.manifest.files {
            let comment = format!("{}, {}, {} bytes", file.class.as_str(), file.format.as_str(), file.size);
            let about = json!({"verifiedUsing": hashes(&file.sha256), "comment": comment});
            files.push(self.put("software_File", &format!("file/{}", file.path), &file.path, about));
        }
        self.relate(model, "contains", &files);
    }

    fn data(&mut self, dossier: &Dossier, model: &str) {
        let (mut trained, mut tested) = (Vec::new(), Vec::new());
        for (number, data) in data(dossier).iter().enumerate() {
            let mut about = json!({"dataset_datasetType": ["noAssertion"], "software_primaryPurpose": "data"});
            if let (Some(digest), Some(about)) = (&data.sha256, about.as_object_mut()) {
                about.insert("verifiedUsing".to_owned(), hashes(digest));
            }
            let id = self.put("dataset_DatasetPackage", &format!("data-{number}"), &data.name, about);
            if data.measured { tested.push(id) } else { trained.push(id) }
        }
        for (relation, ids) in [("trainedOn", trained), ("testedOn", tested)] {
            if !ids.is_empty() {
                self.relate(model, relation, &ids);
            }
        }
    }

    fn parents(&mut self, dossier: &Dossier, model: &str) {
        let mut parents = Vec::new();
        for parent in &dossier.manifest.parents {
            let about = json!({"software_primaryPurpose": "model", "verifiedUsing": hashes(&parent.digest())});
            let name = parent.to_string();
            parents.push(self.put("ai_AIPackage", &format!("parent/{name}"), &name, about));
        }
        if !parents.is_empty() {
            self.relate(model, "descendantOf", &parents);
        }
    }

    /// The licence where it is written as SPDX's expressions are. Whether SPDX has licences of these names is not known here.
    fn licence(&mut self, dossier: &Dossier, model: &str) {
        let Some(text) = licence(dossier).filter(|text| met(text, &|_| true).is_some()) else { return };
        let about = json!({"simplelicensing_licenseExpression": text});
        let id = self.put("simplelicensing_LicenseExpression", "licence", &text, about);
        self.relate(model, "hasDeclaredLicense", &[id]);
    }
}

fn hashes(digest: &Digest) -> Value {
    json!([{"type": "Hash", "algorithm": "sha256", "hashValue": digest.hex()}])
}

fn pair(key: &str, value: &str) -> Value {
    json!({"type": "DictionaryEntry", "key": key, "value": value})
}
