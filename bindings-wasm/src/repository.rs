//! A Git repository that is given as bytes.

use std::rc::Rc;

use refmark_engine::snapshot::{CommitInfo, History, Mode, first_parents};
use refmark_pack::Repository;
use refmark_types::digest::Digest;
use refmark_types::error::Result as Outcome;
use refmark_types::oid::Oid;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::value::{thrown, value};
use crate::verification::Verification;
use crate::view::View;
use crate::walk::Walk;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What a commit says of itself. None of it carries authority. */
export interface CommitInfo {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  /** UTC, such as `2026-11-20T14:02:00Z`. */
  readonly time: string;
  readonly author: string;
  readonly message: string;
}
/** One entry of a folder. `mode` is Git's, in octal: `100644` a file, `40000` a folder. */
export interface TreeEntry { readonly name: string; readonly mode: string; readonly oid: string; }
/** What one commit changed at one path; `old` or `new` is null where nothing stood or stands. */
export interface Change {
  readonly path: string;
  readonly old: { readonly mode: string; readonly oid: string } | null;
  readonly new: { readonly mode: string; readonly oid: string } | null;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// `CommitInfo` in TypeScript.
    #[wasm_bindgen(typescript_type = "CommitInfo")]
    pub type JsCommit;
    /// A list of commits.
    #[wasm_bindgen(typescript_type = "CommitInfo[]")]
    pub type JsCommits;
    /// A list of entries.
    #[wasm_bindgen(typescript_type = "TreeEntry[]")]
    pub type JsEntries;
    /// A list of changes.
    #[wasm_bindgen(typescript_type = "Change[]")]
    pub type JsChanges;
    /// Refs by full name.
    #[wasm_bindgen(typescript_type = "Record<string, string>")]
    pub type JsRefs;
    /// A list of ids.
    #[wasm_bindgen(typescript_type = "string[]")]
    pub type JsIds;
}

#[derive(Serialize)]
struct Commit<'a> {
    id: Oid,
    tree: Oid,
    parents: &'a [Oid],
    time: String,
    author: &'a str,
    message: &'a str,
}

impl<'a> Commit<'a> {
    fn of(info: &'a CommitInfo) -> Commit<'a> {
        Commit {
            id: info.id,
            tree: info.tree,
            parents: &info.parents,
            time: info.time.to_string(),
            author: &info.author,
            message: &info.message,
        }
    }
}

#[derive(Serialize)]
struct Named {
    name: String,
    mode: String,
    oid: Oid,
}

#[derive(Serialize)]
struct Side {
    mode: String,
    oid: Oid,
}

#[derive(Serialize)]
struct Changed {
    path: String,
    old: Option<Side>,
    new: Option<Side>,
}

fn octal(mode: Mode) -> String {
    match mode {
        Mode::File => "100644".to_owned(),
        Mode::Folder => "40000".to_owned(),
        Mode::Odd(number) => format!("{number:o}"),
    }
}

/// A Git repository in memory. Add packs, loose objects or bundles, and refs; then read. Every object is checked against
/// its id when it is read; what it means is only as true as `verify` says.
#[wasm_bindgen]
#[derive(Default)]
pub struct RefmarkRepository {
    /// Behind a shared pointer, because views and verifications read it too; it can grow meanwhile.
    inner: Rc<Repository>,
}

#[wasm_bindgen]
impl RefmarkRepository {
    /// A repository without objects and refs.
    #[wasm_bindgen(constructor)]
    pub fn new() -> RefmarkRepository {
        RefmarkRepository::default()
    }

    /// Adds a pack with its `.idx`. Without it every object is read once, which takes a hundred times as long.
    #[wasm_bindgen(js_name = addPack)]
    pub fn add_pack(&self, name: &str, pack: Vec<u8>, idx: Option<Vec<u8>>) -> Result<(), JsValue> {
        self.read(|repository| repository.add_pack(name, pack, idx))
    }

    /// Adds a loose object, by its path below `objects/` or its id.
    #[wasm_bindgen(js_name = addLoose)]
    pub fn add_loose(&self, path: &str, deflated: Vec<u8>) -> Result<(), JsValue> {
        self.read(|repository| repository.add_loose(path, deflated))
    }

    /// Adds a Git bundle: its refs and its objects.
    #[wasm_bindgen(js_name = addBundle)]
    pub fn add_bundle(&self, bundle: Vec<u8>) -> Result<(), JsValue> {
        self.read(|repository| repository.add_bundle(bundle))
    }

    /// Adds a ref by its full name.
    #[wasm_bindgen(js_name = addRef)]
    pub fn add_ref(&self, name: &str, oid: &str) -> Result<(), JsValue> {
        self.read(|repository| {
            repository.add_ref(name, Oid::parse(oid.trim_end())?);
            Ok(())
        })
    }

    /// Adds the text of `packed-refs`.
    #[wasm_bindgen(js_name = addPackedRefs)]
    pub fn add_packed_refs(&self, text: &str) -> Result<(), JsValue> {
        self.read(|repository| repository.add_packed_refs(text))
    }

    /// Adds the text of `HEAD`.
    #[wasm_bindgen(js_name = addHead)]
    pub fn add_head(&self, text: &str) -> Result<(), JsValue> {
        self.read(|repository| repository.add_head(text))
    }

