//! `textconv`: what a record says in sentences, for `git diff` (see `setup-git`).

use refmark_core::query::explain::textconv;
use refmark_core::store::fs::input::read_given;
use refmark_core::types::canonical::DOCUMENT_LIMIT;

use super::completions::Raw;
use crate::answer::{Reply, reply};
use crate::args::tools::TextconvArgs;

/// Runs the command.
pub fn run(args: &TextconvArgs) -> Reply {
    reply(Raw { text: textconv(&read_given(&args.file, DOCUMENT_LIMIT)?) })
}
