//! Searching versions.
//!
//! The rarest of the conditions drives the query, and the others are looked up for each candidate; where none is rare,
//! versions are taken newest first until enough fit. So both a rare word and a common one are cheap.

use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

use super::Index;
use super::Result;
use super::read::{VERSION_COLUMNS, get, version_row, wrong};
use super::write::file_key;
use refmark_query::answer::search::{OfModel, why};
use refmark_query::index::{SearchOrder, SearchRequest, SearchRow};
use refmark_types::name::{AliasName, ModelName};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;
use std::collections::BTreeMap;

/// A condition with at most so many hits drives a query.
const RARE: i64 = 2_000;

/// One condition, in two forms: looked up for a candidate, and as the set of all hits.
struct Condition {
    /// True of a candidate's `v`, `a` and `m`. No index is used.
    holds: String,
    /// `v.artifact` or `v.id`.
    of: &'static str,
    /// Selects the hits, as `of`.
    hits: String,
    values: Vec<Value>,
}

impl Condition {
    fn new(holds: &str, of: &'static str, hits: &str, values: impl IntoIterator<Item = Value>) -> Condition {
        Condition { holds: holds.to_owned(), of, hits: hits.to_owned(), values: values.into_iter().collect() }
    }
}

fn text(value: impl Into<String>) -> Value {
    Value::Text(value.into())
}

fn conditions(request: &SearchRequest) -> Vec<Condition> {
    let mut all = Vec::new();
    if let Some(model) = &request.model {
        let hits = "SELECT id FROM versions WHERE model = (SELECT id FROM models WHERE name = ?)";
        all.push(Condition::new("m.name = ?", "v.id", hits, [text(model.as_str())]));
    }
    if let Some(word) = &request.capability {
        let holds = "EXISTS (SELECT 1 FROM capabilities c WHERE c.word = ? AND c.artifact = v.artifact)";
        all.push(Condition::new(holds, "v.artifact", "SELECT artifact FROM capabilities WHERE word = ?", [text(word)]));
    }
    for (value, holds, hits) in [
        (request.format.clone(), "+a.format = ?", "SELECT id FROM artifacts WHERE format = ?"),
        (request.artifact_type.clone(), "+a.type = ?", "SELECT id FROM artifacts WHERE type = ?"),
        (request.trust.map(|it| it.as_str().to_owned()), "+a.trust = ?", "SELECT id FROM artifacts WHERE trust = ?"),
    ] {
        all.extend(value.map(|value| Condition::new(holds, "v.artifact", hits, [text(value)])));
    }
    if let Some(stage) = request.stage {
        let hits = "SELECT id FROM versions WHERE stage = ?";
        all.push(Condition::new("+v.stage = ?", "v.id", hits, [text(stage.as_str())]));
    }
    for tag in &request.tags {
        let (value, of_value) = match &tag.value {
            Some(value) => (" AND t.value = ?", Some(text(value))),
            None => ("", None),
        };
        let holds = format!(
            "EXISTS (SELECT 1 FROM tags t WHERE t.model = v.model AND t.version IN (0, v.version) AND t.key = ?{value})"
        );
        let hits = format!(
            "SELECT w.id FROM tags t JOIN versions w ON w.model = t.model AND t.version IN (0, w.version)
             WHERE t.key = ?{value}"
        );
        all.push(Condition::new(&holds, "v.id", &hits, [text(&tag.key)].into_iter().chain(of_value)));
    }
    for bound in &request.metrics {
        let sign = bound.comparison.as_str();
        let holds = format!(
            "EXISTS (SELECT 1 FROM metrics x WHERE x.artifact = v.artifact AND x.name = ? AND x.value {sign} ?)"
        );
        let hits = format!("SELECT artifact FROM metrics WHERE name = ? AND value {sign} ?");
        all.push(Condition::new(&holds, "v.artifact", &hits, [text(&bound.name), Value::Real(bound.value)]));
    }
    if let Some(parent) = &request.parent {
        let holds = "EXISTS (SELECT 1 FROM parents p WHERE p.parent = ? AND p.child = v.artifact)";
        let value = Value::Blob(parent.digest().as_bytes().to_vec());
        all.push(Condition::new(holds, "v.artifact", "SELECT child FROM parents WHERE parent = ?", [value]));
    }
    if let Some(file) = &request.file {
        let holds = "EXISTS (SELECT 1 FROM files f WHERE f.sha256 = ? AND f.artifact = v.artifact)";
        let hits = "SELECT artifact FROM files WHERE sha256 = ?";
        all.push(Condition::new(holds, "v.artifact", hits, [Value::Blob(file_key(file))]));
    }
    if let Some(artifact) = &request.artifact {
        let value = Value::Blob(artifact.digest().as_bytes().to_vec());
        all.push(Condition::new("a.digest = ?", "v.artifact", "SELECT id FROM artifacts WHERE digest = ?", [value]));
    }
    all
}

