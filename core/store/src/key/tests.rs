//! Stories of the search for a key. The keys, agents and commits of `openssh` are made by the real tools.

mod agents;
mod openssh;
mod search;
mod tools;

use std::path::{Path, PathBuf};

use super::*;
use refmark_types::error::Error;

/// A folder that plays home, and is gone after the test.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        let home = Home(tempfile::tempdir().unwrap());
        std::fs::create_dir_all(home.path().join(".ssh")).unwrap();
        home
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    fn config(&self) -> PathBuf {
        self.file(".config")
    }

    /// A search that sees this home and its configuration, and nothing else.
    fn search(&self) -> KeySearch<'static> {
        KeySearch { home: Some(self.path().to_owned()), config: Some(self.config()), ..KeySearch::default() }
    }

    fn naming(&self, key: impl Into<std::ffi::OsString>) -> KeySearch<'static> {
        KeySearch { explicit: Some(key.into()), ..self.search() }
    }
}

/// The error of a search that must fail.
fn error(search: &KeySearch<'_>) -> Box<Error> {
    match look(search) {
        Ok(found) => panic!("expected an error, found {}", found.signer.describe()),
        Err(error) => error,
    }
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
