//! `search`: versions by words and by what is known of them.

use refmark_core::query::index::{MetricBound, SearchRequest, TagFilter};
use refmark_core::query::request::{order, stage, trust_state};
use refmark_core::types::digest::Digest;
use refmark_core::types::error::Result;
use refmark_core::types::name::ModelName;
use refmark_core::types::reference::Reference;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::finding::SearchArgs;

/// Runs the command.
pub fn run(app: &App, args: &SearchArgs) -> Reply {
    let request = request(args)?;
    let parent = args.parent.as_deref().map(Reference::parse).transpose()?;
    let registry = app.registry()?;
    let view = app.view(&registry)?;
    match parent {
        Some(parent) => reply(registry.read().search_children(&view, &parent, &request)?),
        None => reply(registry.read().search(&view, &request)?),
    }
}

fn request(args: &SearchArgs) -> Result<SearchRequest> {
    let tag = |text: &String| match text.split_once('=') {
        Some((key, value)) => TagFilter { key: key.to_owned(), value: Some(value.to_owned()) },
        None => TagFilter { key: text.clone(), value: None },
    };
    Ok(SearchRequest {
        text: (!args.text.is_empty()).then(|| args.text.join(" ")),
        model: args.model.as_deref().map(ModelName::parse).transpose()?,
        capability: args.capability.clone(),
        format: args.format.clone(),
        artifact_type: args.artifact_type.clone(),
        tags: args.tags.iter().map(tag).collect(),
        metrics: args.metrics.iter().map(|text| MetricBound::parse(text)).collect::<Result<_>>()?,
        stage: args.stage.as_deref().map(stage).transpose()?,
        trust: args.trust.as_deref().map(trust_state).transpose()?,
        file: args.file.as_deref().map(Digest::parse).transpose()?,
        hidden: args.hidden,
        limit: args.limit,
        offset: args.offset,
        order: order(&args.order)?,
        ..SearchRequest::default()
    })
}
