//! refmark in a browser or in Node: bytes in, verdicts and answers out. A thin face of the core: nothing is decided here and
//! nothing is fetched.

#![deny(unsafe_code)]

mod clock;
mod file;
mod policy;
mod repository;
mod review;
mod value;
mod verification;
mod view;
mod voice;
mod walk;
mod words;

pub use file::{Sha256, inspect, inspect_file, sha256};
pub use repository::RefmarkRepository;
pub use verification::Verification;
pub use view::View;

/// Runs once, when the module is loaded: from here on hints are said as a page says them.
#[wasm_bindgen::prelude::wasm_bindgen(start)]
fn start() {
    refmark_types::hint::speak_as(voice::say);
}
