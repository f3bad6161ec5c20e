//! What a branch brings: the files between where it left the registry's branch and its tip, judged as one landing.

use crate::registry::Registry;
use crate::view::View;
use refmark_engine::effective::Effective;
use refmark_engine::gate::GateReport;
use refmark_engine::ports::store::RecordStore;
use refmark_engine::rules::Judged;
use refmark_engine::snapshot::{History, Mode};
use refmark_records::layout::is_companion;
use refmark_types::canonical::MANIFEST_LIMIT;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;
use std::collections::BTreeMap;

/// A branch, as far as it is ahead of the registry's own.
pub(crate) struct Ahead {
    /// The local branch that an addition goes to.
    pub(crate) name: String,
    /// Where that branch is; nothing where it is not here yet (only the remote's is).
    pub(crate) local: Option<Oid>,
    /// The newest commit of it.
    pub(crate) tip: Oid,
    /// The newest commit of this copy's own, where others added to the proposal at the same time.
    pub(crate) also: Option<Oid>,
    /// Where it left the registry's branch.
    pub(crate) base: Oid,
    /// The files that it adds and that the registry's branch does not have, by path.
    pub(crate) files: BTreeMap<String, (Mode, Oid)>,
    /// The companions that it changes; nothing where one is removed.
    pub(crate) companions: BTreeMap<String, Option<Oid>>,
}

/// What people name for an approval.
pub(crate) enum Target {
    /// A branch that is ahead of the registry's own.
    Branch(Ahead),
    /// The registry's own branch, or one commit of it.
    Landed(Option<Oid>),
}

impl Registry {
    /// What a text names: a local branch, a remote's, or a commit.
    pub(crate) fn target(&self, view: &View<'_>, text: &str) -> Result<Target> {
        if text == self.branch {
            return Ok(Target::Landed(None));
        }
        let origin = self.repo.upstream(&self.branch).ok().flatten();
        let own = origin.as_ref().and_then(|origin| text.strip_prefix(&format!("{origin}/"))).unwrap_or(text);
        let local = self.repo.head(own).ok().flatten();
        let remote = origin.and_then(|origin| self.repo.tracked(&origin, own).ok().flatten());
        let (name, tip) = match (local, remote) {
            (Some(local), Some(remote)) if self.repo.is_ancestor(local, remote)? => (own.to_owned(), remote),
            (Some(local), Some(remote)) if !self.repo.is_ancestor(remote, local)? => {
                return self.diverged(view, own, local, remote).map(Target::Branch);
            }
            (Some(local), _) => (own.to_owned(), local),
            (None, Some(remote)) => (own.to_owned(), remote),
            (None, None) => {
                let commit = self.repo.resolve_revision(text)?;
                if self.repo.on_first_parent_chain(view.head, commit)? {
                    return Ok(Target::Landed(Some(commit)));
                }
                (self.branch_at(commit)?, commit)
            }
        };
        let local = self.repo.head(&name)?;
        self.ahead(view, name, local, tip).map(Target::Branch)
    }

    /// A proposal to which two people added at the same time, each in a clone: all of it, as one. Where that does not fit
    /// together, because somebody made the proposal again, the state that still holds.
    fn diverged(&self, view: &View<'_>, name: &str, local: Oid, remote: Oid) -> Result<Ahead> {
        let theirs = self.ahead(view, name.to_owned(), Some(local), remote)?;
        let ours = self.ahead(view, name.to_owned(), Some(local), local)?;
        let clashes = ours.files.iter().any(|(path, file)| theirs.files.get(path).is_some_and(|other| other != file));
        let holds = |ahead: &Ahead| self.judge_ahead(view, ahead).is_ok_and(|judged| !judged.refused);
        if !clashes {
            let mut both = self.ahead(view, name.to_owned(), Some(local), remote)?;
            both.also = Some(local);
            both.files.extend(ours.files.clone());
            both.companions.extend(ours.companions.clone());
            if holds(&both) {
                return Ok(both);
            }
        }
        Ok(if holds(&theirs) || !holds(&ours) { theirs } else { ours })
    }

    /// The branch of a proposal, for verbs that only make sense on one.
    pub(crate) fn proposal(&self, view: &View<'_>, text: &str) -> Result<Ahead> {
        match self.target(view, text)? {
            Target::Branch(ahead) => Ok(ahead),
            Target::Landed(_) => Err(Error::new(
                Code::BadArgument,
                format!("{text} is on {}, the registry's own branch, and no proposal", self.branch),
            )
            .hint("name the branch of the proposal, such as propose/sentiment-champion-4")),
        }
    }

