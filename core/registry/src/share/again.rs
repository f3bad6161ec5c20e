//! Own changes on another head: what a clone changed and its origin lacks is made again on top of what the origin has, where
//! its premises hold. What cannot be made again stays on a branch of its own, with the reason; nothing is lost.

use serde::Serialize;

use crate::registry::{Registry, Writer};
use crate::view::View;
use crate::write::branch::{Ahead, subject_of as subject_of_branch};
use crate::write::transaction::{Ready, identity, refuse_what_has_no_effect};
use refmark_engine::effective::Effective;
use refmark_engine::plan::{Author, Plan, Renumbered, again};
use refmark_engine::ports::signer::{Signer, sign_commit};
use refmark_engine::ports::store::{Identity, NewCommit, RecordStore};
use refmark_engine::rules::Judged;
use refmark_engine::snapshot::{Change, CommitInfo, History, Mode};
use refmark_records::layout::{Place, is_companion};
use refmark_records::statement::{Predicate, Record};
use refmark_types::canonical::MANIFEST_LIMIT;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// How a change came onto the new head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Made {
    /// With its records as they were signed.
    AsItWas,
    /// Numbered and signed anew.
    SignedAgain,
    /// What it wants stands there already.
    StandsAlready,
}

/// A change that was made again.
#[derive(Debug, Clone, Serialize)]
pub struct MadeAgain {
    /// What it says, such as `promote s@green: (none) → 2`.
    pub subject: String,
    /// How.
    pub how: Made,
    /// The commit that it was.
    pub was: Oid,
    /// The commit that it is now; none where what it wants stands there already.
    pub commit: Option<Oid>,
}

/// A change that was not made again.
#[derive(Debug, Clone, Serialize)]
pub struct LeftBehind {
    /// What it says.
    pub subject: String,
    /// The commit that it is.
    pub commit: Oid,
    /// Why: a stable code.
    pub code: Code,
    /// Why, in words.
    pub reason: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The branch on which it stays.
    pub branch: String,
}

/// What became of own changes whose head somebody else went on from.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AgainAnswer {
    /// Those that are on the new head.
    pub made: Vec<MadeAgain>,
    /// Those that are not.
    pub left: Vec<LeftBehind>,
}

impl AgainAnswer {
    /// Takes in what became of the changes when they were made again once more.
    pub(crate) fn absorb(&mut self, next: AgainAnswer) {
        for made in next.made {
            match self.made.iter_mut().find(|it| it.commit == Some(made.was)) {
                Some(before) => {
                    (before.commit, before.subject, before.how) = (made.commit, made.subject, before.how.max(made.how))
                }
                None => self.made.push(made),
            }
        }
        for left in next.left {
            self.made.retain(|it| it.commit != Some(left.commit));
            self.left.push(left);
        }
    }
}

/// One own commit, and the files that it brings and the new head lacks.
struct Own {
    commit: CommitInfo,
    files: Vec<(String, Oid)>,
    companions: Vec<(String, Oid)>,
}

/// The new head while it grows.
struct Growing<'r> {
    view: View<'r>,
    known: Renumbered,
}

impl Registry {
    /// Whether a head goes on from another one as its readers judge it: the other is on its first-parent chain, and each own
    /// change on top has effect. After a plain `git rebase` a record may rest on a commit that is gone.
    pub(crate) fn goes_on_from(&self, ours: Oid, theirs: Oid) -> Result<bool> {
        if ours == theirs {
            return Ok(true);
        }
        if !self.has_on_chain(ours, theirs)? {
            return Ok(false);
        }
        // What cannot be judged now is told by whoever asks next.
        let Ok(view) = self.view_of(ours) else { return Ok(true) };
        let problems = view.verified().map(|verified| verified.problems()).unwrap_or_default();
        if problems.is_empty() {
            return Ok(true);
        }
        let own = self.chain_between(ours, Some(theirs))?;
        Ok(!problems.iter().any(|problem| problem.commit.is_some_and(|commit| own.contains(&commit))))
    }

