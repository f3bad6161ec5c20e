//! Floor 4: the derived index in SQLite, beside the registry.
//!
//! The file is in write-ahead mode with `synchronous=NORMAL`: readers never wait for a writer, a catch-up syncs nothing,
//! and a power cut loses at most the newest catch-ups, never the file's order. Memory maps are left off, because a file
//! that somebody cuts short would end the process in place of being made again.

#![allow(clippy::disallowed_methods)]

mod detail;
mod error;
mod read;
mod schema;
mod search;
mod write;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};

pub use error::{IndexError, Result};
pub use read::LandedRow;
pub use write::Writing;

use refmark_engine::verify::Remembered;
use refmark_types::error::{Code, Error};
use refmark_types::hint::{Hint, Next};
use refmark_types::oid::Oid;

/// How long a reader or writer waits for another process that writes.
const WAIT: Duration = Duration::from_secs(5);

/// Where an index stands.
#[derive(Debug, Clone)]
pub struct Position {
    /// The commit that it has walked to; what it holds is the state there.
    pub walked: Oid,
    /// From where it goes on: the last good head that it kept.
    pub remembered: Remembered,
}

/// An open index.
pub struct Index {
    connection: Connection,
    path: Option<PathBuf>,
    read_only: bool,
}

impl Index {
    /// Opens the index at a path, makes it where there is none, and makes it anew where it is damaged or of another
    /// schema. Where the folder cannot be written, what is there is only read.
    pub fn open(path: &Path) -> Result<Index> {
        if let Some(folder) = path.parent() {
            // What fails here fails again below, with SQLite's own word for it.
            let _ = std::fs::create_dir_all(folder);
        }
        let base = OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let writing = base | OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let opened = Self::with(path, writing, false);
        match opened {
            Err(error) if error.code() == Code::ReadOnly => {
                Self::with(path, base | OpenFlags::SQLITE_OPEN_READ_ONLY, true)
            }
            other => other,
        }
    }

    /// An index in memory, for whoever can write nowhere.
    pub fn in_memory() -> Result<Index> {
        let mut index = Index { connection: Connection::open_in_memory()?, path: None, read_only: false };
        index.make()?;
        Ok(index)
    }

    fn with(path: &Path, flags: OpenFlags, read_only: bool) -> Result<Index> {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(WAIT)?;
        connection.set_prepared_statement_cache_capacity(64);
        let mut index = Index { connection, path: Some(path.to_owned()), read_only };
        match index.schema() {
            Ok(schema::VERSION) => index.tune()?,
            Ok(_) | Err(_) if read_only => {
                let error = Error::new(Code::ReadOnly, "the index is not of this refmark, and cannot be written");
                return Err(error.field("index", true).into());
            }
            Ok(0) => index.make()?,
            Ok(_) => index.reset()?,
            Err(error) if error.code() == Code::Damaged => index.reset()?,
            Err(error) => return Err(error),
        }
        Ok(index)
    }

    fn schema(&self) -> Result<i64> {
        Ok(self.connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
    }

    fn tune(&self) -> Result<()> {
        // Closing folds the log into the file, with two syncs, else: too dear for a short command.
        if self.path.is_some() {
            self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        }
        // This SQLite is built to plan a statement anew for each value that is bound to it; without statistics, which nobody
        // gathers here, that finds nothing.
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        self.connection.execute_batch(
            "PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536; PRAGMA wal_autocheckpoint=512;",
        )?;
        Ok(())
    }

    /// Makes the tables, unless another process just did.
    fn make(&mut self) -> Result<()> {
        // Where the file system has no shared memory this stays a rollback journal, which is as right.
        let _mode: String = self.connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        self.tune()?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let made: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if made == 0 {
            transaction.execute_batch(schema::TABLES)?;
            transaction.pragma_update(None, "user_version", schema::VERSION)?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Empties the index, whatever is in the file, under SQLite's own locks: other processes see the old or the new.
    pub fn reset(&mut self) -> Result<()> {
        if let Err(error) = self.empty() {
            let Some(path) = self.path.clone().filter(|_| error.code() == Code::Damaged) else { return Err(error) };
            // Not even SQLite can tell what this is.
            self.connection = Connection::open_in_memory()?;
            for end in ["", "-wal", "-shm", "-journal"] {
                let mut name = path.as_os_str().to_owned();
                name.push(end);
                let _ = std::fs::remove_file(PathBuf::from(name));
            }
            self.connection = Connection::open(&path)?;
            self.connection.busy_timeout(WAIT)?;
        }
        self.make()
    }

    fn empty(&mut self) -> Result<()> {
        self.connection.flush_prepared_statement_cache();
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, true)?;
        let emptied = self.connection.execute_batch("VACUUM");
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, false)?;
        Ok(emptied?)
    }

    /// Whether the index can only be read.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// The file; none in memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The commit that the index has walked to.
    pub fn walked(&self) -> Result<Option<Oid>> {
        let found: Option<Vec<u8>> = self
            .connection
            .prepare_cached("SELECT value FROM meta WHERE key = 'walked'")?
            .query_row([], |row| row.get(0))
            .optional()?;
        Ok(found.map(|bytes| Oid::from_bytes(&bytes)).transpose()?)
    }

    /// Where the index stands; nothing where it is empty. What was remembered by another refmark counts as nothing.
    pub fn position(&self) -> Result<Option<Position>> {
        let Some(walked) = self.walked()? else { return Ok(None) };
        let text: Option<Vec<u8>> = self
            .connection
            .query_row("SELECT value FROM meta WHERE key = 'remembered'", [], |row| row.get(0))
            .optional()?;
        let remembered = text.and_then(|text| serde_json::from_slice(&text).ok());
        Ok(remembered.map(|remembered| Position { walked, remembered }))
    }

    /// Checks the whole file: an error with code `damaged` names the first thing that is wrong.
    pub fn check(&self) -> Result<()> {
        let found: String = self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        match found.as_str() {
            "ok" => Ok(()),
            wrong => Err(Error::new(Code::Damaged, format!("the index is damaged: {wrong}"))
                .hint(Hint::of("make it again: ").then(Next::IndexRebuild))
                .into()),
        }
    }
}
