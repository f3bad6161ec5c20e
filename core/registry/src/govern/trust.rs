//! `trust`: the roots that vouch for a registry, who pinned which, keys that were lost, and keys for other tools.

use crate::registry::Governance;
use crate::registry::Governor;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::context::{Context, Pinning};
use crate::govern::draft::{Signatures, signatures};
use crate::govern::policy::PolicyApplyAnswer;
use crate::govern::policy_text::PolicyText;
use crate::registry::Registry;
use crate::view::View;
use crate::write::transaction::Holder;
use refmark_engine::plan::{self, Rotation};
use refmark_engine::ports::store::RecordStore;
use refmark_engine::state_reader::StateReader;
use refmark_query::answer::policy::warned;
use refmark_query::policy::Warning;
use refmark_records::policy::Distrust;
use refmark_records::registry_id::RegistryId;
use refmark_records::root::Quorum;
use refmark_records::signature::{KeyId, PublicKey, allowed_signers_line};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::PrincipalId;
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;

/// Somebody whose key is in a root.
#[derive(Debug, Clone, Serialize)]
pub struct KeyholderRow {
    /// The principal.
    pub principal: PrincipalId,
    /// The keys, by fingerprint.
    pub fingerprints: Vec<KeyId>,
    /// The keys, as in `authorized_keys`.
    pub keys: Vec<PublicKey>,
}

/// One trust root.
#[derive(Debug, Clone, Serialize)]
pub struct RootRow {
    /// Its number.
    pub number: u64,
    /// The SHA-256 of its statement, as `sha256:<hex>`: what is pinned.
    pub digest: String,
    /// Whether it is the one that this reader pins.
    pub pinned: bool,
    /// Whether it is the newest.
    pub current: bool,
    /// The registry's name.
    pub name: String,
    /// The number of the format.
    pub format: u64,
    /// Who must sign the next root.
    pub root: Quorum,
    /// Who must sign a policy.
    pub policy: Quorum,
    /// Whose keys it holds.
    pub keyholders: Vec<KeyholderRow>,
    /// Who signed it.
    pub signed_by: Vec<PrincipalId>,
    /// Why it replaced the one before.
    pub reason: String,
    /// Who made it.
    pub by: PrincipalId,
    /// When, by the author's clock.
    pub time: Timestamp,
}

/// A key of the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RootKey {
    /// Whose it is.
    pub principal: PrincipalId,
    /// Its fingerprint, as `ssh-keygen -l` prints it.
    pub keyid: KeyId,
    /// The key, as in `authorized_keys`.
    pub key: PublicKey,
}

/// What vouches for a registry.
#[derive(Debug, Clone, Serialize)]
pub struct TrustAnswer {
    /// The registry's id.
    pub id: RegistryId,
    /// Its name.
    pub name: String,
    /// The first root, by the digest of its statement, as `sha256:<hex>`: what owners tell readers to pin.
    pub trust_root: String,
    /// The number of the newest root.
    pub number: u64,
    /// How many of the root's principals must sign the next root.
    pub root_threshold: u64,
    /// How many must sign a policy.
    pub policy_threshold: u64,
    /// The keys of the newest root.
    pub keys: Vec<RootKey>,
    /// What this reader pinned, as `sha256:<hex>`; none where nothing vouches for the registry here.
    pub pinned: Option<String>,
    /// Whether the pin is one of this registry's roots.
    pub is_pinned: bool,
    /// Whether the history was verified whole against that pin.
    pub verified: bool,
    /// Every root, oldest first.
    pub roots: Vec<RootRow>,
    /// The keys that are distrusted.
    pub distrusted: Vec<Distrusted>,
    /// What rests on one key, or on everybody's.
    pub warnings: Vec<Warning>,
}

/// A key that was lost to somebody else.
#[derive(Debug, Clone, Serialize)]
pub struct Distrusted {
    /// The key.
    pub key: KeyId,
    /// Whose it is, where that is known.
    pub member: Option<PrincipalId>,
    /// The last commit at which it was in the right hands.
    pub since: Oid,
    /// Why.
    pub reason: String,
    /// The paths whose records are tainted, of all distrusted keys.
    pub tainted: Vec<String>,
}

/// A root that took effect, or a draft of one.
#[derive(Debug, Clone, Serialize)]
pub struct RotateAnswer {
    /// Its number.
    pub number: u64,
    /// The SHA-256 of its statement, as `sha256:<hex>`.
    pub digest: String,
    /// The commit in which it took effect; none for a draft.
    pub commit: Option<Oid>,
    /// The draft.
    pub draft: Option<PathBuf>,
    /// Who signed it so far, and whether that is enough.
    pub signatures: Signatures,
}

