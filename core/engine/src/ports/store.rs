//! The port to where records live: a history that can grow by one commit, and a branch that moves by compare-and-swap.

use crate::snapshot::History;
use refmark_types::error::Result;
use refmark_types::oid::Oid;
use refmark_types::text::terminal_safe;
use refmark_types::time::Timestamp;

/// A person or program as Git writes it. Neither part may hold `<`, `>`, a line break or NUL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name that people read.
    pub name: String,
    /// The address; it may be empty.
    pub email: String,
}

/// Signs the bytes of a commit object as they are without a signature; returns the armored SSH signature.
pub type SignCommit<'a> = &'a dyn Fn(&[u8]) -> Result<String>;

/// One commit to be written. Its tree is the first parent's (or the empty one), less `removals`, plus `files`.
#[derive(Clone)]
pub struct NewCommit<'a> {
    /// The parents in order; the first one's tree is built upon.
    pub parents: Vec<Oid>,
    /// Paths with their bytes, written as plain files (100644). A standing file is replaced, a standing folder is not.
    pub files: Vec<(String, Vec<u8>)>,
    /// Files or folders that go, before `files` are put in. Only repair and tests use this: records are never removed.
    pub removals: Vec<String>,
    /// The whole message: subject, body, trailers.
    pub message: String,
    /// Who made the change.
    pub author: Identity,
    /// Who writes the commit.
    pub committer: Identity,
    /// The time of both.
    pub time: Timestamp,
    /// Signs the commit, where there is a key.
    pub sign: Option<SignCommit<'a>>,
}

/// A registry's branch and the commits behind it. One value serves many threads.
pub trait RecordStore: History + Send + Sync {
    /// The newest commit of a branch; nothing where there is no such branch.
    fn head(&self, branch: &str) -> Result<Option<Oid>>;
    /// The local branches by name, without `refs/heads/`, in byte order.
    fn branches(&self) -> Result<Vec<String>>;
    /// The commit that people mean: a branch, `origin/x`, a tag, `HEAD`, a full or unique short id, each with any number of
    /// `~n` and `^n` behind it. Errors: `bad-argument`, `not-found`, `ambiguous`.
    fn resolve_revision(&self, text: &str) -> Result<Oid>;

    /// The id that a file with these bytes has, written or not.
    fn blob_id(&self, bytes: &[u8]) -> Result<Oid>;
    /// Writes a commit with its tree and files and makes them durable, without moving a branch. Returns the commit's id.
    fn write(&self, change: &NewCommit<'_>) -> Result<Oid>;
    /// Moves a branch from `expected` (nothing: it must not exist yet) to `new`, durably. An error `head-moved` with the
    /// fields `expected` and `found` where the branch is elsewhere, `locked` where another program holds its lock.
    fn move_branch(&self, branch: &str, expected: Option<Oid>, new: Oid) -> Result<()>;
    /// Clears what a writer that died left behind (staged files, its own lock of a branch). Only for the holder of the
    /// registry's writer lock. Returns how many files went.
    fn recover(&self) -> Result<usize>;

    /// A best common ancestor; of several the newest by date, then by id. Nothing for unrelated histories.
    fn merge_base(&self, one: Oid, other: Oid) -> Result<Option<Oid>>;
    /// Whether `ancestor` is `of` or reachable from it over any parents.
    fn is_ancestor(&self, ancestor: Oid, of: Oid) -> Result<bool>;
    /// Whether a commit is `head` or reachable from it over first parents only.
    fn on_first_parent_chain(&self, head: Oid, commit: Oid) -> Result<bool> {
        let mut at = Some(head);
        while let Some(id) = at {
            if id == commit {
                return Ok(true);
            }
            at = self.commit(id)?.parents.first().copied();
        }
        Ok(false)
    }
}

/// A commit message in Git's form: subject, blank line, body, blank line, trailers as `Key: value`, one line each.
/// Line breaks in the subject and in trailers become spaces, so that no value can forge a trailer.
///
/// # Examples
///
/// ```
/// use refmark_engine::ports::store::message;
///
/// let text = message("promote a@b: 3 → 4", "", &[("Approved-by", "ada\nApproved-by: eve".into())]);
/// assert_eq!(text, "promote a@b: 3 → 4\n\nApproved-by: ada Approved-by: eve\n");
/// ```
pub fn message(subject: &str, body: &str, trailers: &[(&str, String)]) -> String {
    // Whoever reads the log in a terminal sees what stands there, and nothing that moves the cursor or turns the text.
    let one_line = |text: &str| terminal_safe(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut out = one_line(subject);
    let body = body.trim();
    if !body.is_empty() {
        out.push_str("\n\n");
        let lines = body.lines().map(|line| terminal_safe(line.trim_end()));
        out.push_str(&lines.collect::<Vec<_>>().join("\n"));
    }
    if !trailers.is_empty() {
        out.push('\n');
    }
    for (key, value) in trailers {
        out.push_str(&format!("\n{key}: {}", one_line(value)));
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_or_direction_character_reaches_a_commits_message() {
        let text = message("a\u{202e}b", "one\u{1b}[31m\n\ttwo\r\nthree\u{200b}", &[("Key", "x\u{7}".into())]);
        assert!(text.chars().all(|c| c == '\n' || !refmark_types::text::is_unseen(c)), "{text:?}");
        assert!(text.contains("a\\u{202e}b\n\none\\u{1b}[31m\n"), "{text}");
    }

    #[test]
    fn a_message_has_a_subject_a_body_and_trailers_that_no_value_can_forge() {
        let text = message("promote a@b:\n3 → 4", "why\n", &[("Refmark-Record", "x\nApproved-by: eve".into())]);
        assert_eq!(text, "promote a@b: 3 → 4\n\nwhy\n\nRefmark-Record: x Approved-by: eve\n");
        assert_eq!(message("s", "", &[]), "s\n");
    }
}
