//! `inspect`: what a model file is, by its content.

use std::path::Path;

use super::register::look;
use crate::judgement::inspect::Inspection;
use crate::words::fault::Result;

/// Inspects the file at a path: its header, within bounds. Needs no registry.
pub fn inspect_file(path: &Path) -> Result<Inspection> {
    look(path).map(|it| it.inspection)
}
