//! What holds for each kind of record.

use super::author::{approval_counts, authored, follows, registry_and_base};
use super::{Authority, RuleContext, Ruling, documents, moves};
use crate::effective::{Effective, StateOverlay};
use crate::gate::GateReport;
use crate::schema;
use crate::state_reader::{StateReader, TypedRecord};
use refmark_records::approval::Approval;
use refmark_records::catalog::{EntryState, Family};
use refmark_records::layout::Place;
use refmark_records::policy::Right;
use refmark_records::statement::{Predicate, Record};
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::EntryId;
use refmark_types::oid::Oid;
use std::collections::BTreeSet;

/// Judges one file of a landing against the sum; a move comes with its report.
pub(super) fn judge(
    place: &Place,
    path: &str,
    oid: Oid,
    named: &BTreeSet<ArtifactId>,
    under: Option<&Authority>,
    sum: &StateOverlay<'_>,
    ground: &RuleContext<'_>,
) -> Result<(Ruling, Option<GateReport>)> {
    if sum.oid(path)? != Some(oid) {
        // It is not well-formed, which was said when the sum was filled.
        return Ok((Ruling::Ok, None));
    }
    let Some(Authority { registry, policy }) = under else {
        return Ok((Ruling::missing("the registry has no root and policy yet"), None));
    };
    if let Place::Document(artifact, document) = place {
        let named = named.contains(artifact) || StateReader(ground.state).has_artifact(artifact)?;
        return Ok((documents::judge(*artifact, *document, oid, named, sum)?, None));
    }
    let record = sum.objects().record(oid)?;
    let about = About { place, record: &record, sum, ground };
    if let Place::Approval(..) = place {
        let approval = TypedRecord::<Approval>::of_approval(record.clone())?;
        return Ok((approval_counts(&approval, oid, policy, *registry, ground)?, None));
    }
    match registry_and_base(&record, *registry, ground)? {
        Ruling::Ok => {}
        other => return Ok((other, None)),
    }
    match authored(oid, &record, policy, rights(place), sum.objects())? {
        Ruling::Ok => {}
        other => return Ok((other, None)),
    }
    let chain = about.chain()?;
    if let Ruling::Failed(_) = chain {
        return Ok((chain, None));
    }
    let (ruling, report) = match place {
        Place::Alias(..) | Place::Stage(..) | Place::Trust(..) => {
            moves::judge(&record, policy, *registry, sum, ground)?
        }
        _ => (about.plain()?, None),
    };
    Ok((chain.and(ruling), report))
}

/// The artifacts that the versions of a landing name.
pub(super) fn named_by_versions(sum: &StateOverlay<'_>) -> Result<BTreeSet<ArtifactId>> {
    let mut named = BTreeSet::new();
    for path in sum.own_files().filter(|path| path.ends_with("/version.json")) {
        if let Some(record) = sum.record(path)?
            && let Predicate::Version(it) = record.predicate()
        {
            named.insert(it.artifact);
        }
    }
    Ok(named)
}

/// The rights of which an author needs one.
fn rights(place: &Place) -> &'static [Right] {
    match place {
        Place::Version(..) => &[Right::Register],
        Place::About(..) | Place::Label(..) => &[Right::Describe],
        Place::Alias(..) | Place::Stage(..) => &[Right::Propose],
        Place::Trust(..) => &[Right::Propose, Right::Register],
        Place::Evidence(..) => &[Right::Attach],
        Place::Consumer(..) => &[Right::Publish],
        Place::Checkpoint(..) => &[Right::Checkpoint],
        Place::Catalog(..) => &[Right::Catalog],
        Place::Approval(..) => &[Right::Approve, Right::Waive],
        Place::Root(_) | Place::Policy(_) | Place::PolicyText(_) | Place::Document(..) => &[],
    }
}

struct About<'a> {
    place: &'a Place,
    record: &'a Record,
    sum: &'a StateOverlay<'a>,
    ground: &'a RuleContext<'a>,
}

