//! `report`: one dossier per version for an audit. The same bytes from the same commit: no clock, no machine, no path.

mod annex_iv;
mod cyclonedx;
mod materials;
mod model_card;
mod spdx;
mod usage;

use serde::Serialize;

pub use annex_iv::annex_iv;
pub use cyclonedx::cyclonedx;
pub use model_card::model_card;
pub use spdx::spdx;
pub use usage::{ProductUse, UnitUse, Usage, usage};

use super::answer::QueryContext;
use super::explain::brought_by;
use super::findings::{FileFinding, findings_of};
use refmark_engine::state_reader::StateReader;
use refmark_engine::verify::Subject;
use refmark_records::evidence::Evidence;
use refmark_records::manifest::{Contract, Lineage, Manifest};
use refmark_records::registry_id::RegistryId;
use refmark_records::statement::{Predicate, Record};
use refmark_records::trust::TrustState;
use refmark_records::version::{Stage, Version};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::{ModelName, PrincipalId};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// Everything that the records say of one version.
#[derive(Debug, Clone, Serialize)]
pub struct Dossier {
    /// The registry's id.
    pub registry: RegistryId,
    /// The registry's name.
    pub name: String,
    /// The commit of which it is true.
    pub head: Oid,
    /// That commit's time, as its committer claims it.
    pub as_of: Timestamp,
    /// The newest root's number and statement.
    pub root: Option<(u64, Digest)>,
    /// The newest policy's number and statement.
    pub policy: Option<(u64, Digest)>,
    /// Whether the history was verified against a pinned root, and the version rests on no key that was distrusted.
    pub verified: bool,
    /// The model.
    pub model: ModelName,
    /// The version's record.
    pub version: Version,
    /// The model's owner.
    pub owner: Option<String>,
    /// The version's stage.
    pub stage: Stage,
    /// The artifact's trust state.
    pub trust: TrustState,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The manifest, without its table of tensors.
    pub manifest: Manifest,
    /// How many tensors it has.
    pub tensors: usize,
    /// What the scan found in its files when it was registered: all of it.
    pub findings: Vec<FileFinding>,
    /// Where it came from.
    pub lineage: Lineage,
    /// What callers rely on.
    pub contract: Option<Contract>,
    /// The model card.
    pub model_card: Option<String>,
    /// What was found out about it.
    pub evidence: Vec<EvidenceEntry>,
    /// The registration, and every move of its stage, its trust state and the aliases to and from it, oldest first.
    pub moves: Vec<MoveEntry>,
    /// The keys that signed any of it.
    pub keys: Vec<KeyEntry>,
}

/// A piece of evidence.
#[derive(Debug, Clone, Serialize)]
pub struct EvidenceEntry {
    /// Its statement's digest.
    pub statement: Digest,
    /// The key that signed it.
    pub key: Option<String>,
    /// The commit that brought it.
    pub commit: Option<Oid>,
    /// What it says.
    pub evidence: Evidence,
}

/// A signed move, or the registration.
#[derive(Debug, Clone, Serialize)]
pub struct MoveEntry {
    /// In a few words.
    pub change: String,
    /// Its kind.
    pub kind: &'static str,
    /// Its path.
    pub path: String,
    /// Its statement's digest.
    pub statement: Digest,
    /// Who signed it.
    pub by: PrincipalId,
    /// The key.
    pub key: Option<String>,
    /// When, by that person's clock.
    pub time: Timestamp,
    /// Why.
    pub reason: String,
    /// The commit that brought it.
    pub commit: Option<Oid>,
    /// What was said to it.
    pub approvals: Vec<ApprovalEntry>,
}

/// An approval or waiver.
#[derive(Debug, Clone, Serialize)]
pub struct ApprovalEntry {
    /// Who.
    pub by: PrincipalId,
    /// When, by that person's clock.
    pub time: Timestamp,
    /// Whether it is an approval.
    pub approves: bool,
    /// The gates that it waives, each with its reason and end.
    pub waives: Vec<(String, String, Timestamp)>,
    /// Its statement's digest.
    pub statement: Digest,
    /// The key.
    pub key: Option<String>,
}

/// A key that signed something of a dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyEntry {
    /// Its id.
    pub key: String,
    /// Whose it is under the newest policy.
    pub principal: Option<PrincipalId>,
    /// The public key, as in `authorized_keys`, where the newest policy has it.
    pub public: Option<String>,
}

