//! `scan`: a version's files once more, by refmark or by another project's scanner.

use refmark_core::types::error::Result;
use refmark_core::types::reference::Reference;
use refmark_core::{ScanAnswer, ScanRequest, Scanner};
use serde::Serialize;

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
    let signer = app.signer(&registry)?;
    app.arm();
    let writer = registry.write(&*signer);
    let scan = |scanner| {
        writer.scan(&ScanRequest {
            reference: reference.clone(),
            scanner,
            produced_by: args.produced_by.clone(),
            attach: !args.dry_run,
        })
    };
    reply(Scans { scans: scanners.into_iter().map(scan).collect::<Result<_>>()? })
}
