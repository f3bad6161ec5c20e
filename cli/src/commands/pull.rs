//! `pull`: writes a version's files to a folder.

use std::path::PathBuf;

use refmark_core::types::reference::Reference;
use refmark_core::{PullRequest, ResolveAnswer};

use super::{pin, values};
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::bytes::PullArgs;

/// Runs the command.
pub fn run(app: &App, args: &PullArgs) -> Reply {
    let reference = Reference::parse(&args.reference)?;
    let options = values::options(&args.terms)?;
    let request = PullRequest {
        include: args.include.clone(),
        hard_links: args.hard_links,
        allow_unverified: args.allow_unverified,
        archived: args.archived,
        options,
    };
    if args.quarantined {
        return quarantined(app, args, &reference, &request);
    }
    if let Reference::Pin(name) = &reference
        && let Some(project) = pin::project(app)?
    {
        app.arm();
        let into = args.output.clone().unwrap_or(folder_for(&project.resolve(name, options)?));
        return reply(project.pull(name, &into, &request)?);
    }
    let registry = app.registry()?;
    let into = match &args.output {
        Some(into) => into.clone(),
        None => folder_for(&registry.read().resolve(&reference, options)?),
    };
    reply(registry.read().pull(&reference, &into, &request)?)
}

/// Takes what waits to be looked at; the folder says so by its name, too.
fn quarantined(app: &App, args: &PullArgs, reference: &Reference, request: &PullRequest) -> Reply {
    let registry = app.registry()?;
    let into = match &args.output {
        Some(into) => into.clone(),
        None => PathBuf::from(format!("{}.quarantined", reference.to_string().replace(['/', '@', ':'], "-"))),
    };
    let reason = args.reason.as_deref().unwrap_or_default();
    app.arm();
    let signer = app.signer(&registry)?;
    reply(registry.write(&*signer).pull_quarantined(reference, &into, request, reason)?)
}

/// `./MODEL-VERSION`, or the artifact's short id.
fn folder_for(resolved: &ResolveAnswer) -> PathBuf {
    PathBuf::from(match (&resolved.model, resolved.version) {
        (Some(model), Some(version)) => format!("{model}-{version}"),
        _ => resolved.artifact.short(),
    })
}
