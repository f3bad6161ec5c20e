//! `demo`: the whole job once, in a new folder, with a throw-away key and home. The user's own files, keys and
//! configuration are not touched.

mod model;
mod site;
mod tour;

use std::path::{Path, PathBuf};

use refmark_core::store::fs::disk::io_error;
use refmark_core::store::key::{generate, own_key_path};
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::{Context, Places, SystemClock};
use serde::Serialize;

use crate::answer::{Render, Reply, reply};
use crate::app::App;
use crate::args::tools::DemoArgs;
use crate::output;
use crate::render::{Page, bold, faint, safe};

/// A step that was done.
#[derive(Serialize)]
pub struct Step {
    /// Its number, from 1.
    pub step: usize,
    /// What was done.
    pub what: String,
    /// What came of it.
    pub result: String,
}

/// What the demo did.
#[derive(Serialize)]
pub struct DemoAnswer {
    /// Its folder.
    pub path: PathBuf,
    /// The registry in it.
    pub registry: PathBuf,
    /// The registry's root.
    pub trust_root: String,
    /// Every step.
    pub steps: Vec<Step>,
    /// What to type next.
    pub next: Vec<String>,
}

impl Render for DemoAnswer {
    fn render(&self, page: &mut Page) {
        // The steps were shown as they were done.
        page.line(bold("Try:"));
        self.next.iter().for_each(|command| page.line(format!("  {command}")));
    }
}

/// Takes steps, and shows each when it is done.
pub struct Steps<'a> {
    app: &'a App,
    taken: Vec<Step>,
}

impl Steps<'_> {
    fn take(&mut self, what: &str, result: String) {
        let step = self.taken.len() + 1;
        if !self.app.globals().json {
            output::out(&format!("{} {:<30} {}\n", faint(format!("{step:<2}")), safe(what), safe(&result)));
        }
        self.taken.push(Step { step, what: what.to_owned(), result });
    }
}

/// Runs the command.
pub fn run(app: &App, args: &DemoArgs) -> Reply {
    if let Some(folder) = &args.site {
        return site::run(app, folder, args.fixed);
    }
    let folder = &args.dir;
    if folder.symlink_metadata().is_ok() {
        return Err(Error::new(Code::Exists, format!("{} is there already", folder.display()))
            .hint(format!("remove it (rm -r {}), or name another folder with --dir", folder.display()))
            .at(folder.display().to_string()));
    }
    if let Some(path) = &args.path {
        std::fs::metadata(path).map_err(|error| io_error("read", path, &error))?;
    }
    app.arm();
    let made = in_folder(app, folder, args.path.as_deref());
    if made.is_err() {
        // It was ours alone: leave no half of a demo.
        let _ = std::fs::remove_dir_all(folder);
    }
    reply(made?)
}

fn in_folder(app: &App, folder: &Path, path: Option<&Path>) -> Result<DemoAnswer> {
    let home = folder.join("home");
    std::fs::create_dir_all(&home).map_err(|error| io_error("create the folder", &home, &error))?;
    let config = home.join(".config");
    let key = own_key_path(&config);
    let signer = generate(&key)?;
    let places = Places {
        config: Some(config.join("refmark")),
        data: Some(home.join(".local/share/refmark")),
        home: Some(home),
    };
    let mut world = Context::at(places, std::sync::Arc::new(SystemClock));
    app.equip(&mut world);
    let versions = tour::versions(folder, path)?;
    let mut steps = Steps { app, taken: Vec::new() };
    let toured = tour::run(&mut steps, world, folder, &*signer, &versions)?;
    Ok(DemoAnswer {
        path: folder.to_owned(),
        registry: folder.join("models"),
        trust_root: toured.trust_root,
        next: next(folder, &versions.model.to_string()),
        steps: steps.taken,
    })
}

/// What to type next. All of it works when it is typed.
fn next(folder: &Path, model: &str) -> Vec<String> {
    let me = me();
    let model = quoted(model);
    vec![
        format!("cd {}", quoted(&folder.display().to_string())),
        "git -C models log --stat".to_owned(),
        format!("{me} -R models explain {model}@champion"),
        format!("{me} -R models review main"),
        format!("{me} -R models verify"),
        format!("{me} -R models --key home/.config/refmark/key rollback {model}@champion"),
    ]
}

/// How to run this program again: by its name where the path has it, else by its place.
fn me() -> String {
    let Ok(here) = std::env::current_exe() else { return "refmark".to_owned() };
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join("refmark")).find(|it| it.is_file());
    let same = found.and_then(|it| it.canonicalize().ok()) == here.canonicalize().ok();
    if same { "refmark".to_owned() } else { quoted(&here.display().to_string()) }
}

/// A word for a shell.
fn quoted(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_alphanumeric() || "/._-+".contains(c));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
