//! `init`: makes a registry, and a key where there is none.

use std::path::{Path, PathBuf};

use refmark_core::git::Format;
use refmark_core::judgement::plan::Author;
use refmark_core::judgement::policy::founding_policy;
use refmark_core::key::{KeySearch, generate, own_key_path};
use refmark_core::ports::signer::Signer;
use refmark_core::records::signature::KeyId;
use refmark_core::registry::{InitAnswer, InitRequest, PolicyText, Registry, Writer};
use refmark_core::words::fault::{Code, Fault, Result};
use refmark_core::words::name::PrincipalId;
use serde::Serialize;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::tools::InitArgs;

/// The key that signs.
#[derive(Serialize)]
pub struct KeyShown {
    /// Its fingerprint.
    pub keyid: KeyId,
    /// Where it came from.
    pub from: String,
    /// Whether it was made just now.
    pub made: bool,
}

/// What was made.
#[derive(Serialize)]
pub struct Initialised {
    /// The registry.
    #[serde(flatten)]
    pub registry: InitAnswer,
    /// The key that signed it.
    pub key: KeyShown,
}

/// Runs the command.
pub fn run(app: &App, args: &InitArgs) -> Reply {
    let path = args.path.clone().unwrap_or_else(|| PathBuf::from("."));
    let founder = founder(args.founder.as_deref())?;
    let format = if args.object_format == "sha256" { Format::Sha256 } else { Format::Sha1 };
    let (signer, made) = key(app)?;
    let public = signer.public();
    let team = |author: &Author| founding_policy(author, public);
    let policy = if args.team { Some(&team as PolicyText<'_>) } else { None };
    let request = InitRequest { name: args.name.clone(), founder, here: args.here, format, policy };
    let world = app.world()?;
    let (_, answer) = Registry::init(&path, world, &Writer::new(&*signer), &request)?;
    let key = KeyShown { keyid: signer.public().id(), from: signer.describe(), made };
    reply(Initialised { registry: answer, key })
}

/// The key to sign with: the one that is found, else a new one of refmark's own.
fn key(app: &App) -> Result<(Box<dyn Signer>, bool)> {
    match app.signer_anywhere() {
        Err(fault) if fault.code == Code::NoKey && app.globals().key.is_none() => {}
        found => return found.map(|signer| (signer, false)),
    }
    let search = KeySearch::from_env();
    if search.variable.as_ref().is_some_and(|it| !it.is_empty()) {
        return app.signer_anywhere().map(|signer| (signer, false));
    }
    let Some(config) = search.config else {
        return Err(Fault::new(Code::NoKey, "no signing key was found, and there is no folder to keep a new one in")
            .hint("set HOME, or name a key with --key or REFMARK_KEY"));
    };
    generate(&own_key_path(&config)).map(|signer| (signer, true))
}

/// The founder's id: what was given, or the user's name with what an id cannot hold left out.
fn founder(given: Option<&str>) -> Result<PrincipalId> {
    if let Some(given) = given {
        return PrincipalId::parse(given);
    }
    let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
    let home = std::env::home_dir().and_then(|it| it.file_name().map(|name| name.to_string_lossy().into_owned()));
    let fitting = [Some(user), home].into_iter().flatten().find_map(|name| PrincipalId::parse(&fit(&name)).ok());
    fitting.map_or_else(|| PrincipalId::parse("owner"), Ok)
}

fn fit(name: &str) -> String {
    let fit: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    fit.trim_matches('-').to_owned()
}

/// A path as people would type it from here.
pub fn typed(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let relative = path.strip_prefix(&here).ok().filter(|it| !it.as_os_str().is_empty());
    relative.unwrap_or(path).display().to_string()
}
