//! Everything that is known of a version.

use serde::Serialize;

use super::list::held_by_alias;
use super::resolve::find;
use super::{ManifestIs, QueryContext};
use crate::findings::{FileFinding, kept_findings};
use refmark_engine::state_reader::StateReader;
use refmark_records::evidence::Evidence;
use refmark_records::manifest::{Contract, Lineage, Manifest};
use refmark_records::trust::{TrustMove, TrustState};
use refmark_records::version::{Stage, StageMove, Version};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::AliasName;
use refmark_types::reference::Reference;

/// Everything that is known of a version, or of an artifact without one.
#[derive(Debug, Clone, Serialize)]
pub struct ShowAnswer {
    /// The reference, as it was asked.
    pub reference: String,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The version's record.
    pub version: Option<Version>,
    /// The version's stage.
    pub stage: Option<Stage>,
    /// The artifact's trust state.
    pub trust: TrustState,
    /// The aliases that hold the version.
    pub aliases: Vec<AliasName>,
    /// The manifest; its tensors are those of the table of contents, where that has at most 10,000.
    pub manifest: Manifest,
    /// Whether what the manifest says of its files was held against their bytes.
    pub manifest_is: ManifestIs,
    /// What the scan found in the files, with the file: at most 200.
    pub findings: Vec<FileFinding>,
    /// The sum of the files' sizes.
    pub size: u64,
    /// How many blobs are not here.
    pub absent: u64,
    /// Where it came from.
    pub lineage: Option<Lineage>,
    /// What callers rely on.
    pub contract: Option<Contract>,
    /// The model card.
    pub model_card: Option<String>,
    /// What was found out about it: the statement's digest, and the evidence.
    pub evidence: Vec<(Digest, Evidence)>,
    /// Its trust moves, oldest first.
    pub trust_moves: Vec<TrustMove>,
    /// Its stage moves, oldest first.
    pub stage_moves: Vec<StageMove>,
    /// Whether the whole history was verified against a pinned root.
    pub verified: bool,
    /// A file whose bytes were revoked in another artifact: they are handed out to nobody, whatever `trust` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<String>,
    /// The first record that this rests on and that a lost key taints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tainted: Option<String>,
}

/// A larger table is only counted.
const TENSORS_SHOWN: u64 = 10_000;
const FINDINGS_SHOWN: usize = 200;

/// The manifest with what its table holds, and the findings. A table that is too large to show is not read.
fn holding(facts: StateReader<'_>, artifact: &ArtifactId, manifest: &Manifest) -> Result<(Manifest, Vec<FileFinding>)> {
    let mut manifest = manifest.clone();
    let table = manifest.contents.filter(|table| table.tensors <= TENSORS_SHOWN || table.findings > 0);
    let Some(table) = table else { return Ok((manifest, Vec::new())) };
    let contents = facts.contents(artifact)?.unwrap_or_default();
    if table.tensors <= TENSORS_SHOWN {
        manifest.tensors = contents.tensors().cloned().collect();
    }
    Ok((manifest, kept_findings(&contents).take(FINDINGS_SHOWN).collect()))
}

/// Everything that is known of what a reference names, whatever its state. `is_absent` says whether a blob is not here.
pub fn show(
    context: &QueryContext<'_, '_>,
    reference: &Reference,
    is_absent: &dyn Fn(&Digest) -> Result<bool>,
) -> Result<ShowAnswer> {
    let reader = context.reader();
    let found = find(reader, reference)?;
    let artifact = found.artifact;
    let Some(manifest) = reader.manifest(&artifact)? else {
        return Err(Error::new(Code::NotFound, format!("the manifest of {artifact} is not here")));
    };
    let (mut version, mut stage, mut aliases, mut stage_moves) = (None, None, Vec::new(), Vec::new());
    if let (Some(model), Some(number)) = (&found.model, found.version) {
        version = reader.version(model, number)?.map(|version| (*version).clone());
        stage = Some(reader.stage(model, number)?.0);
        let held = held_by_alias(reader, model)?;
        aliases = held.into_iter().filter(|(_, at)| *at == number).map(|(alias, _)| alias).collect();
        for n in 1.. {
            let Some(stage_move) = reader.stage_move(model, number, n)? else { break };
            stage_moves.push((*stage_move).clone());
        }
    }
    let mut trust_moves = Vec::new();
    for n in 1.. {
        let Some(trust_move) = reader.trust_move(&artifact, n)? else { break };
        trust_moves.push((*trust_move).clone());
    }
    let mut absent = 0;
    for file in &manifest.files {
        absent += u64::from(is_absent(&file.sha256)?);
    }
    let card = reader.standing_model_card(&artifact)?;
    let (size, (manifest, findings)) = (manifest.size(), holding(reader, &artifact, &manifest)?);
    Ok(ShowAnswer {
        reference: reference.to_string(),
        artifact,
        version,
        stage,
        trust: reader.trust(&artifact)?.0,
        aliases,
        size,
        absent,
        lineage: reader.lineage(&artifact)?,
        contract: reader.standing_contract(&artifact)?,
        model_card: card.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        evidence: reader
            .evidence(&artifact)?
            .iter()
            .map(|evidence| (evidence.record.digest(), (**evidence).clone()))
            .collect(),
        trust_moves,
        stage_moves,
        verified: context.is_vouched_for(),
        closed_by: context.closed_by(&artifact)?.map(|file| file.path),
        tainted: context.taint_of(&found.subject())?,
        manifest,
        manifest_is: ManifestIs::Claimed,
        findings,
    })
}