    /// Makes the own changes of a head again on top of another one, and returns the head that has them. The branch is the
    /// caller's to move. An error `no-key` where a change must be signed again and there is no writer: then nothing is done.
    pub(crate) fn again_on(&self, signer: Option<&dyn Signer>, ours: Oid, theirs: Oid) -> Result<(Oid, AgainAnswer)> {
        let Some(fork) = self.fork(ours, theirs)? else {
            return Err(Error::new(
                Code::HeadMoved,
                format!("{} and {} have no commit in common", ours.short(), theirs.short()),
            )
            .hint("this is a copy of another registry, or of one that was made anew")
            .field("expected", ours)
            .field("found", theirs));
        };
        let writer = signer.map(|signer| self.write(signer));
        let mut answer = AgainAnswer::default();
        let view = self.view_unremembered(theirs)?;
        view.check_tip()?;
        let mut growing = Growing { view, known: Renumbered::default() };
        for commit in self.chain_between(ours, Some(fork))? {
            let commit = self.repo.commit(commit)?;
            let subject = subject(&commit);
            match self.one_again(writer, commit.clone(), theirs, &mut growing) {
                Ok(None) => {}
                Ok(Some((how, made))) => {
                    answer.made.push(MadeAgain {
                        subject: made.1.unwrap_or(subject),
                        how,
                        was: commit.id,
                        commit: made.0,
                    });
                }
                Err(error) if is_of_the_world(error.code) => return Err(error),
                Err(error) => answer.left.push(LeftBehind {
                    subject,
                    commit: commit.id,
                    code: error.code,
                    hint: error.hint_text(),
                    reason: error.message,
                    branch: String::new(),
                }),
            }
        }
        if !answer.left.is_empty() {
            let branch = self.keep(ours)?;
            answer.left.iter_mut().for_each(|left| left.branch.clone_from(&branch));
        }
        Ok((growing.view.head, answer))
    }

    /// Points a branch at a head, so that its commits stay.
    pub(crate) fn keep(&self, head: Oid) -> Result<String> {
        let name = format!("unpushed/{}", head.short());
        match self.repo.head(&name)? {
            Some(have) if have == head => {}
            _ => self.repo.move_branch(&name, None, head)?,
        }
        Ok(name)
    }

