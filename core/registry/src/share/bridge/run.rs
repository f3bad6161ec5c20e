//! The bridge to a repository: manifests are read from a branch, and the change is one signed commit that is pushed on top of it.

use std::path::Path;

use super::folder::{MAX_FILE, MAX_FILES, not_utf8};
use super::{BridgeAnswer, BridgeProblem, Manifest};
use crate::registry::{Registry, Sharing};
use crate::share::clone::refuse_credentials;
use crate::write::transaction::{identity, principal_of};
use refmark_engine::ports::signer::{Signer, sign_commit};
use refmark_engine::ports::store::{NewCommit, RecordStore};
use refmark_engine::snapshot::{History, Mode, Snapshot};
use refmark_query::bridge::Kind;
use refmark_store::fs::durable::make_dirs_durably;
use refmark_store::fs::sibling::Beside;
use refmark_store::git::Repo;
use refmark_store::git::program::GitProgram;
use refmark_types::error::{Code, Error, Result, bug};
use refmark_types::oid::Oid;

/// Where the manifests are.
#[derive(Debug, Clone)]
pub struct BridgeRunRequest {
    /// The repository's address, or its path.
    pub repository: String,
    /// The branch that is deployed from.
    pub branch: String,
    /// The branch that the change goes to, for a merge request; the same, where none is named.
    pub to: Option<String>,
    /// Take what is approved although no root is pinned.
    pub allow_unverified: bool,
}

impl Sharing<'_> {
    /// Writes the approved versions into the manifests of a repository's branch: one commit, signed by the key, whose message names
    /// the moves. It is pushed on top of what was read, never by force: where somebody was faster, nothing is, and it is run again.
    /// Nothing is checked out. Where everything is as approved already, there is no commit.
    ///
    /// # Errors
    ///
    /// `head-moved` where the branch moved meanwhile, `git-failed` with Git's words, `secret` for an address with a password,
    /// and those of [`Sharing::bridge_apply`].
    pub fn bridge_run(
        &self,
        git: &dyn GitProgram,
        signer: &dyn Signer,
        request: &BridgeRunRequest,
    ) -> Result<BridgeAnswer> {
        let registry = self.registry;
        refuse_credentials(&request.repository)?;
        let disk = &*registry.world.disk;
        make_dirs_durably(disk, &registry.work_folder())?;
        let Some(beside) = Beside::of(&registry.work_folder().join("bridge")) else {
            return Err(bug("the bridge's place has no name"));
        };
        beside.sweep(disk);
        let place = beside.fresh();
        let done = git
            .clone_into(&request.repository, &place, true)
            .and_then(|()| registry.bridge_in(git, signer, request, &place));
        disk.remove_tree(&place)?;
        done
    }
}

impl Registry {
    fn bridge_in(
        &self,
        git: &dyn GitProgram,
        signer: &dyn Signer,
        request: &BridgeRunRequest,
        clone: &Path,
    ) -> Result<BridgeAnswer> {
        let repo = Repo::open_on(self.world.disk.clone(), clone)?;
        let Some(deployed) = repo.head(&request.branch)? else {
            return Err(Error::new(Code::NotFound, format!("the repository has no branch {}", request.branch))
                .field("branches", repo.branches()?));
        };
        let to = request.to.as_deref().unwrap_or(&request.branch);
        let standing = repo.head(to)?;
        // A merge request that is open is gone on with; one that lies behind is not written over.
        let base = match standing {
            Some(standing) if repo.is_ancestor(deployed, standing)? => standing,
            _ => deployed,
        };
        let (mut manifests, mut problems) = (Vec::new(), Vec::new());
        collect(&*repo.snapshot(base)?, "", &mut manifests, &mut problems)?;
        let mut planned = self.plan_bridge(manifests, request.allow_unverified)?;
        planned.answer.problems.append(&mut problems);
        if !planned.answer.problems.is_empty() || planned.texts.is_empty() {
            return Ok(planned.answer);
        }
        let policy = self.view()?.facts()?.policy_in_force()?;
        let who = identity(&principal_of(&policy, signer)?);
        let sign = |payload: &[u8]| sign_commit(signer, payload);
        let commit = repo.write(&NewCommit {
            parents: vec![base],
            files: planned.texts.iter().map(|(it, text)| (it.path.clone(), text.clone().into_bytes())).collect(),
            removals: Vec::new(),
            message: planned.answer.message.clone().unwrap_or_default(),
            author: who.clone(),
            committer: who,
            time: self.world.clock.now(),
            sign: Some(&sign),
        })?;
        let expected = standing.map_or_else(String::new, |it: Oid| it.to_string());
        git.push(repo.git_dir(), "origin", &format!("{commit}:refs/heads/{to}"), &expected)?;
        (planned.answer.commit, planned.answer.branch) = (Some(commit), Some(to.to_owned()));
        planned.answer.written = true;
        Ok(planned.answer)
    }
}

/// The manifests of a tree, in its order.
fn collect(
    snapshot: &dyn Snapshot,
    folder: &str,
    manifests: &mut Vec<Manifest>,
    problems: &mut Vec<BridgeProblem>,
) -> Result<()> {
    for entry in snapshot.list(folder)? {
        let path = if folder.is_empty() { entry.name.clone() } else { format!("{folder}/{}", entry.name) };
        if path.matches('/').count() > 64 || manifests.len() > MAX_FILES {
            return Err(Error::new(Code::TooLarge, "the repository has too many or too deep folders").at(path));
        }
        match (entry.mode, Kind::of_name(&entry.name)) {
            (Mode::Folder, _) => collect(snapshot, &path, manifests, problems)?,
            (Mode::File, Some(kind)) => match snapshot.load(entry.oid, MAX_FILE).map(String::from_utf8) {
                Ok(Ok(text)) => manifests.push(Manifest { path, kind, text }),
                Ok(Err(bytes)) => problems.extend(not_utf8(path, bytes.as_bytes())),
                Err(error) if error.code == Code::TooLarge => {}
                Err(error) => return Err(error),
            },
            _ => {}
        }
    }
    Ok(())
}
