//! `hook`: a bare registry refuses pushes that may not land.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use refmark_core::types::error::{Code, Error, Result};
use refmark_core::{Context, HookAnswer, Places, Quarantine, Registry, SystemClock};
use serde::Serialize;

use super::program;
use crate::answer::{Render, Reply, reply};
use crate::app::{App, here};
use crate::args::governing::{HookAction, HookArgs};
use crate::render::Page;
use crate::render::plain::Plain;

/// What came of a push.
#[derive(Serialize)]
#[serde(transparent)]
struct Received(HookAnswer);

impl Render for Received {
    fn render(&self, page: &mut Page) {
        self.0.lines().iter().for_each(|line| page.line(line));
    }

    fn status(&self) -> u8 {
        self.0.exit
    }
}

/// Runs the command.
pub fn run(app: &App, args: &HookArgs) -> Reply {
    match args.action {
        HookAction::Install => {
            let value = app.registry()?.share().install_hook(&program()?)?;
            reply(Plain { title: "pushes that may not land are refused from now on".to_owned(), value })
        }
        HookAction::PreReceive => {
            let mut input = String::new();
            std::io::stdin()
                .read_to_string(&mut input)
                .map_err(|error| Error::new(Code::Io, format!("standard input cannot be read: {error}")))?;
            reply(Received(pushed_to(app)?.share().pre_receive(&input, quarantine()?.as_ref())?))
        }
    }
}

/// The registry that Git runs the hook for. Whoever pushes may bring an environment: what it says of registries and roots
/// is not asked.
fn pushed_to(app: &App) -> Result<Registry> {
    let git_dir = std::env::var_os("GIT_DIR").filter(|it| !it.is_empty()).map(PathBuf::from);
    let mut world = Context::at(Places::of_home(), Arc::new(SystemClock));
    app.equip(&mut world);
    app.arm();
    Registry::open(&git_dir.map_or_else(here, Ok)?, world)
}

/// Where Git keeps a push's objects until the hook has spoken.
fn quarantine() -> Result<Option<Quarantine>> {
    let set = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty());
    if set("GIT_QUARANTINE_PATH").is_none() {
        return Ok(None);
    }
    let object_dir = set("GIT_OBJECT_DIRECTORY").map(PathBuf::from);
    let Some(object_dir) = object_dir else {
        return Err(Error::new(
            Code::GitFailed,
            "Git runs the hook in quarantine and does not say where the objects are",
        ));
    };
    let alternates = set("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default();
    Ok(Some(Quarantine { object_dir, alternates: std::env::split_paths(&alternates).collect() }))
}