    /// Adds the text of `shallow`.
    #[wasm_bindgen(js_name = addShallow)]
    pub fn add_shallow(&self, text: &str) -> Result<(), JsValue> {
        self.read(|repository| repository.add_shallow(text))
    }

    /// All refs by full name.
    pub fn refs(&self) -> Result<JsRefs, JsValue> {
        Ok(value(&self.inner.refs())?.unchecked_into())
    }

    /// The commit of a branch, by short or full name; undefined where there is none.
    pub fn branch(&self, name: &str) -> Option<String> {
        self.inner.branch(name).map(|id| id.to_string())
    }

    /// The branch that `HEAD` names, in full; undefined where it was not given or names none.
    pub fn head(&self) -> Option<String> {
        self.inner.head()
    }

    /// The commits at which a shallow clone was cut off.
    pub fn shallow(&self) -> Result<JsIds, JsValue> {
        Ok(value(&self.inner.shallow())?.unchecked_into())
    }

    /// How many objects were given.
    pub fn objects(&self) -> usize {
        self.inner.objects()
    }

    /// What a commit says of itself.
    pub fn commit(&self, id: &str) -> Result<JsCommit, JsValue> {
        let info = self.read(|repository| repository.commit(Oid::parse(id)?))?;
        Ok(value(&Commit::of(&info))?.unchecked_into())
    }

    /// At most `limit` commits from `head` back along first parents, newest first.
    #[wasm_bindgen(js_name = firstParents)]
    pub fn first_parents(&self, head: &str, limit: usize) -> Result<JsCommits, JsValue> {
        let infos = self.read(|repository| {
            let (mut next, mut infos) = (Some(Oid::parse(head)?), Vec::new());
            while let Some(id) = next.filter(|_| infos.len() < limit) {
                let info = repository.commit(id)?;
                next = info.parents.first().copied();
                infos.push(info);
            }
            Ok(infos)
        })?;
        Ok(value(&infos.iter().map(Commit::of).collect::<Vec<_>>())?.unchecked_into())
    }

    /// What a commit changed against its first parent.
    pub fn changes(&self, commit: &str) -> Result<JsChanges, JsValue> {
        let changes = self.read(|repository| repository.changes(Oid::parse(commit)?))?;
        let side = |side: Option<(Mode, Oid)>| side.map(|(mode, oid)| Side { mode: octal(mode), oid });
        let changes = changes.into_iter().map(|it| Changed { path: it.path, old: side(it.old), new: side(it.new) });
        Ok(value(&changes.collect::<Vec<_>>())?.unchecked_into())
    }

    /// The entries of a folder at a commit; none where it does not exist. `""` is the root.
    pub fn list(&self, commit: &str, folder: &str) -> Result<JsEntries, JsValue> {
        let entries = self.read(|repository| repository.snapshot(Oid::parse(commit)?)?.list(folder))?;
        let entries = entries.into_iter().map(|it| Named { name: it.name, mode: octal(it.mode), oid: it.oid });
        Ok(value(&entries.collect::<Vec<_>>())?.unchecked_into())
    }

    /// The bytes of a file at a commit; undefined where there is none. Refused over `limit` bytes.
    pub fn file(&self, commit: &str, path: &str, limit: usize) -> Result<Option<Vec<u8>>, JsValue> {
        self.read(|repository| repository.snapshot(Oid::parse(commit)?)?.read(path, limit as u64))
    }

    /// Whether a commit is `head`, or lies behind it along first parents: on the branch that ends there.
    #[wasm_bindgen(js_name = isOnChain)]
    pub fn is_on_chain(&self, head: &str, commit: &str) -> Result<bool, JsValue> {
        self.read(|repository| Ok(first_parents(repository, Oid::parse(head)?, Some(Oid::parse(commit)?))?.is_some()))
    }

    /// Begins the verification of all history up to `head`, against a root (`sha256:…`) that the reader has from
    /// elsewhere; without one, the registry only vouches for itself. Where the reader names a head that it has `seen` before,
    /// that must still be on the branch.
    pub fn verify(&self, head: &str, root: Option<String>, seen: Option<String>) -> Result<Verification, JsValue> {
        let begin = || {
            let pin = root.map(|root| Digest::parse(&root)).transpose()?;
            let seen = seen.map(|seen| Oid::parse(&seen)).transpose()?;
            Walk::begin(Rc::clone(&self.inner), Oid::parse(head)?, pin, seen)
        };
        Ok(Verification::begin(begin().map_err(thrown)?))
    }

    /// The registry at a head at once, as its tree stands: nobody has verified it, and every answer says so.
    pub fn view(&self, head: &str) -> Result<View, JsValue> {
        let head = Oid::parse(head).map_err(thrown)?;
        Ok(View::of(Rc::new(Walk::standing(Rc::clone(&self.inner), head).map_err(thrown)?)))
    }
}

impl RefmarkRepository {
    fn read<T>(&self, work: impl FnOnce(&Repository) -> Outcome<T>) -> Result<T, JsValue> {
        work(&self.inner).map_err(thrown)
    }
}
