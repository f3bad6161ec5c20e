//! `inspect`: what a model file is, or the files of a folder.

use std::path::PathBuf;

use refmark_core::scan::Inspection;
use refmark_core::{FolderInspection, gguf_manifest, inspect_file, inspect_folder};
use serde::Serialize;

use crate::answer::{Json, Reply, reply};
use crate::app::App;
use crate::args::versions::InspectArgs;

/// A file or a folder, and what it is.
#[derive(Serialize)]
pub struct Inspected<T> {
    /// Where it is.
    pub path: PathBuf,
    /// What it is.
    #[serde(flatten)]
    pub what: T,
}

/// A file, and what it is.
pub type InspectedFile = Inspected<Inspection>;
/// A folder, and what its files are.
pub type InspectedFolder = Inspected<FolderInspection>;

/// Runs the command.
pub fn run(app: &App, args: &InspectArgs) -> Reply {
    let path = args.path.clone();
    if args.gguf_manifest {
        return reply(Json::of(&gguf_manifest(&path)?)?);
    }
    if path.is_dir() {
        app.arm();
        return reply(InspectedFolder { what: inspect_folder(&path, app.cancel())?, path });
    }
    reply(InspectedFile { what: inspect_file(&path)?, path })
}
