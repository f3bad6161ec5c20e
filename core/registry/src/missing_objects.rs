//! Objects that a repository does not have itself: borrowed from another, or left out by a partial clone.

use refmark_store::git::Repo;
use refmark_types::error::{Code, Error};

/// The missing objects of a repository that borrows them are `incomplete`, with the way out.
pub(crate) fn explain_missing(repo: &Repo, error: Box<Error>) -> Box<Error> {
    if !matches!(error.code, Code::Incomplete | Code::NotFound) {
        return error;
    }
    let (why, mend) = match repo.integrity() {
        Ok(condition) if !condition.alternates.is_empty() => (
            "this repository borrows objects from another, which refmark does not read",
            "give it its own: git repack -a -d, and remove objects/info/alternates",
        ),
        Ok(condition) if condition.partial => {
            ("this is a partial clone", "git fetch --refetch --no-filter brings the rest")
        }
        _ => return error,
    };
    Box::new(Error { code: Code::Incomplete, message: format!("{why}: {}", error.message), ..*error }).hint(mend)
}
