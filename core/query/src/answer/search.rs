//! Versions by text, and by what is known of them: what an index answers, from the records alone.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde::Serialize;

use super::list::{held_by_alias, version_row};
use super::{AsOf, QueryContext};
use crate::index::{CARD_LIMIT, Comparison, Match, MetricBound, SearchOrder, SearchRequest, SearchRow};
use refmark_engine::chain::Chain;
use refmark_records::layout::{Document, Place};
use refmark_types::canonical::FreeMap;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::Result;
use refmark_types::name::{AliasName, ModelName};
use refmark_types::number;

/// What a search found.
#[derive(Debug, Clone, Serialize)]
pub struct SearchAnswer {
    /// The versions, each with why it was found.
    pub found: Vec<SearchRow>,
    /// The head that the answer is true of.
    pub as_of: AsOf,
}

/// What is known of a version's model.
#[derive(Debug, Clone, Default)]
pub struct OfModel {
    /// What it is.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// Every version of a registry with the texts that are searched, in memory: for readers without an index on disk.
pub struct Corpus {
    /// Newest first by the commit that brought them.
    entries: Vec<SearchCandidate>,
}

struct SearchCandidate {
    row: SearchRow,
    model: Rc<ModelTexts>,
    hidden: bool,
    /// In small letters.
    text: String,
    metrics: Vec<(String, f64)>,
    parents: Vec<ArtifactId>,
    files: Vec<Digest>,
}

struct ModelTexts {
    of: OfModel,
    hidden: bool,
    /// In small letters.
    name: String,
    /// In small letters, with the name.
    text: String,
}

impl Corpus {
    /// Reads every version. Linear in their number.
    pub fn of(context: &QueryContext<'_, '_>) -> Result<Corpus> {
        let mut entries = Vec::new();
        for name in context.reader().models()? {
            let model = Rc::new(model_texts(context, &name)?);
            let held = held_by_alias(context.reader(), &name)?;
            for version in context.reader().versions(&name)? {
                entries.extend(entry(context, &name, version, &held, &model)?);
            }
        }
        let mut places = HashMap::new();
        let chain = Chain::new(context.history, context.head);
        let wanted: std::collections::HashSet<_> =
            entries.iter().filter_map(|entry: &SearchCandidate| entry.row.commit).collect();
        for place in 0.. {
            let Some(commit) = chain.get(place).filter(|_| places.len() < wanted.len()) else { break };
            if wanted.contains(&commit) {
                places.insert(commit, place);
            }
        }
        // Of one commit what stands last in its tree comes first, as in the index.
        entries.sort_by_cached_key(|entry| {
            let path = Place::Version(entry.row.version.model.clone(), entry.row.version.version).path();
            let place = entry.row.commit.and_then(|commit| places.get(&commit).copied());
            (place.unwrap_or(usize::MAX), std::cmp::Reverse(path))
        });
        Ok(Corpus { entries })
    }

