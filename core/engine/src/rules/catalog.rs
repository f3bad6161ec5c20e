//! What the catalog asks of records: the action that a record is, the entries of a product's own, and what the artifacts of a
//! type are and may become.

use super::Ruling;
use crate::gate::{self, GateResult, Status, Subject};
use crate::schema;
use crate::state_reader::StateReader;
use refmark_records::catalog::{CatalogEntry, EntryState, Family};
use refmark_records::gate::{Gate, GateRule};
use refmark_records::manifest::Manifest;
use refmark_records::policy::Policy;
use refmark_records::statement::Predicate;
use refmark_records::template;
use refmark_records::trust::TrustState;
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{EntryId, PrincipalId};
use refmark_types::value::Value;
use std::collections::BTreeSet;

/// The actions that nobody switches off: whoever may change the catalog would lock out those who sign roots and policies, or
/// everybody for good.
const ALWAYS_ON: [&str; 2] = ["policy", "catalog"];

/// The `audit-action` that a record is.
pub fn action_of(predicate: &Predicate) -> &'static str {
    match predicate {
        Predicate::Version(_) => "register",
        Predicate::About(_) | Predicate::Label(_) => "describe",
        Predicate::Alias(_) => "promote",
        Predicate::Stage(_) => "transition",
        Predicate::Trust(moved) => match moved.to {
            TrustState::Revoked => "revoke",
            TrustState::Deleted => "delete",
            _ => "transition",
        },
        Predicate::Evidence(_) => "attach",
        Predicate::Approval(_) => "approve",
        Predicate::Consumer(_) => "publish",
        Predicate::Checkpoint(_) => "checkpoint",
        Predicate::Catalog(_) => "catalog",
        Predicate::Root(_) | Predicate::Policy(_) => "policy",
    }
}

/// The actions that are switched off.
pub(super) fn disabled_actions(reader: StateReader<'_>) -> Result<BTreeSet<String>> {
    let all = reader.catalog_entries(Family::AuditAction)?;
    Ok(all.iter().filter(|entry| entry.state == EntryState::Disabled).map(|entry| entry.id.to_string()).collect())
}

/// A record is of an action that is on.
pub(super) fn is_on(predicate: &Predicate, disabled: &BTreeSet<String>) -> Ruling {
    let action = action_of(predicate);
    if ALWAYS_ON.contains(&action) || !disabled.contains(action) {
        return Ruling::Ok;
    }
    let family = Family::AuditAction.as_str().to_owned();
    Ruling::Failed(
        Error::new(Code::Refused, format!("the action `{action}` is disabled in the catalog"))
            .hint(
                Hint::of("who disabled it, and what it means: ")
                    .then(Next::CatalogShow { family, id: action.to_owned() }),
            )
            .field("action", action),
    )
}

/// What holds for an entry itself.
pub(super) fn entry(entry: &CatalogEntry) -> Ruling {
    if entry.family == Family::AuditAction
        && entry.state == EntryState::Disabled
        && ALWAYS_ON.contains(&entry.id.as_str())
    {
        return Ruling::failed(
            Code::Refused,
            format!("the action `{}` stays on: without it nobody could mend what is wrong", entry.id),
        );
    }
    if entry.family != Family::ArtifactType && !entry.artifacts.is_empty() {
        return Ruling::failed(Code::BadRecord, "only an artifact type says what may become of artifacts");
    }
    if let Some(text) = &entry.template {
        if entry.family != Family::NotificationTemplate {
            return Ruling::failed(Code::BadRecord, "only a notification template has a template");
        }
        if let Err(error) = template::check(text) {
            return Ruling::failed(Code::BadRecord, error.message);
        }
    }
    // A schema with words that nobody reads would refuse nothing.
    match entry.schema.0.is_null() {
        true => Ruling::Ok,
        false => schema::check_schema(&entry.schema.0).map_or_else(Ruling::Failed, |()| Ruling::Ok),
    }
}

/// Whether an entry is of a product that its author owns: its id begins with the product's and a dot. What products there are,
/// which actions and which scopes, is said by those who have the right `catalog`.
pub(super) fn is_of_own_product(
    reader: StateReader<'_>,
    policy: &Policy,
    entry: &CatalogEntry,
    by: &PrincipalId,
) -> Result<bool> {
    if matches!(entry.family, Family::Product | Family::AuditAction | Family::Scope) {
        return Ok(false);
    }
    let Some((product, _)) = entry.id.as_str().split_once('.') else { return Ok(false) };
    let Some(product) = reader.catalog(Family::Product, &EntryId::parse(product)?)? else { return Ok(false) };
    let of_team = |owner: &&refmark_records::policy::Owners| {
        owner.name.as_deref() == Some(product.owner.as_str()) && owner.members.contains(by)
    };
    let owns = product.owner == by.as_str() || policy.owners.iter().any(|owner| of_team(&owner));
    Ok(owns && product.state != EntryState::Disabled && policy.members.contains_key(by))
}