/// A key that shall be distrusted.
#[derive(Debug, Clone)]
pub struct DistrustRequest {
    /// A fingerprint, a key as in `authorized_keys`, or a member with one key.
    pub key: String,
    /// The last commit at which it was certainly in the right hands.
    pub since: String,
    /// Why.
    pub reason: String,
    /// Write a draft here in place of landing it.
    pub out: Option<PathBuf>,
}

impl Governance<'_> {
    /// The roots that vouch for the registry, whatever this reader pinned: keyholders, fingerprints, quorums, and the keys
    /// that are distrusted.
    pub fn trust(&self) -> Result<TrustAnswer> {
        let pin = self.registry.world().pin_of(self.registry.id())?;
        let unheld = Context { pinning: Pinning::Root(self.registry.first_root()), ..self.registry.world().clone() };
        let unheld = Registry::open(self.registry.path(), unheld)?;
        let view = unheld.view()?;
        let facts = view.facts()?;
        let policy = facts.policy_in_force()?;
        let Some(newest) = facts.newest_root()? else {
            return Err(Error::new(Code::NotARegistry, "the registry has no root in effect"));
        };
        let roots = roots(facts, pin)?;
        let keys = newest.keyholders.iter().flat_map(|holder| {
            let principal = &holder.principal;
            holder.keys.iter().map(move |key| RootKey { principal: principal.clone(), keyid: key.id(), key: *key })
        });
        let tainted = view.verified().map(|it| it.tainted.clone()).unwrap_or_default();
        let distrusted = policy.distrust.iter().map(|it| Distrusted {
            key: it.key,
            member: policy.member_of_key(&it.key).map(|it| it.0.clone()),
            since: it.since,
            reason: it.reason.clone(),
            tainted: tainted.clone(),
        });
        let about_roots = |it: &Warning| it.place.starts_with("trust root");
        let is_pinned = roots.iter().any(|it| it.pinned);
        Ok(TrustAnswer {
            id: self.registry.id(),
            name: newest.name.clone(),
            trust_root: self.registry.first_root().prefixed(),
            number: newest.number,
            root_threshold: newest.root.threshold,
            policy_threshold: newest.policy.threshold,
            keys: keys.collect(),
            pinned: pin.map(|it| it.prefixed()),
            is_pinned,
            verified: is_pinned && view.is_vouched_for(),
            distrusted: distrusted.collect(),
            warnings: warned(facts, &policy)?.into_iter().filter(about_roots).collect(),
            roots,
        })
    }

    /// Pins a root for this user: any of the registry's verified chain, the first one or a later. The next verified head
    /// moves the pin on to the newest. An error with code `wrong-root` where the registry never had it: then this is not the
    /// registry that its owner spoke of.
    pub fn pin_root(&self, expected: Digest) -> Result<TrustAnswer> {
        let held = Context { pinning: Pinning::Root(expected), ..self.registry.world().clone() };
        let held = Registry::open(self.registry.path(), held)?;
        let view = held.view()?;
        if let Some(error) = view.verified().and_then(|it| it.root_error.clone()) {
            return Err(error);
        }
        self.registry.world().store_pin(self.registry.id(), self.registry.name(), expected)?;
        held.govern().trust()
    }

    /// Pins the first root that the registry has, for somebody who has pinned none for it: trust on first use is for the
    /// first use. An error with code `exists` where there is a pin.
    pub fn pin_on_first_use(&self) -> Result<TrustAnswer> {
        let (world, first) = (self.registry.world(), self.registry.first_root());
        match world.pin_of(self.registry.id())?.filter(|own| *own != first) {
            Some(own) => {
                Err(Error::new(Code::Exists, format!("root {} is pinned for this registry already", own.prefixed()))
                    .hint(Hint::of("to pin another one, name it: ").then(Next::TrustPin { root: None }))
                    .field("pinned", own.prefixed()))
            }
            None => self.pin_root(first),
        }
    }

    /// An `allowed_signers` file of every member's keys, for `git log --show-signature`.
    pub fn allowed_signers(&self, view: &View<'_>) -> Result<String> {
        let policy = view.facts()?.policy_in_force()?;
        let mut text = String::new();
        for (id, member) in &policy.members {
            for key in member.keys.iter().filter(|key| !policy.distrust.iter().any(|it| it.key == key.id())) {
                text.push_str(&allowed_signers_line(id.as_str(), key)?);
                text.push('\n');
            }
        }
        Ok(text)
    }
}