    /// The one local branch whose newest commit this is.
    fn branch_at(&self, commit: Oid) -> Result<String> {
        let mut found = Vec::new();
        for name in self.repo.branches()? {
            if self.repo.head(&name)? == Some(commit) {
                found.push(name);
            }
        }
        match found.as_slice() {
            [one] => Ok(one.clone()),
            _ => Err(Error::new(
                Code::BadArgument,
                format!(
                    "{} is the newest commit of {} local branches, and an approval is added to one",
                    commit.short(),
                    found.len()
                ),
            )
            .hint("name the branch")),
        }
    }

    fn ahead(&self, view: &View<'_>, name: String, local: Option<Oid>, tip: Oid) -> Result<Ahead> {
        let Some(base) = self.repo.merge_base(view.head, tip)? else {
            return Err(Error::new(
                Code::BadArgument,
                format!("{name} has no commit in common with {}, the registry's branch", self.branch),
            ));
        };
        let (mut files, mut companions) = (BTreeMap::new(), BTreeMap::new());
        for change in self.repo.between(Some(base), tip)? {
            if is_companion(&change.path) {
                companions.insert(change.path, change.new.map(|it| it.1));
                continue;
            }
            match (change.old, change.new) {
                (None, Some(new)) => match view.state()?.oid(&change.path)? {
                    Some(have) if new == (Mode::File, have) => {}
                    _ => drop(files.insert(change.path, new)),
                },
                _ => {
                    return Err(Error::new(
                        Code::Tampered,
                        format!("{name} changes or removes {}, and records are only ever added", change.path),
                    )
                    .hint("a proposal adds files; make it anew from the registry's branch")
                    .at(change.path));
                }
            }
        }
        Ok(Ahead { name, local, tip, also: None, base, files, companions })
    }

    /// Judges what a branch brings, as one landing on what stands now.
    pub(crate) fn judge_ahead(&self, view: &View<'_>, ahead: &Ahead) -> Result<Judged> {
        for (path, (_, oid)) in &ahead.files {
            if view.state()?.oid(path)?.is_some_and(|have| have != *oid) {
                return Err(Error::new(
                    Code::Overtaken,
                    format!(
                        "somebody else was first: {path} stands on {} already, and says something else",
                        self.branch
                    ),
                )
                .hint(
                    Hint::from(Next::Renew { branch: Some(ahead.name.clone()) })
                        .say(" makes it again on what stands there now, and approvals lapse"),
                )
                .at(path));
            }
        }
        view.try_landing(&ahead.files)
    }

    /// The files that only this copy's own side of a proposal has.
    pub(crate) fn own_side(&self, ahead: &Ahead) -> Result<Vec<(String, Vec<u8>)>> {
        let theirs = self.repo.snapshot(ahead.tip)?;
        let mut files = Vec::new();
        for (path, (_, oid)) in ahead.files.iter().filter(|_| ahead.also.is_some()) {
            if theirs.find(path)?.is_none() {
                files.push((path.clone(), self.repo.load(*oid, MANIFEST_LIMIT)?));
            }
        }
        Ok(files)
    }

    /// The bytes of what a branch brings, companions included.
    pub(crate) fn bytes_of(&self, view: &View<'_>, ahead: &Ahead) -> Result<Vec<(String, Vec<u8>)>> {
        let mut files = Vec::new();
        for (path, (_, oid)) in &ahead.files {
            files.push((path.clone(), self.repo.load(*oid, MANIFEST_LIMIT)?));
        }
        let here = self.repo.snapshot(view.head)?;
        let before = self.repo.snapshot(ahead.base)?;
        for (path, new) in &ahead.companions {
            let ours = here.find(path)?.map(|it| it.oid);
            let moved = ours != before.find(path)?.map(|it| it.oid);
            match new {
                Some(new) if Some(*new) == ours => {}
                Some(new) if !moved => files.push((path.clone(), self.repo.load(*new, MANIFEST_LIMIT)?)),
                _ => {
                    return Err(Error::new(
                        Code::HeadMoved,
                        format!("{path} was changed on {} too, or is removed by {}", self.branch, ahead.name),
                    )
                    .hint("merge it with git: companions are ordinary files")
                    .at(path));
                }
            }
        }
        Ok(files)
    }
}

/// The first words of the commit that began a branch: what it is about.
pub(crate) fn subject_of(history: &dyn History, ahead: &Ahead) -> Result<String> {
    let mut at = ahead.tip;
    let mut subject = String::new();
    // A branch has few commits; one that does not lead back to its base by first parents ends at its root.
    while at != ahead.base {
        let commit = history.commit(at)?;
        subject = commit.message.lines().next().unwrap_or_default().to_owned();
        match commit.parents.first() {
            Some(parent) => at = *parent,
            None => break,
        }
    }
    Ok(subject)
}

/// The people who approved these changes, each once.
pub(crate) fn approvers(reports: &[GateReport]) -> Vec<refmark_types::name::PrincipalId> {
    let mut people: Vec<_> =
        reports.iter().flat_map(|report| &report.signers).filter_map(|signer| signer.by.clone()).collect();
    people.sort();
    people.dedup();
    people
}
