//! The difference between two artifacts, as one value: the same in every face.
//!
//! Only differences are listed, and every list is bounded: [`Listed`] says how many there are in all.

mod contract;
mod files;
mod findings;
mod lineage;
pub(crate) mod lines;
mod metrics;
mod tensors;

use serde::Serialize;

use refmark_engine::state_reader::StateReader;
use refmark_records::contents::{Contents, FileContents};
use refmark_records::layout::Document;
use refmark_records::licence;
use refmark_records::manifest::{Lineage, Manifest};
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::ModelName;

pub use contract::{
    Compatibility, ContractDiff, ContractSource, compare as compare_contracts,
    compare_artifacts as compare_artifact_contracts,
};
pub use files::{
    ClassCount, ClassDiff, FileChange, FileDiff, FileSide, Renamed, ValueChange, sentence as what_files_can_do,
};
pub use findings::FindingDiff;
pub use lineage::{CardDiff, Change, LineageDiff, Presence};
pub use metrics::{MetricDiff, MetricJudgement, MetricSide, MetricSource};
pub use tensors::{Reshaped, Retyped, TensorDiff, compare as compare_tensors};

/// One of the two things that are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The artifact.
    pub artifact: ArtifactId,
    /// The model and version by which it was named, if it was.
    pub version: Option<(ModelName, u64)>,
}

/// One side as a diff shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SideShown {
    /// The artifact.
    pub artifact: ArtifactId,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelName>,
    /// The version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The artifact's type.
    #[serde(rename = "type")]
    pub artifact_type: String,
    /// The format of its weights.
    pub format: String,
}

impl SideShown {
    /// What this side is called beside the other: the version's number, with the model where the other is of another
    /// one; without a version, the start of the artifact's id.
    pub fn name(&self, beside: &SideShown) -> String {
        match (&self.model, self.version) {
            (_, Some(version)) if self.model == beside.model => version.to_string(),
            (Some(model), Some(version)) => format!("{model}/{version}"),
            _ => self.artifact.short(),
        }
    }
}

/// A list that was cut: the first items, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed<T> {
    /// How many there are in all.
    pub count: usize,
    /// The first of them.
    pub items: Vec<T>,
    /// How many were left out.
    pub more: usize,
}

impl<T> Default for Listed<T> {
    fn default() -> Listed<T> {
        Listed { count: 0, items: Vec::new(), more: 0 }
    }
}

impl<T> Listed<T> {
    /// So many items are kept.
    pub const KEPT: usize = 200;

    /// Takes one more; past [`Listed::KEPT`] it is only counted.
    pub fn push(&mut self, item: T) {
        self.count += 1;
        if self.items.len() < Self::KEPT { self.items.push(item) } else { self.more += 1 }
    }
}

impl<T> Extend<T> for Listed<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        items.into_iter().for_each(|item| self.push(item));
    }
}

impl<T> FromIterator<T> for Listed<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Listed<T> {
        let mut listed = Listed::default();
        listed.extend(items);
        listed
    }
}

/// An artifact's manifest with what its files hold.
#[derive(Debug, Clone, Copy)]
pub struct Holding<'a> {
    /// The manifest.
    pub manifest: &'a Manifest,
    /// What the files hold.
    pub contents: &'a Contents,
}

impl<'a> Holding<'a> {
    /// What one file holds.
    fn file(self, path: &str) -> Option<&'a FileContents> {
        let at = self.contents.files.binary_search_by(|file| file.path.as_bytes().cmp(path.as_bytes())).ok()?;
        self.contents.files.get(at)
    }
}

/// What differs between two artifacts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArtifactDiff {
    /// Whether both are one artifact. Then nothing else is listed.
    pub identical: bool,
    /// The old one; none where everything of the new one is listed.
    pub old: Option<SideShown>,
    /// The new one.
    pub new: SideShown,
    /// Metrics, sorted by name.
    pub metrics: Listed<MetricDiff>,
    /// Whether callers of one can use the other.
    pub contract: ContractDiff,
    /// Tensors.
    pub tensors: TensorDiff,
    /// Files and sizes.
    pub files: FileDiff,
    /// What the files are, and whether any can run code.
    pub classes: ClassDiff,
    /// What the scan found when each was registered.
    pub findings: FindingDiff,
    /// Where it came from.
    pub lineage: LineageDiff,
    /// The model card and the evaluation card.
    pub card: CardDiff,
}

