//! The derived index in the reader's own folder: opened on first need, caught up with the head, and made again where it is
//! damaged. It judges every commit by itself, from where it stands; so it never holds what did not take effect.

use std::path::PathBuf;

use serde::Serialize;

use crate::registry::{Maintenance, Registry};
use crate::view::View;
use crate::view::index_handle::Held;
use crate::view::landed::Landed;
use refmark_engine::ports::Unit;
use refmark_engine::snapshot::History;
use refmark_engine::verify::{NeedsWholeWalk, Verifier};
use refmark_query::index::row;
use refmark_store::index::{self, Index, IndexError, Writing};
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;

/// So many files are written in one go, about: what is written so far survives a stop.
const FILES_AT_ONCE: usize = 50_000;
/// So many commits are written in one go.
const COMMITS_AT_ONCE: usize = 2_000;
/// An index that lags so many commits behind a head is still asked for what it knows.
const A_FEW_COMMITS: usize = 512;
/// How often a walk begins again where another process walked the index on.
const TRIES: usize = 8;

/// How an index can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndexUse {
    /// It is there and can be caught up.
    Writable,
    /// It is there, or cannot be made, and this user cannot write it.
    ReadOnly,
    /// There is none yet.
    None,
}

/// The state of the index.
#[derive(Debug, Clone, Serialize)]
pub struct IndexStatus {
    /// Its file.
    pub path: PathBuf,
    /// How it can be used.
    pub usable: IndexUse,
    /// The file's size in bytes, with its log.
    pub bytes: u64,
    /// The commit that it has walked to.
    pub walked: Option<Oid>,
    /// The registry's head.
    pub head: Oid,
    /// Whether the two are the same.
    pub current: bool,
    /// How many commits of the first-parent chain it knows.
    pub commits: u64,
    /// How many models.
    pub models: u64,
    /// How many versions.
    pub versions: u64,
    /// How many artifacts.
    pub artifacts: u64,
    /// How many moves of aliases.
    pub moves: u64,
}

impl Registry {
    fn index_path(&self) -> PathBuf {
        self.own_folder().join("index.sqlite")
    }

    /// Opens the index in the reader's own folder; an error `read-only` where there is no place for one.
    fn open_index(&self) -> Result<Index> {
        match self.make_own_folder() {
            Some(folder) => Ok(Index::open(&folder.join("index.sqlite"))?),
            None => Err(IndexError::NoFolder.into()),
        }
    }

    /// What the index says of exactly this view. Nothing where there can be no index of it: history is not whole, the view
    /// is of a head of its own, or this user cannot write. Then the caller asks the records themselves.
    pub(crate) fn indexed<T>(&self, view: &View<'_>, ask: impl Fn(&Index) -> index::Result<T>) -> Result<Option<T>> {
        if view.verified().is_none() {
            return Ok(None);
        }
        self.with_index(|index| {
            if !self.stands_at(index, view)? {
                return Ok(None);
            }
            Ok(Some(ask(index)?))
        })
    }

