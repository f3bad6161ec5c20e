//! `approve`: a principal signs what others proposed, or what one person did alone at night.

use crate::registry::Reader;
use crate::registry::Writer;
use serde::Serialize;

use crate::view::View;
use crate::write::branch::{Ahead, Target};
use crate::write::propose::first_refusal;
use crate::write::transaction::{Holder, Ready};
use refmark_engine::effective::Effective;
use refmark_engine::gate::{GateReport, Status};
use refmark_engine::open_approvals::{OpenApproval, open_approvals};
use refmark_engine::plan::{self, ApprovalRequest, Author, Plan};
use refmark_engine::ports::store::RecordStore;
use refmark_engine::rules::Judged;
use refmark_engine::snapshot::Mode;
use refmark_records::approval::Waiver;
use refmark_records::layout::Place;
use refmark_records::policy::{MemberKind, Policy, Right};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What a principal says to a proposal.
#[derive(Debug, Clone, Default)]
pub struct ApproveRequest {
    /// A branch, or a commit of the registry's own branch with a move that waits for an approval.
    pub target: String,
    /// Why.
    pub reason: Option<String>,
    /// After this time the approval may no longer make the change take effect.
    pub not_after: Option<Timestamp>,
    /// The gates that are let pass, each with a reason and an end.
    pub waive: Vec<Waiver>,
    /// Only waive, without agreeing to the change.
    pub waive_only: bool,
}

/// An approval that was added.
#[derive(Debug, Clone, Serialize)]
pub struct ApproveAnswer {
    /// The branch that has it now.
    pub branch: String,
    /// The commit that added it.
    pub commit: Oid,
    /// Who approved.
    pub by: PrincipalId,
    /// The statements that were approved: the path of the change's record, and the statement's digest.
    pub statements: Vec<(String, Digest)>,
    /// Whether the change would now take effect where it lands (on the registry's own branch: whether it has).
    pub complete: bool,
    /// Every gate, and who is still asked for.
    pub reports: Vec<GateReport>,
    /// What to do next.
    #[serde(serialize_with = "refmark_types::hint::as_lines")]
    pub next: Vec<Hint>,
}

/// A statement that waits for signatures: its record's path, its author, and its report.
struct Waiting {
    path: String,
    author: PrincipalId,
    report: GateReport,
}

