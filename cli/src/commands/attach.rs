//! `attach`: evidence about an artifact.

use std::path::PathBuf;

use refmark_core::AttachRequest;
use refmark_core::query::request::verdict;
use refmark_core::records::evidence::Named;
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::EntryId;
use refmark_core::types::reference::Reference;

use super::propose;
use super::values::pair;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::evidence::AttachArgs;
use crate::render::plain::Plain;

/// Runs the command.
pub fn run(app: &App, args: &AttachArgs) -> Reply {
    let (evidence_type, file) = type_and_file(args)?;
    let mut request = AttachRequest::new(Reference::parse(&args.reference)?, EntryId::parse(evidence_type)?);
    request.file = file.map(PathBuf::from);
    request.verdict = args.verdict.as_deref().map(verdict).transpose()?;
    request.summary = args.summary.clone();
    request.produced_by = args.produced_by.clone();
    request.suite = args.suite.as_deref().map(Named::read).transpose()?;
    request.dataset = args.dataset.as_deref().map(Named::read).transpose()?;
    request.tool = args.tool.as_deref().map(Named::read).transpose()?;
    for text in &args.metrics {
        let (name, value) = pair(text, "a metric")?;
        request.metrics.push((name.to_owned(), number(name, value)?, None));
    }
    let registry = app.registry()?;
    propose::change(app, &registry, &args.proposal, |writer| {
        let value = writer.attach(&request)?;
        reply(Plain { title: format!("attached {} to {}", value.evidence_type, value.artifact.short()), value })
    })
}

/// The type, and the document where there is one.
fn type_and_file(args: &AttachArgs) -> Result<(&str, Option<&str>)> {
    match (args.evidence_type.as_deref(), args.rest.as_slice()) {
        (Some(evidence_type), []) => Ok((evidence_type, None)),
        (Some(evidence_type), [file]) => Ok((evidence_type, Some(file))),
        (None, [evidence_type]) => Ok((evidence_type, None)),
        (None, [evidence_type, file]) => Ok((evidence_type, Some(file))),
        (Some(_), _) => Err(Error::new(Code::BadArgument, "one piece of evidence has one document")
            .hint("attach each document by itself")),
        (None, _) => Err(Error::new(Code::BadArgument, "the evidence has no type")
            .hint("refmark attach REF --type TYPE [FILE]; `refmark catalog list evidence-type` shows the types")),
    }
}

/// A metric's number.
pub fn number(name: &str, text: &str) -> Result<f64> {
    text.parse().map_err(|_| {
        Error::new(Code::BadArgument, format!("the metric {name} is `{}`, not a number", text.escape_debug()))
            .hint("write it as in f1=0.91")
    })
}