/// The dossier of a version.
pub fn report(context: &QueryContext<'_, '_>, model: &ModelName, number: u64) -> Result<Dossier> {
    let reader = context.reader();
    let not_here = |what: String| Error::new(Code::NotFound, what);
    let version = reader.version(model, number)?.ok_or_else(|| not_here(format!("{model} has no version {number}")))?;
    let artifact = version.artifact;
    let whole =
        reader.manifest(&artifact)?.ok_or_else(|| not_here(format!("the manifest of {artifact} is not here")))?;
    let root = reader.newest_root()?;
    let policy = reader.newest_policy()?;
    let mut records = moves(reader, model, number, artifact)?;
    records.sort_by_key(|record| (record.common().time, record.common().path.to_owned()));
    let found = reader.evidence(&artifact)?;
    let paths: Vec<String> = records
        .iter()
        .map(|record| &**record)
        .chain(found.iter().map(|piece| &*piece.record))
        .map(|record| record.common().path.to_owned())
        .collect();
    let commits = brought_by(context, &paths)?;
    let commit = |record: &Record| commits.get(record.common().path).copied();
    let evidence: Vec<EvidenceEntry> = found
        .iter()
        .map(|piece| EvidenceEntry {
            statement: piece.record.digest(),
            key: key_of(&piece.record),
            commit: commit(&piece.record),
            evidence: (**piece).clone(),
        })
        .collect();
    let mut entries = Vec::new();
    for record in &records {
        entries.push(entry(reader, record, commit(record))?);
    }
    let mut manifest = (*whole).clone();
    let tensors = manifest.tensor_count();
    manifest.tensors.clear();
    let card = reader.standing_model_card(&artifact)?;
    let subject = Subject { artifact: &artifact, version: Some((model, number)), alias: None };
    let mut dossier = Dossier {
        registry: version.registry,
        name: root.as_ref().map(|root| root.name.clone()).unwrap_or_default(),
        head: context.head,
        as_of: context.as_of()?.time,
        root: root.as_ref().map(|root| (root.number, root.record.digest())),
        policy: policy.as_ref().map(|found| (found.0.number, found.1.digest())),
        verified: context.is_vouched_for() && context.taint_of(&subject)?.is_none(),
        model: model.clone(),
        owner: reader.about(model)?.and_then(|about| about.owner.clone()),
        stage: reader.stage(model, number)?.0,
        trust: match context.closed_by(&artifact)? {
            // Its bytes were revoked under another name.
            Some(_) => TrustState::Revoked,
            None => reader.trust(&artifact)?.0,
        },
        version: (*version).clone(),
        artifact,
        manifest,
        tensors,
        findings: findings_of(reader, &artifact)?,
        lineage: reader.lineage(&artifact)?.unwrap_or_default(),
        contract: reader.standing_contract(&artifact)?,
        model_card: card.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        evidence,
        moves: entries,
        keys: Vec::new(),
    };
    dossier.keys = keys(&dossier, policy.as_ref().map(|found| &*found.0));
    Ok(dossier)
}

fn moves(
    reader: StateReader<'_>,
    model: &ModelName,
    number: u64,
    artifact: ArtifactId,
) -> Result<Vec<std::sync::Arc<Record>>> {
    let mut records = Vec::new();
    records.extend(reader.version(model, number)?.map(|version| version.record));
    for n in 1.. {
        let Some(stage_move) = reader.stage_move(model, number, n)? else { break };
        records.push(stage_move.record);
    }
    for n in 1.. {
        let Some(trust_move) = reader.trust_move(&artifact, n)? else { break };
        records.push(trust_move.record);
    }
    for alias in reader.aliases(model)? {
        for alias_move in reader.alias_moves(model, &alias)? {
            if [alias_move.from, alias_move.to].iter().flatten().any(|at| at.version == number) {
                records.push(alias_move.record);
            }
        }
    }
    Ok(records)
}

fn key_of(record: &Record) -> Option<String> {
    record.signatures.first().map(|signature| signature.keyid.to_string())
}

fn entry(reader: StateReader<'_>, record: &Record, commit: Option<Oid>) -> Result<MoveEntry> {
    let common = record.common();
    let approval =
        |approval: &refmark_engine::state_reader::TypedRecord<refmark_records::approval::Approval>| ApprovalEntry {
            by: approval.by.clone(),
            time: approval.time,
            approves: approval.approves,
            waives: approval
                .waives
                .iter()
                .map(|waiver| (waiver.gate.clone(), waiver.reason.clone(), waiver.until))
                .collect(),
            statement: approval.record.digest(),
            key: key_of(&approval.record),
        };
    let change = match record.predicate() {
        Predicate::Version(version) => {
            format!("{}/{} registered as {}", version.model, version.version, version.artifact.short())
        }
        other => refmark_engine::rules::describe(other),
    };
    Ok(MoveEntry {
        change,
        kind: record.predicate().kind(),
        path: common.path.to_owned(),
        statement: record.digest(),
        by: common.by.clone(),
        key: key_of(record),
        time: common.time,
        reason: super::explain::reason(record.predicate()),
        commit,
        approvals: reader.approvals(&record.digest())?.iter().map(approval).collect(),
    })
}

fn keys(dossier: &Dossier, policy: Option<&refmark_records::policy::Policy>) -> Vec<KeyEntry> {
    let evidence = dossier.evidence.iter().map(|piece| &piece.key);
    let moves =
        dossier.moves.iter().flat_map(|moved| moved.approvals.iter().map(|entry| &entry.key).chain([&moved.key]));
    let ids: std::collections::BTreeSet<&String> = evidence.chain(moves).flatten().collect();
    let mut entries = Vec::new();
    for id in ids {
        let holder = policy.and_then(|policy| {
            policy.members.iter().find_map(|(who, member)| {
                member.keys.iter().find(|key| key.id().to_string() == *id).map(|key| (who.clone(), key.to_string()))
            })
        });
        let (principal, public) = holder.unzip();
        entries.push(KeyEntry { key: id.clone(), principal, public });
    }
    entries
}
