//! Drafts: a root or a policy that needs more signatures than one hand gives. The record lies in a file, as it will lie in
//! the tree, and goes from keyholder to keyholder; a policy's text lies beside it.

use crate::registry::Governance;
use crate::registry::Governor;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::registry::Registry;
use crate::view::View;
use crate::write::transaction::{Holder, Written};
use refmark_engine::plan::{Author, Plan};
use refmark_engine::ports::signer::{Signer, sign_statement};
use refmark_query::answer::policy::warned;
use refmark_query::policy::{Warning, changes as policy_changes};
use refmark_records::layout::Place;
use refmark_records::policy::{POLICY_LIMIT, Policy};
use refmark_records::root::{Quorum, Root};
use refmark_records::statement::{Predicate, Record};
use refmark_store::fs::durable::replace;
use refmark_store::fs::input::read_given;
use refmark_types::canonical::RECORD_LIMIT;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;
use std::collections::BTreeSet;

/// Who signed a root or a policy, and whether that is enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signatures {
    /// Who signed.
    pub by: Vec<PrincipalId>,
    /// How many more are needed; 0 where it is complete.
    pub lacking: u64,
    /// Who could sign, and has not.
    pub could: Vec<PrincipalId>,
}

impl Signatures {
    pub(crate) fn complete(by: Vec<PrincipalId>) -> Signatures {
        Signatures { by, lacking: 0, could: Vec::new() }
    }
}

/// A draft after somebody signed it, or landed it.
#[derive(Debug, Clone, Serialize)]
pub struct DraftAnswer {
    /// `root` or `policy`.
    pub kind: &'static str,
    /// The number that it has.
    pub number: u64,
    /// The SHA-256 of its statement.
    pub statement: Digest,
    /// Who signed it so far, and whether that is enough.
    pub signatures: Signatures,
    /// The commit in which it took effect; none while it is a draft.
    pub commit: Option<Oid>,
    /// What it changes against what is in force, in sentences: what a signature stands for.
    pub changes: Vec<String>,
    /// What of a policy can never work, and did not stand in the one before.
    pub warnings: Vec<Warning>,
}

/// A draft as it was read: the record, and a policy's text.
struct Draft {
    record: Record,
    text: Option<Vec<u8>>,
}

impl Governor<'_> {
    /// Writes a plan's one record, signed by its author, to a file, and a policy's text beside it.
    pub(crate) fn draft(
        &self,
        holder: Holder,
        plan: &mut dyn FnMut(&View<'_>, &Author) -> Result<Plan>,
        out: &Path,
    ) -> Result<(Digest, Signatures)> {
        let view = self.registry.view()?;
        view.check_tip()?;
        let author = self.writer().author_as(&view, holder)?;
        let plan = plan(&view, &author)?;
        self.writer().refuse_secrets(&plan)?;
        let [statement] = plan.statements.as_slice() else {
            return Err(refmark_types::error::bug("a draft is one statement"));
        };
        let signature = sign_statement(self.signer, &statement.canonical()?)?;
        let draft = Draft {
            record: Record::new(statement.clone(), vec![signature])?,
            text: plan.documents.into_iter().next().map(|it| it.1),
        };
        if out.exists() {
            return Err(Error::new(Code::Exists, format!("{} exists already", out.display()))
                .hint("choose another file: a draft may carry others' signatures")
                .at(out.display().to_string()));
        }
        self.registry.store_draft(out, &draft)?;
        Ok((draft.record.digest(), signatures(&view, &draft.record)?))
    }

    /// Adds the signer's signature to a draft.
    pub fn draft_sign(&self, path: &Path) -> Result<DraftAnswer> {
        let view = self.registry.view()?;
        view.check_tip()?;
        let mut draft = read(path)?;
        let (kind, _) = what(&draft.record)?;
        let holder = if kind == "root" { Holder::Root } else { Holder::Policy };
        let keyid = self.signer.public().id();
        if draft.record.signatures.iter().any(|it| it.keyid == keyid) {
            return Err(Error::new(Code::NothingToDo, format!("{keyid} has signed {} already", path.display())));
        }
        let fresh = new_holder(&draft.record, self.signer);
        if fresh.is_none() {
            self.writer().author_as(&view, holder)?;
        }
        let mut signed = draft.record.signatures.clone();
        signed.push(sign_statement(self.signer, draft.record.canonical())?);
        draft.record = Record::new(draft.record.statement.clone(), signed)?;
        self.registry.store_draft(path, &draft)?;
        self.registry.told(&view, &draft, None)
    }

    /// Puts a draft into effect, where its signatures are enough.
    pub fn draft_land(&self, path: &Path) -> Result<DraftAnswer> {
        let draft = read(path)?;
        let (kind, number) = what(&draft.record)?;
        let written: Written = self.writer().change_as(Holder::Any, |view, _| {
            let so_far = signatures(view, &draft.record)?;
            if so_far.lacking > 0 {
                let could: Vec<&str> = so_far.could.iter().map(PrincipalId::as_str).collect();
                return Err(Error::new(
                    Code::Refused,
                    format!("{kind} {number} lacks {} of its signatures", so_far.lacking),
                )
                .hint(format!("{} could sign it: refmark {} sign {}", could.join(", "), verb(kind), path.display()))
                .field("lacking", so_far.lacking)
                .field("who_could", could));
            }
            let mut plan = Plan { subject: subject(kind, number), body: reason(&draft.record), ..Plan::default() };
            plan.carried.push((draft.record.common().path.to_owned(), draft.record.print()?.into_bytes()));
            if let Some(text) = &draft.text {
                plan.carried.push((Place::PolicyText(number).path(), text.clone()));
            }
            Ok(plan)
        })?;
        self.registry.told(&self.registry.view()?, &draft, Some(written.commit))
    }
}

