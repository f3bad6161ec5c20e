//! `list`: models, or the versions of one.

use refmark_core::types::name::ModelName;
use refmark_core::{ModelRow, VersionRow};
use serde::Serialize;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::versions::ListArgs;

/// Models.
#[derive(Serialize)]
pub struct Models {
    /// Each, by name.
    pub models: Vec<ModelRow>,
}

/// The versions of a model.
#[derive(Serialize)]
pub struct Versions {
    /// The model.
    pub model: ModelName,
    /// Each, newest first.
    pub versions: Vec<VersionRow>,
}

/// Runs the command.
pub fn run(app: &App, args: &ListArgs) -> Reply {
    let model = args.model.as_deref().map(ModelName::parse).transpose()?;
    let registry = app.registry()?;
    let view = app.view(&registry)?;
    match model {
        Some(model) if args.all => {
            reply(Versions { versions: registry.read().list_all_versions(&view, &model)?, model })
        }
        Some(model) => reply(Versions { versions: registry.read().list_versions(&view, &model)?, model }),
        None => reply(Models { models: registry.read().list_models(&view)? }),
    }
}
