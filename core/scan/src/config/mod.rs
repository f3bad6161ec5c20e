//! Configuration: JSON, YAML and templates, searched for settings that name code.
//!
//! A model's weights may be harmless while its configuration makes the loader import a module, build a class by name or
//! run a template. Each such setting is found with its path and its value. The rules are in `rules`, one a loader.

pub(super) mod json;
pub(super) mod rules;
pub(super) mod yaml;

/// A setting that names code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// Where it stands: `layers[2].class_name`.
    pub(super) path: String,
    /// What it says.
    pub(super) value: String,
}
