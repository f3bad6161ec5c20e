//! The derived index: which rows follow from what took effect, what is asked of it, and what it answers.
//!
//! An index holds nothing of its own: every row follows from a file that took effect and the commit in which it did. So
//! it can be dropped and made again at any time, and its answers equal those that [`StateReader`](refmark_engine::state_reader::StateReader) gives.

use serde::{Deserialize, Serialize};

use refmark_engine::effective::Objects;
use refmark_engine::state_reader::TypedRecord;
use refmark_records::about::About;
use refmark_records::alias::{AliasMove, Target};
use refmark_records::evidence::{Evidence, MetricValue};
use refmark_records::layout::{Document, Place};
use refmark_records::manifest::Manifest;
use refmark_records::statement::Predicate;
use refmark_records::trust::{TrustMove, TrustState};
use refmark_records::version::{Label, Stage, StageMove, Version};
use refmark_types::canonical::MANIFEST_LIMIT;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::{AliasName, ModelName, PrincipalId, Release};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;
use std::collections::BTreeMap;

/// So many bytes of a model card are searched; the rest is only shown.
pub const CARD_LIMIT: usize = 64 << 10;

/// What a file that took effect means to the index.
pub enum Row {
    /// What a model is.
    About(TypedRecord<About>),
    /// A version.
    Version(TypedRecord<Version>),
    /// A version moved to a stage.
    Stage(TypedRecord<StageMove>),
    /// What a version is.
    Label(TypedRecord<Label>),
    /// An alias moved.
    Move(TypedRecord<AliasMove>),
    /// An artifact, by its manifest.
    Artifact(ArtifactId, std::sync::Arc<Manifest>),
    /// An artifact's model card.
    Card(ArtifactId, String),
    /// Where an artifact came from, as it was written.
    Lineage(ArtifactId, String),
    /// An artifact moved to a trust state.
    Trust(TypedRecord<TrustMove>),
    /// Something was found out about an artifact.
    Evidence(TypedRecord<Evidence>),
}

macro_rules! one {
    ($objects:ident, $oid:ident, $variant:ident) => {
        Row::$variant(TypedRecord::read($objects.record($oid)?, |predicate| match predicate {
            Predicate::$variant(value) => Some(value.as_ref()),
            _ => None,
        })?)
    };
}

/// The row that a file calls for; none where only the commit in which it took effect is kept.
pub fn row(path: &str, oid: Oid, objects: &Objects<'_>) -> Result<Option<Row>> {
    let Some(place) = Place::parse(path) else { return Ok(None) };
    Ok(Some(match place {
        Place::About(..) => one!(objects, oid, About),
        Place::Version(..) => one!(objects, oid, Version),
        Place::Stage(..) => one!(objects, oid, Stage),
        Place::Label(..) => one!(objects, oid, Label),
        Place::Trust(..) => one!(objects, oid, Trust),
        Place::Evidence(..) => one!(objects, oid, Evidence),
        Place::Alias(..) => Row::Move(TypedRecord::read(objects.record(oid)?, |predicate| match predicate {
            Predicate::Alias(alias_move) => Some(alias_move.as_ref()),
            _ => None,
        })?),
        Place::Document(artifact, Document::Manifest) => Row::Artifact(artifact, objects.manifest(oid)?),
        Place::Document(artifact, Document::ModelCard) => {
            let mut bytes = objects.bytes(oid, MANIFEST_LIMIT)?;
            bytes.truncate(CARD_LIMIT);
            Row::Card(artifact, String::from_utf8_lossy(&bytes).into_owned())
        }
        Place::Document(artifact, Document::Lineage) => {
            let text = String::from_utf8(objects.bytes(oid, MANIFEST_LIMIT)?);
            Row::Lineage(artifact, text.map_err(|_| Error::new(Code::BadRecord, format!("{path} is no UTF-8 text")))?)
        }
        _ => return Ok(None),
    }))
}

