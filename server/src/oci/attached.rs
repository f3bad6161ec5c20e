//! The signed records of a version as artifacts that refer to it: each a DSSE envelope of its own, which other tools verify, too.

use std::sync::Arc;

use refmark_core::records::signature::to_dsse_envelope;
use refmark_core::records::statement::Record;
use refmark_core::types::error::Result;
use serde_json::{Value, json};

use super::image::{Image, MANIFEST, digest};
use crate::attachments::Attachments;
use crate::service::Service;
use crate::shelves::Package;
use crate::shelves::records::records;

/// The kind of an index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The kind of what is attached.
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
const EMPTY_KIND: &str = "application/vnd.oci.empty.v1+json";
/// The configuration of an artifact that has none.
const EMPTY: &[u8] = b"{}";

/// An artifact that refers to an image.
struct Attached {
    manifest: Vec<u8>,
    envelope: Vec<u8>,
    predicate: String,
}

impl Attached {
    fn of(record: &Record, subject: &Image) -> Attached {
        let envelope = to_dsse_envelope(record.canonical(), &record.signatures).to_string().into_bytes();
        let predicate = format!("urn:refmark:{}:v1", record.predicate().kind());
        let name = format!("{}-{:.12}.dsse.json", record.predicate().kind(), record.digest().hex());
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": ENVELOPE,
            "config": {"mediaType": EMPTY_KIND, "digest": digest(EMPTY), "size": EMPTY.len(), "data": "e30="},
            "layers": [{
                "mediaType": ENVELOPE, "digest": digest(&envelope), "size": envelope.len(),
                "annotations": {"org.opencontainers.image.title": name},
            }],
            "subject": {"mediaType": MANIFEST, "digest": subject.digest(), "size": subject.manifest.len()},
            "annotations": {"in-toto.io/predicate-type": predicate},
        });
        Attached { manifest: manifest.to_string().into_bytes(), envelope, predicate }
    }
}

/// The index of what refers to an image, of one kind where one is asked for.
pub fn index(service: &Service, package: &Package, kind: Option<&str>) -> Result<Vec<u8>> {
    let image = Image::of(package);
    let mut manifests: Vec<Value> = Vec::new();
    for record in records(service, package)?.iter().filter(|_| kind.is_none_or(|kind| kind == ENVELOPE)) {
        let attached = Attached::of(record, &image);
        manifests.push(json!({
            "mediaType": MANIFEST, "digest": digest(&attached.manifest), "size": attached.manifest.len(),
            "artifactType": ENVELOPE, "annotations": {"in-toto.io/predicate-type": attached.predicate},
        }));
    }
    Ok(index_of(&manifests))
}

/// An index of these.
pub fn index_of(manifests: &[Value]) -> Vec<u8> {
    json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}).to_string().into_bytes()
}

/// All that is attached to these packages of a model. Blocks.
pub fn all(service: &Service, name: &str, packages: &[Package]) -> Result<Arc<Attachments>> {
    let own = service.inventory.registry().read().head()?;
    let shown = service.library.as_ref().map(|library| library.registry().read().head()).transpose()?;
    service.attached.of((own, shown, name.to_owned()), || {
        let mut found = Attachments::default();
        found.blobs.insert(digest(EMPTY), EMPTY.to_vec());
        for package in packages {
            let image = Image::of(package);
            for record in records(service, package)? {
                let attached = Attached::of(&record, &image);
                found.manifests.insert(digest(&attached.manifest), attached.manifest);
                found.blobs.insert(digest(&attached.envelope), attached.envelope);
            }
        }
        Ok(found)
    })
}
