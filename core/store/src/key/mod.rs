//! Floor 4: signing keys from files, agents and the environment.
//!
//! [`find`] looks in one fixed order: the key that was named (`--key`), `REFMARK_KEY`, an ssh-agent, an unencrypted
//! `~/.ssh/id_ed25519`, and a key of refmark's own. All inputs stand in [`KeySearch`]; only
//! [`KeySearch::from_env`] reads the environment.

#![allow(clippy::disallowed_methods)]

mod agent;
mod generate;
mod private_files;
mod public;
mod read;
mod search;
mod secret_key;

pub use generate::{generate, keep};
pub use public::read_public_keys;
pub use search::{Found, KeySearch, PassphrasePrompt, find, look, own_key_path};
pub use secret_key::HeldKey;

use refmark_engine::ports::signer::Signer;

/// Keys that were found in one place, in its order.
type Signers = Vec<Box<dyn Signer>>;

#[cfg(test)]
mod tests;
