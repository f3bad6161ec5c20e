//! Models and versions with their words, as other registries' interfaces ask for them.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

use super::Index;
use super::Result;
use super::read::{artifact_of, get, wrong};
use refmark_query::answer::detail::{DetailRequest, ModelDetail, VersionDetail};
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::canonical::FreeMap;
use refmark_types::name::{AliasName, ModelName, PrincipalId, Release};
use refmark_types::time::Timestamp;

impl Index {
    /// Every model with its words, hidden ones too, by name.
    pub fn model_details(&self) -> Result<Vec<ModelDetail>> {
        let mut held = self.held_by_all()?;
        let mut statement = self.connection.prepare_cached(
            "SELECT m.id, m.name, m.description, m.owner, m.tags, m.renamed_to, m.hidden, m.newest, m.announced, m.described,
                    coalesce(o.imported, o.time), coalesce(l.imported, l.time)
             FROM models m LEFT JOIN versions o ON o.model = m.id AND o.version = 1
                  LEFT JOIN versions l ON l.model = m.id AND l.version = m.newest
             ORDER BY m.name",
        )?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let [announced, described, oldest, latest] = [time(row, 8)?, time(row, 9)?, time(row, 10)?, time(row, 11)?];
            let renamed_to: Option<String> = get(row, 5)?;
            found.push(ModelDetail {
                model: ModelName::parse(row.get_ref(1)?.as_str().map_err(wrong)?)?,
                description: get(row, 2)?,
                owner: get(row, 3)?,
                tags: words(row, 4)?,
                renamed_to: renamed_to.map(|it| ModelName::parse(&it)).transpose()?,
                hidden: get(row, 6)?,
                aliases: held.remove(&get(row, 0)?).unwrap_or_default(),
                newest: get::<i64>(row, 7)? as u64,
                created: [announced, oldest].into_iter().flatten().min(),
                updated: [described, latest].into_iter().flatten().max(),
            });
        }
        Ok(found)
    }

    /// The versions with their words that fit, by model, oldest first.
    pub fn version_details(&self, request: &DetailRequest) -> Result<Vec<VersionDetail>> {
        let mut held: BTreeMap<(i64, u64), Vec<AliasName>> = BTreeMap::new();
        for (model, aliases) in self.held_by_all()? {
            for (alias, version) in aliases {
                held.entry((model, version)).or_default().push(alias);
            }
        }
        let (conditions, values) = conditions(request);
        // Without a word on it, SQLite would begin with the artifacts.
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT m.id, m.name, v.version, v.release, a.digest, coalesce(v.description, v.registered_as), v.tags, v.hidden,
                    v.stage, a.trust, a.source, l.text, v.by, coalesce(v.imported, v.time), v.labelled, v.moved
             FROM versions v CROSS JOIN models m ON m.id = v.model CROSS JOIN artifacts a ON a.id = v.artifact
                  LEFT JOIN lineages l ON l.artifact = a.id
             WHERE {conditions} ORDER BY m.name, v.version"
        ))?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let model: i64 = get(row, 0)?;
            let version = get::<i64>(row, 2)? as u64;
            let release: Option<String> = get(row, 3)?;
            let (stage, trust) = (row.get_ref(8)?.as_str().map_err(wrong)?, row.get_ref(9)?.as_str().map_err(wrong)?);
            let created = Timestamp::from_unix(get(row, 13)?);
            let changed = time(row, 14)?.max(time(row, 15)?);
            found.push(VersionDetail {
                model: ModelName::parse(row.get_ref(1)?.as_str().map_err(wrong)?)?,
                version,
                release: release.map(|it| Release::parse(&it)).transpose()?,
                artifact: artifact_of(row.get_ref(4)?.as_blob().map_err(wrong)?)?,
                description: get(row, 5)?,
                tags: words(row, 6)?,
                hidden: get(row, 7)?,
                stage: Stage::parse(stage).ok_or_else(|| wrong(stage))?,
                trust: TrustState::parse(trust).ok_or_else(|| wrong(trust))?,
                aliases: held.remove(&(model, version)).unwrap_or_default(),
                source: get(row, 10)?,
                lineage: words(row, 11)?,
                by: PrincipalId::parse(row.get_ref(12)?.as_str().map_err(wrong)?)?,
                created,
                updated: changed.unwrap_or(created),
                tainted: false,
            });
        }
        Ok(found)
    }
}

/// What a request asks for, as SQL over `v` and `m`; the rarest condition is the one that drives.
fn conditions(request: &DetailRequest) -> (String, Vec<Value>) {
    let (mut all, mut values) = (vec!["1".to_owned()], Vec::new());
    let text = |it: &str| Value::Text(it.to_owned());
    for (key, value) in &request.tags {
        all.push(
            "v.id IN (SELECT w.id FROM tags t JOIN versions w ON w.model = t.model AND w.version = t.version
                           WHERE t.key = ? AND t.value = ?)"
                .to_owned(),
        );
        values.extend([text(key), text(value)]);
    }
    if let Some(model) = &request.model {
        let plus = if request.tags.is_empty() { "" } else { "+" };
        all.push(format!("{plus}v.model = (SELECT id FROM models WHERE name = ?)"));
        values.push(text(model.as_str()));
    }
    if request.newest_of_stages {
        all.push(
            "v.version = (SELECT max(w.version) FROM versions w
                               WHERE w.model = v.model AND w.stage = v.stage AND w.hidden = 0)"
                .to_owned(),
        );
    }
    (all.join(" AND "), values)
}

fn time(row: &Row<'_>, at: usize) -> Result<Option<Timestamp>> {
    Ok(get::<Option<i64>>(row, at)?.map(Timestamp::from_unix))
}

fn words(row: &Row<'_>, at: usize) -> Result<FreeMap<String>> {
    match row.get_ref(at)?.as_str_or_null().map_err(wrong)? {
        Some(text) => Ok(serde_json::from_str(text).map_err(wrong)?),
        None => Ok(FreeMap::new()),
    }
}
