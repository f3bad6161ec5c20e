//! `transition`: moves a version's stage, or an artifact's trust state.

use refmark_core::engine::plan::{Change, StageRequest, TrustRequest};
use refmark_core::records::trust::TrustState;
use refmark_core::records::version::Stage;
use refmark_core::types::error::{Code, Error};
use refmark_core::types::reference::Reference;

use super::{propose, values};
use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::moves::TransitionArgs;

/// Runs the command.
pub fn run(app: &App, args: &TransitionArgs) -> Reply {
    let reference = Reference::parse(&args.reference)?;
    let evidence = values::digests(&args.evidence)?;
    let registry = app.registry()?;
    let view = registry.read().view()?;
    let side = registry.read().side(&view, &reference)?;
    let reason = args.reason.clone();
    if let Some(to) = TrustState::parse(&args.to) {
        let request = TrustRequest { artifact: side.artifact, to, reason, evidence };
        return propose::change(app, &registry, &args.proposal, &Change::Trust(request.clone()), |writer| {
            reply(registry.write(writer).transition_trust(&request)?)
        });
    }
    let Some(to) = Stage::parse(&args.to) else {
        return Err(Error::new(
            Code::BadArgument,
            format!("`{}` is neither a stage nor a trust state", args.to.escape_debug()),
        )
        .hint(
            "stages: experimental, staging, production, retired, archived; trust states: acquired, quarantined, \
             trusted, revoked, deleted",
        ));
    };
    let Some((model, version)) = side.version else {
        return Err(Error::new(Code::BadArgument, format!("{reference} is an artifact, and stages are of versions"))
            .hint("write MODEL/VERSION"));
    };
    let replacement = args.replacement.as_deref();
    let replacement = replacement.map(|text| values::version(&registry, &view, &model, text)).transpose()?;
    let sunset = values::time(&args.sunset)?;
    let request = StageRequest { model, version, to, reason, replacement, sunset, evidence };
    propose::change(app, &registry, &args.proposal, &Change::Stage(request.clone()), |writer| {
        reply(registry.write(writer).transition_stage(&request)?)
    })
}