    /// The view of the branch's head for whoever asks for lists next: where nothing of this registry is remembered yet, the
    /// walk that makes the index is the one that the view rests on, too.
    pub(crate) fn view_by_one_walk(&self, head: Oid) -> Result<View<'_>> {
        if self.remembered().is_some() {
            return self.view_of(head);
        }
        let walked = self.with_index(|index| {
            if index.is_read_only() {
                return Ok(None);
            }
            self.catch_up(index, head, None)?;
            match index.position()?.map(|it| it.remembered).filter(|it| it.head == head) {
                Some(remembered) => Ok(Some(remembered)),
                // Another reader walked it on in between, to a newer head.
                None if index.walked()? != Some(head) => Ok(None),
                // The newest commits are bad, and a walk must know beforehand which is the last good one.
                None => {
                    index.reset()?;
                    Ok(None)
                }
            }
        });
        if let Ok(Some(remembered)) = walked {
            self.remember(&remembered)?;
        }
        // What stopped that walk, this one meets, too, and says so in its own words.
        self.view_of(head)
    }

    /// When a file of this view took effect, by the index: it may have walked on since, for what took effect stays. Unless
    /// `catch_up`, one that is not there is not made, and one that lags behind is asked for what it knows.
    pub(crate) fn indexed_landing(&self, view: &View<'_>, path: &str, catch_up: bool) -> Result<Option<Landed>> {
        if view.verified().is_none() || (!catch_up && !self.index_path().exists()) {
            return Ok(None);
        }
        self.with_index(|index| {
            let current = catch_up && self.stands_at(index, view)?;
            let last = match index.walked()? {
                _ if current => Some(u64::MAX),
                // What the index walked to is behind this head: all that it knows of landed before.
                Some(walked) if !catch_up && self.is_soon_behind(view.head, walked)? => Some(u64::MAX),
                _ => index.place_of(view.head)?,
            };
            let (Some(last), Some(found)) = (last, index.landed(path)?) else { return Ok(None) };
            Ok((found.position <= last).then_some(Landed { commit: found.commit, time: found.time }))
        })
    }

    /// Whether a commit is a head, or one of the newest on the first-parent chain behind it.
    fn is_soon_behind(&self, head: Oid, commit: Oid) -> Result<bool> {
        let mut at = head;
        for _ in 0..A_FEW_COMMITS {
            if at == commit {
                return Ok(true);
            }
            match self.repo.commit(at)?.parents.first() {
                Some(parent) => at = *parent,
                None => return Ok(false),
            }
        }
        Ok(false)
    }

    /// The index of exactly this view, in memory where there is none on disk: for what cannot be asked otherwise.
    pub(crate) fn indexed_or_in_memory<T>(
        &self,
        view: &View<'_>,
        ask: impl Fn(&Index) -> index::Result<T>,
    ) -> Result<T> {
        if let Some(found) = self.indexed(view, &ask)? {
            return Ok(found);
        }
        if view.verified().is_none() {
            return Err(Error::new(
                Code::Incomplete,
                "the index is made of the whole history, and it is not whole here",
            )
            .hint("fetch the whole history: git fetch --unshallow"));
        }
        let mut index = Index::in_memory()?;
        self.catch_up(&mut index, view.head, view.verified().and_then(|it| it.last_good))?;
        let found = ask(&index)?;
        if self.head()? == view.head {
            // The next question need not walk again.
            *self.index.held() = Held::Open(index);
        }
        Ok(found)
    }

    /// Opens the index and asks. A damaged one is made again once; where it cannot be used the answer is nothing.
    fn with_index<T>(&self, ask: impl Fn(&mut Index) -> Result<Option<T>>) -> Result<Option<T>> {
        let mut held = self.index.held();
        for first in [true, false] {
            if let Held::Closed = *held {
                match self.open_index() {
                    Ok(index) => *held = Held::Open(index),
                    Err(error) if is_of_the_index(&error) => *held = Held::Unusable,
                    Err(error) => return Err(error),
                }
            }
            let Held::Open(index) = &mut *held else { return Ok(None) };
            match ask(index) {
                Err(error) if is_damage(&error) && first => match index.reset() {
                    Ok(()) => {}
                    Err(_) => *held = Held::Unusable,
                },
                Err(error) if is_of_the_index(&error) => {
                    // Another process may only be busy: the next question tries again.
                    *held = if error.code == Code::Locked { Held::Closed } else { Held::Unusable };
                    return Ok(None);
                }
                answer => return answer,
            }
        }
        Ok(None)
    }

    /// Whether the index stands at a head, after it was caught up where that is the branch's own.
    fn stands_at(&self, index: &mut Index, view: &View<'_>) -> Result<bool> {
        let head = view.head;
        if index.walked()? == Some(head) {
            return Ok(true);
        }
        if index.is_read_only() || self.head()? != head {
            return Ok(false);
        }
        self.catch_up(index, head, view.verified().and_then(|it| it.last_good))?;
        Ok(index.walked()? == Some(head))
    }

    /// Walks the index on to a head, whose newest good commit is `last_good`. One that went past it, with another reader,
    /// stays as it is.
    fn catch_up(&self, index: &mut Index, head: Oid, last_good: Option<Oid>) -> Result<()> {
        let mut start = Start::WhereItStands;
        for _ in 0..TRIES {
            if start == Start::WhereItStands && index.place_of(head)?.is_some() {
                return Ok(());
            }
            match self.walk_on(index, head, last_good, start) {
                Ok(true) => return Ok(()),
                // Another process walked it on in between.
                Ok(false) => start = Start::WhereItStands,
                // The view was held to what this reader saw before; the index only follows it.
                Err(error) if error.code == Code::HistoryRewritten || NeedsWholeWalk::is(&error) => {
                    start = Start::Anew;
                }
                Err(error) => return Err(error),
            }
        }
        Err(IndexError::Busy.into())
    }

    fn walk_on(&self, index: &mut Index, head: Oid, last_good: Option<Oid>, start: Start) -> Result<bool> {
        let position = index.position()?;
        let mut walked = index.walked()?;
        let from = position.filter(|_| start == Start::WhereItStands).map(|it| it.remembered);
        let mut verifier = match &from {
            Some(remembered) => Verifier::resume(&self.repo, head, remembered)?,
            None => Verifier::from_the_start(&self.repo, head, None)?,
        };
        let mut anew = from.is_none();
        let mut n = from.as_ref().map_or(0, |it| it.commits);
        let mut kept = from;
        let steps = Steps::of(self, verifier.remaining());
        loop {
            let mut writing = index.write()?;
            if writing.walked()? != walked {
                return Ok(false);
            }
            if std::mem::take(&mut anew) {
                writing.clear()?;
            }
            let at = self.write_some(&mut writing, &mut verifier, &mut n, last_good, &steps)?;
            kept = verifier.so_far().or(kept);
            // At a bad commit it goes on from the last good one, so that what was judged since is judged again.
            let Some(kept) = &kept else { return Err(Error::new(Code::Incomplete, "no commit is good yet")) };
            let done = verifier.remaining() == 0;
            let at = if done { head } else { at };
            writing.save(at, kept)?;
            walked = Some(at);
            if done {
                return Ok(true);
            }
        }
    }

    /// Writes what took effect in the next commits; stops at a good one, at the last good one in any case.
    fn write_some(
        &self,
        writing: &mut Writing<'_>,
        verifier: &mut Verifier<'_>,
        n: &mut u64,
        last_good: Option<Oid>,
        steps: &Steps<'_>,
    ) -> Result<Oid> {
        let (mut files, mut commits, mut at) = (0, 0, None);
        while let Some(verdict) = verifier.step()? {
            self.world.cancel.check()?;
            steps.one();
            writing.commit(*n, verdict.commit, self.repo.commit(verdict.commit)?.time)?;
            *n += 1;
            commits += 1;
            at = Some(verdict.commit);
            for effect in &verdict.effects {
                files += effect.files.len();
                let mut rows = Vec::new();
                for (path, oid) in &effect.files {
                    writing.landed(path)?;
                    rows.extend(row(path, *oid, verifier.objects())?);
                }
                writing.put(rows)?;
            }
            let enough = files >= FILES_AT_ONCE || commits >= COMMITS_AT_ONCE || Some(verdict.commit) == last_good;
            if verdict.bad.is_none() && enough {
                break;
            }
        }
        at.map_or_else(|| self.head(), Ok)
    }
}