impl Governance<'_> {
    /// What a draft says and who signed it so far: to be read before it is signed.
    pub fn draft_show(&self, view: &View<'_>, path: &Path) -> Result<DraftAnswer> {
        self.registry.told(view, &read(path)?, None)
    }
}

impl Registry {
    fn told(&self, view: &View<'_>, draft: &Draft, commit: Option<Oid>) -> Result<DraftAnswer> {
        let (kind, number) = what(&draft.record)?;
        let facts = view.facts()?;
        let (mut changes, mut warnings) = (Vec::new(), Vec::new());
        match (draft.record.predicate(), &draft.text) {
            (Predicate::Policy(_), Some(text)) => {
                let before = match facts.policy(number.saturating_sub(1))? {
                    Some((before, _)) => before,
                    None => facts.policy_in_force()?,
                };
                let policy = Policy::parse(&String::from_utf8_lossy(text))?;
                let old = warned(view.facts()?, &before)?;
                warnings = warned(view.facts()?, &policy)?.into_iter().filter(|it| !old.contains(it)).collect();
                changes = policy_changes(&before, &policy);
            }
            (Predicate::Root(next), _) => {
                if let Some(before) = facts.root(number.saturating_sub(1))? {
                    changes = root_changes(&before, next);
                }
            }
            _ => {}
        }
        let statement = draft.record.digest();
        Ok(DraftAnswer {
            kind,
            number,
            statement,
            signatures: signatures(view, &draft.record)?,
            commit,
            changes,
            warnings,
        })
    }

    fn store_draft(&self, path: &Path, draft: &Draft) -> Result<()> {
        if let Some(text) = &draft.text {
            self.store_file(&text_path(path), text)?;
        }
        self.store_file(path, draft.record.print()?.as_bytes())
    }

    /// Writes a file beside itself, and renames it.
    pub(crate) fn store_file(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        replace(&*self.world.disk, path, bytes, 0o644)
    }
}

/// What the second root says and the first does not.
fn root_changes(before: &Root, next: &Root) -> Vec<String> {
    let mut said = Vec::new();
    for (what, old, new) in [("the next root", &before.root, &next.root), ("a policy", &before.policy, &next.policy)] {
        if old != new {
            let who: Vec<&str> = new.principals.iter().map(PrincipalId::as_str).collect();
            said.push(format!("~ {what} needs {} of {}", new.threshold, who.join(", ")));
        }
    }
    let keys = |root: &Root| -> Vec<String> {
        let key = |it: &refmark_records::root::Keyholder| {
            it.keys.iter().map(|key| format!("key of {}: {}", it.principal, key.id())).collect::<Vec<_>>()
        };
        root.keyholders.iter().flat_map(key).collect()
    };
    let (old, new) = (keys(before), keys(next));
    said.extend(old.iter().filter(|it| !new.contains(it)).map(|it| format!("- {it}")));
    said.extend(new.iter().filter(|it| !old.contains(it)).map(|it| format!("+ {it}")));
    said
}

