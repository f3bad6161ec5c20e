//! `inspect`: what a model file is.

use std::path::PathBuf;

use refmark_core::inspect_file;
use refmark_core::scan::Inspection;
use serde::Serialize;

use crate::answer::{Reply, reply};
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
    reply(Inspected { path: args.file.clone(), inspection: inspect_file(&args.file)? })
}
