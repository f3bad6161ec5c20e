//! `approve`: agrees to a change, or lets its gates pass.

use refmark_core::ApproveRequest;
use refmark_core::records::approval::Waiver;
use refmark_core::types::error::{Code, Error, Result};

use super::values;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::proposals::ApproveArgs;

/// Runs the command.
pub fn run(app: &App, args: &ApproveArgs) -> Reply {
    let request = ApproveRequest {
        target: args.target.clone(),
        reason: args.reason.clone(),
        not_after: values::time(&args.not_after)?,
        waive: waivers(args)?,
        waive_only: args.waive_only,
    };
    let registry = app.registry()?;
    let signer = app.signer(&registry)?;
    reply(registry.write(&*signer).approve(&request)?)
}

fn waivers(args: &ApproveArgs) -> Result<Vec<Waiver>> {
    let until = values::time(&args.until)?;
    let (Some(until), Some(reason)) = (until, &args.reason) else {
        return match args.waive.is_empty() {
            true => Ok(Vec::new()),
            false => Err(Error::new(Code::BadArgument, "a waiver needs a reason and an end")
                .hint("add --reason TEXT and --until TIME")),
        };
    };
    let waiver = |gate: &String| Waiver { gate: gate.clone(), reason: reason.clone(), until };
    Ok(args.waive.iter().map(waiver).collect())
}
