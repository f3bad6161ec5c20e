//! `assert-served`: what a runtime says that it serves, against what is approved.

use serde::Serialize;
use serde_json::Value;

use crate::read::resolve::{ResolveAnswer, ResolveOptions};
use crate::registry::Reader;
use refmark_query::served::{names, said};
use refmark_store::http::Client;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Next};
use refmark_types::reference::Reference;

/// The longest answer of a runtime, in bytes.
const LONGEST: u64 = 1 << 20;

/// What is to be asked.
#[derive(Debug, Clone)]
pub struct ServedRequest {
    /// What should be served.
    pub reference: Reference,
    /// Where the runtime says what it serves: an address that answers with JSON.
    pub url: String,
    /// Where in its answer, such as `.models[0].version`; else the usual places.
    pub path: Option<String>,
    /// Take it although no root is pinned, so that nothing vouches for what is approved.
    pub allow_unverified: bool,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct ServedAnswer {
    /// Whether what is served is what is approved.
    pub served: bool,
    /// What is approved.
    pub approved: ResolveAnswer,
    /// The value that the runtime gave; null where its answer has none there.
    pub said: Option<Value>,
}

impl Reader<'_> {
    /// Asks a runtime what it serves, and compares that with what a reference means. The runtime may be anywhere, also in the own
    /// network.
    ///
    /// # Errors
    ///
    /// `unreachable` where it cannot be asked or answers with another status than 200, `unverified` where no root is pinned, and
    /// those of [`Reader::resolve`]. That something else is served is no error.
    pub fn served(&self, request: &ServedRequest) -> Result<ServedAnswer> {
        let approved = self.resolve(&request.reference, ResolveOptions::default())?;
        if !approved.verified && !request.allow_unverified {
            return Err(Error::new(Code::Unverified, "no root is pinned, so nothing vouches for what is approved")
                .hint(Next::With(Choice::AllowUnverified)));
        }
        let answer = Client::new(true).get(&request.url, LONGEST)?;
        if answer.status != 200 {
            return Err(Error::new(Code::Unreachable, format!("the runtime answered {}", answer.status))
                .field("status", answer.status));
        }
        let answer: Value = serde_json::from_slice(&answer.body)
            .map_err(|_| Error::new(Code::Unreachable, "the runtime's answer is no JSON"))?;
        let said = said(&answer, request.path.as_deref())?.cloned();
        Ok(ServedAnswer { served: said.as_ref().is_some_and(|it| names(it, &approved)), approved, said })
    }
}
