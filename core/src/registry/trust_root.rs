//! `trust`: the root that vouches for a registry, who pinned it, and the keys of its members for other tools.

use std::path::Path;

use serde::Serialize;

use super::open::Registry;
use super::world::{Pinning, World};
use crate::blob::disk::io_fault;
use crate::records::registry_id::RegistryId;
use crate::records::signature::{KeyId, PublicKey};
use crate::records::statement::{Predicate, Record};
use crate::words::canonical::RECORD_LIMIT;
use crate::words::digest::Digest;
use crate::words::fault::{Code, Fault, Result};
use crate::words::name::PrincipalId;

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustRootAnswer {
    /// The registry's id.
    pub id: RegistryId,
    /// Its name.
    pub name: String,
    /// The first root, by the digest of its statement, as `sha256:<hex>`: what readers pin.
    pub trust_root: String,
    /// The number of the newest root.
    pub number: u64,
    /// How many of the root's principals must sign the next root.
    pub root_threshold: u64,
    /// How many must sign a policy.
    pub policy_threshold: u64,
    /// The keys of the newest root.
    pub keys: Vec<RootKey>,
    /// What this reader pinned, as `sha256:<hex>`.
    pub pinned: Option<String>,
    /// Whether the pin is this registry's root.
    pub is_pinned: bool,
}

impl Pinning {
    /// Reads what `--trust-root` takes: `sha256:<hex>`, or the path of a root's record (`trust/0001.json`).
    pub fn read(text: &str) -> Result<Pinning> {
        if let Ok(digest) = Digest::parse(text) {
            return Ok(Pinning::Root(digest));
        }
        let path = Path::new(text);
        let size = std::fs::metadata(path).map_err(|error| {
            io_fault("read", path, &error).hint("give sha256: and 64 hex digits, or the file of the first root")
        })?;
        if size.len() > RECORD_LIMIT {
            return Err(Fault::new(Code::TooLarge, format!("{text} is too large for a trust root")).at(text));
        }
        let bytes = std::fs::read(path).map_err(|error| io_fault("read", path, &error))?;
        let record = Record::parse(&bytes).map_err(|fault| fault.at(text))?;
        match record.predicate() {
            Predicate::Root(_) => Ok(Pinning::Root(record.digest())),
            _ => Err(Fault::new(Code::BadArgument, format!("{text} is a record, and not one of a trust root"))
                .hint("name the registry's file trust/0001.json, or its digest")
                .at(text)),
        }
    }
}

impl Registry {
    /// The root that vouches for the registry, its keys, and what this reader pinned.
    pub fn trust_root(&self) -> Result<TrustRootAnswer> {
        let pinned = self.world().pin_of(self.id())?;
        let unheld = World { pinning: Pinning::Root(self.first_root()), ..self.world().clone() };
        let view = Registry::open(self.path(), unheld)?;
        let view = view.view()?;
        let Some(root) = view.facts()?.newest_root()? else {
            return Err(Fault::new(Code::NotARegistry, "the registry has no root in effect"));
        };
        let keys = root.keyholders.iter().flat_map(|holder| {
            let principal = &holder.principal;
            holder.keys.iter().map(move |key| RootKey { principal: principal.clone(), keyid: key.id(), key: *key })
        });
        Ok(TrustRootAnswer {
            id: self.id(),
            name: root.name.clone(),
            trust_root: self.first_root().prefixed(),
            number: root.number,
            root_threshold: root.root.threshold,
            policy_threshold: root.policy.threshold,
            keys: keys.collect(),
            is_pinned: pinned == Some(self.first_root()),
            pinned: pinned.map(|it| it.prefixed()),
        })
    }

    /// Pins the registry's first root for this user. A fault with code `wrong-root` where `expected` is another one: then
    /// this is not the registry that its owner spoke of.
    pub fn pin_root(&self, expected: Digest) -> Result<TrustRootAnswer> {
        if expected != self.first_root() {
            return Err(Fault::new(
                Code::WrongRoot,
                format!(
                    "the root of {} is {}, and not {}",
                    self.path().display(),
                    self.first_root().prefixed(),
                    expected.prefixed()
                ),
            )
            .hint("this is another registry than the one that you were told of; ask its owner")
            .field("expected", expected.prefixed())
            .field("found", self.first_root().prefixed()));
        }
        let answer = self.trust_root()?;
        self.world().store_pin(self.id(), &answer.name, expected)?;
        Ok(TrustRootAnswer { pinned: Some(expected.prefixed()), is_pinned: true, ..answer })
    }
}
