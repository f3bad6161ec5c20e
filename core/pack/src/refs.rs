//! Names of commits: loose refs, packed refs, HEAD, and where a shallow clone was cut.

use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;
use std::collections::{BTreeMap, BTreeSet};

/// More lines than a registry's repository has refs.
const MAX_LINES: usize = 1_000_000;

#[derive(Default)]
pub(super) struct Refs {
    loose: BTreeMap<String, Oid>,
    packed: BTreeMap<String, Oid>,
    head: Option<String>,
    pub(super) shallow: BTreeSet<Oid>,
}

impl Refs {
    pub(super) fn add(&mut self, name: &str, id: Oid) {
        self.loose.insert(name.to_owned(), id);
    }

    pub(super) fn add_packed(&mut self, text: &str) -> Result<()> {
        for (number, line) in text.lines().take(MAX_LINES).enumerate() {
            // A comment, or what the tag above points at in the end.
            if line.is_empty() || line.starts_with(['#', '^']) {
                continue;
            }
            let (id, name) = line.split_once(' ').ok_or_else(|| broken("packed-refs", number, line))?;
            let id = Oid::parse(id).map_err(|_| broken("packed-refs", number, line))?;
            self.packed.insert(name.to_owned(), id);
        }
        Ok(())
    }

    pub(super) fn add_shallow(&mut self, text: &str) -> Result<()> {
        for (number, line) in text.lines().take(MAX_LINES).enumerate().filter(|(_, line)| !line.is_empty()) {
            self.shallow.insert(Oid::parse(line).map_err(|_| broken("shallow", number, line))?);
        }
        Ok(())
    }

    pub(super) fn add_head(&mut self, text: &str) -> Result<()> {
        let text = text.trim_end();
        match (text.strip_prefix("ref: "), Oid::parse(text)) {
            (Some(name), _) => self.head = Some(name.to_owned()),
            (None, Ok(id)) => self.add("HEAD", id),
            (None, Err(_)) => return Err(broken("HEAD", 0, text)),
        }
        Ok(())
    }

    pub(super) fn head(&self) -> Option<&str> {
        self.head.as_deref()
    }

    fn get(&self, name: &str) -> Option<Oid> {
        self.loose.get(name).or_else(|| self.packed.get(name)).copied()
    }

    /// A branch by its short or full name: here, else as the remote `origin` has it.
    pub(super) fn branch(&self, name: &str) -> Option<Oid> {
        if name.starts_with("refs/") {
            return self.get(name);
        }
        self.get(&format!("refs/heads/{name}")).or_else(|| self.get(&format!("refs/remotes/origin/{name}")))
    }

    pub(super) fn all(&self) -> BTreeMap<String, Oid> {
        let both = self.packed.iter().chain(&self.loose);
        both.map(|(name, id)| (name.clone(), *id)).collect()
    }
}

fn broken(file: &str, number: usize, line: &str) -> Box<Error> {
    let start: String = line.chars().take(80).collect();
    Error::new(
        Code::BadPack,
        format!("line {} of `{file}` is not as Git writes it: `{}`", number + 1, start.escape_debug()),
    )
    .field("file", file)
    .field("line", number + 1)
}
