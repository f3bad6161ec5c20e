//! `proposals`: the branches that wait to land, what each waits for, and what of it waits for the one who asks.

use serde::Serialize;

use crate::registry::{Reader, Registry};
use crate::view::View;
use crate::write::branch::{Ahead, Target, approvers, subject_of};
use crate::write::propose::first_refusal;
use refmark_engine::gate::{Decision, GateReport, Status};
use refmark_engine::ports::store::RecordStore;
use refmark_engine::rules::Judged;
use refmark_records::layout::Place;
use refmark_records::signature::KeyId;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;
use std::collections::BTreeSet;

/// Something that a proposal lacks.
#[derive(Debug, Clone, Serialize)]
pub struct Lacking {
    /// What, in words: a signer that a rule asks for, or a gate.
    pub what: String,
    /// Who could give it; empty for a gate.
    pub who: Vec<PrincipalId>,
}

/// A branch that would bring something, and has not landed.
#[derive(Debug, Clone, Serialize)]
pub struct ProposalRow {
    /// The branch.
    pub branch: String,
    /// What it is about: the first line of its first commit.
    pub subject: String,
    /// Its newest commit.
    pub commit: Oid,
    /// Who signed what it brings, approvals aside.
    pub by: Vec<PrincipalId>,
    /// Whether this copy has the branch; else only its origin does, as of the last fetch.
    pub here: bool,
    /// What it would come to if it landed now.
    pub decision: Decision,
    /// Why it would be refused; none where it is only incomplete.
    pub problem: Option<Error>,
    /// What it lacks.
    pub waits_for: Vec<Lacking>,
    /// Who approved it so far.
    pub approved_by: Vec<PrincipalId>,
    /// What the one who asks can do about it; empty where it is somebody else's turn.
    #[serde(serialize_with = "refmark_types::hint::as_lines")]
    pub yours: Vec<Hint>,
}

/// The proposals that are open.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ProposalsAnswer {
    /// Who asks, where the key is a member's.
    pub you: Option<PrincipalId>,
    /// Every proposal, those that wait for whoever asks first.
    pub proposals: Vec<ProposalRow>,
}

impl Reader<'_> {
    /// The branches here and at the origin that bring what has not taken effect. With a key, also what each asks of its
    /// holder. The cost is that of judging each branch once.
    pub fn proposals(&self, view: &View<'_>, key: Option<&KeyId>) -> Result<ProposalsAnswer> {
        let policy = view.facts()?.policy_in_force()?;
        let you = key.and_then(|key| policy.member_of_key(key)).map(|it| it.0.clone());
        let mut proposals = Vec::new();
        // What is judged on a whole history cannot be judged on another.
        for name in self.registry.proposed(view).unwrap_or_default() {
            if let Some(row) = self.registry.proposal_row(view, &name, you.as_ref())? {
                proposals.push(row);
            }
        }
        proposals.sort_by_key(|it| it.yours.is_empty());
        Ok(ProposalsAnswer { you, proposals })
    }
}

impl Registry {
    /// The names of branches that may be proposals.
    fn proposed(&self, view: &View<'_>) -> Result<BTreeSet<String>> {
        let mut names: BTreeSet<String> = self.repo.branches()?.into_iter().collect();
        if let Some(remote) = self.repo.upstream(&self.branch)? {
            names.extend(self.repo.tracked_branches(&remote)?.into_keys());
        }
        // What was kept when own changes were made again is no proposal, but the reason why nothing is lost.
        names.retain(|name| *name != self.branch && !name.starts_with("unpushed/") && view.verified().is_some());
        Ok(names)
    }

    fn proposal_row(&self, view: &View<'_>, name: &str, you: Option<&PrincipalId>) -> Result<Option<ProposalRow>> {
        let ahead = match self.target(view, name) {
            Ok(Target::Branch(ahead)) => ahead,
            // In a project's repository most branches are of its code.
            _ => return Ok(None),
        };
        if ahead.files.is_empty() {
            return Ok(None);
        }
        let by = self.signers_of(&ahead);
        let judged = self.judge_ahead(view, &ahead);
        let (decision, problem, reports) = match judged {
            Ok(judged) => (decided(&judged), first_refusal(&judged).map(|(_, error)| *error), judged.reports),
            Err(error) if error.code == Code::Bug => return Err(error),
            Err(error) => (Decision::Refused, Some(*error), Vec::new()),
        };
        let waits_for = if problem.is_some() { Vec::new() } else { lacking(&reports) };
        let approved_by = approvers(&reports).into_iter().filter(|it| !by.contains(it)).collect();
        let row = ProposalRow {
            branch: ahead.name.clone(),
            subject: subject_of(&self.repo, &ahead)?,
            commit: ahead.tip,
            here: ahead.local.is_some(),
            yours: you
                .map(|you| steps(&ahead.name, you, &by, (decision, problem.as_ref()), &reports))
                .unwrap_or_default(),
            by,
            decision,
            problem,
            waits_for,
            approved_by,
        };
        Ok(Some(row))
    }

    fn signers_of(&self, ahead: &Ahead) -> Vec<PrincipalId> {
        let mut by = BTreeSet::new();
        for (path, (_, oid)) in &ahead.files {
            if !matches!(
                Place::parse(path),
                None | Some(Place::Approval(..) | Place::Document(..) | Place::PolicyText(_))
            ) && let Ok(record) = self.record_at(*oid, path)
            {
                by.insert(record.common().by.clone());
            }
        }
        by.into_iter().collect()
    }
}

fn decided(judged: &Judged) -> Decision {
    match (&judged.effect, judged.refused) {
        (Some(_), _) => Decision::Ok,
        (None, true) => Decision::Refused,
        (None, false) => Decision::Pending,
    }
}

fn lacking(reports: &[GateReport]) -> Vec<Lacking> {
    let mut all: Vec<Lacking> = Vec::new();
    let mut add = |it: Lacking| {
        if !all.iter().any(|have| have.what == it.what) {
            all.push(it);
        }
    };
    for report in reports {
        for signer in report.signers.iter().filter(|it| it.by.is_none()) {
            add(Lacking { what: signer.asks.clone(), who: signer.candidates.clone() });
        }
        for gate in report.gates.iter().filter(|it| !matches!(it.status, Status::Passed | Status::Waived)) {
            add(Lacking { what: format!("{}: {}", gate.name, gate.expected), who: Vec::new() });
        }
    }
    all
}

/// What one person can do about a proposal.
fn steps(
    branch: &str,
    you: &PrincipalId,
    by: &[PrincipalId],
    (decision, problem): (Decision, Option<&Error>),
    reports: &[GateReport],
) -> Vec<Hint> {
    let yours = by.contains(you);
    let asked = || reports.iter().flat_map(|it| &it.signers).any(|it| it.by.is_none() && it.candidates.contains(you));
    match decision {
        Decision::Refused if yours && problem.is_some_and(|it| it.code == Code::Overtaken) => {
            vec![Next::Renew { branch: Some(branch.to_owned()) }.into()]
        }
        Decision::Ok if yours => vec![Next::Land { branch: branch.to_owned() }.into()],
        Decision::Pending if !yours && asked() => vec![Next::Approve { branch: Some(branch.to_owned()) }.into()],
        Decision::Pending if yours => {
            let open = reports.iter().flat_map(|it| &it.gates).filter(|it| it.status == Status::Missing);
            open.filter_map(|gate| gate.next.clone()).collect()
        }
        _ => Vec::new(),
    }
}
