//! What holds for each kind of record.

use super::author::{approval_counts, authored_over, follows, registry_and_base};
use super::{Authority, RuleContext, Ruling, catalog, documents, moves, twins};
use crate::effective::{Effective, StateOverlay};
use crate::gate::GateReport;
use crate::model_names::ModelNames;
use crate::schema;
use crate::state_reader::{StateReader, TypedRecord};
use refmark_records::about::About;
use refmark_records::approval::Approval;
use refmark_records::catalog::{EntryState, Family};
use refmark_records::consumer::Consumer;
use refmark_records::evidence::QUARANTINE_PULL;
use refmark_records::layout::Place;
use refmark_records::policy::{Policy, Right};
use refmark_records::statement::{Predicate, Record};
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{EntryId, PrincipalId};
use refmark_types::oid::Oid;
use std::collections::BTreeSet;

/// What is asked of each file of a landing, found once for all.
pub(super) struct Sum {
    /// The artifacts that its versions name.
    named: BTreeSet<ArtifactId>,
    /// The actions that are switched off.
    disabled: BTreeSet<String>,
    /// The models that it names for the first time.
    new_models: ModelNames,
}

impl Sum {
    pub(super) fn of(overlay: &StateOverlay<'_>) -> Result<Sum> {
        Ok(Sum {
            named: named_by_versions(overlay)?,
            disabled: catalog::disabled_actions(StateReader(overlay))?,
            new_models: twins::new_models(overlay),
        })
    }
}

/// Judges one file of a landing against the sum; a move comes with its report.
pub(super) fn judge(
    place: &Place,
    path: &str,
    oid: Oid,
    sum: &Sum,
    authority: Option<&Authority>,
    overlay: &StateOverlay<'_>,
    context: &RuleContext<'_>,
) -> Result<(Ruling, Option<GateReport>)> {
    if overlay.oid(path)? != Some(oid) {
        // It is not well-formed, which was said when the sum was filled.
        return Ok((Ruling::Ok, None));
    }
    let Some(Authority { registry, policy }) = authority else {
        return Ok((Ruling::missing("the registry has no root and policy yet"), None));
    };
    if let Place::Document(artifact, document) = place {
        let named = sum.named.contains(artifact) || StateReader(context.state).has_artifact(artifact)?;
        return Ok((documents::judge(*artifact, *document, oid, named, overlay)?, None));
    }
    let record = overlay.objects().record(oid)?;
    match catalog::is_on(record.predicate(), &sum.disabled) {
        Ruling::Ok => {}
        off => return Ok((off, None)),
    }
    let check = RecordCheck { place, record: &record, overlay, context, policy };
    if let Place::Approval(..) = place {
        let approval = TypedRecord::<Approval>::of_approval(record.clone())?;
        return Ok((approval_counts(&approval, oid, policy, *registry, context)?, None));
    }
    match registry_and_base(&record, *registry, context)? {
        Ruling::Ok => {}
        other => return Ok((other, None)),
    }
    match authored_over(oid, &record, policy, rights_for(place, &record, policy, overlay)?, StateReader(overlay))? {
        Ruling::Ok => {}
        other => return Ok((other, None)),
    }
    let chain = check.chain()?;
    if let Ruling::Failed(_) = chain {
        return Ok((chain, None));
    }
    if let Some(twin) = twins::judge(place, &sum.new_models, overlay, context)? {
        return Ok((twin, None));
    }
    let (ruling, report) = match place {
        Place::Alias(..) | Place::Stage(..) | Place::Trust(..) => {
            moves::judge(&record, policy, *registry, overlay, context)?
        }
        _ => (check.plain()?, None),
    };
    Ok((chain.and(ruling), report))
}

/// The artifacts that the versions of a landing name.
fn named_by_versions(overlay: &StateOverlay<'_>) -> Result<BTreeSet<ArtifactId>> {
    let mut named = BTreeSet::new();
    for path in overlay.own_files().filter(|path| path.ends_with("/version.json")) {
        if let Some(record) = overlay.record(path)?
            && let Predicate::Version(version) = record.predicate()
        {
            named.insert(version.artifact);
        }
    }
    Ok(named)
}