/// A model in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelRow {
    /// The model.
    pub model: ModelName,
    /// How many versions it has.
    pub versions: u64,
    /// What its aliases hold.
    pub aliases: Vec<(AliasName, u64)>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What it is.
    pub description: Option<String>,
}

/// A version in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionRow {
    /// The model.
    pub model: ModelName,
    /// The version.
    pub version: u64,
    /// Its release.
    pub release: Option<Release>,
    /// The artifact.
    pub artifact: ArtifactId,
    /// The artifact's trust state.
    pub trust: TrustState,
    /// The version's stage.
    pub stage: Stage,
    /// The aliases that hold it.
    pub aliases: Vec<AliasName>,
    /// The sum of its files' sizes.
    pub size: u64,
    /// Its claimed metrics.
    pub metrics: BTreeMap<String, MetricValue>,
    /// Who registered it.
    pub by: PrincipalId,
    /// When, by that person's clock.
    pub time: Timestamp,
    /// Whether lists leave it out.
    pub hidden: bool,
    /// Whether what is said here rests on a key that was distrusted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tainted: bool,
}

/// A move in a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MoveRow {
    /// The model.
    pub model: ModelName,
    /// The alias.
    pub alias: AliasName,
    /// The move's number.
    pub sequence: u64,
    /// What the alias held before.
    pub from: Option<Target>,
    /// What it held then.
    pub to: Option<Target>,
    /// Who moved it.
    pub by: PrincipalId,
    /// When, by the author's clock.
    pub time: Timestamp,
    /// Why.
    pub reason: String,
    /// The commit in which it took effect.
    pub commit: Option<Oid>,
    /// That commit's time.
    pub landed: Option<Timestamp>,
}

/// How a metric is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// Less than.
    #[serde(rename = "<")]
    Less,
    /// At most.
    #[serde(rename = "<=")]
    AtMost,
    /// Equal.
    #[serde(rename = "=")]
    Equal,
    /// At least.
    #[serde(rename = ">=")]
    AtLeast,
    /// More than.
    #[serde(rename = ">")]
    More,
}

impl Comparison {
    /// The operator's sign: `<`, `<=`, `=`, `>=` or `>`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Comparison::Less => "<",
            Comparison::AtMost => "<=",
            Comparison::Equal => "=",
            Comparison::AtLeast => ">=",
            Comparison::More => ">",
        }
    }
}

/// A bound on a metric that a manifest claims or evidence measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricBound {
    /// The metric's name.
    pub name: String,
    /// How it is compared.
    pub comparison: Comparison,
    /// With what.
    pub value: f64,
}

impl MetricBound {
    /// Reads `NAME>=VALUE`, with any of the five operators (`==` is `=`). An error `bad-argument` for anything else.
    pub fn parse(text: &str) -> Result<MetricBound> {
        let wrong = || {
            Error::new(Code::BadArgument, format!("`{text}` is no bound on a metric"))
                .hint("write a name, one of < <= = >= >, and a number: f1>=0.9")
        };
        let at = text.find(['<', '>', '=']).ok_or_else(wrong)?;
        let (name, rest) = text.split_at(at);
        const SIGNS: [(&str, Comparison); 6] = [
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("==", Comparison::Equal),
            ("<", Comparison::Less),
            (">", Comparison::More),
            ("=", Comparison::Equal),
        ];
        let found = SIGNS.into_iter().find_map(|(sign, operator)| Some((operator, rest.strip_prefix(sign)?)));
        let (comparison, number) = found.ok_or_else(wrong)?;
        let value = number.trim().parse::<f64>().map_err(|_| wrong())?;
        let name = name.trim().to_owned();
        if name.is_empty() || !value.is_finite() {
            return Err(wrong());
        }
        Ok(MetricBound { name, comparison, value })
    }
}

/// A tag, with the value that it shall have where that matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagFilter {
    /// The key.
    pub key: String,
    /// The value; any where none is given.
    pub value: Option<String>,
}

/// In which order found versions come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SearchOrder {
    /// Where there is a text: models that are called so first. Then newest first by the commit that brought them.
    #[default]
    Best,
    /// Newest first by the commit that brought them.
    Newest,
    /// By model, then version, ascending.
    Name,
}

