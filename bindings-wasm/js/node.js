// For Node: the module is read from the disk at import, so that `load()` has nothing left to do.
import { readFileSync } from "node:fs";
import { initSync } from "./refmark_wasm.js";

export { RefmarkRepository, Sha256, Verification, View, inspect, inspectFile, sha256 } from "./refmark_wasm.js";

initSync({ module: readFileSync(new URL("./refmark_wasm_bg.wasm", import.meta.url)) });

export function load() {
  return Promise.resolve();
}
