//! `inspect`: what a model file is.

use std::path::PathBuf;

use refmark_core::scan::Inspection;
use refmark_core::{gguf_manifest, inspect_file};
use serde::Serialize;

use crate::answer::{Json, Reply, reply};
use crate::args::versions::InspectArgs;

/// A file, and what it is.
#[derive(Serialize)]
pub struct Inspected {
    /// The file.
    pub path: PathBuf,
    /// What it is.
    #[serde(flatten)]
    pub inspection: Inspection,
}

/// Runs the command.
pub fn run(args: &InspectArgs) -> Reply {
    if args.gguf_manifest {
        return reply(Json::of(&gguf_manifest(&args.file)?)?);
    }
    reply(Inspected { path: args.file.clone(), inspection: inspect_file(&args.file)? })
}