impl Writer<'_> {
    /// Adds the signer's approval of every statement that waits in a branch, as a plain commit on it. On the registry's own
    /// branch: of what landed and is pending, or took effect at once with an approval due.
    pub fn approve(&self, request: &ApproveRequest) -> Result<ApproveAnswer> {
        let target = self.registry.target(&self.registry.view()?, &request.target)?;
        match target {
            Target::Landed(commit) => self.approve_landed(request, commit),
            Target::Branch(_) => self.approve_branch(request),
        }
    }

    fn approve_branch(&self, request: &ApproveRequest) -> Result<ApproveAnswer> {
        let _lock = self.registry.begin()?;
        let (view, author) = self.newest(Holder::Member)?;
        let ahead = self.registry.proposal(&view, &request.target)?;
        let waiting = self.waiting_in(&view, &ahead)?;
        self.registry.refuse_false_claims(Some(ahead.base), ahead.tip)?;
        let plan = planned(&view, &author, request, &waiting)?;
        let mut ready = self.ready(&plan, &view.state()?.shared_objects())?;
        let judged = self.with_approvals(&view, &ahead, &ready)?;
        if let Some((path, error)) = judged.dropped.into_iter().find(|(path, _)| ready.oids.contains_key(path)) {
            return Err(error.at(path));
        }
        ready.files.extend(self.registry.own_side(&ahead)?);
        let parents = [ahead.tip].into_iter().chain(ahead.also).collect();
        let commit = self.commit(&author, parents, &ready)?;
        if let Some(local) = ahead.local
            && !self.registry.repo.is_ancestor(local, commit)?
        {
            // Somebody made the proposal again: what this copy had of the old one stays.
            self.registry.keep(local)?;
        }
        self.registry.repo.move_branch(&ahead.name, ahead.local, commit)?;
        let complete = judged.effect.is_some();
        let origin = self.registry.origin()?.map_or_else(|| "origin".to_owned(), |it| it.remote);
        let mut next = vec![Next::Run { command: format!("git push {origin} {}", ahead.name) }.into()];
        if complete {
            next.push(Next::Land { branch: ahead.name.clone() }.into());
        }
        Ok(ApproveAnswer {
            branch: ahead.name,
            commit,
            by: author.by,
            statements: signed(&waiting),
            complete,
            reports: judged.reports,
            next,
        })
    }

    /// What waits for signatures in a branch. What breaks a rule is not there to be approved.
    fn waiting_in(&self, view: &View<'_>, ahead: &Ahead) -> Result<Vec<Waiting>> {
        let judged = self.registry.judge_ahead(view, ahead)?;
        if let Some((path, error)) = first_refusal(&judged) {
            return Err(error.at(path));
        }
        let mut waiting = Vec::new();
        for (path, (_, oid)) in &ahead.files {
            if let Some(Place::Alias(..) | Place::Stage(..) | Place::Trust(..)) = Place::parse(path) {
                let record = self.registry.record_at(*oid, path)?;
                if let Some(report) = judged.reports.iter().find(|it| it.statement == record.digest()) {
                    let author = record.common().by.clone();
                    waiting.push(Waiting { path: path.clone(), author, report: report.clone() });
                }
            }
        }
        if waiting.is_empty() {
            return Err(Error::new(Code::NothingToDo, format!("{} has no move that could be approved", ahead.name))
                .hint(
                    Hint::of(
                        "evidence and versions need no approval; roots and policies are signed before they land: ",
                    )
                    .then(Next::PolicySign),
                ));
        }
        Ok(waiting)
    }

    fn with_approvals(&self, view: &View<'_>, ahead: &Ahead, ready: &Ready) -> Result<Judged> {
        let mut files: BTreeMap<String, (Mode, Oid)> = ahead.files.clone();
        files.extend(ready.oids.iter().map(|(path, file)| (path.clone(), *file)));
        view.try_landing(&files)
    }

    fn approve_landed(&self, request: &ApproveRequest, commit: Option<Oid>) -> Result<ApproveAnswer> {
        let mut statements = Vec::new();
        let written = self.change(|view, author| {
            let waiting = self.waiting_here(view, commit)?;
            self.look_at(view, &waiting)?;
            statements = signed(&waiting);
            planned(view, author, request, &waiting)
        })?;
        let view = self.registry.view()?;
        let mut complete = true;
        let mut reports = Vec::new();
        for it in self.waiting_here(&view, None).unwrap_or_default() {
            if statements.iter().any(|(_, digest)| *digest == it.report.statement) {
                complete = false;
                reports.push(it.report);
            }
        }
        Ok(ApproveAnswer {
            branch: self.registry.branch.clone(),
            commit: written.commit,
            by: written.by,
            statements,
            complete,
            reports,
            next: Vec::new(),
        })
    }

    /// Holds the artifacts of what waits against their bytes, as far as these are here: whoever approves vouches for them.
    fn look_at(&self, view: &View<'_>, waiting: &[Waiting]) -> Result<()> {
        let artifacts: BTreeSet<ArtifactId> = waiting
            .iter()
            .filter_map(|it| match Place::parse(&it.path) {
                Some(Place::Trust(artifact, _)) => Some(artifact),
                _ => None,
            })
            .collect();
        for artifact in artifacts {
            self.registry.derive(view.facts()?, artifact)?.error().map_or(Ok(()), Err)?;
        }
        Ok(())
    }

    /// What waits on the registry's own branch: landings that are pending, and moves that took effect at once.
    fn waiting_here(&self, view: &View<'_>, commit: Option<Oid>) -> Result<Vec<Waiting>> {
        let mut waiting = Vec::new();
        let Some(verified) = view.verified() else { return Ok(waiting) };
        for landing in verified.walk.inert().iter().filter(|it| commit.is_none_or(|commit| it.commit == commit)) {
            let judged = verified.walk.try_landing(&landing.files)?;
            for (path, (_, oid)) in landing.files.iter().filter(|_| !judged.refused) {
                if let Some(Place::Alias(..) | Place::Stage(..) | Place::Trust(..)) = Place::parse(path) {
                    let record = self.registry.record_at(*oid, path)?;
                    let author = record.common().by.clone();
                    let report = judged.reports.iter().find(|it| it.statement == record.digest());
                    waiting.extend(report.map(|it| Waiting { path: path.clone(), author, report: it.clone() }));
                }
            }
        }
        for open in open_approvals(verified.reader(), verified.walk.due())? {
            let here = match commit {
                Some(commit) => view.landed(&open.path)?.is_some_and(|landed| landed.commit == commit),
                None => true,
            };
            if here {
                waiting.push(Waiting { path: open.path, author: open.by, report: open.report });
            }
        }
        match waiting.is_empty() {
            true => Err(Error::new(Code::NothingToDo, "nothing here waits for an approval")
                .hint(Hint::of("to see what does: ").then(Next::Status))),
            false => Ok(waiting),
        }
    }
}

