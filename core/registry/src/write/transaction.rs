//! Writing: one writer at a time. Under the lock the head is read and the plan made on it, judged by the same rules as a
//! reader's, committed, made durable, and the branch moved by compare-and-swap.

use crate::registry::Registry;
use crate::registry::Writer;
use crate::view::View;
use refmark_engine::clock::dated_ahead;
use refmark_engine::effective::{Effective, Objects};
use refmark_engine::gate::{Decision, GateReport, Refusal};
use refmark_engine::parsed_object::{Keys, ParsedObject};
use refmark_engine::plan::{Author, Plan};
use refmark_engine::ports::Unit;
use refmark_engine::ports::signer::{Signer, sign_commit, sign_statement};
use refmark_engine::ports::store::{Identity, NewCommit, RecordStore, message};
use refmark_engine::rules::Judged;
use refmark_engine::snapshot::{Change, Mode};
use refmark_engine::state_reader::StateReader;
use refmark_engine::verify::Verified;
use refmark_records::layout::{Place, is_companion};
use refmark_records::policy::Policy;
use refmark_records::statement::{Record, Statement, print_record};
use refmark_store::fs::lock::{Guard, Wait, acquire};
use refmark_store::fs::parallel::in_parallel;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;
use std::collections::BTreeMap;

/// How often a plan is made again where somebody's own `git` moved the branch in between.
const TRIES: usize = 5;

/// What a writer's key must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A member of the newest policy.
    Member,
    /// One who signs roots.
    Root,
    /// One who signs policies.
    Policy,
    /// Either: what lands is signed by others.
    Any,
}

/// What was written.
#[derive(Debug, Clone)]
pub struct Written {
    /// The commit.
    pub commit: Oid,
    /// The head before it.
    pub before: Oid,
    /// The records, in the order of the plan: path and statement.
    pub records: Vec<(String, Digest)>,
    /// The reports of the moves in it.
    pub reports: Vec<GateReport>,
    /// Who signed.
    pub by: PrincipalId,
}

/// A plan in its stored form.
pub(crate) struct Ready {
    pub(crate) files: Vec<(String, Vec<u8>)>,
    /// What is judged: every file but companions.
    pub(crate) oids: BTreeMap<String, (Mode, Oid)>,
    pub(crate) records: Vec<(String, Digest)>,
    pub(crate) message: String,
}

impl Ready {
    /// A commit that says this, and brings nothing yet.
    pub(crate) fn of_message(message: String) -> Ready {
        Ready { files: Vec::new(), oids: BTreeMap::new(), records: Vec::new(), message }
    }
}

/// Making so many files takes longer than starting threads for it.
const PARALLEL_ABOVE: usize = 64;

