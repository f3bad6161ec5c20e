//! `setup-ci` and `setup-git`: what forges and people's own Git need to show and check a registry.

use refmark_core::SetupCiRequest;
use refmark_core::types::digest::Digest;

use super::{program, propose};
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
    propose::change(app, &registry, &args.proposal, |writer| {
        reply(Plain { title: String::new(), value: writer.setup_ci(&request)? })
    })
}

/// Runs `setup-git`.
pub fn git(app: &App) -> Reply {
    reply(Plain { title: String::new(), value: app.registry()?.share().setup_git(&program()?)? })
}
