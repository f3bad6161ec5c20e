//! `textconv`: what a record says in sentences, for `git diff` (see `setup-git`).

use refmark_core::judgement::explain::textconv;
use refmark_core::words::fault::{Code, Fault};

use super::completions::Raw;
use crate::answer::{Reply, reply};
use crate::args::tools::TextconvArgs;

/// Runs the command.
pub fn run(args: &TextconvArgs) -> Reply {
    let bytes = std::fs::read(&args.file)
        .map_err(|error| Fault::new(Code::Io, format!("{} cannot be read: {error}", args.file.display())))?;
    reply(Raw { text: textconv(&bytes) })
}
