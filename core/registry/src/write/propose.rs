//! `--propose`, `renew` and `land`: a change on a branch of its own, made again where somebody else was first, and
//! merged when everything is given.

use serde::Serialize;

use crate::registry::{Governor, Registry, Writer};
use crate::view::View;
use crate::write::branch::{Ahead, approvers, subject_of};
use crate::write::proposal::{ProposeAnswer, Slot};
use crate::write::transaction::{Holder, Ready, refuse_what_has_no_effect};
use refmark_engine::gate::{Decision, GateReport, Refusal};
use refmark_engine::plan::{Author, Change, Plan, PromoteRequest, StageRequest, TrustRequest, UnsetRequest};
use refmark_engine::ports::store::RecordStore;
use refmark_engine::rules::Judged;
use refmark_records::layout::Place;
use refmark_records::statement::{Predicate, Record};
use refmark_store::git::program::{Git, GitProgram};
use refmark_types::canonical::RECORD_LIMIT;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// A proposal that took effect.
#[derive(Debug, Clone, Serialize)]
pub struct LandAnswer {
    /// The branch that was merged.
    pub branch: String,
    /// The merge.
    pub commit: Oid,
    /// The head before it.
    pub before: Oid,
    /// The records that took effect: path and statement.
    pub records: Vec<(String, Digest)>,
    /// Who approved it.
    pub approved_by: Vec<PrincipalId>,
    /// Every gate.
    pub reports: Vec<GateReport>,
    /// Whether the branch is gone from this copy: all that it brought is behind the registry's own now.
    pub removed: bool,
    /// What to do next.
    #[serde(serialize_with = "refmark_types::hint::as_lines")]
    pub next: Vec<Hint>,
}

