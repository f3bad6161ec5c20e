//! A commit as it is read: what it says of itself, and its tree.

use super::objects::Objects;
use refmark_engine::snapshot::CommitInfo;
use refmark_types::error::Result;
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// A commit's own words. Its dates are lenient (they carry no authority); its ids are not.
pub(super) fn parse_commit(bytes: &[u8], hash: gix::hash::Kind, id: Oid) -> Result<CommitInfo> {
    // What Git itself would not write (an author without an address) is read as far as it can be.
    let Ok(commit) = gix::objs::CommitRef::from_bytes(bytes, hash) else {
        return refmark_pack::commit::parse(bytes, id);
    };
    let mut parents = Vec::with_capacity(commit.parents.len());
    for parent in commit.parents() {
        parents.push(super::from_gix(&parent)?);
    }
    let committer = commit.committer.to_string();
    let seconds = committer.rsplit('>').next().and_then(|rest| rest.split_whitespace().next());
    let author = commit.author.to_string();
    let author = author.rfind('>').and_then(|end| author.get(..=end)).unwrap_or(&author).to_owned();
    Ok(CommitInfo {
        id,
        tree: super::from_gix(&commit.tree())?,
        parents,
        time: Timestamp::from_unix(seconds.and_then(|text| text.parse().ok()).unwrap_or(0)),
        author,
        message: commit.message.to_string(),
    })
}

/// The tree that a commit names.
pub(super) fn tree_of(objects: &Objects, commit: Oid) -> Result<Oid> {
    Ok(parse_commit(&objects.commit(commit)?, objects.hash, commit)?.tree)
}
