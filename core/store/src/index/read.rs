//! Reading lists, logs and landings.

use rusqlite::types::FromSql;
use rusqlite::{OptionalExtension, Row, params};

use super::Index;
use super::Result;
use super::write::{file_key, path_key};
use refmark_query::answer::log::Placed;
use refmark_query::index::{ModelRow, MoveRow, VersionRow};
use refmark_records::alias::Target;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error};
use refmark_types::name::{AliasName, ModelName, PrincipalId, Release};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;
use std::collections::BTreeMap;

/// The commit in which a file took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LandedRow {
    /// The commit's place on the first-parent chain, from 0.
    pub position: u64,
    /// The commit.
    pub commit: Oid,
    /// Its time, as its committer claims it.
    pub time: Timestamp,
}

/// What is in the index and cannot be: somebody wrote into the file, or a disk did.
pub(super) fn wrong(what: impl std::fmt::Display) -> Box<Error> {
    Error::new(Code::Damaged, format!("the index holds {what}")).field("index", true)
}

pub(super) fn get<T: FromSql>(row: &Row<'_>, at: usize) -> Result<T> {
    Ok(row.get(at)?)
}

pub(super) fn artifact_of(bytes: &[u8]) -> Result<ArtifactId> {
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| wrong("an artifact's digest of another length"))?;
    Ok(ArtifactId::new(Digest::from_bytes(bytes)))
}

/// The columns of a version, of tables `v` and `a`; [`version_row`] reads them.
pub(super) const VERSION_COLUMNS: &str =
    "v.version, v.release, a.digest, a.trust, v.stage, a.size, a.metrics, v.by, v.time, v.hidden";

pub(super) fn version_row(row: &Row<'_>, model: ModelName, held: &[(AliasName, u64)]) -> Result<VersionRow> {
    let version = get::<i64>(row, 0)? as u64;
    let release: Option<String> = get(row, 1)?;
    let digest = row.get_ref(2)?.as_blob().map_err(wrong)?;
    let trust = row.get_ref(3)?.as_str().map_err(wrong)?;
    let stage = row.get_ref(4)?.as_str().map_err(wrong)?;
    let metrics = row.get_ref(6)?.as_str().map_err(wrong)?;
    Ok(VersionRow {
        model,
        version,
        release: release.map(|it| Release::parse(&it)).transpose()?,
        artifact: artifact_of(digest)?,
        trust: TrustState::parse(trust).ok_or_else(|| wrong(trust))?,
        stage: Stage::parse(stage).ok_or_else(|| wrong(stage))?,
        aliases: held.iter().filter(|(_, at)| *at == version).map(|(alias, _)| alias.clone()).collect(),
        size: get::<i64>(row, 5)? as u64,
        metrics: if metrics == "{}" { BTreeMap::new() } else { serde_json::from_str(metrics).map_err(wrong)? },
        by: PrincipalId::parse(row.get_ref(7)?.as_str().map_err(wrong)?)?,
        time: Timestamp::from_unix(get(row, 8)?),
        hidden: get(row, 9)?,
        tainted: false,
    })
}