/// What becomes a file of a commit.
enum Piece<'p> {
    /// It is signed and printed first.
    Statement(&'p Statement),
    /// It is stored as it is, at this path.
    Stored(String, &'p Vec<u8>),
}

/// A file of a commit.
struct Made {
    path: String,
    bytes: Vec<u8>,
    oid: Oid,
    /// The digest of its statement, where it is a record.
    record: Option<Digest>,
    known: Option<ParsedObject>,
}

impl<'r> Writer<'r> {
    /// Plans, judges and commits a change to the registry's branch. The plan is made again where the branch moved. Within
    /// [`Writer::propose`] the change goes on a branch of its own, and an error `pending` ends the verb.
    pub fn change(&self, plan: impl FnMut(&View<'_>, &Author) -> Result<Plan>) -> Result<Written> {
        self.change_as(Holder::Member, plan)
    }

    /// The same, by a key of the policy or of the trust root.
    pub(crate) fn change_as(
        &self,
        holder: Holder,
        plan: impl FnMut(&View<'_>, &Author) -> Result<Plan>,
    ) -> Result<Written> {
        let (written, view) = self.change_once(holder, plan)?;
        view.iter().for_each(View::give_back);
        Ok(written)
    }

    /// Makes a change as [`Writer::change`] does, and gives the view of the new head as well: what was just signed is not
    /// read back.
    pub(crate) fn change_and_see(
        &self,
        plan: impl FnMut(&View<'_>, &Author) -> Result<Plan>,
    ) -> Result<(Written, View<'r>)> {
        let (written, view) = self.change_once(Holder::Member, plan)?;
        let view = match view {
            Some(view) => view,
            None => self.registry.view_of(written.commit)?,
        };
        Ok((written, view))
    }

    fn change_once(
        &self,
        holder: Holder,
        mut plan: impl FnMut(&View<'_>, &Author) -> Result<Plan>,
    ) -> Result<(Written, Option<View<'r>>)> {
        if let Some(slot) = self.proposal {
            return Err(self.put_aside(slot, holder, &mut plan)?);
        }
        let _lock = self.registry.begin()?;
        let mut last = None;
        for _ in 0..TRIES {
            match self.attempt(holder, &mut plan) {
                Err(error) if error.code == Code::HeadMoved => last = Some(error),
                done => return done,
            }
        }
        Err(last.unwrap_or_else(|| refmark_types::error::bug("no attempt was made")))
    }

    fn attempt(
        &self,
        holder: Holder,
        plan: &mut dyn FnMut(&View<'_>, &Author) -> Result<Plan>,
    ) -> Result<(Written, Option<View<'r>>)> {
        let (view, author) = self.newest(holder)?;
        let plan = plan(&view, &author)?;
        self.refuse_secrets(&plan)?;
        self.note_deprecated(view.facts()?, &plan)?;
        let objects = view.state()?.shared_objects();
        let ready = self.ready(&plan, &objects)?;
        let judged = view.try_landing(&ready.oids)?;
        for (path, (_, new)) in &ready.oids {
            if let Some(have) = view.state()?.oid(path)? {
                return Err(stands_already(path, have == *new));
            }
        }
        self.refuse_the_future(&ready, &objects, author.time)?;
        let reports = judged.reports.clone();
        let policy = view.facts()?.policy_in_force()?;
        refuse_what_has_no_effect(&judged).map_err(|error| without_a_role(error, &reports, &author.by, &policy))?;
        let before = view.head;
        let parents = [before].into_iter().chain(plan.merges).collect();
        let commit = self.commit(&author, parents, &ready)?;
        self.registry.repo.move_branch(&self.registry.branch, Some(before), commit)?;
        let view = self.follow(view, commit, &ready, judged)?;
        Ok((Written { commit, before, records: ready.records, reports, by: author.by }, view))
    }

    /// The registry's newest head, which must be good, and who the writer's key is on it. Under the lock.
    pub(crate) fn newest(&self, holder: Holder) -> Result<(View<'r>, Author)> {
        let view = self.registry.view()?;
        view.check_tip()?;
        let author = self.author_as(&view, holder)?;
        Ok((view, author))
    }

    /// Refuses what is dated after this writer's clock: what others signed, and is carried in.
    fn refuse_the_future(&self, ready: &Ready, objects: &Objects<'_>, now: Timestamp) -> Result<()> {
        for (path, _) in &ready.records {
            let Some((_, oid)) = ready.oids.get(path) else { continue };
            if let Some(error) = dated_ahead(&*objects.record(*oid)?, now) {
                return Err(error.at(path));
            }
        }
        Ok(())
    }

    /// Judges a plan without writing anything: an error with every reason where it would have no effect.
    pub(crate) fn judge_plan(&self, view: &View<'_>, plan: &Plan) -> Result<()> {
        let objects = view.state()?.shared_objects();
        let ready = self.ready(plan, &objects)?;
        refuse_what_has_no_effect(&view.try_landing(&ready.oids)?)
    }

    /// Who the writer's key is in the newest policy, and on what head it builds.
    pub(crate) fn author(&self, view: &View<'_>) -> Result<Author> {
        self.author_as(view, Holder::Member)
    }

    /// Who the writer's key is: in the newest policy, or in the newest root.
    pub(crate) fn author_as(&self, view: &View<'_>, holder: Holder) -> Result<Author> {
        let facts = view.facts()?;
        let policy = facts.policy_in_force()?;
        let by = match holder {
            Holder::Member => principal_of(&policy, self.signer)?,
            Holder::Any => match principal_of(&policy, self.signer) {
                Ok(by) => by,
                Err(_) => holder_of(facts, self.signer, Holder::Policy)?,
            },
            Holder::Root | Holder::Policy => holder_of(facts, self.signer, holder)?,
        };
        let time = self.registry.world.clock.now();
        Ok(Author {
            by,
            time,
            base: Some(self.base(view)?),
            registry: self.registry.id(),
            tainted: view.verified().map(|it| it.walk.tainted().iter().cloned().collect()).unwrap_or_default(),
            holds: Vec::new(),
        })
    }

    /// The last good head that others can see: in a clone the remote-tracking head, never an unpushed commit.
    fn base(&self, view: &View<'_>) -> Result<Oid> {
        let tracked = self.registry.tracked_head();
        let good = |commit: Oid| -> Result<bool> {
            match view.verified() {
                Some(verified) => Ok(verified.walk.position(commit)?.is_some()),
                None => Ok(false),
            }
        };
        match tracked {
            Some(tracked) if good(tracked)? => Ok(tracked),
            _ => Ok(view.head),
        }
    }

    /// Signs a plan's statements and puts everything in its stored form.
    pub(crate) fn ready(&self, plan: &Plan, objects: &Objects<'_>) -> Result<Ready> {
        let mut ready = Ready::of_message(String::new());
        let documents = plan.documents.iter().map(|(place, bytes)| Piece::Stored(place.path(), bytes));
        let statements = plan.statements.iter().map(Piece::Statement);
        let carried = plan.carried.iter().map(|(path, bytes)| Piece::Stored(path.clone(), bytes));
        let pieces: Vec<Piece<'_>> = documents.chain(statements).chain(carried).collect();
        let public = self.signer.public();
        let keys = Keys::from([(public.id(), public)]);
        let make = |part: &[Piece<'_>]| part.iter().map(|piece| self.make(piece, &keys)).collect();
        let made: Vec<Made> = if pieces.len() > PARALLEL_ABOVE { in_parallel(&pieces, make)? } else { make(&pieces)? };
        for Made { path, bytes, oid, record, known } in made {
            if let Some(digest) = record {
                ready.records.push((path.clone(), digest));
            }
            if !is_companion(&path) {
                objects.expect(oid, bytes.clone());
                known.into_iter().for_each(|known| objects.add_parsed(oid, known));
                ready.oids.insert(path.clone(), (Mode::File, oid));
            }
            ready.files.push((path, bytes));
        }
        let mut trailers: Vec<(&str, String)> = Vec::new();
        // A bulk commit names its count, not ten thousand lines.
        const NAMED: usize = 64;
        for (path, digest) in ready.records.iter().take(NAMED) {
            trailers.push(("Refmark-Record", format!("{path} sha256:{digest}")));
        }
        if ready.records.len() > NAMED {
            trailers.push(("Refmark-Records", ready.records.len().to_string()));
        }
        for artifact in plan.artifacts.iter().take(NAMED) {
            trailers.push(("Refmark-Artifact", artifact.to_string()));
        }
        trailers.extend(plan.approved_by.iter().map(|by| ("Approved-by", by.to_string())));
        trailers.extend(self.behalf_trailer());
        ready.message = message(&plan.subject, &plan.body, &trailers);
        Ok(ready)
    }

    /// One file of a plan in its stored form, read as every reader will read it.
    fn make(&self, piece: &Piece<'_>, keys: &Keys) -> Result<Made> {
        let (path, bytes) = match piece {
            Piece::Stored(path, bytes) => (path.clone(), (*bytes).clone()),
            Piece::Statement(statement) => {
                let canonical = statement.canonical()?;
                let signature = sign_statement(self.signer, &canonical)?;
                (statement.common().path.to_owned(), print_record(statement, &[signature])?.into_bytes())
            }
        };
        let known = ParsedObject::of(&path, &bytes, keys);
        let signed = path.ends_with(".json") && !matches!(Place::parse(&path), None | Some(Place::Document(..)));
        let record = match &known {
            Some(ParsedObject::Record(record, _)) => Some(record.digest()),
            _ if signed => Some(Record::parse(&bytes).map_err(|error| error.at(&path))?.digest()),
            _ => None,
        };
        Ok(Made { oid: self.registry.repo.blob_id(&bytes)?, path, bytes, record, known })
    }

    pub(crate) fn commit(&self, author: &Author, parents: Vec<Oid>, ready: &Ready) -> Result<Oid> {
        let sign = |payload: &[u8]| sign_commit(self.signer, payload);
        let who = identity(&author.by);
        self.registry.repo.write(&NewCommit {
            parents,
            files: ready.files.clone(),
            removals: Vec::new(),
            message: ready.message.clone(),
            author: who.clone(),
            committer: who,
            time: author.time,
            sign: Some(&sign),
        })
    }

    /// Takes the new commit into the view, and remembers it: the next reader starts there.
    fn follow(&self, mut view: View<'r>, commit: Oid, ready: &Ready, judged: Judged) -> Result<Option<View<'r>>> {
        let changes: Vec<Change> =
            ready.oids.iter().map(|(path, new)| Change { path: path.clone(), new: Some(*new), old: None }).collect();
        // What a policy taints is the verifier's to find: the next view walks from what was remembered before.
        if ready.oids.keys().any(|path| matches!(Place::parse(path), Some(Place::Policy(_)))) {
            return Ok(None);
        }
        let Some(whole) = view.go_on(commit, &changes, (ready.oids.clone(), judged))? else {
            return Ok(None);
        };
        if let Some(remembered) = view.verified().and_then(Verified::remember).filter(|_| whole) {
            self.registry.remember(&remembered)?;
        }
        Ok(Some(view).filter(|_| whole))
    }

    /// Writes the first commit of a registry.
    pub(crate) fn found(&self, author: &Author, plan: &Plan) -> Result<Oid> {
        let _lock = self.registry.begin()?;
        let objects = Objects::new(&self.registry.repo);
        let ready = self.ready(plan, &objects)?;
        let walk = refmark_engine::landing::Walk::from_the_start(objects);
        refuse_what_has_no_effect(&walk.try_landing(&ready.oids)?)?;
        let commit = self.commit(author, Vec::new(), &ready)?;
        self.registry.repo.move_branch(&self.registry.branch, None, commit)?;
        Ok(commit)
    }
}

impl Registry {
    /// Takes the writer's lock, and finishes or undoes what a writer left that was killed.
    pub(crate) fn begin(&self) -> Result<Guard> {
        let lock = self.lock()?;
        self.repo.recover()?;
        Ok(lock)
    }

    /// Takes the writer's lock; who waits for another writer is told for whom.
    pub(crate) fn lock(&self) -> Result<Guard> {
        let folder = self.work_folder();
        self.world.disk.make_dirs(&folder)?;
        let mut waited = false;
        let mut told = |it: &refmark_store::fs::lock::Holder| {
            let what = format!("Waiting for process {} on {}", it.identity.pid, it.identity.host);
            self.world.progress.start(&what, None, Unit::Items);
            waited = true;
        };
        let wait = Wait { timeout: self.world.wait, cancel: &self.world.cancel, told: &mut told };
        let taken = acquire(&self.world.disk, &self.lock_path(), wait);
        if waited {
            self.world.progress.finish();
        }
        taken
    }
}

/// What a commit says of its author. An id that is an address serves as one.
pub(crate) fn identity(by: &PrincipalId) -> Identity {
    let email = if by.as_str().contains('@') { by.as_str().to_owned() } else { String::new() };
    Identity { name: by.as_str().to_owned(), email }
}

/// The member whose key this is.
pub(crate) fn principal_of(policy: &Policy, signer: &dyn Signer) -> Result<PrincipalId> {
    let key = signer.public().id();
    match policy.member_of_key(&key) {
        Some((id, ..)) => Ok(id.clone()),
        None => {
            let members: Vec<&str> = policy.members.keys().map(PrincipalId::as_str).collect();
            Err(Error::new(
                Code::Refused,
                format!("{} ({key}) is not the key of a member of policy {}", signer.describe(), policy.number),
            )
            .hint(
                Hint::of(format!("its members are {}; name another key: ", members.join(", ")))
                    .then(Next::With(Choice::Key))
                    .say("; or have this one added: ")
                    .then(Next::MembersAdd),
            )
            .field("keyid", key)
            .field("members", members))
        }
    }
}

/// What took effect is never written again.
fn stands_already(path: &str, same: bool) -> Box<Error> {
    let error = match same {
        true => Error::new(Code::NothingToDo, format!("{path} took effect already")),
        false => Error::new(Code::Overtaken, format!("{path} took effect already, and says something else"))
            .hint("somebody else was first: make it again on what stands there now"),
    };
    error.at(path)
}

/// The keyholder of the newest root whose key this is.
fn holder_of(facts: StateReader<'_>, signer: &dyn Signer, holder: Holder) -> Result<PrincipalId> {
    let Some(root) = facts.newest_root()? else {
        return Err(Error::new(Code::NotARegistry, "the registry has no root in effect"));
    };
    let (what, quorum) = match holder {
        Holder::Root => ("a root", &root.root),
        _ => ("a policy", &root.policy),
    };
    let key = signer.public();
    let found = quorum.principals.iter().find(|id| root.keys_of(id).contains(&key));
    found.cloned().ok_or_else(|| {
        let who: Vec<&str> = quorum.principals.iter().map(PrincipalId::as_str).collect();
        Error::new(Code::Refused, format!("{} ({}) may not sign {what} here", signer.describe(), key.id()))
            .hint(Hint::of(format!("{} may, under root {}: ", who.join(", "), root.number)).then(Next::TrustShow))
            .field("keyid", key.id())
            .field("who_could", who)
    })
}

/// A change that waits for signatures, made at once by somebody who could give none of them, is not theirs to make:
/// `refused`, with who could. They may still propose it.
fn without_a_role(error: Box<Error>, reports: &[GateReport], by: &PrincipalId, policy: &Policy) -> Box<Error> {
    let open: Vec<_> = reports.iter().filter(|it| it.decision == Decision::Pending).collect();
    let Some(report) = open.iter().find(|it| it.signers.iter().any(|signer| signer.by.is_none())) else { return error };
    let roles = policy.members.get(by).map(|it| it.roles.as_slice()).unwrap_or_default();
    let owns = policy.owners.iter().any(|it| it.members.contains(by));
    let fits = report
        .signers
        .iter()
        .any(|signer| signer.roles.iter().any(|role| roles.contains(role)) || (signer.owner && owns));
    if error.code != Code::Pending || fits {
        return error;
    }
    let mut who: Vec<&PrincipalId> = report.signers.iter().flat_map(|it| &it.candidates).collect();
    who.sort();
    who.dedup();
    let needed = report.approvals_needed().unwrap_or_default();
    Error::new(Code::Refused, format!("{}: {needed}; the author, {by}, has none of these roles", report.change))
        .hint(
            Hint::of("make it a proposal: ")
                .then(Next::With(Choice::Propose))
                .say("; those who may approve it: ")
                .then(Next::Approve { branch: None }),
        )
        .field("report", report)
        .caused_by(Refusal((**report).clone()))
        .field("who_could", who)
}

/// An error with every reason where a landing would have no effect. Nothing was written then.
pub(crate) fn refuse_what_has_no_effect(judged: &Judged) -> Result<()> {
    let first = judged.findings.iter().min_by_key(|(_, error)| error.code == Code::Pending).or(judged.dropped.first());
    match first {
        None => Ok(()),
        Some((path, error)) => Err(error.clone().at(path)),
    }
}