    /// One own change again; nothing where the new head has all of it.
    #[allow(clippy::type_complexity)]
    fn one_again<'r>(
        &'r self,
        writer: Option<Writer<'_>>,
        commit: CommitInfo,
        theirs: Oid,
        growing: &mut Growing<'r>,
    ) -> Result<Option<(Made, (Option<Oid>, Option<String>))>> {
        let own = self.brought_by(commit, &growing.view)?;
        if own.files.is_empty() && own.companions.is_empty() {
            return Ok(None);
        }
        let merged = self.merged_by(&own.commit, theirs)?;
        if let Some((ready, judged)) = self.as_it_was(&own, growing)? {
            let head = self.put(writer, growing, &own.commit, ready, judged, (None, merged))?;
            return Ok(Some((Made::AsItWas, (Some(head), None))));
        }
        let Some(writer) = writer else {
            return Err(Error::new(Code::NoKey, "own changes must be signed again, and no key was found")
                .hint("name the key that signed them with --key or REFMARK_KEY"));
        };
        let author = writer.author(&growing.view)?;
        let mut known = growing.known.clone();
        let plan = self.planned_again(&own, &growing.view, &author, &mut known)?;
        if plan.statements.is_empty() && plan.carried.is_empty() {
            growing.known = known;
            return Ok(Some((Made::StandsAlready, (None, None))));
        }
        let ready = writer.ready(&plan, &growing.view.state()?.shared_objects())?;
        let judged = self.judged(&growing.view, &ready)?;
        refuse_what_has_no_effect(&judged)?;
        growing.known = known;
        let text = (Some((plan.subject.clone(), author.time)), merged);
        let head = self.put(Some(writer), growing, &own.commit, ready, judged, text)?;
        Ok(Some((Made::SignedAgain, (Some(head), Some(plan.subject)))))
    }

    /// What a commit adds that a head does not have. An error where it changes or removes what stands.
    fn brought_by(&self, commit: CommitInfo, view: &View<'_>) -> Result<Own> {
        let mut own = Own { commit, files: Vec::new(), companions: Vec::new() };
        let here = self.repo.snapshot(view.head)?;
        for Change { path, old, new } in self.repo.changes(own.commit.id)? {
            let stands = here.find(&path)?.map(|it| it.oid);
            match (old, new) {
                (_, Some((_, new))) if stands == Some(new) => {}
                (None, None) => {}
                (_, None) if stands.is_none() => {}
                (None, Some((Mode::File, new))) if !is_companion(&path) => own.files.push((path, new)),
                (old, Some((Mode::File, new))) if is_companion(&path) => {
                    if stands.is_some() && stands != old.map(|it| it.1) {
                        return Err(Error::new(Code::HeadMoved, format!("{path} was changed by somebody else, too"))
                            .hint("merge it with git: companions are ordinary files")
                            .at(path));
                    }
                    own.companions.push((path, new));
                }
                _ => {
                    return Err(Error::new(
                        Code::Tampered,
                        format!("{path} is changed or removed, and records are only ever added"),
                    )
                    .hint("such a change is not made again")
                    .at(path));
                }
            }
        }
        Ok(own)
    }

    /// The second parent of a landing: a proposal that was merged. What `git pull` merged is behind the new head.
    fn merged_by(&self, commit: &CommitInfo, theirs: Oid) -> Result<Vec<Oid>> {
        let mut merged = Vec::new();
        for parent in commit.parents.iter().skip(1) {
            if !self.repo.is_ancestor(*parent, theirs)? {
                merged.push(*parent);
            }
        }
        Ok(merged)
    }

    fn judged(&self, view: &View<'_>, ready: &Ready) -> Result<Judged> {
        for (path, (_, new)) in &ready.oids {
            if view.state()?.oid(path)?.is_some_and(|have| have != *new) {
                return Err(Error::new(
                    Code::Overtaken,
                    format!("{path} took effect already, and says something else"),
                )
                .at(path));
            }
        }
        view.try_landing(&ready.oids)
    }

    /// The change with its records as they were signed, where they have effect on the new head.
    fn as_it_was(&self, own: &Own, growing: &Growing<'_>) -> Result<Option<(Ready, Judged)>> {
        let here = self.repo.snapshot(growing.view.head)?;
        for (path, _) in &own.files {
            if here.find(path)?.is_some() {
                return Ok(None);
            }
        }
        let objects = growing.view.state()?.shared_objects();
        let mut ready = Ready::of_message(own.commit.message.clone());
        for (path, oid) in own.files.iter().chain(&own.companions) {
            let bytes = self.repo.load(*oid, MANIFEST_LIMIT)?;
            if !is_companion(path) {
                objects.expect(*oid, bytes.clone());
                ready.oids.insert(path.clone(), (Mode::File, *oid));
            }
            ready.files.push((path.clone(), bytes));
        }
        let judged = self.judged(&growing.view, &ready)?;
        Ok((judged.effect.is_some() || ready.oids.is_empty())
            .then_some((ready, judged))
            .filter(|it| it.1.dropped.is_empty()))
    }

    /// A proposal of versions, texts, entries or lists with its records numbered and signed anew; its approvals lapse.
    pub(crate) fn proposed_again(&self, view: &View<'_>, author: &Author, ahead: &Ahead) -> Result<Plan> {
        let mut commit = self.repo.commit(ahead.tip)?;
        commit.message = subject_of_branch(&self.repo, ahead)?;
        let mut own = Own { commit, files: Vec::new(), companions: Vec::new() };
        for (path, (_, oid)) in &ahead.files {
            if !matches!(Place::parse(path), Some(Place::Approval(..))) {
                own.files.push((path.clone(), *oid));
            }
        }
        own.companions.extend(ahead.companions.iter().filter_map(|(path, oid)| Some((path.clone(), (*oid)?))));
        let plan = self.planned_again(&own, view, author, &mut Renumbered::default())?;
        match plan.statements.is_empty() {
            true => Err(Error::new(Code::NothingToDo, format!("what {} wants stands already", ahead.name))),
            false => Ok(plan),
        }
    }

    /// The change with the writer's own records numbered and signed anew.
    fn planned_again(&self, own: &Own, view: &View<'_>, author: &Author, known: &mut Renumbered) -> Result<Plan> {
        let mut plan = Plan { subject: subject(&own.commit), body: body(&own.commit.message), ..Plan::default() };
        let mut records = Vec::new();
        for (path, oid) in own.files.iter().chain(&own.companions) {
            let bytes = self.repo.load(*oid, MANIFEST_LIMIT)?;
            match Place::parse(path) {
                None | Some(Place::Document(..) | Place::Evidence(..)) => plan.carried.push((path.clone(), bytes)),
                Some(Place::PolicyText(_)) => {}
                Some(_) => records.push(Record::parse(&bytes).map_err(|error| error.at(path))?),
            }
        }
        // Numbers first: what moves to a version rests on its number.
        records.sort_by_key(|record| order(record.predicate()));
        for record in &records {
            if let Predicate::Approval(it) = record.predicate() {
                match known.is_made_again(&it.statement) {
                    true => {
                        return Err(Error::new(
                            Code::Overtaken,
                            "the statement that was approved was signed again, so that the approval lapses",
                        )
                        .hint(Hint::of("look at it again, and approve it: ").then(Next::Approve { branch: None })));
                    }
                    false => plan.carried.push((record.common().path.to_owned(), record.print()?.into_bytes())),
                }
                continue;
            }
            if record.common().by != &author.by {
                return Err(Error::new(
                    Code::Refused,
                    format!(
                        "{} is signed by {}, and only they can sign it again",
                        record.common().path,
                        record.common().by
                    ),
                )
                .hint(format!("{} makes it again", record.common().by)));
            }
            let next = again(view.facts()?, author, record, known)?;
            let before = subject_of(record.predicate()).filter(|before| plan.subject == *before);
            let now = next.statements.first().and_then(|statement| subject_of(&statement.predicate));
            if let (Some(_), Some(now)) = (before, now) {
                plan.subject = now;
            }
            plan.absorb(next);
        }
        if plan.statements.is_empty() {
            // Documents enter with a version that names them.
            plan.carried.retain(|(path, _)| !matches!(Place::parse(path), Some(Place::Document(..))));
        }
        Ok(plan)
    }

    /// Writes the commit on the growing head, and goes on from there.
    fn put<'r>(
        &'r self,
        writer: Option<Writer<'_>>,
        growing: &mut Growing<'r>,
        before: &CommitInfo,
        ready: Ready,
        judged: Judged,
        (again, merged): (Option<(String, Timestamp)>, Vec<Oid>),
    ) -> Result<Oid> {
        let sign = writer.map(|writer| move |payload: &[u8]| sign_commit(writer.signer, payload));
        let author = match (&again, writer) {
            (Some(_), Some(writer)) => identity(&writer.author(&growing.view)?.by),
            _ => identity_of(&before.author),
        };
        let commit = self.repo.write(&NewCommit {
            parents: [growing.view.head].into_iter().chain(merged).collect(),
            files: ready.files.clone(),
            removals: Vec::new(),
            message: ready.message.clone(),
            committer: author.clone(),
            author,
            time: again.map_or(before.time, |it| it.1),
            sign: sign.as_ref().map(|it| it as _),
        })?;
        let changes: Vec<Change> =
            ready.oids.iter().map(|(path, new)| Change { path: path.clone(), new: Some(*new), old: None }).collect();
        let policy =
            ready.oids.keys().any(|path| matches!(Place::parse(path), Some(Place::Policy(_) | Place::Root(_))));
        // What a policy taints is found by a walk.
        let went_on = if policy { None } else { growing.view.go_on(commit, &changes, (ready.oids, judged))? };
        if went_on.is_none() {
            growing.view = self.view_unremembered(commit)?;
        }
        Ok(commit)
    }
}

