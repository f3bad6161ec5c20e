//! `init`: makes a registry, and a key where there is none.

use std::path::{Path, PathBuf};

use refmark_core::engine::plan::Author;
use refmark_core::engine::policy::founding_policy;
use refmark_core::records::signature::KeyId;
use refmark_core::store::git::Format;
use refmark_core::types::name::PrincipalId;
use refmark_core::{InitAnswer, InitRequest, PolicyText, Registry, founder_from_env};
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
    let founder = args.founder.as_deref().map_or_else(founder_from_env, PrincipalId::parse)?;
    let format = if args.object_format == "sha256" { Format::Sha256 } else { Format::Sha1 };
    let (signer, made) = app.founders_key()?;
    let public = signer.public();
    let team = |author: &Author| founding_policy(author, public);
    let policy = if args.team { Some(&team as PolicyText<'_>) } else { None };
    let request = InitRequest { name: args.name.clone(), founder, here: args.here, format, policy };
    let world = app.world()?;
    let (_, answer) = Registry::init(&path, world, &*signer, &request)?;
    let key = KeyShown { keyid: signer.public().id(), from: signer.describe(), made };
    reply(Initialised { registry: answer, key })
}

/// A path as people would type it from here.
pub fn typed(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let relative = path.strip_prefix(&here).ok().filter(|it| !it.as_os_str().is_empty());
    relative.unwrap_or(path).display().to_string()
}
