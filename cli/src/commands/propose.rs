//! `--propose`: a change on a branch of its own, in place of at once.

use refmark_core::{Registry, Writer};

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::proposals::Proposal;

/// Runs a writing verb, or proposes what it would change.
pub fn change(app: &App, registry: &Registry, proposal: &Proposal, verb: impl FnOnce(Writer<'_>) -> Reply) -> Reply {
    let signer = app.signer(registry)?;
    let writer = registry.write(&*signer).allow_secrets(proposal.allow_secret);
    match &proposal.propose {
        Some(branch) => reply(writer.propose(branch.as_deref(), verb)?),
        None => verb(writer),
    }
}