/// Words as an FTS5 query in which nothing but words has a meaning. Each may be the start of one.
fn fts(words: &[String]) -> String {
    words.iter().map(|word| format!("\"{word}\" *")).collect::<Vec<_>>().join(" AND ")
}

impl Index {
    /// The versions for which everything that was asked holds.
    pub fn search(&self, request: &SearchRequest) -> Result<Vec<SearchRow>> {
        let words = request.words();
        if request.text.as_deref().is_some_and(|it| !it.trim().is_empty()) && words.is_empty() {
            // Nothing but punctuation was asked for, and nothing holds it.
            return Ok(Vec::new());
        }
        let conditions = conditions(request);
        let wanted = request.limit.saturating_add(request.offset);
        let ids = match words.is_empty() {
            true => self.select(&conditions, request, None, wanted)?,
            false => self.with_text(&conditions, request, &fts(&words), wanted)?,
        };
        let mut found = Vec::new();
        for id in ids.into_iter().skip(request.offset).take(request.limit) {
            found.extend(self.found(id, request, &words)?);
        }
        Ok(found)
    }

    /// The first versions for which the conditions hold and that also fit `text` (a condition and its value).
    fn select(
        &self,
        conditions: &[Condition],
        request: &SearchRequest,
        text: Option<(&str, &str)>,
        wanted: usize,
    ) -> Result<Vec<i64>> {
        let driver = self.rarest(conditions)?;
        let streams = text.is_some_and(|(condition, _)| condition == STREAM);
        let mut sql = String::from("SELECT v.id FROM ");
        if streams {
            sql.push_str("texts CROSS JOIN versions v ON v.id = texts.rowid ");
        } else {
            sql.push_str("versions v ");
        }
        sql.push_str("CROSS JOIN artifacts a ON a.id = v.artifact CROSS JOIN models m ON m.id = v.model WHERE ");
        sql.push_str(if request.hidden { "1" } else { "v.hidden = 0 AND m.hidden = 0" });
        let mut values = Vec::new();
        if let Some((condition, value)) = text {
            sql.push_str(&format!(" AND {condition}"));
            values.push(Value::Text(value.to_owned()));
        }
        for (at, it) in conditions.iter().enumerate() {
            match driver == Some(at) && !streams {
                true => sql.push_str(&format!(" AND {} IN ({})", it.of, it.hits)),
                false => sql.push_str(&format!(" AND {}", it.holds)),
            }
            values.extend(it.values.iter().cloned());
        }
        let order = match (request.order, streams) {
            (SearchOrder::Name, _) => "m.name, v.version",
            (_, true) => "texts.rowid DESC",
            (_, false) => "v.id DESC",
        };
        sql.push_str(&format!(" ORDER BY {order} LIMIT {wanted}"));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next()? {
            ids.push(get(row, 0)?);
        }
        Ok(ids)
    }

    /// The condition with the fewest hits, where they are few.
    fn rarest(&self, conditions: &[Condition]) -> Result<Option<usize>> {
        let mut best: Option<(i64, usize)> = None;
        for (at, it) in conditions.iter().enumerate() {
            let limit = best.map_or(RARE + 1, |it| it.0);
            let sql = format!("SELECT count(*) FROM ({} LIMIT {limit})", it.hits);
            let mut statement = self.connection.prepare_cached(&sql)?;
            let hits: i64 = statement.query_row(params_from_iter(it.values.iter()), |row| row.get(0))?;
            if hits < limit {
                best = Some((hits, at));
            }
        }
        Ok(best.map(|it| it.1))
    }

