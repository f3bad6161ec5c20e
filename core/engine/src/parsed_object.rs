//! What can be told of one file by itself, before anything is judged: that it is well-formed, and by which of the keys at
//! hand it is signed. It holds wherever the file lies, so it can be found out on any thread, for many files at once.

use std::sync::Arc;

use refmark_records::layout::{Document, Place};
use refmark_records::manifest::Manifest;
use refmark_records::policy::Policy;
use refmark_records::signature::{KeyId, PublicKey};
use refmark_records::statement::Record;
use refmark_types::digest::ArtifactId;
use std::collections::BTreeMap;

/// Keys by their fingerprints: those whose signatures are worth a look beforehand.
pub type Keys = BTreeMap<KeyId, PublicKey>;

/// What is known of an object.
#[derive(Debug, Clone)]
pub enum ParsedObject {
    /// It is a record; where `by` is given, its first signature is by that key and verifies.
    Record(Arc<Record>, Option<KeyId>),
    /// It is the manifest of this artifact.
    Manifest(Arc<Manifest>, ArtifactId),
}

impl ParsedObject {
    /// What the bytes of a file at a path are. Nothing where they are not well-formed, or there is nothing to know: whoever
    /// judges them finds out why.
    pub fn of(path: &str, bytes: &[u8], keys: &Keys) -> Option<ParsedObject> {
        match Place::parse(path)? {
            Place::PolicyText(_) => None,
            Place::Document(_, Document::Manifest) => {
                let manifest = Manifest::parse(bytes).ok()?;
                let id = manifest.id().ok()?;
                Some(ParsedObject::Manifest(Arc::new(manifest), id))
            }
            Place::Document(..) => None,
            _ => Record::parse(bytes).ok().map(|record| ParsedObject::signed(record, keys)),
        }
    }

    /// A record that was read or made, with its first signature looked at.
    fn signed(record: Record, keys: &Keys) -> ParsedObject {
        let signature = record.signatures.first();
        let key = signature.and_then(|signature| {
            keys.get(&signature.keyid).filter(|key| signature.verify(key, record.canonical()).is_ok())
        });
        let by = key.and(signature).map(|signature| signature.keyid);
        ParsedObject::Record(Arc::new(record), by)
    }
}

/// The keys of a policy's members.
pub fn keys_of(policy: &Policy) -> Keys {
    policy.members.values().flat_map(|member| &member.keys).map(|key| (key.id(), *key)).collect()
}
