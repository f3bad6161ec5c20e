//! What a model is.

use super::common::predicate;
use refmark_types::canonical::FreeMap;
use refmark_types::name::ModelName;

predicate! {
    /// Description, owner and tags of a model, whole; the highest number is current.
    About {
        /// The model.
        model: ModelName,
        /// This text's number, from 1.
        sequence: u64,
        /// What the model is, in a few sentences.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<String>,
        /// The team or person who answers for it. It grants nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<String>,
        /// Free tags.
        #[serde(default, skip_serializing_if = "FreeMap::is_empty")]
        tags: FreeMap<String>,
        /// The model's new name: everything after this record goes there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        renamed_to: Option<ModelName>,
        /// When the model was deleted from lists; its records stay.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        hidden: bool,
        ...
    }
}
