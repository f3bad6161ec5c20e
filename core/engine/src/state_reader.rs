//! Questions to what has taken effect, answered in types. The highest number that took effect is the current one.

use std::sync::Arc;

use super::effective::Effective;
use refmark_records::about::About;
use refmark_records::alias::AliasMove;
use refmark_records::catalog::{CatalogEntry, Family};
use refmark_records::contents::Contents;
use refmark_records::layout::{self, Document, Place};
use refmark_records::manifest::{Contract, Lineage, Manifest};
use refmark_records::policy::Policy;
use refmark_records::root::Root;
use refmark_records::statement::{Predicate, Record};
use refmark_records::trust::TrustState;
use refmark_records::version::{Label, Stage, StageMove, Version};
use refmark_types::canonical::{MANIFEST_LIMIT, parse_printed};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result, bug};
use refmark_types::name::{AliasName, ConsumerId, EntryId, ModelName};

/// A record whose kind is known.
pub struct TypedRecord<T> {
    /// The whole record.
    pub record: Arc<Record>,
    pick: fn(&Predicate) -> Option<&T>,
}

impl<T> Clone for TypedRecord<T> {
    fn clone(&self) -> Self {
        TypedRecord { record: self.record.clone(), pick: self.pick }
    }
}

impl<T> TypedRecord<T> {
    /// A record as one of a kind; a bug where it is of another.
    pub fn read(record: Arc<Record>, pick: fn(&Predicate) -> Option<&T>) -> Result<TypedRecord<T>> {
        match pick(record.predicate()) {
            Some(_) => Ok(TypedRecord { record, pick }),
            None => Err(bug("a record of another kind took effect at this path")),
        }
    }
}

impl<T> std::ops::Deref for TypedRecord<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // `read` looked before; a record is immutable.
        (self.pick)(self.record.predicate()).unwrap_or_else(|| unreachable!("the kind was checked when it was read"))
    }
}

macro_rules! pick {
    ($variant:ident) => {
        |predicate| match predicate {
            Predicate::$variant(value) => Some(value.as_ref()),
            _ => None,
        }
    };
}

/// Questions to what has taken effect.
#[derive(Clone, Copy)]
pub struct StateReader<'a>(pub &'a dyn Effective);

impl<'a> StateReader<'a> {
    fn get<T>(&self, place: &Place, pick: fn(&Predicate) -> Option<&T>) -> Result<Option<TypedRecord<T>>> {
        self.0.record(&place.path())?.map(|record| TypedRecord::read(record, pick)).transpose()
    }

    /// The numbers of the files with a prefix directly in a folder, ascending.
    fn numbers(&self, folder: &str, prefix: &str) -> Result<Vec<u64>> {
        let names = self.0.children(folder)?;
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| layout::number_in_name(name, prefix)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }

    /// The highest number of a paged folder for which `there` says yes.
    fn highest_paged(&self, folder: &str, there: impl Fn(u64) -> Result<bool>) -> Result<Option<u64>> {
        for high in self.numbers(folder, "")?.into_iter().rev() {
            for low in self.numbers(&format!("{folder}/{high:04}"), "")?.into_iter().rev() {
                let number = high * 100 + low;
                if there(number)? {
                    return Ok(Some(number));
                }
            }
        }
        Ok(None)
    }

    /// All numbers of a paged folder, ascending.
    fn all_paged(&self, folder: &str) -> Result<Vec<u64>> {
        let mut all = Vec::new();
        for high in self.numbers(folder, "")? {
            all.extend(self.numbers(&format!("{folder}/{high:04}"), "")?.into_iter().map(|low| high * 100 + low));
        }
        Ok(all)
    }

    fn has(&self, place: &Place) -> Result<bool> {
        Ok(self.0.oid(&place.path())?.is_some())
    }

    /// Trust root n.
    pub fn root(&self, number: u64) -> Result<Option<TypedRecord<Root>>> {
        self.get(&Place::Root(number), pick!(Root))
    }

    /// The newest trust root.
    pub fn newest_root(&self) -> Result<Option<TypedRecord<Root>>> {
        match self.numbers("trust", "")?.into_iter().rev().find_map(|n| self.root(n).transpose()) {
            Some(root) => root.map(Some),
            None => Ok(None),
        }
    }

