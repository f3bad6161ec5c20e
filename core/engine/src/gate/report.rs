//! The report that every face shows: every gate, everybody that is asked for, and the decision.

use serde::Serialize;

use refmark_types::digest::Digest;
use refmark_types::error::{Cause, Code, Error};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::name::{PrincipalId, Role};
use refmark_types::time::Timestamp;

/// What a gate came to. The order is that of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Digest>,
    /// What to do next, where it does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Hint>,
    /// Whether the policy lets somebody waive it.
    pub waivable: bool,
}

/// One of the people that a rule asks for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignerResult {
    /// What it asks: roles, or the model's owner.
    pub asks: String,
    /// The roles of which one is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// Whether the model's owner would do.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub owner: bool,
    /// Who fills it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<PrincipalId>,
    /// When that person signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// Who could fill it, where nobody does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<PrincipalId>,
}

/// What a change comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
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

    /// One sentence: whether the change takes effect, and why not.
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
            missing.extend(failed.drain(..).map(|gate| format!("a waiver is needed for {gate}")));
        }
        missing.extend(named(Status::Missing));
        missing.extend(named(Status::Pending));
        missing.extend(self.approvals_needed());
        match (failed.is_empty(), missing.is_empty()) {
            (false, _) => format!("{} is refused: {}", self.change, failed.join("; ")),
            (true, false) => format!("{} is pending: {}", self.change, missing.join("; ")),
            (true, true) => format!("{} is allowed", self.change),
        }
    }

    /// The approvals that are still missing before the change takes effect, in a sentence with who could give each; none
    /// where nobody is missing, or where the approvals are due afterwards only.
    pub fn approvals_needed(&self) -> Option<String> {
        let open: Vec<String> = self.open_signers().map(SignerResult::wanted).collect();
        let (last, rest) = open.split_last()?;
        Some(match rest {
            [] => format!("one approval is needed: {last}"),
            _ => format!("{} approvals are needed: {}, and {last}", number_word(open.len()), rest.join(", ")),
        })
    }

    /// The signers without whom the change waits.
    pub fn open_signers(&self) -> impl Iterator<Item = &SignerResult> {
        self.signers.iter().filter(|signer| signer.by.is_none() && !self.break_glass)
    }

    /// The error of a change that is refused or pending, with the whole report as its [`Refusal`].
    pub fn into_error(self) -> Box<Error> {
        let (code, hint) = match self.decision {
            Decision::Refused => (Code::Refused, self.refused_hint()),
            _ => (Code::Pending, self.pending_hint()),
        };
        Error::new(code, self.sentence()).hint(hint).field("report", &self).caused_by(Refusal(self))
    }

    fn pending_hint(&self) -> Hint {
        match self.signers.iter().any(|signer| signer.by.is_none()) {
            true => Hint::of("make it a proposal: ")
                .then(Next::With(Choice::Propose))
                .say("; those who may approve it: ")
                .then(Next::Approve { branch: None }),
            false => self.gates.iter().find_map(|gate| gate.next.clone()).unwrap_or_default(),
        }
    }

    fn refused_hint(&self) -> Hint {
        let failed = self.gates.iter().find(|gate| gate.status == Status::Failed);
        failed.and_then(|gate| gate.next.clone()).unwrap_or_else(|| Hint::of("the rules: ").then(Next::PolicyShow))
    }
}

impl SignerResult {
    /// Whom it asks for, with everybody who could, such as `one platform-lead (ada, bo)`.
    fn wanted(&self) -> String {
        let mut kinds: Vec<&str> = self.roles.iter().map(Role::as_str).collect();
        if self.owner {
            kinds.push("the model's owner");
        }
        let kinds = match kinds.as_slice() {
            [] => self.asks.clone(),
            ["the model's owner"] => "the model's owner".to_owned(),
            [one] => format!("one {one}"),
            [many @ .., last] => format!("one of {} or {last}", many.join(", ")),
        };
        let who = self.candidates.iter().map(PrincipalId::as_str).collect::<Vec<_>>().join(", ");
        format!("{kinds} ({})", if who.is_empty() { "nobody can" } else { &who })
    }
}

fn number_word(number: usize) -> String {
    const WORDS: [&str; 7] = ["no", "one", "two", "three", "four", "five", "six"];
    WORDS.get(number).map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

/// The gate report of a change without effect: the typed cause of its [`Error`], which every face shows gate by gate.
///
/// ```
/// use refmark_engine::gate::Refusal;
/// use refmark_types::error::{Cause, Code, Error};
///
/// let error = Error::new(Code::NotFound, "there is no model sentiment");
/// assert!(error.cause::<Refusal>().is_none());
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", .0.sentence())]
pub struct Refusal(pub GateReport);

impl Refusal {
    /// The hint of an error with this cause, for a change that waits on a branch: it is a proposal already, so it only needs
    /// approvals there.
    pub fn hint_on_branch(cause: &Cause, hint: Option<Hint>, branch: &str) -> Option<Hint> {
        match cause.get::<Refusal>() {
            Some(Refusal(report)) if report.decision == Decision::Pending && report.open_signers().next().is_some() => {
                let approve = Next::Approve { branch: Some(branch.to_owned()) };
                Some(Hint::of("those who may approve it: ").then(approve))
            }
            _ => hint.map(|hint| hint.on_branch(branch)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(roles: &[&str], candidates: &[&str]) -> SignerResult {
        SignerResult {
            asks: roles.join(" or "),
            roles: roles.iter().map(|role| Role::parse(role).unwrap()).collect(),
            owner: false,
            by: None,
            time: None,
            candidates: candidates.iter().map(|id| PrincipalId::parse(id).unwrap()).collect(),
        }
    }

    fn report(signers: Vec<SignerResult>) -> GateReport {
        let mut report = GateReport {
            change: "sentiment@champion: 3 → 4".to_owned(),
            statement: Digest::of(b"move"),
            decision: Decision::Ok,
            policy: 1,
            gates: Vec::new(),
            signers,
            break_glass: false,
            rests_on: Vec::new(),
        };
        report.decide();
        report
    }

    #[test]
    fn missing_approvals_are_named_one_by_one_with_who_could_give_them() {
        let two = report(vec![open(&["platform-lead"], &["pat"]), open(&["mlops-engineer", "model-owner"], &[])]);
        assert_eq!(
            two.sentence(),
            "sentiment@champion: 3 → 4 is pending: two approvals are needed: one platform-lead (pat), and one of \
             mlops-engineer or model-owner (nobody can)"
        );
        let one = report(vec![open(&["platform-lead"], &["pat", "lea"])]);
        assert_eq!(one.approvals_needed().unwrap(), "one approval is needed: one platform-lead (pat, lea)");
        assert_eq!(report(Vec::new()).sentence(), "sentiment@champion: 3 → 4 is allowed");
    }

    #[test]
    fn an_error_carries_its_report_as_a_value_and_its_hint_names_the_branch_it_waits_on() {
        let waits = report(vec![open(&["platform-lead"], &["pat"])]);
        let error = waits.clone().into_error();
        assert_eq!(error.cause::<Refusal>(), Some(&Refusal(waits)));
        assert!(error.hint.as_ref().unwrap().steps().any(|step| *step == Next::With(Choice::Propose)));
        let hint = Refusal::hint_on_branch(&error.cause, error.hint.clone(), "propose/x").unwrap();
        assert_eq!(hint.steps().collect::<Vec<_>>(), [&Next::Approve { branch: Some("propose/x".to_owned()) }]);
    }
}
