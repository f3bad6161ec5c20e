// For browsers and bundlers: call `load()` once; the module lies beside this file.
import init from "./refmark_wasm.js";

export { RefmarkRepository, Sha256, Verification, View, inspect, inspectFile, sha256 } from "./refmark_wasm.js";

let loading;

export function load(module) {
  loading ??= init(module === undefined ? undefined : { module_or_path: module }).then(() => undefined);
  return loading;
}
