//! `describe`: says what a model or a version is.

use refmark_core::engine::plan::{AboutRequest, LabelRequest};
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::ModelName;
use refmark_core::types::reference::Reference;

use super::values::pair;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::finding::DescribeArgs;

/// Runs the command.
pub fn run(app: &App, args: &DescribeArgs) -> Reply {
    let of = Reference::parse(&args.of)?;
    let tags: Vec<(String, String)> = args
        .tags
        .iter()
        .map(|text| pair(text, "a tag").map(|(key, value)| (key.to_owned(), value.to_owned())))
        .collect::<Result<_>>()?;
    let hidden = if args.hide || args.unhide { Some(args.hide) } else { None };
    let (description, untag) = (args.description.clone(), args.untag.clone());
    let says_nothing = description.is_none() && tags.is_empty() && untag.is_empty() && hidden.is_none();
    let registry = app.registry()?;
    let view = registry.read().view()?;
    match &of {
        Reference::Pin(model) => {
            let rename = args.rename_to.as_deref().map(ModelName::parse).transpose()?;
            if says_nothing && args.owner.is_none() && rename.is_none() {
                return Err(nothing());
            }
            let signer = app.signer(&registry)?;
            let writer = &*signer;
            if let Some(to) = rename {
                return reply(registry.write(writer).rename(model, &to)?);
            }
            let owner = args.owner.clone();
            let request = AboutRequest { description, owner, tags, untag, renamed_to: None, hidden };
            let is_new = view.facts()?.newest_version(model)?.is_none() && view.facts()?.about(model)?.is_none();
            reply(match is_new {
                true => registry.write(writer).announce(model, &request)?,
                false => registry.write(writer).describe(model, &request)?,
            })
        }
        _ => {
            if args.owner.is_some() || args.rename_to.is_some() {
                return Err(Error::new(Code::BadArgument, "owners and names are a model's, and not a version's")
                    .hint("name the model alone"));
            }
            if says_nothing {
                return Err(nothing());
            }
            let Some((model, version)) = registry.read().side(&view, &of)?.version else {
                return Err(Error::new(Code::BadArgument, format!("{of} is an artifact, and words are of versions"))
                    .hint("write MODEL/VERSION"));
            };
            let signer = app.signer(&registry)?;
            let request = LabelRequest { description, tags, untag, hidden };
            reply(registry.write(&*signer).label(&model, version, &request)?)
        }
    }
}

fn nothing() -> Box<Error> {
    Error::new(Code::BadArgument, "nothing was said of it")
        .hint("add --description, --tag, --owner, --hide or --rename-to")
}
