//! A tree by itself, where history is not whole: which of its files are well-formed, and signed by somebody who could have.
//!
//! Nobody can tell from a tree alone what took effect in it: whether a base was seen, what was approved when, what was
//! taken back. But what no member signed had no effect for sure.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Problem;
use crate::effective::{Effective, State, StateOverlay};
use crate::rules::{Ruling, authored, documents, rights, signed_by_quorum};
use crate::state_reader::{StateReader, TypedRecord};
use refmark_records::layout::{Place, is_companion};
use refmark_records::policy::{Distrust, Policy};
use refmark_records::root::Root;
use refmark_records::statement::{Predicate, Record};
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result};
use std::collections::BTreeSet;

/// Checks a tree by itself: every file is at a place of its own, well-formed, and signed by the quorum or the member that it
/// needs, under one of the roots and policies of the tree that the pin leads to. What is named here had no effect.
pub fn check_tree(state: &State<'_>, pin: Option<Digest>, paths: impl Iterator<Item = String>) -> Result<Vec<Problem>> {
    let signers = Signers::of(state, pin)?;
    let mut problems = Vec::new();
    for path in paths.filter(|path| !is_companion(path)) {
        let error = match Place::parse(&path) {
            None => Some(Error::new(Code::WrongPath, format!("`{}` is no place of a record", path.escape_debug()))),
            Some(place) => match signers.judge(state, &place, &path) {
                Ok(Ruling::Ok) => None,
                Ok(Ruling::Failed(error) | Ruling::Missing(error)) | Err(error) => Some(error),
            },
        };
        problems.extend(error.map(|error| Problem::of(&error, Some(&path), None)));
    }
    Ok(problems)
}

/// Who may sign in a tree.
struct Signers {
    roots: BTreeMap<u64, TypedRecord<Root>>,
    policies: BTreeMap<u64, Arc<Policy>>,
    /// What the newest policy distrusts.
    lost: Vec<Distrust>,
    /// The artifacts that a signed version names.
    named: BTreeSet<ArtifactId>,
}

impl Signers {
    fn of(state: &State<'_>, pin: Option<Digest>) -> Result<Signers> {
        let reader = StateReader(state);
        let mut signers =
            Signers { roots: BTreeMap::new(), policies: BTreeMap::new(), lost: Vec::new(), named: BTreeSet::new() };
        signers.take_roots(reader, pin)?;
        for number in 1.. {
            let Some((policy, record)) = reader.policy(number).ok().flatten() else { break };
            let bytes = state.oid(&Place::PolicyText(number).path())?;
            let text =
                bytes.map(|oid| state.objects().bytes(oid, refmark_records::policy::POLICY_LIMIT)).transpose()?;
            let signed = match record.predicate() {
                Predicate::Policy(it) => text.is_some_and(|text| Digest::of(&text) == it.text),
                _ => false,
            };
            if signed && signers.is_by_keyholders(&record)? {
                signers.lost.clone_from(&policy.distrust);
                signers.policies.insert(number, policy);
            }
        }
        for model in reader.models()? {
            for version in reader.versions(&model)? {
                let place = Place::Version(model.clone(), version);
                let path = place.path();
                if let (Ok(Ruling::Ok), Ok(Some(it))) =
                    (signers.judge(state, &place, &path), reader.version(&model, version))
                {
                    signers.named.insert(it.artifact);
                }
            }
        }
        Ok(signers)
    }

    /// The roots from the pinned one on, each signed by its own quorum and by that of the one before.
    fn take_roots(&mut self, reader: StateReader<'_>, pin: Option<Digest>) -> Result<()> {
        for number in 1.. {
            let Some(root) = reader.root(number).ok().flatten() else { break };
            let pinned = match pin {
                Some(pin) => root.record.digest() == pin,
                None => number == 1,
            };
            let mut quorums = vec![("its own root", &*root, &root.root)];
            let before = self.roots.get(&(number - 1));
            quorums.extend(before.map(|before| ("the root before", &**before, &before.root)));
            let signed = matches!(signed_by_quorum(&root.record, &quorums, &[])?, Ruling::Ok);
            if pinned || (before.is_some() && signed) {
                self.roots.insert(number, root);
            }
        }
        // Those before the pinned one are what it follows, by its own word.
        Ok(())
    }

    fn is_by_keyholders(&self, record: &Record) -> Result<bool> {
        for root in self.roots.values() {
            let quorum = [("the policy quorum of the root", &**root, &root.policy)];
            if let Ruling::Ok = signed_by_quorum(record, &quorum, &self.lost)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn judge(&self, state: &State<'_>, place: &Place, path: &str) -> Result<Ruling> {
        let Some(oid) = state.oid(path)? else {
            return Ok(Ruling::failed(Code::BadTree, format!("{} is no file", path.escape_debug())));
        };
        match place {
            // A root before the pinned one vouches for nothing, and is read by nobody.
            Place::Root(number) => Ok(match self.roots.keys().next().is_some_and(|first| number >= first) {
                false if self.roots.is_empty() => {
                    Ruling::failed(Code::WrongRoot, "the tree does not have the pinned root")
                }
                true if !self.roots.contains_key(number) => {
                    Ruling::failed(Code::BadSignature, format!("no quorum of the root before signed root {number}"))
                }
                _ => Ruling::Ok,
            }),
            Place::Policy(number) | Place::PolicyText(number) => Ok(match self.policies.contains_key(number) {
                true => Ruling::Ok,
                false => Ruling::failed(Code::BadSignature, format!("no quorum of a root signed policy {number}")),
            }),
            Place::Document(artifact, document) => {
                documents::fits(*artifact, *document, oid, state.objects())?;
                let overlay = StateOverlay::new(state, BTreeMap::new());
                documents::judge(*artifact, *document, oid, self.named.contains(artifact), &overlay)
            }
            _ => self.judge_record(state, place, path),
        }
    }

    /// A member's record: at its place, of this registry, and signed under one of the policies, by a key that is not lost.
    fn judge_record(&self, state: &State<'_>, place: &Place, path: &str) -> Result<Ruling> {
        let Some(oid) = state.oid(path)? else { return Ok(Ruling::Ok) };
        let record = state.objects().record(oid)?;
        if Place::of(record.predicate())?.path() != path || record.common().path != path {
            return Ok(Ruling::failed(Code::WrongPath, format!("the record at {path} belongs elsewhere")));
        }
        if self.roots.values().any(|root| root.registry != record.common().registry) {
            return Ok(Ruling::failed(Code::WrongRegistry, "the record is of another registry"));
        }
        if let Some(lost) = record.signatures.iter().find(|it| self.lost.iter().any(|lost| lost.key == it.keyid)) {
            return Ok(Ruling::failed(Code::Distrusted, format!("key {} is distrusted", lost.keyid)));
        }
        let mut last = Ruling::failed(Code::BadSignature, "there is no policy under which it could be signed");
        for policy in self.policies.values().rev() {
            last = authored(oid, &record, policy, rights(place), state.objects())?;
            if let Ruling::Ok = last {
                break;
            }
        }
        Ok(last)
    }
}
