//! `--propose`: a change on a branch of its own, in place of at once.

use refmark_core::engine::plan::Change;
use refmark_core::{Registry, Writer};

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::proposals::Proposal;

/// Makes a change at once, or proposes it.
pub fn change(
    app: &App,
    registry: &Registry,
    proposal: &Proposal,
    change: &Change,
    break_glass: impl FnOnce(&Writer<'_>) -> Reply,
) -> Reply {
    let signer = app.signer(registry)?;
    let writer = Writer::new(&*signer);
    match &proposal.propose {
        Some(branch) => reply(registry.propose(&writer, change, branch.as_deref())?),
        None => break_glass(&writer),
    }
}
