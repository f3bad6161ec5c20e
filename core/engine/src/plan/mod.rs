//! Plans: a change as a value, before anything is written. It can be shown, reviewed and tested; applying it is one
//! compare-and-swap of the branch.

mod about;
mod again;
mod approval;
mod branch;
mod catalog;
mod change;
mod checkpoint;
mod evidence;
mod init;
mod label;
mod meta;
mod promote;
mod publish;
mod register;
mod transition;

pub use about::{AboutRequest, announce, describe};
pub use again::{Renumbered, again};
pub use approval::{ApprovalRequest, approve};
pub use catalog::{EntryChange, EntryRequest, catalog_change, catalog_entry, catalog_state};
pub use change::Change;
pub use checkpoint::checkpoint;
pub use evidence::{EvidenceRequest, attach};
pub use init::{Founding, plan_init};
pub use label::{LabelRequest, hide_model, hide_version, label, rename};
pub use meta::{NewKeyholder, Rotation, policy, rotate};
pub use promote::{PromoteRequest, RollbackRequest, UnsetRequest, alias_moved, promote, rollback, rollback_to, unset};
pub use publish::{PublishRequest, publish};
pub use register::{Batch, RegisterRequest, Registered, register};
pub use transition::{StageRequest, TrustRequest, revoke_artifact, stage, trust};

use crate::clock::SKEW;
use crate::state_reader::StateReader;
use refmark_records::alias::Target;
use refmark_records::layout::Place;
use refmark_records::registry_id::RegistryId;
use refmark_records::statement::{Predicate, Statement};
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{ModelName, PrincipalId};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// Who makes a change, when, and on what.
#[derive(Debug, Clone)]
pub struct Author {
    /// The principal.
    pub by: PrincipalId,
    /// The author's clock.
    pub time: Timestamp,
    /// The last good head of the registry's branch that the author saw.
    pub base: Option<Oid>,
    /// The registry.
    pub registry: RegistryId,
    /// The paths of the records that a lost key taints: a move that says the same as one of these confirms it.
    pub tainted: Vec<String>,
    /// The artifacts of which the author has every byte, held against its digest: a move to one of them says so.
    pub holds: Vec<ArtifactId>,
}

impl Author {
    /// The same author, who also has every byte of these artifacts.
    #[must_use]
    pub fn holding(&self, artifacts: impl IntoIterator<Item = ArtifactId>) -> Author {
        let mut author = self.clone();
        author.holds.extend(artifacts);
        author
    }

    /// Whether a lost key taints the record at a path.
    pub fn is_tainted(&self, path: &str) -> bool {
        self.tainted.iter().any(|tainted| tainted == path)
    }
}

/// A change: what would be signed, what lies beside it, and what the commit would say.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The commit's subject line.
    pub subject: String,
    /// The commit's body.
    pub body: String,
    /// What would be signed.
    pub statements: Vec<Statement>,
    /// Unsigned files.
    pub documents: Vec<(Place, Vec<u8>)>,
    /// The artifacts that the change is about, for the commit's trailers.
    pub artifacts: Vec<ArtifactId>,
    /// Files that are stored as they are, by path: records that were signed elsewhere, and companions.
    pub carried: Vec<(String, Vec<u8>)>,
    /// The commit that the change merges, as the second parent.
    pub merges: Option<Oid>,
    /// Who approved it, for the commit's trailers.
    pub approved_by: Vec<PrincipalId>,
}

impl Plan {
    /// Adds a statement; its path becomes the one that it has by its own words.
    fn sign(&mut self, predicate: impl Into<Predicate>) -> Result<()> {
        let mut predicate = predicate.into();
        let path = Place::of(&predicate)?.path();
        predicate.set_path(path);
        self.statements.push(Statement::new(predicate));
        Ok(())
    }

    /// Adds an artifact to the trailers, once. Looked for among the newest: in a plan of many thousands, a search through
    /// all of them for each would be most of the work.
    fn concerns(&mut self, artifact: ArtifactId) {
        if !self.artifacts.iter().rev().take(64).any(|named| *named == artifact) {
            self.artifacts.push(artifact);
        }
    }

    /// Takes another plan's statements and documents in.
    pub fn absorb(&mut self, other: Plan) {
        self.statements.extend(other.statements);
        self.documents.extend(other.documents);
        for artifact in other.artifacts {
            self.concerns(artifact);
        }
    }
}

/// The author's clock, but not before what the statement follows: times are ordered against the predecessor. One from the
/// future binds nobody.
fn not_before(author: &Author, previous: Option<Timestamp>) -> Timestamp {
    previous
        .filter(|previous| *previous <= author.time.plus(SKEW))
        .map_or(author.time, |previous| previous.max(author.time))
}

/// A version as a target, or an error that says which versions there are.
fn target(reader: StateReader<'_>, model: &ModelName, version: u64) -> Result<Target> {
    if let Some(found) = reader.version(model, version)? {
        return Ok(Target { version, artifact: found.artifact });
    }
    let error = |message: String| Error::new(Code::NotFound, message).field("model", model).field("version", version);
    Err(match reader.newest_version(model)? {
        None => {
            error(format!("there is no model {model}")).hint(Hint::of("the models: ").then(Next::List { model: None }))
        }
        Some(newest) => error(format!("{model} has no version {version}")).hint(
            Hint::of(format!("its newest is {newest}; all versions: "))
                .then(Next::List { model: Some(model.to_string()) }),
        ),
    })
}
