//! From the core's values to those of JavaScript: by JSON, so that every face shows the same fields.

use refmark_types::error::{Code, Error};
use refmark_types::value::to_value;
use serde::Serialize;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = JSON, js_name = parse, catch)]
    fn parse(text: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = Object, js_name = assign)]
    fn assign(target: &JsValue, from: &JsValue) -> JsValue;
}

/// The TypeScript side of what is thrown.
#[wasm_bindgen(typescript_custom_section)]
const ERROR_TYPE: &str = r#"
/** What every function here throws: a stable `code`, what to do next, and the values that the message names. */
export interface RefmarkError extends Error {
  readonly code: string;
  readonly hint: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
}
"#;

/// A value of the core, as a plain JavaScript value.
pub(crate) fn value(of: &impl Serialize) -> Result<JsValue, JsValue> {
    parse(&to_value(of).to_string())
}

/// An error, as an `Error` with the error's fields.
pub(crate) fn thrown(error: Box<Error>) -> JsValue {
    let thrown = JsValue::from(JsError::new(&error.message));
    match value(&error) {
        Ok(fields) => assign(&thrown, &fields),
        Err(_) => thrown,
    }
}

/// What a caller did that the class does not allow.
pub(crate) fn misuse(message: &str) -> JsValue {
    thrown(Error::new(Code::BadArgument, message))
}
