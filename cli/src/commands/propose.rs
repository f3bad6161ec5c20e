//! `--propose`: a change on a branch of its own, in place of at once.

use refmark_core::Registry;
use refmark_core::engine::plan::Change;
use refmark_core::engine::ports::signer::Signer;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::proposals::Proposal;

/// Makes a change at once, or proposes it.
pub fn change(
    app: &App,
    registry: &Registry,
    proposal: &Proposal,
    change: &Change,
    at_once: impl FnOnce(&dyn Signer) -> Reply,
) -> Reply {
    let signer = app.signer(registry)?;
    let writer = &*signer;
    match &proposal.propose {
        Some(branch) => reply(registry.write(writer).propose(change, branch.as_deref())?),
        None => at_once(writer),
    }
}