/// An error that says nothing of the change itself.
fn is_of_the_world(code: Code) -> bool {
    matches!(
        code,
        Code::Io
            | Code::NoSpace
            | Code::ReadOnly
            | Code::BadPack
            | Code::GitFailed
            | Code::Incomplete
            | Code::Cancelled
            | Code::Bug
            | Code::NoKey
            | Code::Locked
    )
}

fn order(predicate: &Predicate) -> u8 {
    match predicate {
        Predicate::Version(_) => 0,
        Predicate::Trust(_) => 1,
        Predicate::Stage(_) => 2,
        Predicate::Approval(_) => 9,
        _ => 3,
    }
}

/// What a commit that brings this record says of it.
fn subject_of(predicate: &Predicate) -> Option<String> {
    match predicate {
        Predicate::Version(it) => Some(format!("register {}/{}", it.model, it.version)),
        Predicate::Label(it) => Some(format!("label {}/{}", it.model, it.version)),
        Predicate::Alias(it) => {
            let word = |target: Option<refmark_records::alias::Target>| {
                target.map_or_else(|| "(none)".to_owned(), |it| it.version.to_string())
            };
            let verb = if it.to.is_some() { "promote" } else { "unset" };
            Some(format!("{verb} {}@{}: {} → {}", it.model, it.alias, word(it.from), word(it.to)))
        }
        _ => None,
    }
}

fn subject(commit: &CommitInfo) -> String {
    commit.message.lines().next().unwrap_or_default().to_owned()
}

/// The words between a message's subject and its trailers.
fn body(message: &str) -> String {
    let mut parts: Vec<&str> = message.trim_end().split("\n\n").skip(1).collect();
    let is_trailer = |line: &str| line.starts_with("Refmark-") || line.starts_with("Approved-by: ");
    if parts.last().is_some_and(|last| last.lines().all(is_trailer)) {
        parts.pop();
    }
    parts.join("\n\n")
}

/// A commit's author as one to be written again.
pub(crate) fn identity_of(author: &str) -> Identity {
    let (name, email) = author.rsplit_once('<').unwrap_or((author, ""));
    let plain = |text: &str| text.trim().trim_end_matches('>').replace(['<', '>', '\n', '\0'], "");
    Identity { name: plain(name), email: plain(email) }
}
