//! The report that every face shows: every gate, everybody that is asked for, and the decision.

use serde::{Deserialize, Serialize};

use refmark_types::digest::Digest;
use refmark_types::name::{PrincipalId, Role};
use refmark_types::time::Timestamp;

/// What a gate came to. The order is that of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It holds.
    Passed,
    /// It does not hold, and somebody let it pass.
    Waived,
    /// It waits for an approval.
    Pending,
    /// What it asks for is not there yet.
    Missing,
    /// It does not hold.
    Failed,
}

/// One gate of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateResult {
    /// The gate's name.
    pub name: String,
    /// What it came to.
    pub status: Status,
    /// What it asks.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// The statement of the evidence that it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Digest>,
    /// What to do next, where it does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Whether the policy lets somebody waive it.
    #[serde(default)]
    pub waivable: bool,
}

/// One of the people that a rule asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignerResult {
    /// What it asks: roles, or the model's owner.
    pub asks: String,
    /// The roles of which one is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// Whether the model's owner would do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owner: bool,
    /// Who fills it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PrincipalId>,
    /// When that person signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// Who could fill it, where nobody does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<PrincipalId>,
}

/// What a change comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It takes effect.
    Ok,
    /// It breaks no rule and still lacks something.
    Pending,
    /// It breaks a rule.
    Refused,
}

/// The decision on one change, with every gate. The same value in every face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateReport {
    /// The change, such as `sentiment@champion: 3 → 4`.
    pub change: String,
    /// The SHA-256 of the change's statement: what an approval names.
    pub statement: Digest,
    /// What it comes to.
    pub decision: Decision,
    /// The number of the policy that judged it.
    pub policy: u64,
    /// Every gate.
    pub gates: Vec<GateResult>,
    /// Everybody that the rule asks for.
    pub signers: Vec<SignerResult>,
    /// Whether it takes effect on one person's word, with the signers due afterwards.
    pub break_glass: bool,
    /// The paths of the records by which it passed: whoever taints one of them taints the change.
    #[serde(skip)]
    pub rests_on: Vec<String>,
}

impl GateReport {
    /// The decision that these gates and signers come to.
    ///
    /// A gate that fails and may be waived still lacks something: the waiver may come in a commit of its own, and then
    /// every way of merging must come to the same.
    pub fn decide(&mut self) {
        let weight = |gate: &GateResult| match gate.status {
            Status::Failed if gate.waivable => Status::Missing,
            status => status,
        };
        let worst = self.gates.iter().map(weight).max().unwrap_or(Status::Passed);
        let unsigned = !self.break_glass && self.signers.iter().any(|signer| signer.by.is_none());
        self.decision = match worst {
            Status::Failed => Decision::Refused,
            Status::Missing | Status::Pending => Decision::Pending,
            _ if unsigned => Decision::Pending,
            _ => Decision::Ok,
        };
    }

    /// One sentence: why it does not take effect.
    pub fn sentence(&self) -> String {
        let named = |status: Status| -> Vec<String> {
            self.gates
                .iter()
                .filter(|gate| gate.status == status)
                .map(|gate| format!("{} (expected {}, found {})", gate.name, gate.expected, gate.found))
                .collect()
        };
        let mut failed = named(Status::Failed);
        let mut missing = Vec::new();
        if self.decision == Decision::Pending {
            missing.extend(failed.drain(..).map(|gate| format!("a waiver of {gate}")));
        }
        missing.extend(named(Status::Missing));
        missing.extend(named(Status::Pending));
        missing.extend(self.signers.iter().filter(|it| it.by.is_none() && !self.break_glass).map(|signer| {
            let who = signer.candidates.iter().map(PrincipalId::as_str).collect::<Vec<_>>().join(", ");
            let who = if who.is_empty() { "nobody could give it".to_owned() } else { format!("could give it: {who}") };
            format!("an approval by {} ({who})", signer.asks)
        }));
        match (failed.is_empty(), missing.is_empty()) {
            (false, _) => format!("{} is refused: {}", self.change, failed.join("; ")),
            (true, false) => format!("{} is pending: it lacks {}", self.change, missing.join("; ")),
            (true, true) => format!("{} is allowed", self.change),
        }
    }
}