impl Writer<'_> {
    /// Runs a writing verb and proposes what it would change, on a branch of its own on top of the registry's newest commit.
    /// It may still lack approvals or evidence; what breaks a rule is refused, and nothing is written. Without a name the
    /// branch is named after the change.
    ///
    /// What the verb returns is not used: a proposal has one form, whatever it proposes.
    pub fn propose<T>(
        &self,
        branch: Option<&str>,
        verb: impl FnOnce(Writer<'_>) -> Result<T>,
    ) -> Result<ProposeAnswer> {
        let slot = Slot { branch: branch.map(str::to_owned), answer: OnceLock::new() };
        let done = verb(Writer { proposal: Some(&slot), ..*self });
        match (slot.answer.into_inner(), done) {
            (Some(answer), _) => Ok(answer),
            (None, Err(error)) => Err(error),
            (None, Ok(_)) => Err(Error::new(Code::NothingToDo, "the registry has all of it already")),
        }
    }

    /// The root, the policy and its members, changed by the same key and in the same way.
    pub fn govern(&self) -> Governor<'_> {
        Governor { registry: self.registry, signer: self.signer, proposal: self.proposal, secrets: self.secrets }
    }

    /// Puts a change on a branch in place of the registry's own. Returns the error that ends the verb: what it would go on
    /// with has not taken effect.
    pub(crate) fn put_aside(
        &self,
        slot: &Slot,
        holder: Holder,
        plan: &mut dyn FnMut(&View<'_>, &Author) -> Result<Plan>,
    ) -> Result<Box<Error>> {
        let _lock = self.registry.begin()?;
        let (view, author) = self.newest(holder)?;
        let plan = plan(&view, &author)?;
        self.refuse_secrets(&plan)?;
        self.note_deprecated(view.facts()?, &plan)?;
        let name = match &slot.branch {
            Some(name) => name.clone(),
            None => self.free_branch(plan.branch())?,
        };
        if name == self.registry.branch || self.registry.repo.head(&name)?.is_some() {
            return Err(Error::new(Code::Exists, format!("there is a branch {name} already"))
                .hint(
                    Hint::of("name another one, or make that proposal again: ")
                        .then(Next::Renew { branch: Some(name.clone()) }),
                )
                .field("branch", name));
        }
        let answer = self.put_on_branch(&view, &author, &plan, &name, None)?;
        let branch = answer.branch.clone();
        let _ = slot.answer.set(answer);
        Ok(Error::new(Code::Pending, format!("it is proposed on {branch}")))
    }

    /// The first of `name`, `name-2`, … that no branch has.
    fn free_branch(&self, name: String) -> Result<String> {
        let mut free = name.clone();
        let mut count = 1;
        while self.registry.repo.head(&free)?.is_some() {
            count += 1;
            free = format!("{name}-{count}");
        }
        Ok(free)
    }

    /// Commits a plan that no rule speaks against on top of the registry's head, and points a branch there.
    fn put_on_branch(
        &self,
        view: &View<'_>,
        author: &Author,
        plan: &Plan,
        name: &str,
        before: Option<Oid>,
    ) -> Result<ProposeAnswer> {
        let ready: Ready = self.ready(plan, &view.state()?.shared_objects())?;
        let judged = view.try_landing(&ready.oids)?;
        if let Some((path, error)) = first_refusal(&judged) {
            return Err(error.at(path));
        }
        // Companions carry no authority, and wait for nobody.
        let decision = match &judged.effect {
            _ if ready.oids.is_empty() => Decision::Ok,
            Some(_) => Decision::Ok,
            None => Decision::Pending,
        };
        let commit = self.commit(author, vec![view.head], &ready)?;
        self.registry.repo.move_branch(name, before, commit)?;
        let force = if before.is_some() { " --force-with-lease" } else { "" };
        let origin = self.registry.origin()?.map_or_else(|| "origin".to_owned(), |it| it.remote);
        let mut next = vec![Next::Run { command: format!("git push{force} {origin} {name}") }];
        next.push(match decision {
            Decision::Ok => Next::Land { branch: name.to_owned() },
            _ => Next::Approve { branch: Some(name.to_owned()) },
        });
        let next = next.into_iter().map(Hint::from).collect();
        Ok(ProposeAnswer {
            branch: name.to_owned(),
            commit,
            base: view.head,
            by: author.by.clone(),
            records: ready.records,
            decision,
            reports: judged.reports,
            next,
        })
    }

    /// Makes a proposal again on the registry's newest commit, because somebody else landed first: the signer's own moves
    /// are numbered and signed anew, approvals lapse with them, and evidence stays, because it names the artifact.
    pub fn renew(&self, branch: &str) -> Result<ProposeAnswer> {
        let _lock = self.registry.begin()?;
        let (view, author) = self.newest(Holder::Member)?;
        let ahead = self.registry.proposal(&view, branch)?;
        if ahead.base == view.head {
            return Err(Error::new(
                Code::NothingToDo,
                format!("{} stands on the newest commit of {} already", ahead.name, self.registry.branch),
            ));
        }
        let texts = |path: &String| {
            !matches!(Place::parse(path), None | Some(Place::Approval(..) | Place::Evidence(..)))
                && !is_move(path)
                && !path.starts_with("trust/")
                && !path.starts_with("policy/")
        };
        let plan = match () {
            () if ahead.files.is_empty() => Plan {
                subject: subject_of(&self.registry.repo, &ahead)?,
                carried: self.registry.bytes_of(&view, &ahead)?,
                ..Plan::default()
            },
            () if ahead.files.keys().any(texts) => self.registry.proposed_again(&view, &author, &ahead)?,
            () => self.renewed(&view, &author, &ahead)?,
        };
        self.put_on_branch(&view, &author, &plan, &ahead.name, ahead.local)
    }

    fn renewed(&self, view: &View<'_>, author: &Author, ahead: &Ahead) -> Result<Plan> {
        let facts = view.facts()?;
        let mut plan = Plan { subject: subject_of(&self.registry.repo, ahead)?, ..Plan::default() };
        let (mut changes, mut holds) = (Vec::new(), Vec::new());
        for (path, bytes) in self.registry.bytes_of(view, ahead)? {
            match Place::parse(&path) {
                Some(Place::Approval(..)) => {}
                Some(Place::Alias(..) | Place::Stage(..) | Place::Trust(..)) => {
                    let record = Record::parse(&bytes).map_err(|error| error.at(&path))?;
                    if record.common().by != &author.by {
                        return Err(Error::new(
                            Code::Refused,
                            format!("{path} is signed by {}, and only they can sign it again", record.common().by),
                        )
                        .hint(
                            Hint::of(format!("{} makes it again: ", record.common().by))
                                .then(Next::Renew { branch: Some(ahead.name.to_string()) }),
                        )
                        .at(path));
                    }
                    // What the author held once is the same bytes still.
                    if let Predicate::Alias(it) = record.predicate() {
                        holds.extend(it.to.filter(|_| it.bytes_present).map(|to| to.artifact));
                    }
                    changes.push(asked_again(&record)?);
                }
                Some(Place::Root(_) | Place::Policy(_) | Place::PolicyText(_)) => {
                    return Err(Error::new(Code::Unsupported, format!("{path} is a root or a policy")).hint(
                        Hint::of("make it again: ")
                            .then(Next::PolicyApply { preset: None })
                            .say(" or ")
                            .then(Next::TrustRotate),
                    ));
                }
                _ => plan.carried.push((path, bytes)),
            }
        }
        // Aliases first: a promotion plans the stage move that it needs, which is then not planned twice.
        changes.sort_by_key(|change| !matches!(change, Change::Promote(_) | Change::Unset(_)));
        let mut planned = BTreeSet::new();
        let author = author.holding(holds);
        for change in changes {
            let next = change.plan(facts, &author)?;
            if next.statements.iter().all(|it| planned.contains(it.common().path)) {
                continue;
            }
            planned.extend(next.statements.iter().map(|it| it.common().path.to_owned()));
            if matches!(change, Change::Promote(_) | Change::Unset(_)) || plan.statements.is_empty() {
                plan.subject = next.subject.clone();
                plan.body = next.body.clone();
            }
            plan.absorb(next);
        }
        if plan.statements.is_empty() {
            return Err(Error::new(Code::NothingToDo, format!("{} has no move of yours to make again", ahead.name))
                .hint("what else it brings still holds: git rebase, or git merge"));
        }
        Ok(plan)
    }

    /// Merges a proposal into the registry's branch, where everything that it needs is given, and removes its branch here.
    pub fn land(&self, branch: &str) -> Result<LandAnswer> {
        let mut name = String::new();
        let (mut approved_by, mut merged) = (Vec::new(), None);
        let written = self.change(|view, _| {
            let ahead = self.registry.proposal(view, branch).map_err(|error| match error.code {
                Code::NotFound => {
                    error.hint(Hint::of("what has landed is gone; those that are open: ").then(Next::Proposals))
                }
                _ => error,
            })?;
            name.clone_from(&ahead.name);
            merged = Some(ahead.tip);
            if ahead.files.is_empty() && ahead.companions.is_empty() {
                return Err(Error::new(Code::NothingToDo, format!("{} has landed already", ahead.name)));
            }
            self.registry.refuse_false_claims(Some(ahead.base), ahead.tip)?;
            let judged = self.registry.judge_ahead(view, &ahead)?;
            let reports = judged.reports.clone();
            let dropped: Vec<String> = judged.dropped.iter().map(|(path, _)| path.clone()).collect();
            refuse_what_has_no_effect(&Judged { dropped: Vec::new(), ..judged }).map_err(|mut error| {
                error.hint = Refusal::hint_on_branch(&error.cause, error.hint.take(), &ahead.name);
                error
            })?;
            approved_by = approvers(&reports);
            let mut carried = self.registry.bytes_of(view, &ahead)?;
            // An approval that does not count would lie in the tree for ever without effect.
            carried.retain(|(path, _)| !dropped.contains(path));
            Ok(Plan {
                subject: subject_of(&self.registry.repo, &ahead)?,
                carried,
                merges: Some(ahead.tip),
                approved_by: approved_by.clone(),
                ..Plan::default()
            })
        })?;
        let (removed, next) = self.registry.remove_landed(&name, merged)?;
        Ok(LandAnswer {
            branch: name,
            commit: written.commit,
            before: written.before,
            records: written.records,
            approved_by,
            reports: written.reports,
            removed,
            next,
        })
    }
}

