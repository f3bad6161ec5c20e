//! What remotes know of their user: the variables that clouds read, the home, how much at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the environment says to the clouds' own tools. Some of it is secret, so nothing of it is printed.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, String>);

/// The beginnings of names that are read.
const READ: &[&str] = &["AWS_", "GOOGLE_", "AZURE_", "STORAGE_EMULATOR_HOST"];

impl Variables {
    /// Those of this process.
    pub fn from_env() -> Variables {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        std::env::vars_os().filter_map(text).collect()
    }

    /// One, if it is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Each whose name begins so.
    pub fn of(&self, start: &'static str) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter(move |(name, _)| name.starts_with(start)).map(|(name, value)| (&**name, &**value))
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(all: T) -> Variables {
        let read = |name: &str| READ.iter().any(|start| name.starts_with(start));
        Variables(all.into_iter().filter(|(name, value)| read(name) && !value.is_empty()).collect())
    }
}

impl std::fmt::Debug for Variables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// How a user reaches remotes.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What the environment says to the clouds' own tools.
    pub variables: Variables,
    /// The user's home, for `~/.aws`.
    pub home: Option<PathBuf>,
    /// How many transfers and parts of files are under way at a time; what suits the kind where none is given.
    pub jobs: Option<usize>,
}

impl Settings {
    /// As this process's environment has them.
    pub fn from_env(home: Option<&Path>) -> Settings {
        Settings { variables: Variables::from_env(), home: home.map(Path::to_owned), jobs: None }
    }
}