impl<'r> Reader<'r> {
    /// The moves that took effect on one person's word, with approvals still due.
    pub fn open_approvals(&self, view: &View<'_>) -> Result<Vec<OpenApproval>> {
        match view.verified() {
            Some(verified) => open_approvals(verified.reader(), verified.walk.due()),
            None => Ok(Vec::new()),
        }
    }
}

fn signed(waiting: &[Waiting]) -> Vec<(String, Digest)> {
    waiting.iter().map(|it| (it.path.clone(), it.report.statement)).collect()
}

/// The approvals, where the signer's word counts for anything here.
fn planned(view: &View<'_>, author: &Author, request: &ApproveRequest, waiting: &[Waiting]) -> Result<Plan> {
    let policy = view.facts()?.policy_in_force()?;
    may_speak(&policy, author, request)?;
    check_waivers(&policy, author, request, waiting)?;
    let mut requests = Vec::new();
    for it in waiting {
        if it.author == author.by {
            return Err(Error::new(
                Code::Refused,
                format!("{} made {} and cannot approve it", author.by, it.report.change),
            )
            .hint(who_else(&it.report)));
        }
        let waives: Vec<Waiver> = request
            .waive
            .iter()
            .filter(|waiver| it.report.gates.iter().any(|gate| gate.name == waiver.gate))
            .cloned()
            .collect();
        let path = Place::Approval(it.report.statement, author.by.clone()).path();
        if view.state()?.oid(&path)?.is_some() || it.report.signers.iter().any(|it| it.by.as_ref() == Some(&author.by))
        {
            continue;
        }
        requests.push(ApprovalRequest {
            change: it.path.clone(),
            statement: it.report.statement,
            approves: !request.waive_only,
            waives,
            reason: request.reason.clone(),
            not_after: request.not_after,
        });
    }
    let fits = |it: &Waiting| it.report.signers.iter().any(|signer| signer.candidates.contains(&author.by));
    match waiting.iter().find(|it| it.report.signers.iter().any(|it| it.by.is_none())) {
        _ if requests.is_empty() => {
            return Err(Error::new(Code::NothingToDo, format!("{} has approved it already", author.by)));
        }
        Some(first) if request.waive.is_empty() && !waiting.iter().any(fits) => {
            let asked: Vec<&str> =
                first.report.signers.iter().filter(|it| it.by.is_none()).map(|it| it.asks.as_str()).collect();
            return Err(Error::new(
                Code::Refused,
                format!(
                    "an approval by {} would not count: {} still asks for {}",
                    author.by,
                    first.report.change,
                    asked.join(" and ")
                ),
            )
            .hint(who_else(&first.report)));
        }
        _ => {}
    }
    let subject = match waiting {
        [one] => format!("approve {}", one.report.change),
        _ => format!("approve {} ({} statements)", main_change(waiting), requests.len()),
    };
    plan::approve(author, subject, &requests)
}