impl Registry {
    /// Removes the branch of a proposal that is merged, and says how its origin's goes. Where people have it checked out, it
    /// stays.
    fn remove_landed(&self, name: &str, merged: Option<Oid>) -> Result<(bool, Vec<Hint>)> {
        let remote = self.repo.upstream(&self.branch)?;
        let mut next = Vec::new();
        if let Some(remote) = remote {
            next.push(Next::Push.into());
            if self.repo.tracked(&remote, name)?.is_some() {
                next.push(Next::Run { command: format!("git push {remote} --delete {name}") }.into());
            }
        }
        let Some(at) = self.repo.head(name)? else { return Ok((true, next)) };
        let behind = merged.is_some_and(|merged| self.repo.is_ancestor(at, merged).unwrap_or(false));
        if !behind || !self.repo.checked_out_at(name)?.is_empty() {
            return Ok((false, next));
        }
        let branch = format!("refs/heads/{name}");
        // By Git, with the head that was merged: what somebody added meanwhile stays.
        let gone = Git::default().run(self.git_dir(), false, &["update-ref", "-d", &branch, &at.to_string()]);
        Ok((gone.is_ok(), next))
    }

    /// The records of an effective or proposed landing, read from the repository.
    pub(crate) fn record_at(&self, oid: Oid, path: &str) -> Result<Record> {
        use refmark_engine::snapshot::History;
        Record::parse(&self.repo.load(oid, RECORD_LIMIT)?).map_err(|error| error.at(path))
    }
}

