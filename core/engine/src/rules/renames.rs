//! A rename is its own record: the description that gives the old name up and names the new one. What it carries over to the
//! new name, and closes under the old one, says the same as before, so that no gate is asked again.

use super::RuleContext;
use super::report::{built_in, describe};
use crate::effective::StateOverlay;
use crate::gate::{Decision, GateReport, Status};
use crate::state_reader::{StateReader, TypedRecord};
use refmark_records::about::About;
use refmark_records::layout::Place;
use refmark_records::policy::Policy;
use refmark_records::statement::{Predicate, Record};
use refmark_types::error::Result;
use refmark_types::name::ModelName;

/// The report on a move that an owner's rename carries over or closes; nothing where it is a move like any other.
pub(super) fn carried(
    record: &Record,
    policy: &Policy,
    overlay: &StateOverlay<'_>,
    context: &RuleContext<'_>,
) -> Result<Option<GateReport>> {
    let before = StateReader(context.state);
    let (rename, rests_on) = match record.predicate() {
        Predicate::Stage(moved) => {
            let Some(rename) = renamed(overlay, |about| about.renamed_to.as_ref() == Some(&moved.model))? else {
                return Ok(None);
            };
            let (stage, stood) = before.stage(&rename.model, moved.version)?;
            let version = before.version(&rename.model, moved.version)?;
            let same = stage == moved.to && version.is_some_and(|it| it.artifact == moved.artifact);
            let rests_on = stood.filter(|_| same).map(|it| it.record.common().path.to_owned());
            (rename, rests_on)
        }
        Predicate::Alias(moved) => {
            let stands = |model: &ModelName| before.alias(model, &moved.alias);
            let here = |about: &About| match moved.to {
                Some(_) => about.renamed_to.as_ref() == Some(&moved.model),
                None => about.model == moved.model && about.renamed_to.is_some() && about.hidden,
            };
            let Some(rename) = renamed(overlay, here)? else { return Ok(None) };
            let held = stands(&rename.model)?;
            let same = match (moved.to, &rename.renamed_to) {
                (Some(to), _) => held.as_ref().is_some_and(|held| held.to == Some(to)),
                (None, Some(name)) => {
                    StateReader(overlay).alias(name, &moved.alias)?.and_then(|it| it.to) == moved.from
                }
                (None, None) => false,
            };
            (rename, held.filter(|_| same).map(|it| it.record.common().path.to_owned()))
        }
        _ => return Ok(None),
    };
    let Some(rests_on) = rests_on.filter(|path| !context.tainted.contains(path)) else { return Ok(None) };
    let by = record.common().by;
    let may = rename.by == *by && (policy.owners.is_empty() || policy.owns(by, &rename.model));
    if !may {
        return Ok(None);
    }
    let name = rename.renamed_to.as_ref().map(ToString::to_string).unwrap_or_default();
    let found = format!("{} is renamed to {name} by {by}", rename.model);
    Ok(Some(GateReport {
        change: describe(record.predicate()),
        statement: record.digest(),
        decision: Decision::Ok,
        policy: policy.number,
        gates: vec![built_in("renamed", Status::Passed, "the same as under the old name".to_owned(), found, "")],
        signers: Vec::new(),
        break_glass: false,
        rests_on: vec![rests_on],
    }))
}

/// The landing's own description that renames a model, and of which this holds.
fn renamed(overlay: &StateOverlay<'_>, holds: impl Fn(&About) -> bool) -> Result<Option<TypedRecord<About>>> {
    for path in overlay.own_files().filter(|path| path.starts_with("models/") && path.contains("/about/")) {
        let Some(Place::About(model, number)) = Place::parse(path) else { continue };
        let Some(about) = StateReader(overlay).about_at(&model, number)? else { continue };
        if about.renamed_to.is_some() && holds(&about) {
            return Ok(Some(about));
        }
    }
    Ok(None)
}
