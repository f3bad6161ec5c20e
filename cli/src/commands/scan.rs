//! `scan`: a version's files once more, by refmark or by another project's scanner.

use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::reference::Reference;
use refmark_core::{ScanAnswer, ScanRequest, Scanner};
use serde::Serialize;

use super::propose;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::evidence::ScanArgs;

/// What each scanner came to.
#[derive(Serialize)]
pub struct Scans {
    /// In the order in which the scanners were named.
    pub scans: Vec<ScanAnswer>,
}

/// Runs the command.
pub fn run(app: &App, args: &ScanArgs) -> Reply {
    let reference = Reference::parse(&args.reference)?;
    let scanners = args.scanners.iter().map(|name| Scanner::parse(name)).collect::<Result<Vec<_>>>()?;
    let registry = app.registry()?;
    if scanners.len() > 1 && args.proposal.propose.is_some() {
        return Err(Error::new(Code::BadArgument, "a proposal is of one scan").hint("name one scanner at a time"));
    }
    app.arm();
    propose::change(app, &registry, &args.proposal, |writer| {
        let scan = |scanner| {
            writer.scan(&ScanRequest {
                reference: reference.clone(),
                scanner,
                produced_by: args.produced_by.clone(),
                attach: !args.dry_run,
            })
        };
        reply(Scans { scans: scanners.into_iter().map(scan).collect::<Result<_>>()? })
    })
}
