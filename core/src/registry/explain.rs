//! `explain`: why one thing is as it is, and why another is not.

use serde::Serialize;

use super::open::Registry;
use super::resolve::find;
use super::view::View;
use crate::judgement::doc::Page;
use crate::judgement::explain::{Blocked, Explanation, Ledger, Subject, explain, page, why_not};
use crate::judgement::plan::{Author, PromoteRequest};
use crate::records::policy::Right;
use crate::words::fault::{Code, Fault, Result};
use crate::words::name::PrincipalId;
use crate::words::reference::Reference;

#[cfg(test)]
mod tests;

/// Why something is as it is, and why the version that was asked for is not there.
#[derive(Debug, Clone, Serialize)]
pub struct ExplainAnswer {
    /// Why it is as it is; nothing for an alias that holds nothing.
    pub explanation: Option<Explanation>,
    /// Why the other version is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<Blocked>,
}

impl ExplainAnswer {
    /// The answer as a page.
    pub fn page(&self) -> Page {
        page(self.explanation.as_ref(), self.why_not.as_ref())
    }
}

impl Registry {
    /// Explains what a reference names; with `why_not`, also why its alias does not hold that version, judged as if `by` (or
    /// the first who may) proposed it now.
    pub fn explain(
        &self,
        view: &View<'_>,
        reference: &Reference,
        why_not: Option<u64>,
        by: Option<&PrincipalId>,
    ) -> Result<ExplainAnswer> {
        let ledger = self.ledger(view)?;
        let explanation = match find(view.facts()?, reference) {
            Ok(found) => {
                let subject = Subject {
                    reference: reference.to_string(),
                    model: found.model,
                    version: found.version,
                    alias: found.alias,
                    artifact: found.artifact,
                };
                Some(explain(&ledger, &subject)?)
            }
            Err(fault) if fault.code == Code::NotFound && why_not.is_some() => None,
            Err(fault) => return Err(fault),
        };
        let why_not = match why_not {
            Some(version) => Some(self.blocked(view, &ledger, reference, version, by)?),
            None => None,
        };
        Ok(ExplainAnswer { explanation, why_not })
    }

    fn blocked(
        &self,
        view: &View<'_>,
        ledger: &Ledger<'_, '_>,
        reference: &Reference,
        version: u64,
        by: Option<&PrincipalId>,
    ) -> Result<Blocked> {
        let Reference::Alias(model, alias) = reference else {
            return Err(Fault::new(
                Code::BadArgument,
                format!("{reference} is no alias, so no version could be there"),
            )
            .hint("write MODEL@ALIAS --why-not VERSION"));
        };
        let policy = super::writer::policy_of(view.facts()?)?;
        let by = match by {
            Some(by) => by.clone(),
            None => match policy.who_may(Right::Propose).first() {
                Some(first) => (*first).clone(),
                None => return Err(Fault::new(Code::Refused, "nobody may propose anything under this policy")),
            },
        };
        let author = Author { by, time: self.world.clock.now(), base: Some(view.head), registry: self.id() };
        let request = PromoteRequest {
            model: model.clone(),
            alias: alias.clone(),
            version,
            reason: String::new(),
            expect: None,
            evidence: Vec::new(),
        };
        why_not(ledger, &author, &request)
    }

    /// The records of a view, to be explained.
    pub(super) fn ledger<'a, 'r>(&'r self, view: &'a View<'r>) -> Result<Ledger<'a, 'r>> {
        let inert = view.verified().map(|it| it.walk.inert().iter().flat_map(|it| it.files.keys().cloned()).collect());
        Ok(Ledger {
            history: &self.repo,
            state: view.state()?,
            inert: inert.unwrap_or_default(),
            head: view.head,
            verified: view.is_vouched_for(),
        })
    }
}
