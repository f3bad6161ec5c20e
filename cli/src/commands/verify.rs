//! `verify`: is everything here as signed and allowed?

use refmark_core::VerifyOptions;
use refmark_core::types::reference::Reference;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::keeping::VerifyArgs;

/// Runs the command.
pub fn run(app: &App, args: &VerifyArgs) -> Reply {
    let reference = args.reference.as_deref().map(Reference::parse).transpose()?;
    let options = VerifyOptions { history_only: args.history_only, save: args.save, from_remembered: false };
    reply(app.registry()?.read().verify(reference.as_ref(), options)?)
}
