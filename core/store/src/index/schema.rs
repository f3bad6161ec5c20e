//! The tables. Artifacts, models and versions have small numbers of the index's own, in the order in which they took
//! effect; `n` is the place on the first-parent chain of the commit in which a row took effect.

/// The number of this schema. A file of any other is dropped and made again.
pub(super) const VERSION: i64 = 2;

pub(super) const TABLES: &str = "
CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE commits(n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, time INTEGER NOT NULL);
-- The key is the first half of the path's SHA-256: paths are long, and there are a lot of them.
CREATE TABLE landed(path BLOB PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE models(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, newest INTEGER NOT NULL DEFAULT 0,
  about INTEGER NOT NULL DEFAULT 0, owner TEXT, description TEXT, tags TEXT, renamed_to TEXT,
  hidden INTEGER NOT NULL DEFAULT 0, announced INTEGER, described INTEGER);
CREATE TABLE artifacts(
  id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, type TEXT NOT NULL, format TEXT NOT NULL, size INTEGER NOT NULL,
  capabilities TEXT NOT NULL, metrics TEXT NOT NULL, trust TEXT NOT NULL DEFAULT 'acquired',
  trust_move INTEGER NOT NULL DEFAULT 0, source TEXT);
CREATE INDEX artifacts_type ON artifacts(type);
CREATE INDEX artifacts_format ON artifacts(format);
CREATE INDEX artifacts_trust ON artifacts(trust);
CREATE TABLE versions(
  id INTEGER PRIMARY KEY, model INTEGER NOT NULL, version INTEGER NOT NULL, artifact INTEGER NOT NULL, release TEXT,
  registered_as TEXT, by TEXT NOT NULL, time INTEGER NOT NULL, imported INTEGER, n INTEGER NOT NULL,
  stage TEXT NOT NULL DEFAULT 'experimental', stage_move INTEGER NOT NULL DEFAULT 0, moved INTEGER, labelled INTEGER,
  label INTEGER NOT NULL DEFAULT 0, description TEXT, tags TEXT, hidden INTEGER NOT NULL DEFAULT 0,
  UNIQUE(model, version));
CREATE INDEX versions_artifact ON versions(artifact);
CREATE INDEX versions_stage ON versions(stage);

CREATE TABLE moves(
  model INTEGER NOT NULL, alias TEXT NOT NULL, sequence INTEGER NOT NULL, from_version INTEGER, from_artifact BLOB,
  to_version INTEGER, to_artifact BLOB, by TEXT NOT NULL, time INTEGER NOT NULL, reason TEXT NOT NULL,
  n INTEGER NOT NULL, PRIMARY KEY(model, alias, sequence)) WITHOUT ROWID;
CREATE TABLE held(
  model INTEGER NOT NULL, alias TEXT NOT NULL, sequence INTEGER NOT NULL, version INTEGER, artifact BLOB,
  PRIMARY KEY(model, alias)) WITHOUT ROWID;
CREATE INDEX held_artifact ON held(artifact);

CREATE TABLE capabilities(word TEXT NOT NULL, artifact INTEGER NOT NULL, PRIMARY KEY(word, artifact)) WITHOUT ROWID;
CREATE TABLE parents(parent BLOB NOT NULL, child INTEGER NOT NULL, PRIMARY KEY(parent, child)) WITHOUT ROWID;
CREATE TABLE files(sha256 BLOB NOT NULL, artifact INTEGER NOT NULL, PRIMARY KEY(sha256, artifact)) WITHOUT ROWID;
CREATE TABLE metrics(
  name TEXT NOT NULL, value REAL NOT NULL, artifact INTEGER NOT NULL, PRIMARY KEY(name, value, artifact)) WITHOUT ROWID;
CREATE INDEX metrics_artifact ON metrics(artifact, name, value);
-- `version` is 0 for the tags of the model itself.
CREATE TABLE tags(
  model INTEGER NOT NULL, version INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY(model, version, key)) WITHOUT ROWID;
CREATE INDEX tags_key ON tags(key, value);
CREATE TABLE evidence(
  artifact INTEGER NOT NULL, statement BLOB NOT NULL, type TEXT NOT NULL, verdict TEXT NOT NULL, by TEXT NOT NULL,
  time INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(artifact, statement)) WITHOUT ROWID;
CREATE TABLE cards(artifact INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE lineages(artifact INTEGER PRIMARY KEY, text TEXT NOT NULL);

-- One row a version, and one a model, by their numbers.
CREATE VIRTUAL TABLE texts USING fts5(
  name, description, tags, what, card, content='', contentless_delete=1, prefix='2 3 4',
  tokenize='unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE model_texts USING fts5(
  name, description, tags, content='', contentless_delete=1, prefix='2 3 4',
  tokenize='unicode61 remove_diacritics 2');
";
