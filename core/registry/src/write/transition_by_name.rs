//! `transition REF STAGE|TRUST-STATE`: one verb for both machines.

use crate::read::resolve::find;
use crate::registry::Writer;
use crate::view::View;
use crate::write::transition::TransitionAnswer;
use refmark_engine::plan::{Change, StageRequest, TrustRequest};
use refmark_query::request;
use refmark_records::trust::{TrustState, VersionName};
use refmark_records::version::Stage;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::AliasName;
use refmark_types::reference::Reference;
use refmark_types::time::Timestamp;

/// A move of a stage or a trust state, by words.
#[derive(Debug, Clone)]
pub struct TransitionRequest {
    /// What moves: a version for a stage, a version or an artifact for a trust state.
    pub reference: Reference,
    /// A stage or a trust state.
    pub to: String,
    /// Why.
    pub reason: String,
    /// For `retired`: the version that stands in for it, by its number or release.
    pub replacement: Option<String>,
    /// For `retired`: the day from which nobody should use it.
    pub sunset: Option<Timestamp>,
    /// The statements of the evidence that the move rests on.
    pub evidence: Vec<Digest>,
}

impl Writer<'_> {
    /// Moves a version to a stage, or an artifact to a trust state, whichever the word is.
    pub fn transition(&self, request: &TransitionRequest) -> Result<TransitionAnswer> {
        match self.transition_change(&self.registry.view()?, request)? {
            Change::Stage(stage) => self.transition_stage(&stage),
            Change::Trust(trust) => self.transition_trust(&trust),
            _ => Err(refmark_types::error::bug("a transition moves a stage or a trust state")),
        }
    }

    fn transition_change(&self, view: &View<'_>, request: &TransitionRequest) -> Result<Change> {
        let facts = view.facts()?;
        let reference = &request.reference;
        match (Stage::parse(&request.to), TrustState::parse(&request.to)) {
            (Some(to), _) => {
                let found = find(facts, reference)?;
                let (Some(model), Some(version)) = (found.model, found.version) else {
                    return Err(Error::new(
                        Code::BadArgument,
                        format!("{reference} is an artifact, and stages are of versions"),
                    )
                    .hint("name the version, such as sentiment/4"));
                };
                let replacement = request.replacement.as_deref();
                let replacement = replacement.map(|text| request::version(facts, &model, text)).transpose()?;
                Ok(Change::Stage(StageRequest {
                    model,
                    version,
                    to,
                    reason: request.reason.clone(),
                    replacement,
                    sunset: request.sunset,
                    evidence: request.evidence.clone(),
                }))
            }
            (None, Some(to)) => {
                if request.replacement.is_some() || request.sunset.is_some() {
                    return Err(Error::new(Code::BadArgument, format!("{to} has no replacement and no sunset"))
                        .hint("they belong to the stage `retired`"));
                }
                let found = find(facts, reference)?;
                let version = found.model.zip(found.version);
                Ok(Change::Trust(TrustRequest {
                    files: Vec::new(),
                    artifact: found.artifact,
                    to,
                    reason: request.reason.clone(),
                    version: version.map(|(model, version)| VersionName { model, version }),
                    evidence: request.evidence.clone(),
                }))
            }
            (None, None) => Err(unknown(reference, &request.to)),
        }
    }
}

fn unknown(reference: &Reference, to: &str) -> Box<Error> {
    let stages = Stage::ALL.map(Stage::as_str).join(", ");
    let states = TrustState::ALL.map(TrustState::as_str).join(", ");
    let error = Error::new(Code::BadArgument, format!("`{}` is neither a stage nor a trust state", to.escape_debug()));
    match (AliasName::parse(to), reference) {
        (Ok(alias), Reference::Version(model, version)) => error.hint(
            Hint::of(format!("stages are {stages}; trust states are {states}; to move an alias: "))
                .then(Next::Promote { alias: format!("{model}@{alias}"), version: Some(*version) }),
        ),
        _ => error.hint(format!("stages are {stages}; trust states are {states}")),
    }
}