impl About<'_> {
    /// The number and the predecessor's place of a numbered record.
    fn chain(&self) -> Result<Ruling> {
        let (number, before) = match self.place.clone() {
            Place::About(model, n) => (n, Place::About(model, n.saturating_sub(1))),
            Place::Version(model, n) => (n, Place::Version(model, n.saturating_sub(1))),
            Place::Stage(model, v, n) => (n, Place::Stage(model, v, n.saturating_sub(1))),
            Place::Label(model, v, n) => (n, Place::Label(model, v, n.saturating_sub(1))),
            Place::Alias(model, alias, n) => (n, Place::Alias(model, alias, n.saturating_sub(1))),
            Place::Trust(artifact, n) => (n, Place::Trust(artifact, n.saturating_sub(1))),
            Place::Consumer(id, n) => (n, Place::Consumer(id, n.saturating_sub(1))),
            Place::Checkpoint(n) => (n, Place::Checkpoint(n.saturating_sub(1))),
            Place::Catalog(family, id, n) => (n, Place::Catalog(family, id, n.saturating_sub(1))),
            _ => return Ok(Ruling::Ok),
        };
        follows(self.record, number, (number > 1).then_some(before), self.sum)
    }

    /// What holds for records that no gate guards.
    fn plain(&self) -> Result<Ruling> {
        let facts = StateReader(self.sum);
        match self.record.predicate() {
            Predicate::Version(it) => {
                let complete = documents::complete(it.artifact, self.sum)?;
                let known = match facts.manifest(&it.artifact)? {
                    Some(manifest) => self.in_catalog(Family::ArtifactType, &manifest.artifact_type)?,
                    None => Ruling::Ok,
                };
                Ok(complete.and(self.release_is_free(it)?).and(known))
            }
            Predicate::Label(it) => self.version_is(&it.model, it.version, &it.artifact),
            Predicate::Evidence(it) => {
                let registered = match facts.has_artifact(&it.artifact)? {
                    true => Ruling::Ok,
                    false => Ruling::missing(format!("{} is not registered", it.artifact.short())),
                };
                let named = self.in_catalog(Family::EvidenceType, &it.evidence_type)?;
                Ok(registered.and(named).and(self.fits_schema(it)?))
            }
            // A schema with words that nobody reads would refuse nothing.
            Predicate::Catalog(it) if !it.schema.0.is_null() => Ok(match schema::check_schema(&it.schema.0) {
                Ok(()) => Ruling::Ok,
                Err(error) => Ruling::Failed(error),
            }),
            // A model may be described before it has a version: that takes its name.
            Predicate::About(_) => Ok(Ruling::Ok),
            Predicate::Checkpoint(it) => {
                let position = match it.base {
                    Some(base) => (self.ground.position)(base)?,
                    None => None,
                };
                Ok(match position {
                    Some(position) if position + 1 == it.commits => Ruling::Ok,
                    _ => Ruling::failed(
                        Code::BadRecord,
                        format!(
                            "the checkpoint counts {} commits up to its base, and there are {:?}",
                            it.commits,
                            position.map(|p| p + 1)
                        ),
                    ),
                })
            }
            _ => Ok(Ruling::Ok),
        }
    }

    /// A release is no number and no other version's.
    fn release_is_free(&self, it: &refmark_records::version::Version) -> Result<Ruling> {
        let Some(release) = &it.release else { return Ok(Ruling::Ok) };
        if release.looks_like_a_version() {
            return Ok(Ruling::failed(Code::BadName, format!("release {release} could be taken for a version")));
        }
        let facts = StateReader(self.sum);
        for version in facts.versions(&it.model)? {
            let other = facts.version(&it.model, version)?;
            if version != it.version && other.is_some_and(|other| other.release.as_ref() == Some(release)) {
                return Ok(Ruling::failed(
                    Code::Exists,
                    format!(
                        "release {release} of {} is version {version} already, and a release never moves",
                        it.model
                    ),
                ));
            }
        }
        Ok(Ruling::Ok)
    }

    /// A version is there and is this artifact.
    fn version_is(
        &self,
        model: &refmark_types::name::ModelName,
        version: u64,
        artifact: &ArtifactId,
    ) -> Result<Ruling> {
        moves::version_is(StateReader(self.sum), model, version, artifact)
    }

    /// Evidence is as the schema of its type says, where the catalog has one.
    fn fits_schema(&self, it: &refmark_records::evidence::Evidence) -> Result<Ruling> {
        let entry = StateReader(self.sum).catalog(Family::EvidenceType, &it.evidence_type)?;
        let Some(entry) = entry.filter(|entry| !entry.schema.0.is_null()) else { return Ok(Ruling::Ok) };
        let value = refmark_types::value::to_value(it);
        Ok(match schema::check(&entry.schema.0, &value) {
            Ok(()) => Ruling::Ok,
            Err(error) => Ruling::Failed(
                Error::new(
                    Code::BadRecord,
                    format!("the {} is not as the catalog's schema asks: {}", it.evidence_type, error.message),
                )
                .hint(format!("`refmark catalog show evidence-type {}` has the schema", it.evidence_type)),
            ),
        })
    }

    /// An id is in the catalog, and not disabled.
    fn in_catalog(&self, family: Family, id: &EntryId) -> Result<Ruling> {
        let entry = StateReader(self.sum).catalog(family, id)?;
        let known = || format!("`refmark catalog list {}` shows the known ones", family.as_str());
        Ok(match entry.map(|it| it.state) {
            Some(EntryState::Active | EntryState::Deprecated) => Ruling::Ok,
            Some(EntryState::Disabled) => Ruling::Failed(
                Error::new(Code::Refused, format!("{} {id} is disabled in the catalog", family.as_str())).hint(known()),
            ),
            None => Ruling::Failed(
                Error::new(Code::Refused, format!("{} {id} is not in the catalog", family.as_str())).hint(known()),
            ),
        })
    }
}

impl TypedRecord<Approval> {
    fn of_approval(record: std::sync::Arc<Record>) -> Result<TypedRecord<Approval>> {
        TypedRecord::read(record, |predicate| match predicate {
            Predicate::Approval(it) => Some(it),
            _ => None,
        })
    }
}
