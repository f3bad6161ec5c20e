//! The unsigned files of an artifact's folder: bound by the manifest, and brought in by a signed version.

use super::Ruling;
use crate::judgement::effective::{Effective, Objects, Sum};
use crate::judgement::facts::Facts;
use crate::records::layout::{Document, Place};
use crate::records::manifest::{Contract, Lineage, Manifest};
use crate::words::canonical::{MANIFEST_LIMIT, parse_printed};
use crate::words::digest::{ArtifactId, Digest};
use crate::words::fault::{Code, Fault, Result};
use crate::words::oid::Oid;

/// Whether a document is what its name says, as far as it can say so by itself.
pub(super) fn fits(artifact: ArtifactId, document: Document, oid: Oid, objects: &Objects<'_>) -> Result<()> {
    if document == Document::Manifest {
        let manifest = objects.manifest(oid)?;
        let found = manifest.id()?;
        if found != artifact {
            return Err(Fault::new(
                Code::Damaged,
                format!("the manifest has digest {found}, and lies in the folder of {artifact}"),
            ));
        }
        return Ok(());
    }
    let bytes = objects.bytes(oid, MANIFEST_LIMIT)?;
    match document {
        Document::Contract => parse_printed::<Contract>(&bytes, MANIFEST_LIMIT).map(drop),
        Document::Lineage => parse_printed::<Lineage>(&bytes, MANIFEST_LIMIT).map(drop),
        Document::EvaluationCard => {
            parse_printed::<crate::words::canonical::FreeJson>(&bytes, MANIFEST_LIMIT).map(drop)
        }
        _ => Ok(()),
    }
}

/// The digest that a manifest gives for a document.
pub fn promised(manifest: &Manifest, document: Document) -> Option<Digest> {
    match document {
        Document::Manifest => None,
        Document::Contract => manifest.contract,
        Document::Lineage => manifest.lineage,
        Document::EvaluationCard => manifest.evaluation_card,
        Document::ModelCard => manifest.model_card,
    }
}

/// Judges a document against the manifest beside it and the versions of its landing.
pub(super) fn judge(artifact: ArtifactId, document: Document, oid: Oid, named: bool, sum: &Sum<'_>) -> Result<Ruling> {
    if !named {
        return Ok(Ruling::missing(format!("no version that lands with it names {}", artifact.short())));
    }
    if document == Document::Manifest {
        return Ok(Ruling::Ok);
    }
    let Some(manifest) = Facts(sum).manifest(&artifact)? else {
        return Ok(Ruling::missing(format!("the manifest of {} is not here", artifact.short())));
    };
    let bytes = sum.objects().bytes(oid, MANIFEST_LIMIT)?;
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
pub(super) fn complete(artifact: ArtifactId, sum: &Sum<'_>) -> Result<Ruling> {
    let Some(manifest) = Facts(sum).manifest(&artifact)? else {
        return Ok(Ruling::missing(format!("the manifest of {} is not here", artifact.short())));
    };
    for document in Document::ALL.into_iter().filter(|it| promised(&manifest, *it).is_some()) {
        let path = Place::Document(artifact, document).path();
        if sum.oid(&path)?.is_none() {
            return Ok(Ruling::missing(format!("{path} is not here, and the manifest lists it")));
        }
    }
    Ok(Ruling::Ok)
}
