//! Approving statements, and waiving gates of them.

use super::{Author, Plan};
use refmark_records::approval::{Approval, Waiver};
use refmark_types::digest::Digest;
use refmark_types::error::Result;
use refmark_types::time::Timestamp;

/// What a principal says to one statement.
#[derive(Debug, Clone)]
pub struct ApprovalRequest {
    /// The path of the change's record.
    pub change: String,
    /// The SHA-256 of the change's statement.
    pub statement: Digest,
    /// Whether the principal agrees; false for one who only waives.
    pub approves: bool,
    /// The gates that the principal waives.
    pub waives: Vec<Waiver>,
    /// Why.
    pub reason: Option<String>,
    /// After this time it may no longer make a change take effect.
    pub not_after: Option<Timestamp>,
}

/// Plans one approval for each request.
pub fn approve(author: &Author, subject: String, requests: &[ApprovalRequest]) -> Result<Plan> {
    let mut plan = Plan { subject, ..Plan::default() };
    plan.body = requests.first().and_then(|request| request.reason.clone()).unwrap_or_default();
    for request in requests {
        plan.sign(Approval {
            change: request.change.clone(),
            statement: request.statement,
            approves: request.approves,
            waives: request.waives.clone(),
            reason: request.reason.clone(),
            by: author.by.clone(),
            time: author.time,
            not_after: request.not_after,
            previous: None,
            base: author.base,
            path: String::new(),
            registry: author.registry,
        })?;
    }
    if requests.iter().any(|request| request.approves) {
        plan.approved_by.push(author.by.clone());
    }
    Ok(plan)
}