    /// Policy n: its text, read, and the statement that signs it.
    pub fn policy(&self, number: u64) -> Result<Option<(Arc<Policy>, Arc<Record>)>> {
        let statement = self.0.record(&Place::Policy(number).path())?;
        let text = self.0.oid(&Place::PolicyText(number).path())?;
        match (statement, text) {
            (Some(record), Some(text)) => Ok(Some((self.0.objects().policy(text)?, record))),
            _ => Ok(None),
        }
    }

    /// The newest policy.
    pub fn newest_policy(&self) -> Result<Option<(Arc<Policy>, Arc<Record>)>> {
        for number in self.numbers("policy", "")?.into_iter().rev() {
            if let Some((policy, record)) = self.policy(number)? {
                return Ok(Some((self.in_catalog_scopes(policy)?, record)));
            }
        }
        Ok(None)
    }

    /// The newest policy; an error where none took effect.
    pub fn policy_in_force(&self) -> Result<Arc<Policy>> {
        match self.newest_policy()? {
            Some((policy, _)) => Ok(policy),
            None => Err(Error::new(Code::NotARegistry, "the registry has no policy in effect")),
        }
    }

    /// Move n of an alias.
    pub fn alias_move(
        &self,
        model: &ModelName,
        alias: &AliasName,
        number: u64,
    ) -> Result<Option<TypedRecord<AliasMove>>> {
        self.get(&Place::Alias(model.clone(), alias.clone(), number), pick!(Alias))
    }

    /// The newest move of an alias.
    pub fn alias(&self, model: &ModelName, alias: &AliasName) -> Result<Option<TypedRecord<AliasMove>>> {
        let there = |n| self.has(&Place::Alias(model.clone(), alias.clone(), n));
        match self.highest_paged(&layout::alias_folder(model, alias), there)? {
            Some(number) => self.alias_move(model, alias, number),
            None => Ok(None),
        }
    }

    /// All moves of an alias, oldest first.
    pub fn alias_moves(&self, model: &ModelName, alias: &AliasName) -> Result<Vec<TypedRecord<AliasMove>>> {
        self.newest_alias_moves(model, alias, usize::MAX)
    }

    /// The newest moves of an alias, at most so many, oldest first. Older ones are not read.
    pub fn newest_alias_moves(
        &self,
        model: &ModelName,
        alias: &AliasName,
        most: usize,
    ) -> Result<Vec<TypedRecord<AliasMove>>> {
        let numbers = self.all_paged(&layout::alias_folder(model, alias))?;
        let older = numbers.len().saturating_sub(most);
        numbers.into_iter().skip(older).filter_map(|n| self.alias_move(model, alias, n).transpose()).collect()
    }

    /// The aliases that a model ever had, sorted.
    pub fn aliases(&self, model: &ModelName) -> Result<Vec<AliasName>> {
        let mut names: Vec<_> = self
            .0
            .children(&layout::aliases_folder(model))?
            .iter()
            .filter_map(|name| AliasName::from_escaped(name))
            .collect();
        names.sort();
        Ok(names)
    }

    /// A version.
    pub fn version(&self, model: &ModelName, version: u64) -> Result<Option<TypedRecord<Version>>> {
        self.get(&Place::Version(model.clone(), version), pick!(Version))
    }

    /// The numbers of a model's versions, ascending.
    pub fn versions(&self, model: &ModelName) -> Result<Vec<u64>> {
        self.all_paged(&layout::versions_folder(model))
    }

    /// The highest version of a model.
    pub fn newest_version(&self, model: &ModelName) -> Result<Option<u64>> {
        self.highest_paged(&layout::versions_folder(model), |n| self.has(&Place::Version(model.clone(), n)))
    }

    /// The stage of a version, and the move that brought it there. Without one it is experimental.
    pub fn stage(&self, model: &ModelName, version: u64) -> Result<(Stage, Option<TypedRecord<StageMove>>)> {
        let numbers = self.numbers(&layout::version_folder(model, version), "stage-")?;
        for number in numbers.into_iter().rev() {
            if let Some(found) = self.stage_move(model, version, number)? {
                return Ok((found.to, Some(found)));
            }
        }
        Ok((Stage::default(), None))
    }

    /// Stage move n of a version.
    pub fn stage_move(&self, model: &ModelName, version: u64, number: u64) -> Result<Option<TypedRecord<StageMove>>> {
        self.get(&Place::Stage(model.clone(), version, number), pick!(Stage))
    }