    /// The versions for which everything that was asked holds. Any text is a query; none is an error.
    pub fn search(&self, context: &QueryContext<'_, '_>, request: &SearchRequest) -> Result<SearchAnswer> {
        let as_of = context.as_of()?;
        let words = request.words();
        if request.text.as_deref().is_some_and(|text| !text.trim().is_empty()) && words.is_empty() {
            // Nothing but punctuation was asked for, and nothing holds it.
            return Ok(SearchAnswer { found: Vec::new(), as_of });
        }
        let mut fitting: Vec<&SearchCandidate> =
            self.entries.iter().filter(|document| document.fits(request, &words)).collect();
        match request.order {
            SearchOrder::Best => {
                fitting.sort_by_key(|document| words.is_empty() || !holds_all(&document.model.name, &words))
            }
            SearchOrder::Newest => {}
            SearchOrder::Name => fitting.sort_by(|a, b| {
                let key =
                    |entry: &SearchCandidate| (entry.row.version.model.as_str().to_owned(), entry.row.version.version);
                key(a).cmp(&key(b))
            }),
        }
        let mut found = Vec::new();
        for document in fitting.into_iter().skip(request.offset).take(request.limit) {
            let card = match words.is_empty() {
                true => None,
                false => card(context, &document.row.version.artifact)?,
            };
            let matched = why(&document.row, &document.model.of, card.as_deref(), request, &words);
            found.push(SearchRow { matched, ..document.row.clone() });
        }
        Ok(SearchAnswer { found, as_of })
    }
}

fn model_texts(context: &QueryContext<'_, '_>, name: &ModelName) -> Result<ModelTexts> {
    let about = context.reader().about(name)?;
    let of = OfModel {
        description: about.as_ref().and_then(|registered| registered.description.clone()),
        owner: about.as_ref().and_then(|about| about.owner.clone()),
        tags: about.as_ref().map(|about| plain(&about.tags)).unwrap_or_default(),
    };
    let mut text = Text::default();
    text.take(name.as_str());
    for part in [&of.description, &of.owner].into_iter().flatten() {
        text.take(part);
    }
    text.take_tags(&of.tags);
    let hidden = about.is_some_and(|about| about.hidden);
    Ok(ModelTexts { of, hidden, name: name.as_str().to_lowercase(), text: text.0 })
}

fn entry(
    context: &QueryContext<'_, '_>,
    name: &ModelName,
    version: u64,
    held: &[(AliasName, u64)],
    model: &Rc<ModelTexts>,
) -> Result<Option<SearchCandidate>> {
    let reader = context.reader();
    let Some(row) = version_row(reader, name, version, held)? else { return Ok(None) };
    let Some(manifest) = reader.manifest(&row.artifact)? else { return Ok(None) };
    let label = reader.label(name, version)?;
    let landed = context.landed(&Place::Version(name.clone(), version).path())?;
    let registered_as = reader.version(name, version)?.and_then(|registered| registered.description.clone());
    let row = SearchRow {
        artifact_type: manifest.artifact_type.to_string(),
        format: manifest.format.clone(),
        capabilities: manifest.capabilities.clone(),
        description: label.as_ref().and_then(|registered| registered.description.clone()).or(registered_as),
        tags: label.as_ref().map(|label| plain(&label.tags)).unwrap_or_default(),
        commit: landed.map(|landed| landed.commit),
        landed: landed.map(|landed| landed.time),
        matched: Vec::new(),
        version: row,
    };
    let mut text = Text::default();
    text.take(name.as_str());
    text.take(row.version.release.as_ref().map_or("", |release| release.as_str()));
    text.take(row.description.as_deref().unwrap_or_default());
    text.take_tags(&row.tags);
    for part in [&row.artifact_type, &row.format].into_iter().chain(&row.capabilities) {
        text.take(part);
    }
    text.take(card(context, &row.version.artifact)?.as_deref().unwrap_or_default());
    let claimed = manifest.metrics.iter().map(|(name, value)| (name.to_owned(), value.number()));
    let evidence = reader.evidence(&row.version.artifact)?;
    let measured = evidence
        .iter()
        .flat_map(|piece| piece.metrics.iter().map(|(name, metric)| (name.to_owned(), metric.value.number())));
    Ok(Some(SearchCandidate {
        model: model.clone(),
        hidden: label.is_some_and(|label| label.hidden),
        text: text.0,
        metrics: claimed.chain(measured).filter_map(|(name, value)| Some((name, value?))).collect(),
        parents: manifest.parents.clone(),
        files: manifest.files.iter().map(|file| file.sha256).collect(),
        row,
    }))
}

fn plain(tags: &FreeMap<String>) -> BTreeMap<String, String> {
    tags.iter().map(|(key, value)| (key.to_owned(), value.clone())).collect()
}

fn card(context: &QueryContext<'_, '_>, artifact: &ArtifactId) -> Result<Option<String>> {
    let bytes = context.reader().document(artifact, Document::ModelCard)?;
    Ok(bytes.map(|mut bytes| {
        bytes.truncate(CARD_LIMIT);
        String::from_utf8_lossy(&bytes).into_owned()
    }))
}

/// A text to be searched, in small letters.
#[derive(Default)]
struct Text(String);

impl Text {
    fn take(&mut self, text: &str) {
        self.0.push_str(&text.to_lowercase());
        self.0.push('\n');
    }

