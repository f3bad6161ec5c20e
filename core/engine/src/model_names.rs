//! The names of models as people read them: those that differ only in case or in `. _ -` and spaces are taken for one
//! another.

use std::collections::{BTreeMap, BTreeSet};

use refmark_records::layout::Place;
use refmark_types::name::{ModelName, folded};

/// Names of models, by what people read.
#[derive(Debug, Default)]
pub(crate) struct ModelNames(BTreeMap<String, BTreeSet<ModelName>>);

impl ModelNames {
    pub(crate) fn of(names: impl IntoIterator<Item = ModelName>) -> ModelNames {
        let mut found = ModelNames::default();
        names.into_iter().for_each(|name| found.insert(name));
        found
    }

    pub(crate) fn insert(&mut self, name: ModelName) {
        self.0.entry(folded(name.as_str())).or_default().insert(name);
    }

    /// The other names that people would take for this one.
    pub(crate) fn twins_of(&self, name: &ModelName) -> Vec<ModelName> {
        let alike = self.0.get(&folded(name.as_str())).into_iter().flatten();
        alike.filter(|other| *other != name).cloned().collect()
    }
}

/// The model that a record's path names for the first time, where no other record of it stands before: its first version,
/// or its first description.
pub(crate) fn first_named(place: &Place) -> Option<&ModelName> {
    match place {
        Place::Version(model, 1) | Place::About(model, 1) => Some(model),
        _ => None,
    }
}
