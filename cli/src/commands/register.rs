//! `register`: gives files a version, or many packages theirs in one commit.

use std::collections::BTreeMap;
use std::path::Path;

use refmark_core::types::error::Result;
use refmark_core::types::oid::Oid;
use refmark_core::{Document, LineageRequest, Package, PackageRequest, RegisterAnswer};
use serde::Serialize;

use super::attach::number;
use super::propose;
use super::values::pair;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::versions::RegisterArgs;

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
    let requests = match &args.from {
        Some(path) => PackageRequest::read_list(path)?,
        None => vec![request_of(args)?],
    };
    let registry = app.registry()?;
    let view = registry.read().view()?;
    let packages: Vec<Package> =
        requests.iter().map(|request| request.package(&registry, &view)).collect::<Result<_>>()?;
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

/// What the command line describes.
fn request_of(args: &RegisterArgs) -> Result<PackageRequest> {
    let mut metrics = BTreeMap::new();
    for text in &args.metrics {
        let (name, value) = pair(text, "a metric")?;
        metrics.insert(name.to_owned(), number(name, value)?);
    }
    let mut lineage = BTreeMap::new();
    for text in &args.lineage {
        match text.split_once('=') {
            Some((key, value)) => drop(lineage.insert(key.to_owned(), serde_json::Value::from(value))),
            None => lineage.extend(LineageRequest::read(Path::new(text))?),
        }
    }
    Ok(PackageRequest {
        model: args.model.clone().unwrap_or_default(),
        paths: args.paths.clone(),
        metrics,
        lineage: LineageRequest::Keys(lineage),
        card: args.card.clone().map(Document::File),
        contract: args.contract.clone().map(Document::File),
        evaluation_card: args.evaluation_card.clone().map(Document::File),
        owner: args.owner.clone(),
        artifact_type: Some(args.artifact_type.clone()),
        capabilities: args.capabilities.clone(),
        parents: args.parents.clone(),
        source: args.source.clone(),
        release: args.release.clone(),
        description: args.description.clone(),
        imported: None,
        follow_links: args.follow_links,
        allow_incomplete: args.allow_incomplete,
        ignore: args.ignore.clone(),
        absent: Vec::new(),
        reference: args.reference.clone(),
        sha256_list: args.sha256_list.clone(),
    })
}