    fn take_tags(&mut self, tags: &BTreeMap<String, String>) {
        for (key, value) in tags {
            self.take(key);
            self.take(value);
        }
    }
}

/// Whether each word starts a word of a text. Both are in small letters.
fn holds_all(text: &str, words: &[String]) -> bool {
    words.iter().all(|word| holds(text, word))
}

fn holds(text: &str, word: &str) -> bool {
    text.match_indices(word)
        .any(|(at, _)| !text.get(..at).is_some_and(|before| before.ends_with(char::is_alphanumeric)))
}

impl SearchCandidate {
    fn fits(&self, request: &SearchRequest, words: &[String]) -> bool {
        let version = &self.row.version;
        let tag = |key: &str, value: Option<&String>| {
            let has = |tags: &BTreeMap<String, String>| {
                tags.get(key).is_some_and(|have| value.is_none_or(|value| value == have))
            };
            has(&self.row.tags) || has(&self.model.of.tags)
        };
        (request.hidden || !(self.hidden || self.model.hidden))
            && request.model.as_ref().is_none_or(|model| *model == version.model)
            && request.capability.as_ref().is_none_or(|word| self.row.capabilities.contains(word))
            && request.format.as_ref().is_none_or(|format| *format == self.row.format)
            && request.artifact_type.as_ref().is_none_or(|kind| *kind == self.row.artifact_type)
            && request.stage.is_none_or(|stage| stage == version.stage)
            && request.trust.is_none_or(|trust| trust == version.trust)
            && request.artifact.is_none_or(|artifact| artifact == version.artifact)
            && request.parent.as_ref().is_none_or(|parent| self.parents.contains(parent))
            && request.file.as_ref().is_none_or(|file| self.files.contains(file))
            && request.tags.iter().all(|asked| tag(&asked.key, asked.value.as_ref()))
            && request.metrics.iter().all(|bound| self.metrics.iter().any(|metric| keeps(metric, bound)))
            && (holds_all(&self.text, words) || holds_all(&self.model.text, words))
    }
}

fn keeps((name, value): &(String, f64), bound: &MetricBound) -> bool {
    *name == bound.name
        && match bound.comparison {
            Comparison::Less => *value < bound.value,
            Comparison::AtMost => *value <= bound.value,
            Comparison::Equal => *value == bound.value,
            Comparison::AtLeast => *value >= bound.value,
            Comparison::More => *value > bound.value,
        }
}

/// Why a version was found: the fields that hold a word, and what was asked for by field.
pub fn why(
    found: &SearchRow,
    of_model: &OfModel,
    card: Option<&str>,
    request: &SearchRequest,
    words: &[String],
) -> Vec<Match> {
    let mut matched = Vec::new();
    let mut push = |field: &'static str, value: String| {
        let one = Match { field, value };
        if !matched.contains(&one) {
            matched.push(one);
        }
    };
    let holds = |text: &str| {
        let lower = text.to_lowercase();
        words.iter().any(|word| lower.split(|c: char| !c.is_alphanumeric()).any(|part| part.starts_with(word.as_str())))
    };
    let named = |field, text: Option<&str>| text.filter(|text| holds(text)).map(|text| (field, text.to_owned()));
    let fields = [
        named("name", Some(found.version.model.as_str())),
        named("release", found.version.release.as_ref().map(|release| release.as_str())),
        named("description", found.description.as_deref()),
        named("model-description", of_model.description.as_deref()),
        named("owner", of_model.owner.as_deref()),
        named("format", Some(&found.format)),
        named("type", Some(&found.artifact_type)),
        named("card", card.and_then(|card| card.lines().find(|line| holds(line))).map(str::trim)),
    ];
    for (field, value) in fields.into_iter().flatten() {
        push(field, value);
    }
    for (key, value) in found.tags.iter().chain(&of_model.tags) {
        let asked =
            request.tags.iter().any(|tag| tag.key == *key && tag.value.as_ref().is_none_or(|wanted| wanted == value));
        if asked || holds(key) || holds(value) {
            push("tag", format!("{key}={value}"));
        }
    }
    for word in &found.capabilities {
        if request.capability.as_ref() == Some(word) || holds(word) {
            push("capability", word.clone());
        }
    }
    if request.format.is_some() {
        push("format", found.format.clone());
    }
    if request.artifact_type.is_some() {
        push("type", found.artifact_type.clone());
    }
    for bound in &request.metrics {
        push("metric", [bound.name.as_str(), bound.comparison.as_str(), &number::print(bound.value)].concat());
    }
    if let Some(stage) = request.stage {
        push("stage", stage.to_string());
    }
    if let Some(trust) = request.trust {
        push("trust", trust.to_string());
    }
    if let Some(parent) = &request.parent {
        push("parent", parent.to_string());
    }
    if let Some(file) = &request.file {
        push("file", file.to_string());
    }
    matched
}
