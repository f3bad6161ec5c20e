//! Why one thing is as it is, and why another is not.

use serde::Serialize;

use super::QueryContext;
use super::resolve::find;
use crate::explain::{Blocked, Explanation, Subject, why_not};
use crate::report::{Dossier, report as dossier};
use refmark_engine::plan::{Author, PromoteRequest};
use refmark_records::policy::Right;
use refmark_records::registry_id::RegistryId;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::PrincipalId;
use refmark_types::reference::Reference;
use refmark_types::time::Timestamp;

/// Why something is as it is, and why the version that was asked for is not there.
#[derive(Debug, Clone, Serialize)]
pub struct ExplainAnswer {
    /// Why it is as it is; nothing for an alias that holds nothing.
    pub explanation: Option<Explanation>,
    /// Why the other version is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<Blocked>,
}

/// A version that an alias does not hold, as if somebody proposed it now.
#[derive(Debug, Clone, Copy)]
pub struct WhyNot<'a> {
    /// The version.
    pub version: u64,
    /// As whose proposal; the first who may, where nobody is named.
    pub by: Option<&'a PrincipalId>,
    /// Now.
    pub now: Timestamp,
    /// The registry.
    pub registry: RegistryId,
}

/// Explains what a reference names; with `asked`, also why its alias does not hold that version.
pub fn explain(
    context: &QueryContext<'_, '_>,
    reference: &Reference,
    asked: Option<WhyNot<'_>>,
) -> Result<ExplainAnswer> {
    let explanation = match find(context.reader(), reference) {
        Ok(found) => {
            let subject = Subject {
                reference: reference.to_string(),
                model: found.model,
                version: found.version,
                alias: found.alias,
                artifact: found.artifact,
            };
            Some(crate::explain::explain(context, &subject)?)
        }
        Err(error) if error.code == Code::NotFound && asked.is_some() => None,
        Err(error) => return Err(error),
    };
    let why_not = asked.map(|asked| blocked(context, reference, asked)).transpose()?;
    Ok(ExplainAnswer { explanation, why_not })
}

fn blocked(context: &QueryContext<'_, '_>, reference: &Reference, asked: WhyNot<'_>) -> Result<Blocked> {
    let Reference::Alias(model, alias) = reference else {
        return Err(Error::new(Code::BadArgument, format!("{reference} is not an alias, so it holds no version"))
            .hint("name an alias as MODEL@ALIAS, and the version that it does not hold"));
    };
    let policy = context.reader().policy_in_force()?;
    let by = match asked.by {
        Some(by) => by.clone(),
        None => match policy.who_may(Right::Propose).first() {
            Some(first) => (*first).clone(),
            None => {
                return Err(Error::new(Code::Refused, "no member of this policy may propose a change")
                    .hint(Hint::of("the members and their roles: ").then(Next::MembersList)));
            }
        },
    };
    let tainted = context.walked.map(|walked| walked.walk.tainted().iter().cloned().collect()).unwrap_or_default();
    // Whether the bytes are at hand is asked where they are: here it is as if they were.
    let holds = context.reader().version(model, asked.version)?.map(|version| version.artifact).into_iter().collect();
    let author = Author { by, time: asked.now, base: Some(context.head), registry: asked.registry, tainted, holds };
    let request = PromoteRequest {
        model: model.clone(),
        alias: alias.clone(),
        version: asked.version,
        reason: String::new(),
        expect: None,
        evidence: Vec::new(),
    };
    why_not(context, &author, &request)
}

/// The dossier of the version that a reference names: the same from the same commit.
pub fn report(context: &QueryContext<'_, '_>, reference: &Reference) -> Result<Dossier> {
    let found = find(context.reader(), reference)?;
    match (&found.model, found.version) {
        (Some(model), Some(version)) => dossier(context, model, version),
        _ => Err(Error::new(Code::BadArgument, format!("{reference} names no version of a model")).hint(
            "a dossier is of MODEL/VERSION or MODEL@ALIAS: the same artifact may be a version of several models",
        )),
    }
}