fn is_move(path: &str) -> bool {
    matches!(Place::parse(path), Some(Place::Alias(..) | Place::Stage(..) | Place::Trust(..)))
}

/// The first reason for which a landing is refused. What somebody may still waive is pending, and may stand on a branch:
/// the waiver names its statement.
pub(crate) fn first_refusal(judged: &Judged) -> Option<(String, Box<Error>)> {
    judged.findings.iter().find(|(_, error)| error.code != Code::Pending).cloned()
}

/// What a move asked for, to be asked for again.
fn asked_again(record: &Record) -> Result<Change> {
    Ok(match record.predicate() {
        Predicate::Alias(it) => match it.to {
            Some(to) => Change::Promote(PromoteRequest {
                model: it.model.clone(),
                alias: it.alias.clone(),
                version: to.version,
                reason: it.reason.clone(),
                expect: None,
                evidence: it.evidence.clone(),
            }),
            None => Change::Unset(UnsetRequest {
                model: it.model.clone(),
                alias: it.alias.clone(),
                reason: it.reason.clone(),
            }),
        },
        Predicate::Stage(it) => Change::Stage(StageRequest {
            model: it.model.clone(),
            version: it.version,
            to: it.to,
            reason: it.reason.clone(),
            replacement: it.replacement,
            sunset: it.sunset,
            evidence: it.evidence.clone(),
        }),
        Predicate::Trust(it) => Change::Trust(TrustRequest {
            files: it.files.clone(),
            artifact: it.artifact,
            to: it.to,
            reason: it.reason.clone(),
            version: it.version.clone(),
            evidence: it.evidence.clone(),
        }),
        other => return Err(refmark_types::error::bug(format!("a {} is no move", other.kind()))),
    })
}