fn subject(kind: &str, number: u64) -> String {
    if kind == "root" { format!("trust root {number}") } else { format!("policy {number}") }
}

fn verb(kind: &str) -> &'static str {
    if kind == "root" { "trust" } else { "policy" }
}

fn reason(record: &Record) -> String {
    match record.predicate() {
        Predicate::Root(it) => it.reason.clone(),
        Predicate::Policy(it) => it.reason.clone(),
        _ => String::new(),
    }
}

/// Where the text of a policy's draft lies: beside the record, with `.toml` at the end.
pub fn text_path(path: &Path) -> PathBuf {
    path.with_extension("toml")
}

fn read(path: &Path) -> Result<Draft> {
    let at = |error: Box<Error>| error.at(path.display().to_string());
    let record = Record::parse(&read_given(path, RECORD_LIMIT)?).map_err(|mut error| {
        error.message = format!("{} is no draft: {}", path.display(), error.message);
        at(error).hint("have whoever made it send it again, as it is; the text of a policy's lies beside it")
    })?;
    let text = match record.predicate() {
        Predicate::Policy(it) => {
            let text = read_given(&text_path(path), POLICY_LIMIT)?;
            if Digest::of(&text) != it.text {
                return Err(Error::new(
                    Code::Damaged,
                    format!("{} is not the text that {} signs", text_path(path).display(), path.display()),
                )
                .hint("copy both files together; a changed text needs a new draft"));
            }
            Some(text)
        }
        _ => None,
    };
    what(&record).map_err(at)?;
    Ok(Draft { record, text })
}

fn what(record: &Record) -> Result<(&'static str, u64)> {
    match record.predicate() {
        Predicate::Root(it) => Ok(("root", it.number)),
        Predicate::Policy(it) => Ok(("policy", it.number)),
        other => Err(Error::new(
            Code::BadArgument,
            format!("the file is a record of kind {}, and no root or policy", other.kind()),
        )),
    }
}

/// Whoever joins by a new root signs it too: the key stands in the root itself.
fn new_holder(record: &Record, signer: &dyn Signer) -> Option<PrincipalId> {
    let Predicate::Root(root) = record.predicate() else { return None };
    let key = signer.public();
    root.keyholders.iter().find(|it| it.keys.contains(&key)).map(|it| it.principal.clone())
}

/// Who signed a root or policy so far, and who still could. Signatures that do not verify are refused.
pub(crate) fn signatures(view: &View<'_>, record: &Record) -> Result<Signatures> {
    let facts = view.facts()?;
    let Some(now) = facts.newest_root()? else {
        return Err(Error::new(Code::NotARegistry, "the registry has no root in effect"));
    };
    let quorums: Vec<(&Root, &Quorum)> = match record.predicate() {
        Predicate::Root(next) => vec![(&*now, &now.root), (&**next, &next.root)],
        _ => vec![(&*now, &now.policy)],
    };
    let (mut by, mut could, mut lacking) = (BTreeSet::new(), BTreeSet::new(), 0);
    for (root, quorum) in quorums {
        let mut signed = 0;
        for id in &quorum.principals {
            let mut has = false;
            for key in root.keys_of(id) {
                if let Some(signature) = record.signatures.iter().find(|it| it.keyid == key.id()) {
                    signature.verify(key, record.canonical())?;
                    has = true;
                }
            }
            match has {
                true => {
                    by.insert(id.clone());
                    signed += 1;
                }
                false => drop(could.insert(id.clone())),
            }
        }
        lacking = lacking.max(quorum.threshold.saturating_sub(signed));
    }
    Ok(Signatures { by: by.into_iter().collect(), lacking, could: could.into_iter().collect() })
}
