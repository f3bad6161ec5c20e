//! `search`: versions by words and by what is known of them.

use refmark_core::query::index::{MetricBound, SearchOrder, SearchRequest, TagFilter};
use refmark_core::records::trust::TrustState;
use refmark_core::records::version::Stage;
use refmark_core::types::digest::Digest;
use refmark_core::types::error::{Code, Error, Result};
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
        stage: word(&args.stage, "stage", Stage::parse)?,
        trust: word(&args.trust, "trust state", TrustState::parse)?,
        file: args.file.as_deref().map(Digest::parse).transpose()?,
        hidden: args.hidden,
        limit: args.limit,
        offset: args.offset,
        order: match args.order.as_str() {
            "newest" => SearchOrder::Newest,
            "name" => SearchOrder::Name,
            _ => SearchOrder::Best,
        },
        ..SearchRequest::default()
    })
}

fn word<T>(text: &Option<String>, what: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
    let Some(text) = text else { return Ok(None) };
    match parse(text) {
        Some(found) => Ok(Some(found)),
        None => Err(Error::new(Code::BadArgument, format!("`{}` is not a {what}", text.escape_debug()))
            .hint("`refmark help transition` lists the stages and trust states")),
    }
}
