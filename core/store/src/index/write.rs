//! Writing rows of what took effect. Each is written so that the same landing twice comes to the same as once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{OptionalExtension, Statement, Transaction, TransactionBehavior, params};

use super::Index;
use super::Result;
use refmark_engine::verify::Remembered;
use refmark_query::index::Row;
use refmark_records::about::About;
use refmark_records::alias::AliasMove;
use refmark_records::evidence::Evidence;
use refmark_records::manifest::Manifest;
use refmark_records::version::{Label, Version};
use refmark_types::canonical::FreeMap;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::bug;
use refmark_types::name::ModelName;
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// The key of a path in the table of landings.
pub(super) fn path_key(path: &str) -> [u8; 16] {
    let mut key = [0; 16];
    let digest = Digest::of(path.as_bytes());
    for (to, from) in key.iter_mut().zip(digest.as_bytes()) {
        *to = *from;
    }
    key
}

/// The key of a blob in the table of files.
pub(super) fn file_key(sha256: &Digest) -> Vec<u8> {
    sha256.as_bytes().iter().take(16).copied().collect()
}

/// A transaction that writes. Dropped without [`Writing::save`], nothing of it stays.
pub struct Writing<'i> {
    transaction: Transaction<'i>,
    models: HashMap<ModelName, i64>,
    artifacts: HashMap<ArtifactId, i64>,
    /// Versions and models whose text changed.
    versions_to_read: BTreeSet<i64>,
    models_to_read: BTreeSet<i64>,
    n: i64,
}

impl Index {
    /// Begins to write; waits for another process that does.
    pub fn write(&mut self) -> Result<Writing<'_>> {
        Ok(Writing {
            transaction: self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?,
            models: HashMap::new(),
            artifacts: HashMap::new(),
            versions_to_read: BTreeSet::new(),
            models_to_read: BTreeSet::new(),
            n: 0,
        })
    }
}

