//! From the core's values to those of JavaScript: by JSON, so that every face shows the same fields.

use refmark_types::fault::{Code, Fault};
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
const FAULT: &str = r#"
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

/// A fault, as an `Error` with the fault's fields.
pub(crate) fn thrown(fault: Box<Fault>) -> JsValue {
    let error = JsValue::from(JsError::new(&fault.message));
    match value(&fault) {
        Ok(fields) => assign(&error, &fields),
        Err(_) => error,
    }
}

/// What a caller did that the class does not allow.
pub(crate) fn misuse(message: &str) -> JsValue {
    thrown(Fault::new(Code::BadArgument, message))
}
