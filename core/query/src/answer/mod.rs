//! Answers: what a reader is told of a registry at one head. The command line, Python and the browser give the same values.

pub mod catalog;
pub mod cloud_event;
pub mod detail;
pub mod diff;
pub mod events;
pub mod explain;
pub mod landed;
pub mod list;
pub mod log;
pub mod members;
pub mod policy;
pub mod resolve;
pub mod search;
pub mod show;
pub mod sunset;
pub mod taint;

use serde::Serialize;

use landed::Landings;
use refmark_engine::effective::{Effective, State};
use refmark_engine::revoked::SharedFile;
use refmark_engine::snapshot::History;
use refmark_engine::state_reader::StateReader;
use refmark_engine::verify::{Subject, Verified};
use refmark_records::layout::Place;
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// The head that an answer is true of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AsOf {
    /// The head.
    pub head: Oid,
    /// Its time, as its committer claims it.
    pub time: Timestamp,
}

/// How far what a manifest says of its files (classes, tensors) is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ManifestIs {
    /// This reader had all of the bytes, looked, and they say the same.
    Derived,
    /// It is what whoever registered it claims.
    #[default]
    Claimed,
}

impl ManifestIs {
    /// What is said beside what files are.
    pub const fn in_words(self) -> &'static str {
        match self {
            ManifestIs::Derived => "derived from the bytes",
            ManifestIs::Claimed => "as the manifest claims: the bytes were not looked at here",
        }
    }
}

/// What answers are made from: what has taken effect at a head, and whether it was verified.
#[derive(Clone, Copy)]
pub struct QueryContext<'a, 'h> {
    /// What has taken effect.
    pub state: &'a State<'h>,
    /// The history behind the head.
    pub history: &'h dyn History,
    /// The walk to the head; nothing where the tree is read as it stands.
    pub walked: Option<&'a Verified<'h>>,
    /// The head.
    pub head: Oid,
    /// Whether the reader pinned a root.
    pub pinned: bool,
    /// Who knows when files took effect.
    pub landings: &'a dyn Landings,
}

impl<'a> QueryContext<'a, '_> {
    /// Questions to what has taken effect.
    pub fn reader(&self) -> StateReader<'a> {
        StateReader(self.state as &dyn Effective)
    }

    /// The head that answers are true of.
    pub fn as_of(&self) -> Result<AsOf> {
        Ok(AsOf { head: self.head, time: self.history.commit(self.head)?.time })
    }

    /// The paths of the tree that have no effect.
    pub fn inert_paths(&self) -> impl Iterator<Item = String> + use<'a> {
        self.walked.into_iter().flat_map(|walked| walked.walk.inert()).flat_map(|landing| landing.files.keys().cloned())
    }

    /// Whether the registry was verified whole against a pinned root.
    pub fn is_vouched_for(&self) -> bool {
        self.walked.is_some_and(|walked| walked.pinned && walked.tip_error.is_none())
    }

    /// An error where the newest commit is bad: nobody may rely on what cannot be told from a forgery.
    pub fn check_tip(&self) -> Result<()> {
        let Some(verified) = self.walked else { return Ok(()) };
        if let Some(error) = &verified.root_error {
            return Err(error.clone());
        }
        if let Some(error) = verified.tip_error.as_deref().filter(|_| verified.walk.tampered_paths().is_empty()) {
            return Err(Error::new(Code::BadTip, error.message.clone())
                .hint("pass --last-good for the last good state; to mend it, revert that commit")
                .field("commit", verified.bad.last().copied().unwrap_or(self.head))
                .field("last_good", verified.last_good));
        }
        if verified.tip_error.is_some() {
            let path = verified.walk.tampered_paths().first().cloned().unwrap_or_default();
            let bad = verified.bad.last().copied().unwrap_or(self.head);
            return Err(Error::new(
                Code::BadTip,
                format!("at {} the file {path} is missing or changed, and it had taken effect", bad.short()),
            )
            .hint(
                Hint::of("to read the last good state, ")
                    .then(Next::With(Choice::LastGood))
                    .say("; to mend the branch, revert that commit; to undo a promotion, ")
                    .then(Next::Rollback { alias: None }),
            )
            .field("commit", bad)
            .field("last_good", verified.last_good)
            .at(path));
        }
        Ok(())
    }

    /// The first record that an answer rests on and that a lost key taints; none where it is clean.
    pub fn taint_of(&self, subject: &Subject<'_>) -> Result<Option<String>> {
        self.walked.map_or(Ok(None), |verified| verified.taint_of(subject))
    }

    /// The first file of an artifact whose bytes were revoked under another name, and which closes it.
    pub fn closed_by(&self, artifact: &ArtifactId) -> Result<Option<SharedFile>> {
        self.walked.map_or(Ok(None), |walked| walked.closed_by(artifact))
    }

    /// An error where the bytes of an artifact were revoked under another name.
    pub fn check_bytes(&self, artifact: &ArtifactId) -> Result<()> {
        let Some(file) = self.closed_by(artifact)? else { return Ok(()) };
        Err(Error::new(
            Code::Revoked,
            format!("{} of {} has bytes that were revoked in another artifact", file.path, artifact.short()),
        )
        .hint("somebody who knows of the revocation may trust it again, by way of quarantined")
        .field("artifact", artifact)
        .field("file", &file.path)
        .field("digest", file.sha256))
    }

    /// An error where an answer rests on a key that was distrusted.
    pub fn check_taint(&self, subject: &Subject<'_>) -> Result<()> {
        match self.taint_of(subject)? {
            Some(path) => Err(tainted(&path)),
            None => Ok(()),
        }
    }
}

/// What is said of an answer that rests on a key which was distrusted.
pub fn tainted(path: &str) -> Box<Error> {
    let hint = match Place::parse(path) {
        Some(Place::Version(..) | Place::Document(..)) => "register the same files again, with a good key",
        Some(Place::Trust(..)) => "confirm the artifact's trust state with a good key",
        Some(Place::Stage(..)) => "confirm the version's stage with a good key",
        _ => "make the move again with a good key",
    };
    Error::new(Code::Distrusted, format!("{path} rests on a key that was distrusted")).hint(hint).at(path)
}
