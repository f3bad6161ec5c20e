//! The records that a registry stores: what they say, how they are signed, and where they lie. Pure, like everything
//! below `store`.
//!
//! A [record](statement::Record) is a [statement](statement::Statement) and the signatures over its canonical bytes. The
//! statement's [predicate](statement::Predicate) is one of thirteen kinds: [`root`], [`policy`], [`about`], [`version`] (with
//! stage moves and labels), [`alias`], [`trust`], [`evidence`], [`approval`], [`consumer`], [`checkpoint`] and [`catalog`].
//! The tree also holds unsigned documents, which a signed version binds: [`manifest`] has them.
//!
//! - [`layout`] is the one place that knows paths: from a record to its path and back.
//! - [`signature`] has keys, fingerprints and signatures, DSSE's for records and SSH's for commits. Signing itself is a
//!   port, because a key may be in a file, an agent or a CI secret.
//! - [`policy`] and [`gate`] are the text that says who may do what; `refmark-engine` judges by it.
//! - [`lock`] is a consumer's `refmark.lock`.
//!
//! # Examples
//!
//! Sign a statement, store the record, and read it back:
//!
//! ```
//! use ed25519_dalek::{Signer as _, SigningKey};
//! use refmark_records::checkpoint::Checkpoint;
//! use refmark_records::layout::Place;
//! use refmark_records::registry_id::RegistryId;
//! use refmark_records::signature::{PAYLOAD_TYPE, PublicKey, Signature, pae};
//! use refmark_records::statement::{Record, Statement};
//! use refmark_types::name::PrincipalId;
//! use refmark_types::time::Timestamp;
//!
//! let statement = Statement::new(Checkpoint {
//!     sequence: 1,
//!     commits: 12,
//!     by: PrincipalId::parse("ci")?,
//!     time: Timestamp::parse("2026-11-20T14:02:00Z")?,
//!     previous: None,
//!     base: None,
//!     path: Place::Checkpoint(1).path(),
//!     registry: RegistryId::parse("000102030405060708090a0b0c0d0e0f")?,
//! });
//! let secret = SigningKey::from_bytes(&[7; 32]);
//! let key = PublicKey::from_bytes(secret.verifying_key().as_bytes())?;
//! let sig = secret.sign(&pae(PAYLOAD_TYPE, &statement.canonical()?)).to_bytes();
//! let record = Record::new(statement, vec![Signature { keyid: key.id(), sig }])?;
//!
//! let read = Record::parse(record.print()?.as_bytes())?;
//! read.signatures[0].verify(&key, read.canonical())?;
//! assert_eq!(read, record);
//! # Ok::<(), Box<refmark_types::error::Error>>(())
//! ```
//!
//! A path says what lies there, and nothing else is accepted at it:
//!
//! ```
//! use refmark_records::layout::Place;
//!
//! assert_eq!(Place::Root(1).path(), "trust/0001.json");
//! assert_eq!(Place::parse("trust/0001.json"), Some(Place::Root(1)));
//! assert_eq!(Place::parse("trust/1.json"), None);
//! ```

#![forbid(unsafe_code)]

pub mod about;
pub mod alias;
pub mod approval;
pub mod attached;
pub mod catalog;
pub mod checkpoint;
mod common;
pub mod consumer;
pub mod contents;
pub mod contract;
pub mod evidence;
pub mod gate;
pub mod layout;
pub mod licence;
pub mod lineage;
pub mod lock;
pub mod manifest;
pub mod pattern;
pub mod policy;
mod predicate;
pub mod registry_id;
pub mod root;
pub mod signature;
pub mod statement;
pub mod substance;
pub mod template;
pub mod trust;
pub mod version;
