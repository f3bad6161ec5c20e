//! `setup-ci` and `setup-git`: what forges and people's own Git need to show and check a registry.

use refmark_core::SetupCiRequest;
use refmark_core::types::digest::Digest;

use super::program;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::governing::SetupCiArgs;
use crate::render::plain::Plain;

/// Runs `setup-ci`.
pub fn ci(app: &App, args: &SetupCiArgs) -> Reply {
    let none = !(args.github || args.gitlab || args.codeowners);
    let request = SetupCiRequest {
        github: args.github || none,
        gitlab: args.gitlab,
        codeowners: args.codeowners || none,
        replace: args.force,
        sha256: args.sha256.as_deref().map(Digest::parse).transpose()?,
    };
    let registry = app.registry()?;
    let signer = app.signer(&registry)?;
    let value = registry.share().setup_ci(&*signer, &request)?;
    reply(Plain { title: String::new(), value })
}

/// Runs `setup-git`.
pub fn git(app: &App) -> Reply {
    reply(Plain { title: String::new(), value: app.registry()?.share().setup_git(&program()?)? })
}
