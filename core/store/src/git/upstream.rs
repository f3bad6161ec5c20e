//! Which remote a branch comes from, and where it was seen there.

use super::open::read_config;
use super::repo::Repo;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;

impl Repo {
    /// The remotes that the repository's own configuration names, each once.
    pub fn remote_names(&self) -> Result<Vec<String>> {
        let config = read_config(self.git_dir())?;
        let mut names = Vec::new();
        for section in config.sections_by_name("remote").into_iter().flatten() {
            let name = section.header().subsection_name().map(|name| name.to_string());
            names.extend(name.filter(|name| section.value("url").is_some() && is_plain(name)));
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// The remote that a branch comes from: the one that `branch.NAME.remote` names, else `origin`, else the only one.
    /// Nothing where there is no remote; an error where there are several and nothing says which.
    pub fn upstream(&self, branch: &str) -> Result<Option<String>> {
        if let Some(name) = self.comes_from(branch)? {
            return Ok(Some(name));
        }
        let mut names = self.remote_names()?;
        match names.as_slice() {
            [] | [_] => Ok(names.pop()),
            _ => Err(Error::new(
                Code::BadArgument,
                format!("this repository has the remotes {}, and none is called origin", names.join(", ")),
            )
            .hint(format!("say which one {branch} comes from: git config branch.{branch}.remote {}", names[0]))
            .field("remotes", &names)),
        }
    }

    /// The remote that a branch is a clone of: named by `branch.NAME.remote`, or called `origin`. A remote of another name,
    /// such as a backup, need not be one.
    pub fn comes_from(&self, branch: &str) -> Result<Option<String>> {
        let names = self.remote_names()?;
        let config = read_config(self.git_dir())?;
        let named = config.string(format!("branch.{branch}.remote").as_str()).map(|name| name.to_string());
        let named = named.filter(|name| names.contains(name));
        Ok(named.or_else(|| names.into_iter().find(|name| name == "origin")))
    }

    /// Where a branch was when it was fetched last from a remote.
    pub fn tracked(&self, remote: &str, branch: &str) -> Result<Option<Oid>> {
        self.refs.find(&format!("refs/remotes/{remote}/{branch}"))
    }

    /// All branches of a remote as they were fetched last, by name.
    pub fn tracked_branches(&self, remote: &str) -> Result<std::collections::BTreeMap<String, Oid>> {
        let mut all = self.refs.below(&format!("refs/remotes/{remote}/"))?;
        all.remove("HEAD");
        all.retain(|name, _| super::refs::check_branch(name).is_ok());
        Ok(all)
    }

    /// The branches whose names refmark does not take, and passes over.
    pub fn foreign_branches(&self) -> Result<Vec<String>> {
        let all = self.refs.below("refs/heads/")?.into_keys();
        Ok(all.filter(|name| super::refs::check_branch(name).is_err()).collect())
    }

    /// Every remote-tracking branch of one of these names, with its remote; of any name where none is given.
    pub fn tracked_anywhere(&self, names: &[&str]) -> Result<Vec<(String, Oid)>> {
        let is_one = |full: &String| match names.is_empty() {
            true => !full.ends_with("/HEAD"),
            false => names.iter().any(|name| full.ends_with(&format!("/{name}"))),
        };
        Ok(self.refs.below("refs/remotes/")?.into_iter().filter(|(full, _)| is_one(full)).collect())
    }

    /// Lets `HEAD` name a branch.
    pub fn point_head_at(&self, branch: &str) -> Result<()> {
        super::refs::check_branch(branch)?;
        let staged = self.stage.put("init", format!("ref: refs/heads/{branch}\n").as_bytes(), 0o644)?;
        self.stage.disk.rename(&staged, &self.refs.own_dir.join("HEAD"))?;
        self.stage.sync_dir(&self.refs.own_dir)
    }
}

/// A remote's name becomes a part of paths and arguments.
fn is_plain(name: &str) -> bool {
    super::refs::check_branch(name).is_ok()
}
