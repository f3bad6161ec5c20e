//! The time of day, for the two answers that depend on it; the core has no clock.

use refmark_types::error::Result;
use refmark_types::time::Timestamp;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds since 1970.
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn millis() -> f64;
}

/// The time that was given, else the browser's.
pub(crate) fn now(given: Option<String>) -> Result<Timestamp> {
    match given {
        Some(text) => Timestamp::parse(&text),
        None => Ok(Timestamp::from_unix((millis() / 1000.0) as i64)),
    }
}
