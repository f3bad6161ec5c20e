//! The unsigned files of an artifact's folder: bound by the manifest, and brought in by a signed version.

use super::Ruling;
use crate::effective::{Effective, Objects, StateOverlay};
use crate::state_reader::StateReader;
use refmark_records::contents::Contents;
use refmark_records::layout::{Document, Place};
use refmark_records::manifest::{Contract, Lineage, Manifest};
use refmark_types::canonical::{MANIFEST_LIMIT, parse_printed};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;

/// Whether a document is what its name says, as far as it can say so by itself. Returns its size in bytes.
pub(crate) fn fits(artifact: ArtifactId, document: Document, oid: Oid, objects: &Objects<'_>) -> Result<u64> {
    let bytes = objects.bytes(oid, document.limit())?;
    match document {
        Document::Manifest => {
            let found = objects.artifact(oid)?;
            if found != artifact {
                return Err(Error::new(
                    Code::Damaged,
                    format!("the manifest has digest {found}, and lies in the folder of {artifact}"),
                ));
            }
        }
        Document::Contract => drop(parse_printed::<Contract>(&bytes, MANIFEST_LIMIT)?),
        Document::Lineage => drop(parse_printed::<Lineage>(&bytes, MANIFEST_LIMIT)?),
        Document::EvaluationCard => {
            drop(parse_printed::<refmark_types::canonical::FreeJson>(&bytes, MANIFEST_LIMIT)?);
        }
        Document::ModelCard => {}
        Document::Contents => drop(Contents::check(&bytes)?),
    }
    Ok(bytes.len() as u64)
}

/// The digest that a manifest gives for a document.
pub fn promised(manifest: &Manifest, document: Document) -> Option<Digest> {
    match document {
        Document::Manifest => None,
        Document::Contract => manifest.contract,
        Document::Lineage => manifest.lineage,
        Document::EvaluationCard => manifest.evaluation_card,
        Document::ModelCard => manifest.model_card,
        Document::Contents => manifest.contents.map(|table| table.sha256),
    }
}

/// Judges a document against the manifest beside it and the versions of its landing.
pub(crate) fn judge(
    artifact: ArtifactId,
    document: Document,
    oid: Oid,
    named: bool,
    overlay: &StateOverlay<'_>,
) -> Result<Ruling> {
    if !named {
        // Nothing that comes later can mend this: a landing is judged alone. And it costs a key to be pending.
        return Ok(Ruling::failed(
            Code::WrongPath,
            format!("no version that lands with it names {}, and unsigned files enter only with one", artifact.short()),
        ));
    }
    if document == Document::Manifest {
        return Ok(Ruling::Ok);
    }
    let Some(manifest) = StateReader(overlay).manifest(&artifact)? else {
        return Ok(Ruling::missing(format!("the manifest of {} is not here", artifact.short())));
    };
    let bytes = overlay.objects().bytes(oid, document.limit())?;
    let found = Digest::of(&bytes);
    Ok(match promised(&manifest, document) {
        Some(expected) if expected == found => Ruling::Ok,
        Some(expected) => Ruling::failed(
            Code::Damaged,
            format!("{} has digest {found}, and the manifest says {expected}", document.file_name()),
        ),
        None => Ruling::failed(Code::WrongPath, format!("the manifest lists no {}", document.file_name())),
    })
}

/// What a version needs beside it: the manifest, and every document that the manifest lists.
pub(super) fn complete(artifact: ArtifactId, overlay: &StateOverlay<'_>) -> Result<Ruling> {
    let Some(manifest) = StateReader(overlay).manifest(&artifact)? else {
        return Ok(Ruling::missing(format!("the manifest of {} is not here", artifact.short())));
    };
    for document in Document::ALL.into_iter().filter(|document| promised(&manifest, *document).is_some()) {
        let path = Place::Document(artifact, document).path();
        if overlay.oid(&path)?.is_none() {
            return Ok(Ruling::missing(format!("{path} is not here, and the manifest lists it")));
        }
    }
    Ok(Ruling::Ok)
}