impl Writing<'_> {
    /// The commit that the index has walked to, now that nobody else writes.
    pub fn walked(&self) -> Result<Option<Oid>> {
        let mut statement = self.sql("SELECT value FROM meta WHERE key = 'walked'")?;
        let found: Option<Vec<u8>> = statement.query_row([], |row| row.get(0)).optional()?;
        Ok(found.map(|bytes| Oid::from_bytes(&bytes)).transpose()?)
    }

    fn sql(&self, text: &str) -> Result<rusqlite::CachedStatement<'_>> {
        Ok(self.transaction.prepare_cached(text)?)
    }

    /// A commit of the chain, good or bad, by its place on it. What is put next took effect in it.
    pub fn commit(&mut self, n: u64, id: Oid, time: Timestamp) -> Result<()> {
        self.n = n as i64;
        self.sql("INSERT OR REPLACE INTO commits(n, id, time) VALUES(?, ?, ?)")?.execute(params![
            self.n,
            id.as_bytes(),
            time.unix()
        ])?;
        Ok(())
    }

    /// A file took effect.
    pub fn landed(&mut self, path: &str) -> Result<()> {
        self.sql("INSERT OR IGNORE INTO landed(path, n) VALUES(?, ?)")?.execute(params![path_key(path), self.n])?;
        Ok(())
    }

    /// The rows of one landing, in any order.
    pub fn put(&mut self, mut rows: Vec<Row>) -> Result<()> {
        // What others refer to goes first.
        rows.sort_by_key(|row| match row {
            Row::Artifact(..) => 0,
            Row::Version(_) => 1,
            _ => 2,
        });
        for row in &rows {
            self.put_one(row)?;
        }
        Ok(())
    }

    fn put_one(&mut self, row: &Row) -> Result<()> {
        match row {
            Row::Artifact(id, manifest) => self.artifact(id, manifest),
            Row::Version(it) => self.version(it),
            Row::About(it) => self.about(it),
            Row::Label(it) => self.label(it),
            Row::Move(it) => self.alias(it),
            Row::Evidence(it) => self.evidence(it, it.record.digest()),
            Row::Stage(it) => {
                let model = self.model_id(&it.model)?;
                self.sql(
                    "UPDATE versions SET stage = ?1, stage_move = ?2, moved = ?5
                     WHERE model = ?3 AND version = ?4 AND stage_move < ?2",
                )?
                .execute(params![
                    it.to.as_str(),
                    it.sequence as i64,
                    model,
                    it.version as i64,
                    it.time.unix()
                ])?;
                Ok(())
            }
            Row::Trust(it) => {
                self.sql("UPDATE artifacts SET trust = ?1, trust_move = ?2 WHERE digest = ?3 AND trust_move < ?2")?
                    .execute(params![it.to.as_str(), it.sequence as i64, it.artifact.digest().as_bytes()])?;
                Ok(())
            }
            Row::Lineage(id, text) => {
                let artifact = self.artifact_id(id)?;
                self.sql("INSERT OR REPLACE INTO lineages(artifact, text) VALUES(?, ?)")?
                    .execute(params![artifact, text])?;
                Ok(())
            }
            Row::Card(id, text) => {
                let artifact = self.artifact_id(id)?;
                self.sql("INSERT OR REPLACE INTO cards(artifact, text) VALUES(?, ?)")?
                    .execute(params![artifact, text])?;
                self.read_again_all_of(artifact)
            }
        }
    }

    fn model_id(&mut self, name: &ModelName) -> Result<i64> {
        if let Some(id) = self.models.get(name) {
            return Ok(*id);
        }
        let text = name.as_str();
        let found = self.sql("SELECT id FROM models WHERE name = ?")?.query_row([text], |row| row.get(0)).optional()?;
        let id = match found {
            Some(id) => id,
            None => self.sql("INSERT INTO models(name) VALUES(?)")?.insert([text])?,
        };
        self.models.insert(name.clone(), id);
        Ok(id)
    }

    fn artifact_id(&mut self, artifact: &ArtifactId) -> Result<i64> {
        if let Some(id) = self.artifacts.get(artifact) {
            return Ok(*id);
        }
        let found = self
            .sql("SELECT id FROM artifacts WHERE digest = ?")?
            .query_row([artifact.digest().as_bytes()], |row| row.get(0))
            .optional()?;
        let id = found.ok_or_else(|| bug(format!("{artifact} took effect without its manifest")))?;
        self.artifacts.insert(*artifact, id);
        Ok(id)
    }

    fn artifact(&mut self, artifact: &ArtifactId, manifest: &Manifest) -> Result<()> {
        let capabilities = serde_json::to_string(&manifest.capabilities).map_err(bug)?;
        let metrics = serde_json::to_string(&manifest.metrics).map_err(bug)?;
        let made = self
            .sql(
                "INSERT OR IGNORE INTO artifacts(digest, type, format, size, capabilities, metrics, source)
                 VALUES(?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                artifact.digest().as_bytes(),
                manifest.artifact_type.as_str(),
                manifest.format,
                manifest.size() as i64,
                capabilities,
                metrics,
                manifest.source
            ])?;
        if made == 0 {
            return Ok(());
        }
        let id = self.transaction.last_insert_rowid();
        self.artifacts.insert(*artifact, id);
        for word in &manifest.capabilities {
            self.sql("INSERT OR IGNORE INTO capabilities(word, artifact) VALUES(?, ?)")?.execute(params![word, id])?;
        }
        for parent in &manifest.parents {
            self.sql("INSERT OR IGNORE INTO parents(parent, child) VALUES(?, ?)")?
                .execute(params![parent.digest().as_bytes(), id])?;
        }
        for file in &manifest.files {
            self.sql("INSERT OR IGNORE INTO files(sha256, artifact) VALUES(?, ?)")?
                .execute(params![file_key(&file.sha256), id])?;
        }
        for (name, value) in manifest.metrics.iter() {
            self.metric(id, name, value.number())?;
        }
        Ok(())
    }

    fn metric(&mut self, artifact: i64, name: &str, value: Option<f64>) -> Result<()> {
        let Some(value) = value else { return Ok(()) };
        self.sql("INSERT OR IGNORE INTO metrics(name, value, artifact) VALUES(?, ?, ?)")?
            .execute(params![name, value, artifact])?;
        Ok(())
    }

    fn version(&mut self, it: &Version) -> Result<()> {
        let (model, artifact) = (self.model_id(&it.model)?, self.artifact_id(&it.artifact)?);
        let made = self
            .sql(
                "INSERT OR IGNORE INTO versions(model, version, artifact, release, registered_as, by, time, imported, n)
                 VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                model,
                it.version as i64,
                artifact,
                it.release.as_ref().map(|it| it.as_str()),
                it.description,
                it.by.as_str(),
                it.time.unix(),
                it.imported.map(Timestamp::unix),
                self.n
            ])?;
        if made == 0 {
            return Ok(());
        }
        self.versions_to_read.insert(self.transaction.last_insert_rowid());
        let newest = it.version as i64;
        let first = self
            .sql("UPDATE models SET newest = max(newest, ?1) WHERE id = ?2 RETURNING newest = ?1")?
            .query_row(params![newest, model], |row| row.get::<_, bool>(0))?;
        if first && newest == 1 {
            self.models_to_read.insert(model);
        }
        Ok(())
    }

    fn about(&mut self, it: &About) -> Result<()> {
        let model = self.model_id(&it.model)?;
        let changed = self
            .sql(
                "UPDATE models SET about = ?1, owner = ?2, description = ?3, tags = ?4, renamed_to = ?5, hidden = ?6,
                                   announced = iif(?1 = 1, ?8, announced), described = ?8
                 WHERE id = ?7 AND about < ?1",
            )?
            .execute(params![
                it.sequence as i64,
                it.owner,
                it.description,
                json(&it.tags)?,
                it.renamed_to.as_ref().map(|it| it.as_str()),
                it.hidden,
                model,
                it.time.unix()
            ])?;
        if changed > 0 {
            self.tags(model, 0, &it.tags)?;
            self.models_to_read.insert(model);
        }
        Ok(())
    }

    fn label(&mut self, it: &Label) -> Result<()> {
        let model = self.model_id(&it.model)?;
        let version: Option<i64> = self
            .sql(
                "UPDATE versions SET label = ?1, description = ?2, tags = ?3, hidden = ?4, labelled = ?7
                 WHERE model = ?5 AND version = ?6 AND label < ?1 RETURNING id",
            )?
            .query_row(
                params![
                    it.sequence as i64,
                    it.description,
                    json(&it.tags)?,
                    it.hidden,
                    model,
                    it.version as i64,
                    it.time.unix()
                ],
                |row| row.get(0),
            )
            .optional()?;
        if let Some(version) = version {
            self.tags(model, it.version, &it.tags)?;
            self.versions_to_read.insert(version);
        }
        Ok(())
    }

    fn tags(&mut self, model: i64, version: u64, tags: &FreeMap<String>) -> Result<()> {
        self.sql("DELETE FROM tags WHERE model = ? AND version = ?")?.execute(params![model, version as i64])?;
        for (key, value) in tags.iter() {
            self.sql("INSERT INTO tags(model, version, key, value) VALUES(?, ?, ?, ?)")?.execute(params![
                model,
                version as i64,
                key,
                value
            ])?;
        }
        Ok(())
    }

    fn alias(&mut self, it: &AliasMove) -> Result<()> {
        let model = self.model_id(&it.model)?;
        let digest = |target: &Option<refmark_records::alias::Target>| {
            target.map(|it| (it.version as i64, it.artifact.digest().as_bytes().to_vec())).unzip()
        };
        let ((from_version, from_artifact), (to_version, to_artifact)) = (digest(&it.from), digest(&it.to));
        self.sql(
            "INSERT OR IGNORE INTO moves(model, alias, sequence, from_version, from_artifact, to_version, to_artifact,
                                         by, time, reason, n) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            model,
            it.alias.as_str(),
            it.sequence as i64,
            from_version,
            from_artifact,
            to_version,
            to_artifact,
            it.by.as_str(),
            it.time.unix(),
            it.reason,
            self.n
        ])?;
        self.sql(
            "INSERT INTO held(model, alias, sequence, version, artifact) VALUES(?1, ?2, ?3, ?4, ?5)
             ON CONFLICT(model, alias) DO UPDATE SET sequence = ?3, version = ?4, artifact = ?5 WHERE sequence < ?3",
        )?
        .execute(params![model, it.alias.as_str(), it.sequence as i64, to_version, to_artifact])?;
        Ok(())
    }

    fn evidence(&mut self, it: &Evidence, statement: Digest) -> Result<()> {
        let artifact = self.artifact_id(&it.artifact)?;
        self.sql(
            "INSERT OR IGNORE INTO evidence(artifact, statement, type, verdict, by, time, n) VALUES(?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            artifact,
            statement.as_bytes(),
            it.evidence_type.as_str(),
            it.verdict.as_str(),
            it.by.as_str(),
            it.time.unix(),
            self.n
        ])?;
        for (name, metric) in it.metrics.iter() {
            self.metric(artifact, name, metric.value.number())?;
        }
        Ok(())
    }

    fn read_again_all_of(&mut self, artifact: i64) -> Result<()> {
        let mut found: Vec<i64> = Vec::new();
        {
            let mut statement = self.sql("SELECT id FROM versions WHERE artifact = ?")?;
            let mut rows = statement.query([artifact])?;
            while let Some(row) = rows.next()? {
                found.push(row.get(0)?);
            }
        }
        self.versions_to_read.extend(found);
        Ok(())
    }

    /// Writes the texts that changed.
    fn read_texts(&mut self) -> Result<()> {
        let mut get = self.sql(
            "SELECT m.name, v.release, coalesce(v.description, v.registered_as), v.tags, a.type, a.format, a.capabilities,
                    (SELECT text FROM cards c WHERE c.artifact = v.artifact)
             FROM versions v JOIN models m ON m.id = v.model JOIN artifacts a ON a.id = v.artifact WHERE v.id = ?",
        )?;
        let mut set = self
            .sql("INSERT OR REPLACE INTO texts(rowid, name, description, tags, what, card) VALUES(?, ?, ?, ?, ?, ?)")?;
        for id in &self.versions_to_read {
            let mut rows = get.query([id])?;
            let Some(row) = rows.next()? else { continue };
            let text =
                |at: usize| -> rusqlite::Result<String> { Ok(row.get::<_, Option<String>>(at)?.unwrap_or_default()) };
            let name = format!("{} {}", text(0)?, text(1)?);
            let words: Vec<String> = serde_json::from_str(&text(6)?).unwrap_or_default();
            let what = format!("{} {} {}", text(4)?, text(5)?, words.join(" "));
            insert_text(&mut set, params![id, name, text(2)?, words_of_tags(&text(3)?), what, text(7)?])?;
        }
        let mut get = self.sql("SELECT name, description, owner, tags FROM models WHERE id = ?")?;
        let mut set =
            self.sql("INSERT OR REPLACE INTO model_texts(rowid, name, description, tags) VALUES(?, ?, ?, ?)")?;
        for id in &self.models_to_read {
            let mut rows = get.query([id])?;
            let Some(row) = rows.next()? else { continue };
            let text =
                |at: usize| -> rusqlite::Result<String> { Ok(row.get::<_, Option<String>>(at)?.unwrap_or_default()) };
            let description = format!("{} {}", text(1)?, text(2)?);
            insert_text(&mut set, params![id, text(0)?, description, words_of_tags(&text(3)?)])?;
        }
        Ok(())
    }

    /// Keeps what was written: the index now stands at this commit, and goes on from what is remembered.
    pub fn save(mut self, walked: Oid, remembered: &Remembered) -> Result<()> {
        self.read_texts()?;
        let text = serde_json::to_vec(remembered).map_err(bug)?;
        self.sql("INSERT OR REPLACE INTO meta(key, value) VALUES('walked', ?1), ('remembered', ?2)")?
            .execute(params![walked.as_bytes(), text])?;
        self.versions_to_read.clear();
        self.models_to_read.clear();
        Ok(self.transaction.commit()?)
    }

    /// Takes everything out, to start from the first commit.
    pub fn clear(&mut self) -> Result<()> {
        for table in [
            "meta",
            "commits",
            "landed",
            "models",
            "artifacts",
            "versions",
            "moves",
            "held",
            "capabilities",
            "parents",
            "files",
            "metrics",
            "tags",
            "evidence",
            "cards",
            "lineages",
        ] {
            self.transaction.execute(&format!("DELETE FROM {table}"), [])?;
        }
        for table in ["texts", "model_texts"] {
            self.transaction.execute(&format!("INSERT INTO {table}({table}) VALUES('delete-all')"), [])?;
        }
        self.models.clear();
        self.artifacts.clear();
        self.versions_to_read.clear();
        self.models_to_read.clear();
        Ok(())
    }
}

fn insert_text(statement: &mut Statement<'_>, values: impl rusqlite::Params) -> Result<()> {
    statement.execute(values)?;
    Ok(())
}

fn json(tags: &FreeMap<String>) -> Result<Option<String>> {
    if tags.is_empty() { Ok(None) } else { Ok(serde_json::to_string(tags).map(Some).map_err(bug)?) }
}

fn words_of_tags(json: &str) -> String {
    let tags: BTreeMap<String, String> = serde_json::from_str(json).unwrap_or_default();
    tags.iter().map(|(key, value)| format!("{key} {value}")).collect::<Vec<_>>().join(" ")
}