/// What is searched for. Everything that is given must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchRequest {
    /// Words, each of which starts a word of the names, descriptions, tags, capabilities or card. Any text is fine.
    pub text: Option<String>,
    /// Only this model's versions.
    pub model: Option<ModelName>,
    /// A capability, as it was registered.
    pub capability: Option<String>,
    /// The format of the weights.
    pub format: Option<String>,
    /// The artifact's type.
    pub artifact_type: Option<String>,
    /// Tags of the version or of its model.
    pub tags: Vec<TagFilter>,
    /// Bounds on metrics.
    pub metrics: Vec<MetricBound>,
    /// An artifact that it was made from, directly.
    pub parent: Option<ArtifactId>,
    /// The version's stage.
    pub stage: Option<Stage>,
    /// The artifact's trust state.
    pub trust: Option<TrustState>,
    /// A file that it has, by SHA-256.
    pub file: Option<Digest>,
    /// The artifact itself.
    pub artifact: Option<ArtifactId>,
    /// Versions that lists leave out, too.
    pub hidden: bool,
    /// At most so many rows.
    pub limit: usize,
    /// So many rows are passed over first.
    pub offset: usize,
    /// In which order.
    pub order: SearchOrder,
}

impl Default for SearchRequest {
    fn default() -> SearchRequest {
        SearchRequest {
            text: None,
            model: None,
            capability: None,
            format: None,
            artifact_type: None,
            tags: Vec::new(),
            metrics: Vec::new(),
            parent: None,
            stage: None,
            trust: None,
            file: None,
            artifact: None,
            hidden: false,
            limit: 50,
            offset: 0,
            order: SearchOrder::Best,
        }
    }
}

impl SearchRequest {
    /// The words of the text, in small letters. What holds no letter and no digit is left out.
    pub fn words(&self) -> Vec<String> {
        let text = self.text.as_deref().unwrap_or_default();
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
        words.take(16).map(|word| word.chars().take(64).collect::<String>().to_lowercase()).collect()
    }
}

/// Why a version was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Match {
    /// What matched: `name`, `release`, `description`, `tag`, `capability`, `format`, `type`, `card`, `metric`, ….
    pub field: &'static str,
    /// What stands there; for a card the line.
    pub value: String,
}

/// A version that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchRow {
    /// The version, as lists show it.
    #[serde(flatten)]
    pub version: VersionRow,
    /// The artifact's type.
    #[serde(rename = "type")]
    pub artifact_type: String,
    /// The format of the weights.
    pub format: String,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// What the version is, by its label, else as it was registered.
    pub description: Option<String>,
    /// The version's own tags.
    pub tags: BTreeMap<String, String>,
    /// The commit in which the version took effect; none where history does not reach back that far.
    pub commit: Option<Oid>,
    /// That commit's time.
    pub landed: Option<Timestamp>,
    /// Why it was found.
    pub matched: Vec<Match>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_on_a_metric_reads_as_people_write_it() {
        let bound = MetricBound::parse("f1 >= 0.9").unwrap();
        assert_eq!((bound.name.as_str(), bound.comparison, bound.value), ("f1", Comparison::AtLeast, 0.9));
        assert_eq!(MetricBound::parse("loss<2e-3").unwrap().comparison, Comparison::Less);
        for wrong in ["f1", ">=1", "f1>=", "f1>=x", "f1>=NaN", "f1=>1", ""] {
            assert_eq!(MetricBound::parse(wrong).unwrap_err().code, Code::BadArgument, "{wrong}");
        }
    }

    #[test]
    fn no_text_is_more_than_words() {
        let request = |text: &str| SearchRequest { text: Some(text.to_owned()), ..SearchRequest::default() };
        assert_eq!(request("nlp.Sentiment* OR \"x NEAR(").words(), ["nlp", "sentiment", "or", "x", "near"]);
        assert!(request("\"'*()^-").words().is_empty());
    }
}
