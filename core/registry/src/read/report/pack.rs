//! The evidence pack of a version: its dossier, every record that the dossier names with its signatures, the roots and policies, and
//! a script that checks them with Python alone. A zip file, the same bytes from the same commit.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::registry::Reader;
use crate::view::View;
use refmark_engine::snapshot::History;
use refmark_query::report::Dossier;
use refmark_records::layout::{Document, Place};
use refmark_records::signature::to_dsse_envelope;
use refmark_records::statement::Record;
use refmark_render::report::page;
use refmark_types::canonical::{MANIFEST_LIMIT, canonical_bytes};
use refmark_types::digest::Digest;
use refmark_types::error::{Result, bug};
use refmark_types::reference::Reference;

/// What checks a pack.
const VERIFY: &str = include_str!("verify.py");

const README: &str = "An evidence pack of a model version.

dossier.json, dossier.md   what the records say of it
records/                   the signed records and documents, byte for byte as they stand in the registry's Git tree
statements/                the same statements as DSSE envelopes, which other tools verify, too
manifest.canonical.b64     the manifest's canonical bytes: their SHA-256 is the artifact's id
verify.py                  checks all of it: python3 verify.py --root sha256:...  (Python 3.11 or newer, nothing else)

Get the root from its owner, and not from whoever gave you this file. That nothing was left out is not shown by a pack: for
that, clone the registry and run `refmark verify`.
";

impl Reader<'_> {
    /// The evidence pack of the version that a reference names, as the bytes of a zip file.
    ///
    /// # Errors
    ///
    /// Those of [`Reader::report`].
    pub fn evidence_pack(&self, view: &View<'_>, reference: &Reference) -> Result<Vec<u8>> {
        let dossier = self.report(view, reference)?;
        let snapshot = self.registry.repo.snapshot(view.head)?;
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for path in self.paths_of(view, &dossier)? {
            let Some(bytes) = snapshot.read(&path, MANIFEST_LIMIT)? else { continue };
            if Place::parse(&path).is_some_and(|it| !matches!(it, Place::Document(..) | Place::PolicyText(_))) {
                let record = Record::parse(&bytes)?;
                let envelope = to_dsse_envelope(record.canonical(), &record.signatures);
                files.insert(format!("statements/{path}.dsse.json"), format!("{envelope:#}\n").into_bytes());
            }
            if path == Place::Document(dossier.artifact, Document::Manifest).path() {
                let manifest = refmark_records::manifest::Manifest::parse(&bytes)?;
                files.insert("manifest.canonical.b64".to_owned(), base64(&canonical_bytes(&manifest)?));
            }
            files.insert(format!("records/{path}"), bytes);
        }
        let json = serde_json::to_string_pretty(&dossier).map_err(bug)? + "\n";
        files.insert("dossier.json".to_owned(), json.into_bytes());
        files.insert("dossier.md".to_owned(), page(&dossier).markdown(usize::MAX).into_bytes());
        files.insert("README.txt".to_owned(), README.as_bytes().to_vec());
        files.insert("verify.py".to_owned(), VERIFY.as_bytes().to_vec());
        zipped(files)
    }

    /// The records that a dossier names, all roots and policies, and the artifact's documents.
    fn paths_of(&self, view: &View<'_>, dossier: &Dossier) -> Result<Vec<String>> {
        let facts = view.facts()?;
        let mut paths: Vec<String> = dossier.moves.iter().map(|it| it.path.clone()).collect();
        for it in &dossier.moves {
            paths.extend(facts.approvals(&it.statement)?.iter().map(|it| it.path.clone()));
        }
        paths.extend(dossier.evidence.iter().map(|it| it.evidence.path.clone()));
        let newest = |found: Option<(u64, Digest)>| found.map_or(0, |it| it.0);
        paths.extend((1..=newest(dossier.root)).map(|number| Place::Root(number).path()));
        for number in 1..=newest(dossier.policy) {
            paths.extend([Place::Policy(number).path(), Place::PolicyText(number).path()]);
        }
        let documents =
            [Document::Manifest, Document::Contract, Document::Lineage, Document::EvaluationCard, Document::ModelCard];
        paths.extend(documents.map(|it| Place::Document(dossier.artifact, it).path()));
        Ok(paths)
    }
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    use base64ct::{Base64, Encoding};
    (Base64::encode_string(bytes) + "\n").into_bytes()
}

/// The files as a zip, in the order of their names, without a clock: the same bytes from the same files.
fn zipped(files: BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for (name, bytes) in files {
        writer.start_file(name, options).map_err(bug)?;
        writer.write_all(&bytes).map_err(bug)?;
    }
    Ok(writer.finish().map_err(bug)?.into_inner())
}
