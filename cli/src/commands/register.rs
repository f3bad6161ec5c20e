//! `register`: gives files a version, or many packages theirs in one commit.

mod list;
mod wanted;

use refmark_core::types::oid::Oid;
use refmark_core::{Package, RegisterAnswer};
use serde::Serialize;

use super::propose;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::versions::RegisterArgs;
use wanted::Wanted;

/// Many packages, registered in one commit.
#[derive(Serialize)]
pub struct Bulk {
    /// Each, in the order of the list.
    pub versions: Vec<RegisterAnswer>,
    /// How many are new.
    pub created: usize,
    /// The commit; none where nothing was new.
    pub commit: Option<Oid>,
}

/// Runs the command.
pub fn run(app: &App, args: &RegisterArgs) -> Reply {
    let wanted = match &args.from {
        Some(path) => list::read(path)?,
        None => vec![Wanted::of(args)?],
    };
    let registry = app.registry()?;
    let view = registry.read().view()?;
    let mut packages: Vec<Package> = Vec::new();
    for it in &wanted {
        packages.push(it.package(&registry, &view)?);
    }
    propose::change(app, &registry, &args.proposal, |writer| {
        let versions = writer.allow_withdrawn(args.allow_withdrawn).register_all(&packages)?;
        for warning in versions.iter().flat_map(|it| &it.warnings) {
            app.warn(warning);
        }
        match (args.from.is_some(), versions.into_iter()) {
            (false, mut only) => match only.next() {
                Some(answer) => reply(answer),
                None => Err(refmark_core::types::error::bug("one package gave no answer")),
            },
            (true, all) => {
                let versions: Vec<RegisterAnswer> = all.collect();
                let created = versions.iter().filter(|it| it.created).count();
                let commit = versions.iter().find_map(|it| it.commit);
                reply(Bulk { versions, created, commit })
            }
        }
    })
}