    /// Versions whose own text fits, and those of models whose text fits; models that are called so first.
    fn with_text(
        &self,
        conditions: &[Condition],
        request: &SearchRequest,
        query: &str,
        wanted: usize,
    ) -> Result<Vec<i64>> {
        // Versions of few models are looked up; of many, taken newest first until enough fit.
        const OF_MODEL: &str = "v.model IN (SELECT rowid FROM model_texts WHERE model_texts MATCH ?)";
        const OF_MANY: &str = "+v.model IN (SELECT rowid FROM model_texts WHERE model_texts MATCH ?)";
        let of_model = |query: &str| -> Result<&str> {
            Ok(if self.versions_of_models(query)? > RARE { OF_MANY } else { OF_MODEL })
        };
        let own =
            if request.order == SearchOrder::Name || self.rarest(conditions)?.is_some() { IN_SET } else { STREAM };
        let mut ids = self.select(conditions, request, Some((own, query)), wanted)?;
        ids.extend(self.select(conditions, request, Some((of_model(query)?, query)), wanted)?);
        let mut first = Vec::new();
        if request.order == SearchOrder::Best {
            let query = format!("{{name}} : ({query})");
            first = self.select(conditions, request, Some((of_model(&query)?, &query)), wanted)?;
        }
        if request.order == SearchOrder::Name {
            return self.by_name(ids, wanted);
        }
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let mut seen = std::collections::HashSet::new();
        first.extend(ids);
        first.retain(|id| seen.insert(*id));
        first.truncate(wanted);
        Ok(first)
    }

    /// How many versions the models have whose text fits, about.
    fn versions_of_models(&self, query: &str) -> Result<i64> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT coalesce(sum(newest), 0) FROM models WHERE id IN
             (SELECT rowid FROM model_texts WHERE model_texts MATCH ? LIMIT {RARE})"
        ))?;
        Ok(statement.query_row([query], |row| row.get(0))?)
    }

    fn by_name(&self, ids: Vec<i64>, wanted: usize) -> Result<Vec<i64>> {
        let mut named = std::collections::BTreeSet::new();
        let mut statement = self.connection.prepare_cached(
            "SELECT m.name, v.version FROM versions v JOIN models m ON m.id = v.model WHERE v.id = ?",
        )?;
        for id in ids {
            let (name, version): (String, i64) = statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            named.insert((name, version, id));
        }
        Ok(named.into_iter().map(|it| it.2).take(wanted).collect())
    }

    fn found(&self, id: i64, request: &SearchRequest, words: &[String]) -> Result<Option<SearchRow>> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {VERSION_COLUMNS}, m.name, m.id, a.type, a.format, a.capabilities,
                    coalesce(v.description, v.registered_as), v.tags, c.id, c.time, m.description, m.owner, m.tags, a.id
             FROM versions v JOIN artifacts a ON a.id = v.artifact JOIN models m ON m.id = v.model
                  JOIN commits c ON c.n = v.n WHERE v.id = ?"
        ))?;
        let mut rows = statement.query([id])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let model = ModelName::parse(row.get_ref(10)?.as_str().map_err(wrong)?)?;
        let held: Vec<(AliasName, u64)> = self.held_by(get(row, 11)?)?;
        let capabilities: Vec<String> = serde_json::from_str(&get::<String>(row, 14)?).map_err(wrong)?;
        let mut found = SearchRow {
            version: version_row(row, model, &held)?,
            artifact_type: get(row, 12)?,
            format: get(row, 13)?,
            capabilities,
            description: get(row, 15)?,
            tags: tags_of(row, 16)?,
            commit: Some(Oid::from_bytes(row.get_ref(17)?.as_blob().map_err(wrong)?)?),
            landed: Some(Timestamp::from_unix(get(row, 18)?)),
            matched: Vec::new(),
        };
        let of_model = OfModel { description: get(row, 19)?, owner: get(row, 20)?, tags: tags_of(row, 21)? };
        let card = match words.is_empty() {
            true => None,
            false => self.card(get(row, 22)?)?,
        };
        found.matched = why(&found, &of_model, card.as_deref(), request, words);
        Ok(Some(found))
    }

    fn card(&self, artifact: i64) -> Result<Option<String>> {
        let mut statement = self.connection.prepare_cached("SELECT text FROM cards WHERE artifact = ?")?;
        let mut rows = statement.query([artifact])?;
        rows.next()?.map(|row| get(row, 0)).transpose()
    }
}

/// The text of a version, taken newest first.
const STREAM: &str = "texts MATCH ?";
/// The text of a version, as a set.
const IN_SET: &str = "v.id IN (SELECT rowid FROM texts WHERE texts MATCH ?)";

fn tags_of(row: &Row<'_>, at: usize) -> Result<BTreeMap<String, String>> {
    match get::<Option<String>>(row, at)? {
        Some(json) => Ok(serde_json::from_str(&json).map_err(wrong)?),
        None => Ok(BTreeMap::new()),
    }
}
