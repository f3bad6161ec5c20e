//! The types of refmark's language: names, ids, references, digests, times, JSON and errors. Pure: no file, no network, no
//! clock, no environment.
//!
//! Text from outside becomes one of these types before anything else looks at it, and each type has one `parse`:
//!
//! | module | types |
//! |---|---|
//! | [`name`] | names of models, aliases, principals, roles and catalog entries |
//! | [`reference`](mod@reference) | what names a version: `NAME/VERSION`, `NAME@ALIAS`, `NAME`, an artifact id |
//! | [`digest`], [`oid`] | SHA-256 digests and artifact ids; ids of Git objects |
//! | [`package_path`] | paths of files in a package, which every file system can hold |
//! | [`time`], [`span`] | points in time (UTC, whole seconds) and spans such as `30d` |
//! | [`json`], [`canonical`], [`printer`], [`value`](mod@value), [`number`] | strict JSON: reading, RFC 8785 bytes for signatures, the stored form |
//! | [`toml`], [`yaml`] | the text of policies, lock files and settings; what other tools write |
//! | [`text`] | text that is safe on a terminal, in Markdown and in HTML |
//! | [`code`], [`error`], [`hint`] | stable codes, one error type that carries them, and hints that each face spells in its own language |
//!
//! # Examples
//!
//! ```
//! use refmark_types::error::Code;
//! use refmark_types::reference::Reference;
//!
//! let champion = Reference::parse("sentiment@champion")?;
//! assert!(matches!(champion, Reference::Alias(model, alias) if model.as_str() == "sentiment" && alias.as_str() == "champion"));
//!
//! let error = Reference::parse("sentiment@latest").unwrap_err();
//! assert_eq!(error.code, Code::BadName);
//! # Ok::<(), Box<refmark_types::error::Error>>(())
//! ```
//!
//! What is signed is the canonical form; what is stored is the printed form, and nothing else is read back:
//!
//! ```
//! use refmark_types::canonical::{FreeJson, RECORD_LIMIT, canonical_bytes, parse_printed};
//! use refmark_types::printer::print;
//! use refmark_types::value::json;
//!
//! let stored = print(&json!({"b": 1.0, "a": ["x"]}))?;
//! assert_eq!(stored, "{\n  \"b\": 1,\n  \"a\": [\"x\"]\n}\n");
//! assert_eq!(canonical_bytes(&json!({"b": 1.0, "a": ["x"]}))?, br#"{"a":["x"],"b":1}"#);
//! assert!(parse_printed::<FreeJson>(br#"{"a": ["x"]}"#, RECORD_LIMIT).is_err());
//! # Ok::<(), Box<refmark_types::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

pub mod address;
pub mod canonical;
pub mod code;
pub mod digest;
pub mod error;
pub mod hint;
pub mod json;
pub mod name;
pub mod nesting;
pub mod number;
pub mod oid;
pub mod package_path;
pub mod printer;
pub mod reference;
pub mod secret;
pub mod span;
pub mod text;
pub mod time;
mod token;
pub mod toml;
pub mod value;
pub mod yaml;
