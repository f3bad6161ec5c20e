//! `backup`, `backup check` and `restore`.

use std::path::Path;

use refmark_core::store::fs::disk::RealDisk;
use refmark_core::store::fs::durable::replace;
use refmark_core::types::error::{Code, Error, Result, bug};
use refmark_core::{DrillAnswer, Registry, RestoreAnswer, RestoreRequest};
use serde::Serialize;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::backup::{BackupAction, BackupArgs, BackupCheckArgs, RestoreArgs};

/// A registry that was restored.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Restored(pub RestoreAnswer);

/// Runs `backup`.
pub fn run(app: &App, args: &BackupArgs) -> Reply {
    match (&args.action, &args.target) {
        (Some(BackupAction::Check(args)), _) => check(app, args),
        (None, Some(target)) => reply(app.registry()?.share().backup(&app.git(), target)?),
        (None, None) => Err(Error::new(Code::BadArgument, "name the folder to back up to")),
    }
}

fn check(app: &App, args: &BackupCheckArgs) -> Reply {
    app.arm();
    if !args.drill {
        return reply(Registry::check_backup(&args.source, args.number, &app.world()?)?);
    }
    let answer = app.registry()?.share().drill(&args.source, args.number, &app.git())?;
    if let Some(report) = &args.report {
        write_report(report, &answer)?;
    }
    reply(answer)
}

fn write_report(path: &Path, answer: &DrillAnswer) -> Result<()> {
    let text = serde_json::to_string_pretty(answer).map_err(bug)? + "\n";
    replace(&RealDisk, path, text.as_bytes(), 0o644)
}

/// Runs `restore`.
pub fn restore(app: &App, args: &RestoreArgs) -> Reply {
    app.arm();
    let request = RestoreRequest { number: args.number, tofu: app.globals().tofu };
    let (_, answer) = Registry::restore(&args.source, &args.path, app.world()?, &app.git(), request)?;
    reply(Restored(answer))
}