/// Compares two registered artifacts. An error with code `not-found` where one is not registered.
pub fn diff(reader: StateReader<'_>, a: &Side, b: &Side) -> Result<ArtifactDiff> {
    let (old, new) = (manifest(reader, &a.artifact)?, manifest(reader, &b.artifact)?);
    let contracts = (reader.standing_contract(&a.artifact)?, reader.standing_contract(&b.artifact)?);
    let lineages = (reader.lineage(&a.artifact)?.unwrap_or_default(), reader.lineage(&b.artifact)?.unwrap_or_default());
    let cards = (standing_cards(reader, &a.artifact)?, standing_cards(reader, &b.artifact)?);
    let (licensed_old, licensed_new) =
        (licensing(reader, &a.artifact, &lineages.0)?, licensing(reader, &b.artifact, &lineages.1)?);
    let identical = a.artifact == b.artifact;
    let metrics = match identical {
        true => Vec::new(),
        false => metrics::compare(reader, Some((&a.artifact, &old)), (&b.artifact, &new))?,
    };
    let contents = |id| Ok::<_, Box<Error>>(reader.contents(id)?.unwrap_or_default());
    let (held_old, held_new) = match identical {
        true => Default::default(),
        false => (contents(&a.artifact)?, contents(&b.artifact)?),
    };
    let holding_old = Holding { manifest: &old, contents: &held_old };
    let holding_new = Holding { manifest: &new, contents: &held_new };
    let (mut tensors, changed_in) = tensors::compare(holding_old, holding_new);
    if identical {
        let count = old.tensor_count();
        (tensors.old, tensors.new, tensors.same) = (count, count, count);
    }
    Ok(ArtifactDiff {
        identical,
        old: Some(shown(a, &old)),
        new: shown(b, &new),
        metrics: metrics.into_iter().collect(),
        contract: contract::compare_artifacts((&old, contracts.0.as_ref()), (&new, contracts.1.as_ref())),
        tensors,
        files: files::compare(holding_old, holding_new, &changed_in),
        classes: files::classes(&old, &new),
        findings: findings::compare(holding_old, holding_new),
        lineage: lineage::compare(
            (&old, &lineages.0, licensed_old.as_deref()),
            (&new, &lineages.1, licensed_new.as_deref()),
        ),
        card: cards.1.against(&cards.0),
    })
}

/// The cards of an artifact as they stand: its own, or those that were attached later.
#[derive(Default)]
struct StandingCards {
    model: Option<Vec<u8>>,
    evaluation: Option<Vec<u8>>,
}

fn standing_cards(reader: StateReader<'_>, artifact: &ArtifactId) -> Result<StandingCards> {
    let (model, evaluation) = (reader.standing_model_card(artifact)?, reader.standing_evaluation_card(artifact)?);
    Ok(StandingCards { model, evaluation })
}

impl StandingCards {
    fn against(&self, old: &StandingCards) -> CardDiff {
        lineage::cards(
            (old.model.as_deref(), old.evaluation.as_deref()),
            (self.model.as_deref(), self.evaluation.as_deref()),
        )
    }
}

/// The card that is asked for the licence: the artifact's own where it or the lineage names one, so that a card which was
/// attached later hides none.
fn licensing(reader: StateReader<'_>, artifact: &ArtifactId, lineage: &Lineage) -> Result<Option<Vec<u8>>> {
    let own = reader.document(artifact, Document::ModelCard)?;
    match licence::named(lineage, own.as_deref()) {
        Some(_) => Ok(own),
        None => reader.standing_model_card(artifact),
    }
}

/// Everything of one artifact, as what differs from nothing; nothing where its manifest is not there.
///
/// # Errors
///
/// `bad-record` where one of its documents is none.
pub fn from_nothing(reader: StateReader<'_>, side: &Side) -> Result<Option<ArtifactDiff>> {
    let Some(new) = reader.manifest(&side.artifact)? else { return Ok(None) };
    let old = Manifest {
        artifact_type: new.artifact_type.clone(),
        format: new.format.clone(),
        files: Vec::new(),
        capabilities: Vec::new(),
        metrics: Default::default(),
        parents: Vec::new(),
        source: None,
        contract: None,
        lineage: None,
        evaluation_card: None,
        model_card: None,
        contents: None,
        incomplete: Vec::new(),
        graphs: Vec::new(),
        tensors: Vec::new(),
    };
    let (nothing, held) = (Contents::default(), reader.contents(&side.artifact)?.unwrap_or_default());
    let holding_old = Holding { manifest: &old, contents: &nothing };
    let holding_new = Holding { manifest: &new, contents: &held };
    let (tensors, changed_in) = tensors::compare(holding_old, holding_new);
    let lineage = reader.lineage(&side.artifact)?.unwrap_or_default();
    let (cards, licensed) = (standing_cards(reader, &side.artifact)?, licensing(reader, &side.artifact, &lineage)?);
    let before = Default::default();
    Ok(Some(ArtifactDiff {
        identical: false,
        old: None,
        new: shown(side, &new),
        metrics: metrics::compare(reader, None, (&side.artifact, &new))?.into_iter().collect(),
        contract: contract::stated(reader.standing_contract(&side.artifact)?.as_ref()),
        tensors,
        files: files::compare(holding_old, holding_new, &changed_in),
        classes: files::classes(&old, &new),
        findings: findings::compare(holding_old, holding_new),
        lineage: lineage::compare((&old, &before, None), (&new, &lineage, licensed.as_deref())),
        card: cards.against(&StandingCards::default()),
    }))
}

fn manifest(reader: StateReader<'_>, artifact: &ArtifactId) -> Result<std::sync::Arc<Manifest>> {
    reader.manifest(artifact)?.ok_or_else(|| {
        Error::new(Code::NotFound, format!("artifact {artifact} is not registered here"))
            .hint(
                refmark_types::hint::Hint::of("what is registered: ")
                    .then(refmark_types::hint::Next::List { model: None }),
            )
            .field("artifact", artifact)
    })
}

fn shown(side: &Side, manifest: &Manifest) -> SideShown {
    SideShown {
        artifact: side.artifact,
        model: side.version.as_ref().map(|(model, _)| model.clone()),
        version: side.version.as_ref().map(|(_, version)| *version),
        artifact_type: manifest.artifact_type.to_string(),
        format: manifest.format.clone(),
    }
}
