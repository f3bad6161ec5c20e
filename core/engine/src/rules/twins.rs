//! New names that people would take for standing ones. In a file system that does not tell case apart they would be the
//! same file.

use super::{RuleContext, Ruling};
use crate::effective::StateOverlay;
use crate::model_names::{ModelNames, first_named};
use crate::state_reader::StateReader;
use refmark_records::layout::Place;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::{ModelName, folded};

/// The models that a landing names for the first time.
pub(super) fn new_models(overlay: &StateOverlay<'_>) -> ModelNames {
    let new = overlay.own_files().filter(|path| path.starts_with("models/"));
    ModelNames::of(new.filter_map(|path| first_named(&Place::parse(path)?).cloned()))
}

/// Refuses a new name of a model, an alias or a catalog entry that looks like a standing one, or like another that the same
/// landing brings.
pub(super) fn judge(
    place: &Place,
    new: &ModelNames,
    overlay: &StateOverlay<'_>,
    context: &RuleContext<'_>,
) -> Result<Option<Ruling>> {
    let reader = StateReader(overlay);
    let (what, name, standing) = match place {
        Place::Alias(model, alias, 1) => {
            let all = reader.aliases(model)?.into_iter().map(|it| it.to_string()).collect();
            ("alias", alias.to_string(), all)
        }
        Place::Catalog(family, id, 1) => {
            let all = reader.catalog_entries(*family)?.iter().map(|it| it.id.to_string()).collect();
            ("entry", id.to_string(), all)
        }
        _ => match first_named(place) {
            Some(model) => ("model", model.to_string(), model_twins(model, new, overlay, context)?),
            None => return Ok(None),
        },
    };
    let near = standing.into_iter().find(|other| *other != name && folded(other) == folded(&name));
    Ok(near.map(|near| {
        let error = Error::new(
            Code::BadName,
            format!("{what} `{name}` differs from `{near}` only in case or in `. _ -` and spaces"),
        );
        Ruling::Failed(error.hint("choose a name that nobody can mix up").field("standing", near))
    }))
}

/// The models that a new one looks like. A rename may bring such a name where the same landing gives the other one up; that
/// a record says of itself that it was imported excuses nothing: an importer gives the model another name.
fn model_twins(
    model: &ModelName,
    new: &ModelNames,
    overlay: &StateOverlay<'_>,
    context: &RuleContext<'_>,
) -> Result<Vec<String>> {
    for place in [Place::Version(model.clone(), 1), Place::About(model.clone(), 1)] {
        if context.state.oid(&place.path())?.is_some() {
            return Ok(Vec::new());
        }
    }
    let mut near = context.state.model_twins(model)?;
    near.extend(new.twins_of(model));
    let reader = StateReader(overlay);
    let (mut renamed, mut hidden) = (false, true);
    for other in &near {
        let about = reader.about(other)?.filter(|about| about.hidden);
        hidden &= about.is_some();
        renamed |= about.is_some_and(|about| about.renamed_to.as_ref() == Some(model));
    }
    match renamed && hidden {
        true => Ok(Vec::new()),
        false => Ok(near.iter().map(ToString::to_string).collect()),
    }
}