/// The change that people speak of: the alias's, where one moves.
fn main_change(waiting: &[Waiting]) -> &str {
    let alias = waiting.iter().find(|it| it.report.change.contains('@'));
    alias.or(waiting.first()).map(|it| it.report.change.as_str()).unwrap_or_default()
}

fn may_speak(policy: &Policy, author: &Author, request: &ApproveRequest) -> Result<()> {
    let member = policy.members.get(&author.by);
    if member.is_some_and(|it| it.kind == MemberKind::Agent) {
        return Err(Error::new(Code::Refused, format!("{} is an agent, and agents never approve", author.by))
            .hint(Hint::of("ask a person: ").then(Next::MembersList)));
    }
    let right = if request.waive_only { Right::Waive } else { Right::Approve };
    if member.is_some_and(|it| policy.has_right(it, right)) {
        return Ok(());
    }
    let who: Vec<&str> = policy.who_may(right).into_iter().map(PrincipalId::as_str).collect();
    Err(Error::new(
        Code::Refused,
        format!("{} does not have the right `{}` under policy {}", author.by, right.as_str(), policy.number),
    )
    .hint(format!("{} could", who.join(", ")))
    .field("who_could", who))
}

fn check_waivers(policy: &Policy, author: &Author, request: &ApproveRequest, waiting: &[Waiting]) -> Result<()> {
    if request.waive.is_empty() {
        return match request.waive_only {
            true => Err(Error::new(Code::BadArgument, "nothing to waive was named")
                .hint("name each gate, why it may pass, and until when")),
            false => Ok(()),
        };
    }
    let member = policy.members.get(&author.by);
    if !member.is_some_and(|it| policy.has_right(it, Right::Waive)) {
        let who: Vec<&str> = policy.who_may(Right::Waive).into_iter().map(PrincipalId::as_str).collect();
        return Err(Error::new(Code::Refused, format!("{} does not have the right `waive`", author.by))
            .hint(format!("{} could", who.join(", "))));
    }
    let gates = || waiting.iter().flat_map(|it| &it.report.gates);
    for waiver in &request.waive {
        if waiver.reason.trim().is_empty() {
            return Err(Error::new(Code::BadArgument, format!("the waiver of {} has no reason", waiver.gate))
                .hint("--reason TEXT: whoever reads it in a year was not there"));
        }
        if waiver.until <= author.time {
            return Err(Error::new(
                Code::BadArgument,
                format!("the waiver of {} ends at {}, which is past", waiver.gate, waiver.until),
            ));
        }
        if !gates().any(|gate| gate.name == waiver.gate && gate.waivable) {
            let may: Vec<&str> = gates()
                .filter(|gate| gate.waivable && gate.status > Status::Waived)
                .map(|gate| gate.name.as_str())
                .collect();
            let may = if may.is_empty() { "none of its gates".to_owned() } else { may.join(", ") };
            return Err(Error::new(
                Code::Refused,
                format!("the policy does not let anybody waive gate {}", waiver.gate),
            )
            .hint(format!("{may} could be waived here")));
        }
    }
    Ok(())
}

fn who_else(report: &GateReport) -> Hint {
    let mut who: Vec<&str> = report.signers.iter().flat_map(|it| &it.candidates).map(PrincipalId::as_str).collect();
    who.sort_unstable();
    who.dedup();
    match who.is_empty() {
        true => Hint::of("to see who has which role: ").then(Next::MembersList),
        false => Hint::of(format!("could give it: {}", who.join(", "))),
    }
}