/// A manifest is as the schema of its type says.
pub(super) fn fits_type(reader: StateReader<'_>, manifest: &Manifest) -> Result<Ruling> {
    let of = &manifest.artifact_type;
    let entry = reader.catalog(Family::ArtifactType, of)?;
    let Some(entry) = entry.filter(|entry| !entry.schema.0.is_null()) else { return Ok(Ruling::Ok) };
    Ok(match schema::check(&entry.schema.0, &refmark_types::value::to_value(manifest)) {
        Ok(()) => Ruling::Ok,
        Err(error) => Ruling::Failed(
            Error::new(
                Code::BadRecord,
                format!("the manifest is not as the catalog asks of a {of}: {}", error.message),
            )
            .hint(
                Hint::of("the schema: ")
                    .then(Next::CatalogShow { family: Family::ArtifactType.as_str().to_owned(), id: of.to_string() }),
            ),
        ),
    })
}

/// A package that claims the contract of a client library, by a capability of its name, is as that contract's schema says. The
/// schema holds `manifest` and, where the package has one, `contract`.
pub(super) fn fits_contracts(reader: StateReader<'_>, manifest: &Manifest, artifact: &ArtifactId) -> Result<Ruling> {
    for claimed in &manifest.capabilities {
        let Ok(id) = EntryId::parse(claimed) else { continue };
        let Some(entry) = reader.catalog(Family::SdkContract, &id)? else { continue };
        let show = Next::CatalogShow { family: Family::SdkContract.as_str().to_owned(), id: id.to_string() };
        let refused = |why: String| {
            let error = Error::new(Code::BadRecord, format!("the package claims sdk-contract {id}, {why}"));
            Ok(Ruling::Failed(error.hint(Hint::of("what it asks: ").then(show.clone())).field("sdk_contract", &id)))
        };
        if entry.state == EntryState::Disabled {
            return refused("which is disabled in the catalog".to_owned());
        }
        if entry.schema.0.is_null() {
            continue;
        }
        let mut members = vec![("manifest".to_owned(), refmark_types::value::to_value(manifest))];
        if let Some(contract) = reader.contract(artifact)? {
            members.push(("contract".to_owned(), refmark_types::value::to_value(&contract)));
        }
        let held = Value::Object(members.into_iter().collect());
        if let Err(error) = schema::check(&entry.schema.0, &held) {
            return refused(format!("and is not as that asks: {}", error.message));
        }
    }
    Ok(Ruling::Ok)
}

/// What the type of an artifact lets it become, as gates: whether it is trusted, and by which evidence.
pub(super) fn trusted(s: &Subject<'_>) -> Result<Vec<GateResult>> {
    let Some(entry) = type_of(s)? else { return Ok(Vec::new()) };
    let mut gates = Vec::new();
    if entry.artifacts.never_trusted {
        gates.push(never(&entry, "is never trusted"));
    }
    for of in &entry.artifacts.evidence {
        let asks = Gate::Evidence {
            of: of.clone(),
            by: Vec::new(),
            max_age_days: None,
            suite: None,
            suite_version: None,
            holdout: None,
            any_verdict: false,
        };
        let name = Some(format!("artifact-type {}: {of}", entry.id));
        gates.push(gate::judge(&GateRule { name, waivable: false, independent: None, gate: asks }, s)?);
    }
    Ok(gates)
}

/// The same for an alias that is to point at it.
pub(super) fn promoted(reader: StateReader<'_>, manifest: &Manifest) -> Result<Option<GateResult>> {
    let entry = reader.catalog(Family::ArtifactType, &manifest.artifact_type)?;
    Ok(entry.filter(|entry| entry.artifacts.never_promoted).map(|entry| never(&entry, "is never promoted")))
}

fn type_of(s: &Subject<'_>) -> Result<Option<crate::state_reader::TypedRecord<CatalogEntry>>> {
    match s.reader.manifest(&s.artifact)? {
        Some(manifest) => s.reader.catalog(Family::ArtifactType, &manifest.artifact_type),
        None => Ok(None),
    }
}

fn never(entry: &CatalogEntry, what: &str) -> GateResult {
    let show = Next::CatalogShow { family: Family::ArtifactType.as_str().to_owned(), id: entry.id.to_string() };
    GateResult {
        name: "artifact-type".to_owned(),
        status: Status::Failed,
        expected: "a type that may".to_owned(),
        found: format!("what is a {} {what}", entry.id),
        evidence: None,
        next: Some(Hint::of("what the catalog says of it: ").then(show)),
        waivable: false,
    }
}