impl Governor<'_> {
    /// Makes root n+1: it needs the old and the new threshold. With `out` a draft is written, so that others can sign.
    pub fn rotate(&self, rotation: &Rotation, out: Option<&Path>) -> Result<RotateAnswer> {
        let mut number = 0;
        let mut plan = |view: &View<'_>, author: &plan::Author| {
            let plan = plan::rotate(view.facts()?, author, rotation)?;
            number = view.facts()?.newest_root()?.map_or(1, |it| it.number + 1);
            Ok(plan)
        };
        let (digest, commit, signatures) = match out {
            Some(out) => {
                let (digest, signatures) = self.draft(Holder::Root, &mut plan, out)?;
                (digest, None, signatures)
            }
            None => {
                let written = self.writer().change_as(Holder::Root, plan)?;
                let digest: Option<Digest> = written.records.first().map(|it| it.1);
                let digest = digest.ok_or_else(|| refmark_types::error::bug("a root without a record"))?;
                let view = self.registry.view()?;
                let root = view.facts()?.root(number)?;
                let given = root.map(|root| signatures(&view, &root.record)).transpose()?;
                let by = given.map(|it| it.by).unwrap_or_default();
                (digest, Some(written.commit), Signatures::complete(by))
            }
        };
        Ok(RotateAnswer { number, digest: digest.prefixed(), commit, draft: out.map(Path::to_owned), signatures })
    }

    /// Distrusts a key that was lost: what it signed outside the state at `since` is tainted.
    pub fn distrust(&self, request: &DistrustRequest) -> Result<PolicyApplyAnswer> {
        let make = |view: &View<'_>| -> Result<String> {
            let before = view.facts()?.policy_in_force()?;
            let key = key_named(&request.key, &before)?;
            if before.distrust.iter().any(|it| it.key == key) {
                return Err(Error::new(Code::NothingToDo, format!("{key} is distrusted already")));
            }
            let since = self.registry.repo.resolve_revision(&request.since)?;
            let good = match view.verified() {
                Some(verified) => verified.walk.position(since)?.is_some(),
                None => false,
            };
            if !good {
                return Err(Error::new(
                    Code::BadArgument,
                    format!("{} is not a good commit of {}", since.short(), self.registry.branch),
                )
                .hint(
                    "name the last commit of the registry's branch at which the key was certainly in the right hands",
                ));
            }
            let mut text = PolicyText::parse(&self.registry.text_of(view, before.number)?)?;
            text.number(before.registry, before.number + 1)?;
            text.distrust(&Distrust { key, since, reason: request.reason.clone() })?;
            Ok(text.text())
        };
        self.next_policy(&make, &request.reason, request.out.as_deref())
    }
}

/// Every root, oldest first.
fn roots(facts: StateReader<'_>, pin: Option<Digest>) -> Result<Vec<RootRow>> {
    let mut roots: Vec<RootRow> = Vec::new();
    while let Some(root) = facts.root(roots.len() as u64 + 1)? {
        let holder = |it: &refmark_records::root::Keyholder| KeyholderRow {
            principal: it.principal.clone(),
            fingerprints: it.keys.iter().map(PublicKey::id).collect(),
            keys: it.keys.clone(),
        };
        let signed = |keyid: &KeyId| {
            let known = root.keyholders.iter().find(|it| it.keys.iter().any(|key| key.id() == *keyid));
            let before = roots.last().and_then(|it| it.keyholders.iter().find(|it| it.fingerprints.contains(keyid)));
            known.map(|it| it.principal.clone()).or(before.map(|it| it.principal.clone()))
        };
        let row = RootRow {
            number: root.number,
            digest: root.record.digest().prefixed(),
            pinned: pin == Some(root.record.digest()),
            current: false,
            name: root.name.clone(),
            format: root.format,
            root: root.root.clone(),
            policy: root.policy.clone(),
            keyholders: root.keyholders.iter().map(holder).collect(),
            signed_by: root.record.signatures.iter().filter_map(|it| signed(&it.keyid)).collect(),
            reason: root.reason.clone(),
            by: root.by.clone(),
            time: root.time,
        };
        roots.push(row);
    }
    if let Some(last) = roots.last_mut() {
        last.current = true;
    }
    Ok(roots)
}

/// A key by its fingerprint, its text, or the member that has it alone.
fn key_named(text: &str, policy: &refmark_records::policy::Policy) -> Result<KeyId> {
    if text.starts_with("SHA256:") {
        return KeyId::parse(text);
    }
    if text.contains(' ') {
        return PublicKey::parse(text).map(|key| key.id());
    }
    let member = PrincipalId::parse(text).ok().and_then(|id| policy.members.get(&id));
    match member.map(|it| it.keys.as_slice()) {
        Some([one]) => Ok(one.id()),
        Some(several) => {
            let all: Vec<String> = several.iter().map(|key| key.id().to_string()).collect();
            Err(Error::new(Code::Ambiguous, format!("{text} has {} keys", several.len())).hint(all.join(", ")))
        }
        None => Err(Error::new(Code::NotFound, format!("`{}` is no key and no member", text.escape_debug()))
            .hint("a fingerprint (SHA256:…), the text of a public key, or a member's id")),
    }
}
