//! `describe`: says what a model or a version is.

use refmark_core::engine::plan::{AboutRequest, LabelRequest};
use refmark_core::query::request;
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::ModelName;
use refmark_core::types::reference::Reference;

use super::propose;
use super::values::pair;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::finding::DescribeArgs;

/// Runs the command.
pub fn run(app: &App, args: &DescribeArgs) -> Reply {
    let of = Reference::parse(&args.of)?;
    let registry = app.registry()?;
    let view = registry.read().view()?;
    let tags = tags(args)?;
    let hidden = if args.hide || args.unhide { Some(args.hide) } else { None };
    let (description, untag) = (args.description.clone(), args.untag.clone());
    let Reference::Pin(model) = of else {
        if args.owner.is_some() || args.rename_to.is_some() {
            return Err(Error::new(Code::BadArgument, "owners and names are a model's, and not a version's")
                .hint("name the model alone"));
        }
        let (model, version) = request::version_of(view.facts()?, &of)?;
        let request = LabelRequest { description, tags, untag, hidden };
        return propose::change(app, &registry, &args.proposal, |writer| {
            reply(writer.label(&model, version, &request)?)
        });
    };
    let rename = args.rename_to.as_deref().map(ModelName::parse).transpose()?;
    if let Some(to) = rename {
        return propose::change(app, &registry, &args.proposal, |writer| reply(writer.rename(&model, &to)?));
    }
    let request = AboutRequest { description, owner: args.owner.clone(), tags, untag, renamed_to: None, hidden };
    let is_new = view.facts()?.newest_version(&model)?.is_none() && view.facts()?.about(&model)?.is_none();
    // A name is taken before its first version only by somebody who says what it is for.
    propose::change(app, &registry, &args.proposal, |writer| {
        reply(match is_new && request != AboutRequest::default() {
            true => writer.announce(&model, &request)?,
            false => writer.describe(&model, &request)?,
        })
    })
}

fn tags(args: &DescribeArgs) -> Result<Vec<(String, String)>> {
    let tag = |text: &String| pair(text, "a tag").map(|(key, value)| (key.to_owned(), value.to_owned()));
    args.tags.iter().map(tag).collect()
}