/// The same for this very record: who may scan also attaches what a scan finds.
/// Whoever owns a product says what its entries are, by any right that there is.
fn rights_for(place: &Place, record: &Record, policy: &Policy, overlay: &StateOverlay<'_>) -> Result<&'static [Right]> {
    Ok(match record.predicate() {
        Predicate::Evidence(it) if ["scan", QUARANTINE_PULL].contains(&it.evidence_type.as_str()) => {
            &[Right::Attach, Right::Scan]
        }
        Predicate::Catalog(it) if catalog::is_of_own_product(StateReader(overlay), policy, it, &it.by)? => &Right::ALL,
        _ => rights(place),
    })
}

/// The rights of which an author needs one.
pub(crate) fn rights(place: &Place) -> &'static [Right] {
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

struct RecordCheck<'a> {
    place: &'a Place,
    record: &'a Record,
    overlay: &'a StateOverlay<'a>,
    context: &'a RuleContext<'a>,
    policy: &'a Policy,
}

impl RecordCheck<'_> {
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
        follows(self.record, number, (number > 1).then_some(before), self.overlay, self.context.brought)
    }

    /// What holds for records that no gate guards.
    fn plain(&self) -> Result<Ruling> {
        let reader = StateReader(self.overlay);
        match self.record.predicate() {
            Predicate::Version(version) => {
                let complete = documents::complete(version.artifact, self.overlay)?;
                let known = match reader.manifest(&version.artifact)? {
                    Some(manifest) => self
                        .in_catalog(Family::ArtifactType, &manifest.artifact_type)?
                        .and(catalog::fits_type(reader, &manifest)?)
                        .and(catalog::fits_contracts(reader, &manifest, &version.artifact)?),
                    None => Ruling::Ok,
                };
                Ok(complete.and(self.release_is_free(version)?).and(known))
            }
            Predicate::Label(label) => self.version_is(&label.model, label.version, &label.artifact),
            Predicate::Evidence(evidence) => {
                let registered = match reader.has_artifact(&evidence.artifact)? {
                    true => Ruling::Ok,
                    false => Ruling::missing(format!("{} is not registered", evidence.artifact.short())),
                };
                let named = self.in_catalog(Family::EvidenceType, &evidence.evidence_type)?;
                if evidence.evidence_type.as_str() == QUARANTINE_PULL && !self.policy.may_look(&evidence.by) {
                    return Ok(Ruling::Failed(may_not_look(self.policy, &evidence.by)));
                }
                Ok(registered.and(named).and(self.fits_schema(evidence)?))
            }
            Predicate::Catalog(entry) => Ok(catalog::entry(entry)),
            // A model may be described before it has a version: that takes its name.
            Predicate::About(about) => Ok(self.owner_is_known(about)?),
            Predicate::Consumer(consumer) => self.may_speak_for(consumer),
            Predicate::Checkpoint(checkpoint) => {
                let position = match checkpoint.base {
                    Some(base) => (self.context.position)(base)?,
                    None => None,
                };
                Ok(match position {
                    Some(position) if position + 1 == checkpoint.commits => Ruling::Ok,
                    _ => Ruling::failed(
                        Code::BadRecord,
                        format!(
                            "the checkpoint counts {} commits up to its base, and there are {:?}",
                            checkpoint.commits,
                            position.map(|p| p + 1)
                        ),
                    ),
                })
            }
            _ => Ok(Ruling::Ok),
        }
    }

    /// What a project uses is said by whoever said it first, or by somebody who may waive: else anybody could empty another
    /// project's list, and free what it runs.
    fn may_speak_for(&self, consumer: &Consumer) -> Result<Ruling> {
        let Some(first) = StateReader(self.overlay).consumer_at(&consumer.consumer, 1)? else { return Ok(Ruling::Ok) };
        let member = self.policy.members.get(&consumer.by);
        if first.by == consumer.by || member.is_some_and(|member| self.policy.has_right(member, Right::Waive)) {
            return Ok(Ruling::Ok);
        }
        let who: Vec<&str> = self.policy.who_may(Right::Waive).into_iter().map(PrincipalId::as_str).collect();
        Ok(Ruling::Failed(
            Error::new(
                Code::Refused,
                format!("the list of {} belongs to {}, who published it first", consumer.consumer, first.by),
            )
            .hint(format!("{} publishes it, or one of those who may waive: {}", first.by, who.join(", ")))
            .field("owner", &first.by),
        ))
    }

    /// An owner that somebody names is one whom the policy knows, where it says who owns what. What stands is kept.
    fn owner_is_known(&self, about: &About) -> Result<Ruling> {
        let Some(owner) = about.owner.as_deref().filter(|_| !self.policy.owners.is_empty()) else {
            return Ok(Ruling::Ok);
        };
        let before = match about.sequence {
            0 | 1 => None,
            n => self.overlay.record(&Place::About(about.model.clone(), n - 1).path())?,
        };
        let stood = before.as_ref().is_some_and(
            |before| matches!(before.predicate(), Predicate::About(before) if before.owner.as_deref() == Some(owner)),
        );
        if stood || self.policy.is_owner_called(owner, &about.model) {
            return Ok(Ruling::Ok);
        }
        let mut known: Vec<&str> =
            self.policy.owners_of(&about.model).filter_map(|owner| owner.name.as_deref()).collect();
        known.extend(self.policy.owners_of(&about.model).flat_map(|owner| &owner.members).map(PrincipalId::as_str));
        known.sort_unstable();
        known.dedup();
        let known = if known.is_empty() { "nobody".to_owned() } else { known.join(", ") };
        let own = Next::MembersOwn { models: about.model.to_string() };
        Ok(Ruling::Failed(
            Error::new(
                Code::Refused,
                format!(
                    "policy {} does not know {} as an owner of {}",
                    self.policy.number,
                    owner.escape_debug(),
                    about.model
                ),
            )
            .hint(Hint::of(format!("it knows {known}; to name others: ")).then(own))
            .field("owner", owner),
        ))
    }

    /// A release is no number and no other version's.
    fn release_is_free(&self, new: &refmark_records::version::Version) -> Result<Ruling> {
        let Some(release) = &new.release else { return Ok(Ruling::Ok) };
        if release.looks_like_a_version() {
            return Ok(Ruling::failed(Code::BadName, format!("release {release} could be taken for a version")));
        }
        let reader = StateReader(self.overlay);
        let other = super::releases::other_with(reader, &new.model, release, new.version)?;
        Ok(other.map_or(Ruling::Ok, |version| {
            Ruling::failed(
                Code::Exists,
                format!("release {release} of {} is version {version} already, and a release never moves", new.model),
            )
        }))
    }

    /// A version is there and is this artifact.
    fn version_is(
        &self,
        model: &refmark_types::name::ModelName,
        version: u64,
        artifact: &ArtifactId,
    ) -> Result<Ruling> {
        moves::version_is(StateReader(self.overlay), model, version, artifact)
    }

    /// Evidence is as the schema of its type says, where the catalog has one.
    fn fits_schema(&self, evidence: &refmark_records::evidence::Evidence) -> Result<Ruling> {
        let entry = StateReader(self.overlay).catalog(Family::EvidenceType, &evidence.evidence_type)?;
        let Some(entry) = entry.filter(|entry| !entry.schema.0.is_null()) else { return Ok(Ruling::Ok) };
        let value = refmark_types::value::to_value(evidence);
        Ok(match schema::check(&entry.schema.0, &value) {
            Ok(()) => Ruling::Ok,
            Err(error) => Ruling::Failed(
                Error::new(
                    Code::BadRecord,
                    format!("the {} is not as the catalog's schema asks: {}", evidence.evidence_type, error.message),
                )
                .hint(Hint::of("the schema: ").then(Next::CatalogShow {
                    family: Family::EvidenceType.as_str().to_owned(),
                    id: evidence.evidence_type.to_string(),
                })),
            ),
        })
    }

    /// An id is in the catalog, and not disabled.
    fn in_catalog(&self, family: Family, id: &EntryId) -> Result<Ruling> {
        let entry = StateReader(self.overlay).catalog(family, id)?;
        let known = || Hint::of("the known ones: ").then(Next::CatalogList { family: family.as_str().to_owned() });
        Ok(match entry.map(|entry| entry.state) {
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

/// Why somebody may not take quarantined bytes, and who may.
pub fn may_not_look(policy: &Policy, by: &PrincipalId) -> Box<Error> {
    let who: Vec<&str> = policy.members.keys().filter(|id| policy.may_look(id)).map(PrincipalId::as_str).collect();
    let who = if who.is_empty() { "nobody".to_owned() } else { who.join(", ") };
    Error::new(Code::Refused, format!("{by} may not take quarantined bytes under policy {}", policy.number))
        .hint(
            Hint::of(format!("who has the right `scan`, or is asked before it is trusted, may: {who}; the policy: "))
                .then(Next::PolicyShow),
        )
        .field("who_could", who)
}

impl TypedRecord<Approval> {
    fn of_approval(record: std::sync::Arc<Record>) -> Result<TypedRecord<Approval>> {
        TypedRecord::read(record, |predicate| match predicate {
            Predicate::Approval(predicate) => Some(predicate),
            _ => None,
        })
    }
}
