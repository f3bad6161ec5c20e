//! From a change to objects: blobs, the trees above them, and the commit.

use std::cmp::Ordering;

use gix::objs::Kind;
use gix::objs::tree::name_order;

use super::commit_info::tree_of;
use super::new_object::NewObject;
use super::objects::Objects;
use crate::fs::parallel::in_parallel;
use refmark_engine::ports::store::{Identity, NewCommit};
use refmark_pack::tree::Tree;
use refmark_types::error::{Code, Error, Result, bug};
use refmark_types::oid::Oid;

const FOLDER: u32 = 0o40000;
const FILE: u32 = 0o100644;
/// Hashing so many records takes longer than starting threads for it.
const PARALLEL_ABOVE: usize = 200;

/// All objects of a commit; the commit is the last.
pub(super) fn build(objects: &Objects, change: &NewCommit<'_>) -> Result<Vec<NewObject>> {
    check_texts(change)?;
    let mut out = Vec::with_capacity(change.files.len() * 2 + 8);
    let mut edits = Vec::with_capacity(change.files.len() + change.removals.len());
    for path in &change.removals {
        check_path(path)?;
        edits.push(Edit { path, file: None });
    }
    out.extend(blobs(objects, &change.files)?);
    for ((path, _), blob) in change.files.iter().zip(&out) {
        check_path(path)?;
        edits.push(Edit { path, file: Some(blob.id) });
    }
    edits.sort_by(|one, other| by_component(one.path, other.path).then(one.file.is_some().cmp(&other.file.is_some())));
    if let Some(pair) = edits.windows(2).find(|pair| pair[0].path == pair[1].path && pair[0].file.is_some()) {
        return Err(bug(format!("the path `{}` stands twice in one change", pair[0].path)));
    }
    let base = match change.parents.first() {
        Some(parent) => Some(tree_of(objects, *parent)?),
        None => None,
    };
    let tree = match (Trees { objects, out: &mut out }).merge(base, 0, &edits)? {
        Some(tree) => tree,
        None => push(objects, &mut out, Kind::Tree, Vec::new())?,
    };
    let commit = commit_bytes(objects, change, tree)?;
    push(objects, &mut out, Kind::Commit, commit)?;
    Ok(out)
}

fn push(objects: &Objects, out: &mut Vec<NewObject>, kind: Kind, bytes: Vec<u8>) -> Result<Oid> {
    let object = NewObject::new(objects.hash, kind, bytes)?;
    let id = object.id;
    out.push(object);
    Ok(id)
}

fn blobs(objects: &Objects, files: &[(String, Vec<u8>)]) -> Result<Vec<NewObject>> {
    let hashed = |part: &[(String, Vec<u8>)]| {
        part.iter().map(|(_, bytes)| NewObject::new(objects.hash, Kind::Blob, bytes.clone())).collect()
    };
    if files.len() > PARALLEL_ABOVE { in_parallel(files, hashed) } else { hashed(files) }
}

/// A removal (without a file) or a new file.
struct Edit<'a> {
    path: &'a str,
    file: Option<Oid>,
}

/// Byte order with `/` before all else, so that what is in one folder stands together.
fn by_component(one: &str, other: &str) -> Ordering {
    let key = |byte: u8| if byte == b'/' { 0 } else { byte };
    one.bytes().map(key).cmp(other.bytes().map(key))
}

struct Trees<'a> {
    objects: &'a Objects,
    out: &'a mut Vec<NewObject>,
}

type Row<'t> = (&'t [u8], u32, Oid);

