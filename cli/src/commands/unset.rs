//! `unset`: closes an alias.

use refmark_core::judgement::plan::UnsetRequest;
use refmark_core::registry::Writer;

use super::promote::Moved;
use super::values;
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::moves::UnsetArgs;

/// Runs the command.
pub fn run(app: &App, args: &UnsetArgs) -> Reply {
    let (model, alias) = values::alias(&args.alias)?;
    let registry = app.registry()?;
    let signer = app.signer(&registry)?;
    let request = UnsetRequest { model, alias, reason: args.reason.clone() };
    reply(Moved { verb: "closed", answer: registry.unset(&Writer::new(&*signer), &request)? })
}