impl Index {
    /// When and where a file took effect; nothing where it did not.
    pub fn landed(&self, path: &str) -> Result<Option<LandedRow>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT c.n, c.id, c.time FROM landed l JOIN commits c ON c.n = l.n WHERE l.path = ?")?;
        let mut rows = statement.query([path_key(path)])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(LandedRow {
            position: get::<i64>(row, 0)? as u64,
            commit: Oid::from_bytes(row.get_ref(1)?.as_blob().map_err(wrong)?)?,
            time: Timestamp::from_unix(get(row, 2)?),
        }))
    }

    /// The place of a commit on the chain that was walked; nothing where it is not on it.
    pub fn place_of(&self, commit: Oid) -> Result<Option<u64>> {
        let mut statement = self.connection.prepare_cached("SELECT n FROM commits WHERE id = ?")?;
        let found: Option<i64> = statement.query_row([commit.as_bytes()], |row| row.get(0)).optional()?;
        Ok(found.map(|n| n as u64))
    }

    /// Every model that lists show, by name.
    pub fn models(&self) -> Result<Vec<ModelRow>> {
        let mut held = self.held_by_all()?;
        let mut statement = self.connection.prepare_cached(
            "SELECT id, name, newest, owner, description FROM models WHERE newest > 0 AND hidden = 0 ORDER BY name",
        )?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(ModelRow {
                model: ModelName::parse(row.get_ref(1)?.as_str().map_err(wrong)?)?,
                versions: get::<i64>(row, 2)? as u64,
                aliases: held.remove(&get(row, 0)?).unwrap_or_default(),
                owner: get(row, 3)?,
                description: get(row, 4)?,
            });
        }
        Ok(found)
    }

    pub(super) fn held_by_all(&self) -> Result<BTreeMap<i64, Vec<(AliasName, u64)>>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT model, alias, version FROM held WHERE version IS NOT NULL ORDER BY model, alias")?;
        let mut rows = statement.query([])?;
        let mut held: BTreeMap<i64, Vec<(AliasName, u64)>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let alias = AliasName::parse(row.get_ref(1)?.as_str().map_err(wrong)?)?;
            held.entry(get(row, 0)?).or_default().push((alias, get::<i64>(row, 2)? as u64));
        }
        Ok(held)
    }

    pub(super) fn model_id(&self, model: &ModelName) -> Result<Option<i64>> {
        let mut statement = self.connection.prepare_cached("SELECT id FROM models WHERE name = ?")?;
        Ok(statement.query_row([model.as_str()], |row| row.get(0)).optional()?)
    }

    /// What each alias of a model holds, by alias.
    pub fn held(&self, model: &ModelName) -> Result<Vec<(AliasName, u64)>> {
        match self.model_id(model)? {
            Some(id) => self.held_by(id),
            None => Ok(Vec::new()),
        }
    }

    pub(super) fn held_by(&self, model: i64) -> Result<Vec<(AliasName, u64)>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT alias, version FROM held WHERE model = ? AND version IS NOT NULL ORDER BY alias")?;
        let mut rows = statement.query([model])?;
        let mut held = Vec::new();
        while let Some(row) = rows.next()? {
            held.push((AliasName::parse(row.get_ref(0)?.as_str().map_err(wrong)?)?, get::<i64>(row, 1)? as u64));
        }
        Ok(held)
    }

    /// A model's versions, newest first, hidden ones too.
    pub fn versions(&self, model: &ModelName) -> Result<Vec<VersionRow>> {
        let Some(id) = self.model_id(model)? else { return Ok(Vec::new()) };
        let held = self.held_by(id)?;
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {VERSION_COLUMNS} FROM versions v JOIN artifacts a ON a.id = v.artifact
             WHERE v.model = ? ORDER BY v.version DESC"
        ))?;
        let mut rows = statement.query([id])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(version_row(row, model.clone(), &held)?);
        }
        Ok(found)
    }

    /// The version of a model with a release.
    pub fn released(&self, model: &ModelName, release: &Release) -> Result<Option<u64>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT v.version FROM versions v JOIN models m ON m.id = v.model WHERE m.name = ? AND v.release = ?
             ORDER BY v.version DESC LIMIT 1",
        )?;
        let found: Option<i64> =
            statement.query_row([model.as_str(), release.as_str()], |row| row.get(0)).optional()?;
        Ok(found.map(|it| it as u64))
    }

    /// The moves of an alias, of a model, or all; newest first by landing.
    pub fn moves(&self, model: Option<&ModelName>, alias: Option<&AliasName>) -> Result<Vec<Placed>> {
        let alias = alias.map(AliasName::as_str);
        let filter = match (model, alias) {
            (Some(_), Some(_)) => "m.name = ?1 AND x.alias = ?2",
            (Some(_), None) => "m.name = ?1 AND ?2 IS NULL",
            (None, Some(_)) => "?1 IS NULL AND x.alias = ?2",
            (None, None) => "?1 IS NULL AND ?2 IS NULL",
        };
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT m.name, x.alias, x.sequence, x.from_version, x.from_artifact, x.to_version, x.to_artifact, x.by,
                    x.time, x.reason, c.id, c.time, c.n
             FROM models m CROSS JOIN moves x ON x.model = m.id JOIN commits c ON c.n = x.n WHERE {filter}"
        ))?;
        let mut rows = statement.query(params![model.map(ModelName::as_str), alias])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let place = get::<i64>(row, 12)? as u64;
            let target = |at: usize| -> Result<Option<Target>> {
                let Some(version) = get::<Option<i64>>(row, at)? else { return Ok(None) };
                let artifact = artifact_of(row.get_ref(at + 1)?.as_blob().map_err(wrong)?)?;
                Ok(Some(Target { version: version as u64, artifact }))
            };
            let row = MoveRow {
                model: ModelName::parse(row.get_ref(0)?.as_str().map_err(wrong)?)?,
                alias: AliasName::parse(row.get_ref(1)?.as_str().map_err(wrong)?)?,
                sequence: get::<i64>(row, 2)? as u64,
                from: target(3)?,
                to: target(5)?,
                by: PrincipalId::parse(row.get_ref(7)?.as_str().map_err(wrong)?)?,
                time: Timestamp::from_unix(get(row, 8)?),
                reason: get(row, 9)?,
                commit: Some(Oid::from_bytes(row.get_ref(10)?.as_blob().map_err(wrong)?)?),
                landed: Some(Timestamp::from_unix(get(row, 11)?)),
            };
            found.push((Some(place), row));
        }
        Ok(found)
    }

    /// Every artifact with its trust state, by digest.
    pub fn artifacts(&self) -> Result<Vec<(ArtifactId, TrustState)>> {
        self.artifacts_of("SELECT digest, trust FROM artifacts ORDER BY digest", [])
    }

    /// The artifacts that have a file, with their trust states. May name one too many, never one too few.
    pub fn artifacts_with(&self, file: &Digest) -> Result<Vec<(ArtifactId, TrustState)>> {
        self.artifacts_of(
            "SELECT a.digest, a.trust FROM files f JOIN artifacts a ON a.id = f.artifact WHERE f.sha256 = ?
             ORDER BY a.digest",
            [file_key(file)],
        )
    }

    fn artifacts_of(&self, sql: &str, values: impl rusqlite::Params) -> Result<Vec<(ArtifactId, TrustState)>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(values)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let trust = row.get_ref(1)?.as_str().map_err(wrong)?;
            let artifact = artifact_of(row.get_ref(0)?.as_blob().map_err(wrong)?)?;
            found.push((artifact, TrustState::parse(trust).ok_or_else(|| wrong(trust))?));
        }
        Ok(found)
    }

    /// The versions that are an artifact, by model and version.
    pub fn versions_of(&self, artifact: &ArtifactId) -> Result<Vec<(ModelName, u64)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT m.name, v.version FROM artifacts a JOIN versions v ON v.artifact = a.id JOIN models m ON m.id = v.model
             WHERE a.digest = ? ORDER BY m.name, v.version",
        )?;
        let mut rows = statement.query([artifact.digest().as_bytes()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((ModelName::parse(row.get_ref(0)?.as_str().map_err(wrong)?)?, get::<i64>(row, 1)? as u64));
        }
        Ok(found)
    }

    /// The aliases that hold an artifact, by model and alias.
    pub fn holders_of(&self, artifact: &ArtifactId) -> Result<Vec<(ModelName, AliasName)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT m.name, h.alias FROM held h JOIN models m ON m.id = h.model WHERE h.artifact = ?
             ORDER BY m.name, h.alias",
        )?;
        let mut rows = statement.query([artifact.digest().as_bytes()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let alias = AliasName::parse(row.get_ref(1)?.as_str().map_err(wrong)?)?;
            found.push((ModelName::parse(row.get_ref(0)?.as_str().map_err(wrong)?)?, alias));
        }
        Ok(found)
    }

    /// The number of versions in each stage that has any, leaving hidden ones out.
    pub fn stages(&self) -> Result<BTreeMap<Stage, u64>> {
        let mut statement =
            self.connection.prepare_cached("SELECT stage, count(*) FROM versions WHERE hidden = 0 GROUP BY stage")?;
        let mut rows = statement.query([])?;
        let mut found = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let stage = row.get_ref(0)?.as_str().map_err(wrong)?;
            found.insert(Stage::parse(stage).ok_or_else(|| wrong(stage))?, get::<i64>(row, 1)? as u64);
        }
        Ok(found)
    }

    /// How much is in the index: commits, models, versions, artifacts, moves.
    pub fn counts(&self) -> Result<[u64; 5]> {
        let mut counts = [0; 5];
        for (count, table) in counts.iter_mut().zip(["commits", "models", "versions", "artifacts", "moves"]) {
            let n: i64 = self.connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
            *count = n as u64;
        }
        Ok(counts)
    }
}