impl Trees<'_> {
    /// The folder `base` with the edits below it (their first `skip` bytes are the folder's own path); nothing if empty.
    fn merge(&mut self, base: Option<Oid>, skip: usize, edits: &[Edit<'_>]) -> Result<Option<Oid>> {
        let standing = match base {
            Some(id) => self.objects.tree(id)?,
            None => std::sync::Arc::new(Tree::empty()),
        };
        let mut old: Vec<Row<'_>> = Vec::new();
        for entry in standing.iter() {
            old.push((entry.name, entry.mode, entry.oid()?));
        }
        old.sort_unstable_by(|one, other| one.0.cmp(other.0));
        let mut rows: Vec<Row<'_>> = Vec::with_capacity(old.len() + 4);
        let mut old = old.into_iter().peekable();
        let mut rest = edits;
        while let Some(first) = rest.first() {
            let name = component(first.path, skip);
            let group = rest.partition_point(|edit| component(edit.path, skip) == name);
            let (these, others) = rest.split_at(group);
            while let Some(row) = old.next_if(|row| row.0 < name.as_bytes()) {
                rows.push(row);
            }
            let current = old.next_if(|row| row.0 == name.as_bytes()).map(|(_, mode, id)| (mode, id));
            if let Some((mode, id)) = self.entry(current, skip + name.len(), these)? {
                rows.push((name.as_bytes(), mode, id));
            }
            rest = others;
        }
        rows.extend(old);
        if rows.is_empty() {
            return Ok(None);
        }
        rows.sort_unstable_by(|one, other| name_order(one.0, one.1 == FOLDER, other.0, other.1 == FOLDER));
        let mut raw = Vec::with_capacity(rows.iter().map(|row| row.0.len() + 28 + 12).sum());
        for (name, mode, id) in rows {
            raw.extend_from_slice(format!("{mode:o} ").as_bytes());
            raw.extend_from_slice(name);
            raw.push(0);
            raw.extend_from_slice(id.as_bytes());
        }
        push(self.objects, self.out, Kind::Tree, raw).map(Some)
    }

    /// What stands at one name after its edits: `end` bytes of their paths lead to it.
    fn entry(
        &mut self,
        mut current: Option<(u32, Oid)>,
        end: usize,
        mut edits: &[Edit<'_>],
    ) -> Result<Option<(u32, Oid)>> {
        if let Some((Edit { path, file: None }, rest)) = edits.split_first()
            && path.len() == end
        {
            current.take().ok_or_else(|| absent(path))?;
            edits = rest;
        }
        let here = edits.iter().take_while(|edit| edit.path.len() == end).count();
        let (file, below) = edits.split_at(here);
        if let Some(first) = below.first() {
            let folder = match current {
                None => None,
                Some((FOLDER, id)) => Some(id),
                Some(_) if first.file.is_none() => return Err(absent(first.path)),
                Some(_) => return Err(occupied(first.path, "a file stands where it needs a folder")),
            };
            if let (None, None) = (folder, first.file) {
                return Err(absent(first.path));
            }
            current = self.merge(folder, end + 1, below)?.map(|id| (FOLDER, id));
        }
        match file.first() {
            Some(Edit { path, file: Some(id) }) => match current {
                Some((FOLDER, _)) => Err(occupied(path, "a folder stands there")),
                _ => Ok(Some((FILE, *id))),
            },
            _ => Ok(current),
        }
    }
}

fn component(path: &str, skip: usize) -> &str {
    let rest = path.get(skip..).unwrap_or_default();
    rest.split('/').next().unwrap_or_default()
}

fn absent(path: &str) -> Box<Error> {
    Error::new(Code::NotFound, format!("`{path}` is not in the tree, so it cannot be removed")).at(path)
}

fn occupied(path: &str, why: &str) -> Box<Error> {
    Error::new(Code::Exists, format!("`{path}` cannot be written: {why}")).at(path)
}

/// The last look at a path before it enters a tree. `layout` makes the paths; what it never makes is a bug.
fn check_path(path: &str) -> Result<()> {
    let bad = |part: &str| {
        part.is_empty()
            || part == "."
            || part == ".."
            || part.eq_ignore_ascii_case(".git")
            || part.contains(['\0', '\\'])
    };
    if path.len() > 4096 || path.split('/').any(bad) {
        return Err(bug(format!("`{}` is not a path that a commit may hold", path.escape_debug())));
    }
    Ok(())
}

fn check_texts(change: &NewCommit<'_>) -> Result<()> {
    for Identity { name, email } in [&change.author, &change.committer] {
        let broken = |text: &str| text.contains(['<', '>', '\n', '\r', '\0']);
        if broken(name) || broken(email) || name.trim().is_empty() {
            return Err(Error::new(
                Code::BadArgument,
                format!(
                    "`{}` cannot be written into a commit as a name and address",
                    format!("{name} <{email}>").escape_debug()
                ),
            )
            .hint("a name is not empty, and neither part holds <, >, a line break or NUL"));
        }
    }
    if change.message.contains('\0') || change.message.trim().is_empty() {
        return Err(Error::new(Code::BadArgument, "a commit message is not empty and holds no NUL"));
    }
    if change.time.unix() < 0 {
        return Err(Error::new(Code::BadTime, format!("Git cannot date a commit at {}, before 1970", change.time)));
    }
    Ok(())
}

fn commit_bytes(objects: &Objects, change: &NewCommit<'_>, tree: Oid) -> Result<Vec<u8>> {
    let mut head = format!("tree {tree}\n");
    for parent in &change.parents {
        head.push_str(&format!("parent {parent}\n"));
    }
    for (role, Identity { name, email }) in [("author", &change.author), ("committer", &change.committer)] {
        head.push_str(&format!("{role} {} <{}> {} +0000\n", name.trim(), email.trim(), change.time.unix()));
    }
    let mut body = format!("\n{}", change.message);
    if !body.ends_with('\n') {
        body.push('\n');
    }
    let Some(sign) = change.sign else { return Ok([head, body].concat().into_bytes()) };
    let armored = sign([head.as_str(), body.as_str()].concat().as_bytes())?;
    let field = gix::objs::commit::signature_field_name(objects.hash);
    let folded = armored.trim_end().replace('\n', "\n ");
    Ok([head, format!("{field} {folded}\n"), body].concat().into_bytes())
}