impl Maintenance<'_> {
    /// Drops the index and makes it again.
    pub fn index_rebuild(&self) -> Result<IndexStatus> {
        let view = self.registry.view()?;
        let last_good = view.verified().and_then(|it| it.last_good);
        {
            let mut held = self.registry.index.held();
            *held = Held::Closed;
            let mut index = self.registry.open_index()?;
            if index.is_read_only() {
                return Err(Error::new(
                    Code::ReadOnly,
                    format!("{} cannot be written", self.registry.index_path().display()),
                ));
            }
            index.reset()?;
            self.registry.catch_up(&mut index, view.head, last_good)?;
            *held = Held::Open(index);
        }
        self.index_status()
    }

    /// Where the index stands. Nothing is caught up for this.
    pub fn index_status(&self) -> Result<IndexStatus> {
        let path = self.registry.index_path();
        let head = self.registry.head()?;
        let size = |end: &str| std::fs::metadata(format!("{}{end}", path.display())).map_or(0, |it| it.len());
        let mut status = IndexStatus {
            bytes: size("") + size("-wal"),
            path: path.clone(),
            usable: IndexUse::None,
            walked: None,
            head,
            current: false,
            commits: 0,
            models: 0,
            versions: 0,
            artifacts: 0,
            moves: 0,
        };
        if !path.exists() {
            return Ok(status);
        }
        let index = match self.registry.open_index() {
            Ok(index) => index,
            Err(error) if error.code == Code::ReadOnly => {
                status.usable = IndexUse::ReadOnly;
                return Ok(status);
            }
            Err(error) => return Err(error),
        };
        status.usable = if index.is_read_only() { IndexUse::ReadOnly } else { IndexUse::Writable };
        status.walked = index.walked()?;
        status.current = status.walked == Some(head);
        [status.commits, status.models, status.versions, status.artifacts, status.moves] = index.counts()?;
        Ok(status)
    }
}

/// From where the index is walked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    WhereItStands,
    Anew,
}

/// Tells of progress where a walk is long.
struct Steps<'r> {
    progress: Option<&'r dyn refmark_engine::ports::Progress>,
}

impl<'r> Steps<'r> {
    fn of(registry: &'r Registry, total: usize) -> Steps<'r> {
        let progress = (total > 256).then_some(&*registry.world.progress);
        if let Some(progress) = progress {
            progress.start("indexing", Some(total as u64), Unit::Items);
        }
        Steps { progress }
    }

    fn one(&self) {
        if let Some(progress) = self.progress {
            progress.advance(1);
        }
    }
}

impl Drop for Steps<'_> {
    fn drop(&mut self) {
        if let Some(progress) = self.progress {
            progress.finish();
        }
    }
}

/// The index's own damage, not that of a blob or an object.
fn is_damage(error: &Error) -> bool {
    error.code == Code::Damaged && error.cause::<IndexError>().is_some()
}

/// Errors that speak of the index and not of the registry: its answers can be had without it.
fn is_of_the_index(error: &Error) -> bool {
    matches!(error.code, Code::ReadOnly | Code::Locked | Code::NoSpace | Code::Io)
        && error.cause::<IndexError>().is_some()
}

#[cfg(test)]
mod tests;