    /// The label of a version.
    pub fn label(&self, model: &ModelName, version: u64) -> Result<Option<TypedRecord<Label>>> {
        let numbers = self.numbers(&layout::version_folder(model, version), "label-")?;
        for number in numbers.into_iter().rev() {
            if let Some(found) = self.get(&Place::Label(model.clone(), version, number), pick!(Label))? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// What a model is.
    pub fn about(&self, model: &ModelName) -> Result<Option<TypedRecord<About>>> {
        let folder = layout::about_folder(model);
        match self.highest_paged(&folder, |n| self.has(&Place::About(model.clone(), n)))? {
            Some(number) => self.get(&Place::About(model.clone(), number), pick!(About)),
            None => Ok(None),
        }
    }

    /// Description n of a model.
    pub fn about_at(&self, model: &ModelName, number: u64) -> Result<Option<TypedRecord<About>>> {
        self.get(&Place::About(model.clone(), number), pick!(About))
    }

    /// What was said of a model first.
    pub fn first_about(&self, model: &ModelName) -> Result<Option<TypedRecord<About>>> {
        self.get(&Place::About(model.clone(), 1), pick!(About))
    }

    /// Every model, sorted. Reads the folders above them, not what is in them.
    pub fn models(&self) -> Result<Vec<ModelName>> {
        let mut models = Vec::new();
        for x in self.0.children("models")? {
            for y in self.0.children(&format!("models/{x}"))? {
                let names = self.0.children(&format!("models/{x}/{y}"))?;
                models.extend(names.iter().filter_map(|name| ModelName::from_escaped(name)));
            }
        }
        models.sort();
        Ok(models)
    }

    /// The trust state of an artifact, and the move that brought it there. Without one it is acquired.
    pub fn trust(
        &self,
        artifact: &ArtifactId,
    ) -> Result<(TrustState, Option<TypedRecord<refmark_records::trust::TrustMove>>)> {
        let numbers = self.numbers(&layout::artifact_folder(artifact), "trust-")?;
        for number in numbers.into_iter().rev() {
            if let Some(found) = self.trust_move(artifact, number)? {
                return Ok((found.to, Some(found)));
            }
        }
        Ok((TrustState::default(), None))
    }

    /// Trust move n of an artifact.
    pub fn trust_move(
        &self,
        artifact: &ArtifactId,
        number: u64,
    ) -> Result<Option<TypedRecord<refmark_records::trust::TrustMove>>> {
        self.get(&Place::Trust(*artifact, number), pick!(Trust))
    }

    /// The evidence about an artifact, oldest first by its own time.
    pub fn evidence(&self, artifact: &ArtifactId) -> Result<Vec<TypedRecord<refmark_records::evidence::Evidence>>> {
        let folder = layout::evidence_folder(artifact);
        let mut found = Vec::new();
        for name in self.0.children(&folder)? {
            if let Some(record) = self.0.record(&format!("{folder}/{name}"))? {
                found.push(TypedRecord::read(record, pick!(Evidence))?);
            }
        }
        found.sort_by_key(|a| (a.time, a.record.digest()));
        Ok(found)
    }

    /// Whether an artifact is registered.
    pub fn has_artifact(&self, artifact: &ArtifactId) -> Result<bool> {
        self.has(&Place::Document(*artifact, Document::Manifest))
    }

    /// An artifact's manifest.
    pub fn manifest(&self, artifact: &ArtifactId) -> Result<Option<Arc<Manifest>>> {
        match self.0.oid(&Place::Document(*artifact, Document::Manifest).path())? {
            Some(oid) => self.0.objects().manifest(oid).map(Some),
            None => Ok(None),
        }
    }

    /// The bytes of a document of an artifact.
    pub fn document(&self, artifact: &ArtifactId, document: Document) -> Result<Option<Vec<u8>>> {
        match self.0.oid(&Place::Document(*artifact, document).path())? {
            Some(oid) => self.0.objects().bytes(oid, document.limit()).map(Some),
            None => Ok(None),
        }
    }

    /// What an artifact's files hold: tensors, values and findings. Costs the reading of the whole table.
    pub fn contents(&self, artifact: &ArtifactId) -> Result<Option<Contents>> {
        let Some(manifest) = self.manifest(artifact)? else { return Ok(None) };
        let table = match manifest.contents {
            Some(_) => self.document(artifact, Document::Contents)?,
            None => None,
        };
        Contents::of(&manifest, table.as_deref()).map(Some)
    }

    /// An artifact's lineage.
    pub fn lineage(&self, artifact: &ArtifactId) -> Result<Option<Lineage>> {
        self.document(artifact, Document::Lineage)?.map(|bytes| parse_printed(&bytes, MANIFEST_LIMIT)).transpose()
    }

    /// An artifact's contract.
    pub fn contract(&self, artifact: &ArtifactId) -> Result<Option<Contract>> {
        self.document(artifact, Document::Contract)?.map(|bytes| parse_printed(&bytes, MANIFEST_LIMIT)).transpose()
    }

    /// What was said to a statement, in the order of the principals.
    pub fn approvals(&self, statement: &Digest) -> Result<Vec<TypedRecord<refmark_records::approval::Approval>>> {
        let folder = layout::approvals_folder(statement);
        let mut names = self.0.children(&folder)?;
        names.sort();
        let mut found = Vec::new();
        for name in names {
            if let Some(record) = self.0.record(&format!("{folder}/{name}"))? {
                found.push(TypedRecord::read(record, pick!(Approval))?);
            }
        }
        Ok(found)
    }

    /// A catalog entry, as it stands.
    pub fn catalog(&self, family: Family, id: &EntryId) -> Result<Option<TypedRecord<CatalogEntry>>> {
        let folder = layout::catalog_folder(family, id);
        match self.highest_paged(&folder, |n| self.has(&Place::Catalog(family, id.clone(), n)))? {
            Some(number) => self.get(&Place::Catalog(family, id.clone(), number), pick!(Catalog)),
            None => Ok(None),
        }
    }

    /// The catalog entries of a family, sorted by id.
    pub fn catalog_entries(&self, family: Family) -> Result<Vec<TypedRecord<CatalogEntry>>> {
        let names = self.0.children(&format!("catalog/{}", family.as_str()))?;
        let mut ids: Vec<_> = names.iter().filter_map(|name| EntryId::from_escaped(name)).collect();
        ids.sort();
        ids.iter().filter_map(|id| self.catalog(family, id).transpose()).collect()
    }

    /// The newest list of a consumer.
    pub fn consumer(&self, consumer: &ConsumerId) -> Result<Option<TypedRecord<refmark_records::consumer::Consumer>>> {
        let folder = layout::consumer_folder(consumer);
        match self.highest_paged(&folder, |n| self.has(&Place::Consumer(consumer.clone(), n)))? {
            Some(number) => self.get(&Place::Consumer(consumer.clone(), number), pick!(Consumer)),
            None => Ok(None),
        }
    }

    /// The newest list of every consumer, sorted by id.
    pub fn consumers(&self) -> Result<Vec<TypedRecord<refmark_records::consumer::Consumer>>> {
        let mut ids = Vec::new();
        for x in self.0.children("consumers")? {
            for y in self.0.children(&format!("consumers/{x}"))? {
                let names = self.0.children(&format!("consumers/{x}/{y}"))?;
                ids.extend(names.iter().filter_map(|name| ConsumerId::from_escaped(name)));
            }
        }
        ids.sort();
        ids.iter().filter_map(|id| self.consumer(id).transpose()).collect()
    }

    /// The newest checkpoint.
    pub fn checkpoint(&self) -> Result<Option<TypedRecord<refmark_records::checkpoint::Checkpoint>>> {
        match self.highest_paged("checkpoints", |n| self.has(&Place::Checkpoint(n)))? {
            Some(number) => self.checkpoint_at(number),
            None => Ok(None),
        }
    }

    /// List n of a project.
    pub fn consumer_at(
        &self,
        id: &ConsumerId,
        number: u64,
    ) -> Result<Option<TypedRecord<refmark_records::consumer::Consumer>>> {
        self.get(&Place::Consumer(id.clone(), number), pick!(Consumer))
    }

    /// Checkpoint n.
    pub fn checkpoint_at(&self, number: u64) -> Result<Option<TypedRecord<refmark_records::checkpoint::Checkpoint>>> {
        self.get(&Place::Checkpoint(number), pick!(Checkpoint))
    }
}
