//! Floor 1: the records, what is stored.

#![forbid(unsafe_code)]

pub mod about;
pub mod alias;
pub mod approval;
pub mod catalog;
pub mod checkpoint;
pub mod consumer;
pub mod evidence;
pub mod gate;
pub mod layout;
pub mod lock;
pub mod manifest;
pub mod policy;
pub mod registry_id;
pub mod root;
pub mod signature;
pub mod statement;
pub mod trust;
pub mod version;
