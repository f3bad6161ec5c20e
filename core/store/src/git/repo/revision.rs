//! What people type for a commit: a branch, `origin/x`, a tag, `HEAD`, an id or the start of one, with `~n` and `^n`.

use gix::objs::Kind;

use super::Repo;
use refmark_types::error::{Code, Error, Result};
use refmark_types::oid::Oid;

/// Tags may name tags.
const MAX_TAGS: usize = 16;

pub(super) fn resolve(repo: &Repo, text: &str) -> Result<Oid> {
    let (base, steps) = match text.find(['~', '^']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let mut at = commit_behind(repo, base_id(repo, base, text)?)?;
    for step in parse_steps(steps, text)? {
        at = walk(repo, at, step, text)?;
    }
    Ok(at)
}

enum Step {
    /// So many first parents back.
    Back(usize),
    /// The n-th parent, from 1; 0 is the commit itself.
    Parent(usize),
}

fn parse_steps(mut rest: &str, text: &str) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    while let Some(sign) = rest.chars().next() {
        let behind = &rest[sign.len_utf8()..];
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = behind.split_at(digits);
        let number = match number {
            "" => 1,
            number => number.parse().map_err(|_| bad(text))?,
        };
        steps.push(match sign {
            '~' => Step::Back(number),
            '^' => Step::Parent(number),
            _ => return Err(bad(text)),
        });
        rest = after;
    }
    Ok(steps)
}

fn walk(repo: &Repo, mut at: Oid, step: Step, text: &str) -> Result<Oid> {
    let missing = || {
        Error::new(Code::NotFound, format!("`{}` goes behind the first commit", text.escape_debug()))
            .field("revision", text)
    };
    match step {
        Step::Parent(0) => {}
        Step::Parent(number) => {
            at = repo.time_and_parents(at)?.1.get(number - 1).copied().ok_or_else(missing)?;
        }
        Step::Back(count) => {
            for _ in 0..count {
                at = repo.time_and_parents(at)?.1.first().copied().ok_or_else(missing)?;
            }
        }
    }
    Ok(at)
}

fn base_id(repo: &Repo, base: &str, text: &str) -> Result<Oid> {
    if base.is_empty() || base.starts_with('-') || base.contains(|char: char| char.is_control() || char == ':') {
        return Err(bad(text));
    }
    if let Ok(id) = Oid::parse(base)
        && id.as_bytes().len() == repo.objects.hash.len_in_bytes()
    {
        return if repo.objects.contains(id) { Ok(id) } else { Err(unknown(text)) };
    }
    let full = matches!(base, "HEAD" | "FETCH_HEAD" | "ORIG_HEAD") || base.starts_with("refs/");
    let names = match (base, full) {
        ("@", _) => vec!["HEAD".to_owned()],
        (name, true) => vec![name.to_owned()],
        (name, false) => {
            ["refs/heads/", "refs/tags/", "refs/remotes/"].iter().map(|kind| format!("{kind}{name}")).collect()
        }
    };
    for name in names {
        if let Some(id) = repo.refs.find(&name)? {
            return Ok(id);
        }
    }
    short_id(repo, base, text)
}

fn short_id(repo: &Repo, base: &str, text: &str) -> Result<Oid> {
    let hex = base.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !hex || !(4..repo.objects.hash.len_in_hex()).contains(&base.len()) {
        return Err(unknown(text));
    }
    let mut commits = Vec::new();
    for id in repo.objects.with_prefix(base)? {
        if matches!(repo.objects.any(id)?, Some((Kind::Commit | Kind::Tag, _))) {
            commits.push(id);
        }
    }
    match commits.as_slice() {
        [] => Err(unknown(text)),
        [one] => Ok(*one),
        many => Err(Error::new(Code::Ambiguous, format!("`{base}` begins the ids of {} commits", many.len()))
            .hint("write more digits")
            .field("candidates", many)),
    }
}

/// The commit itself, or the one that a tag leads to.
pub(super) fn commit_behind(repo: &Repo, mut id: Oid) -> Result<Oid> {
    for _ in 0..MAX_TAGS {
        match repo.objects.any(id)? {
            Some((Kind::Commit, _)) => return Ok(id),
            Some((Kind::Tag, bytes)) => {
                let target = gix::objs::TagRef::from_bytes(&bytes, repo.objects.hash).map(|tag| tag.target());
                let target = target.map_err(|error| {
                    Error::new(Code::BadPack, format!("Git tag {id} cannot be read: {error}")).field("object", id)
                })?;
                id = crate::git::from_gix(&target)?;
            }
            Some((kind, _)) => {
                return Err(
                    Error::new(Code::BadArgument, format!("{id} is a {kind}, not a commit")).field("object", id)
                );
            }
            None => {
                return Err(Error::new(Code::Incomplete, format!("commit {id} is not in this repository"))
                    .hint("fetch it, for instance with `git fetch --unshallow`")
                    .field("object", id));
            }
        }
    }
    Err(Error::new(Code::BadPack, format!("tag {id} is behind more than {MAX_TAGS} tags")))
}

fn bad(text: &str) -> Box<Error> {
    Error::new(Code::BadArgument, format!("`{}` is not a revision that refmark takes", text.escape_debug()))
        .hint("a branch, origin/BRANCH, a tag, HEAD or a commit id, and behind it ~n or ^n")
}

fn unknown(text: &str) -> Box<Error> {
    Error::new(Code::NotFound, format!("no commit here is `{}`", text.escape_debug()))
        .hint("a branch, origin/BRANCH, a tag, HEAD or a commit id; `git fetch` first if it is elsewhere")
        .field("revision", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_another_alphabet_behind_a_step_are_no_revision() {
        for text in ["main~1ä", "ä~1", "main^ӌ2", "main~~é"] {
            let steps = &text[text.find(['~', '^']).unwrap()..];
            let found = parse_steps(steps, text);
            assert_eq!(found.is_ok(), text == "ä~1", "{text}");
        }
    }
}
