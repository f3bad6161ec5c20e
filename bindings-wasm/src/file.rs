//! Model files that somebody drops: what they are, and their digest.

use refmark_scan::{Inspection, Source, inspect as look};
use refmark_types::digest::Hasher;
use refmark_types::error::{Code, Error, Result as Outcome};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::value::{misuse, thrown, value};

#[wasm_bindgen]
extern "C" {
    /// `Inspected` in TypeScript.
    #[wasm_bindgen(typescript_type = "Inspected")]
    pub type JsInspection;
    /// Reads a part of a file.
    #[wasm_bindgen(typescript_type = "(offset: number, length: number) => Uint8Array")]
    pub type JsRead;

    #[wasm_bindgen(js_namespace = Reflect, js_name = apply, catch)]
    fn apply(function: &JsRead, this: &JsValue, arguments: Vec<f64>) -> Result<Vec<u8>, JsValue>;
}

/// A file and what it is.
#[derive(Serialize)]
struct Inspected<'a> {
    path: &'a str,
    #[serde(flatten)]
    inspection: Inspection,
}

/// A file that is read as far as it is asked for.
struct Asked {
    read: JsRead,
    size: u64,
}

impl Source for Asked {
    fn len(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Outcome<usize> {
        let count = self.size.saturating_sub(offset).min(into.len() as u64);
        if count == 0 {
            return Ok(0);
        }
        let bytes = apply(&self.read, &JsValue::UNDEFINED, vec![offset as f64, count as f64]);
        let bytes = bytes.map_err(|_| not_given(offset, self.size, into.len()))?;
        match into.get_mut(..bytes.len()) {
            Some(to) if !to.is_empty() => to.copy_from_slice(&bytes),
            _ => return Err(not_given(offset, self.size, into.len())),
        }
        Ok(bytes.len())
    }
}

fn not_given(offset: u64, size: u64, length: usize) -> Box<Error> {
    let length = size.saturating_sub(offset).min(length as u64);
    Error::new(Code::Absent, format!("{length} bytes from byte {offset} on are needed, and were not given"))
        .hint("the function that was given reads the file: it threw, or brought nothing")
        .field("offset", offset)
        .field("length", length)
}

/// What a model file is, by its content: `inspect`.
#[wasm_bindgen]
pub fn inspect(name: &str, bytes: &[u8]) -> Result<JsInspection, JsValue> {
    inspected(name, &bytes)
}

/// The same of a file that is read in parts, such as by `FileReaderSync` in a worker: its header, and its end, where an
/// archive could hide. What `read` does not bring is thrown as `absent` with the fields `offset` and `length`.
#[wasm_bindgen(js_name = inspectFile)]
pub fn inspect_file(name: &str, size: f64, read: JsRead) -> Result<JsInspection, JsValue> {
    inspected(name, &Asked { read, size: size as u64 })
}

fn inspected(name: &str, source: &dyn Source) -> Result<JsInspection, JsValue> {
    let inspection = look(name, source).map_err(thrown)?;
    Ok(value(&Inspected { path: name, inspection })?.unchecked_into())
}

/// SHA-256 of bytes that come in parts.
#[wasm_bindgen]
#[derive(Default)]
pub struct Sha256 {
    hasher: Option<Hasher>,
}

#[wasm_bindgen]
impl Sha256 {
    /// The digest of the bytes that came, in hex. Nothing can be added after that.
    #[wasm_bindgen(js_name = digestHex)]
    pub fn digest_hex(&mut self) -> Result<String, JsValue> {
        Ok(self.hasher.take().ok_or_else(ended)?.finish().hex())
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), JsValue> {
        self.hasher.as_mut().ok_or_else(ended)?.update(bytes);
        Ok(())
    }
}

/// A new SHA-256.
#[wasm_bindgen]
pub fn sha256() -> Sha256 {
    Sha256 { hasher: Some(Hasher::new()) }
}

fn ended() -> JsValue {
    misuse("this digest has been taken")
}
