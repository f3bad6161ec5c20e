// For Node: the module is read from the disk at import, so that `load()` has nothing left to do.
import { readFileSync } from "node:fs";
import { guard, guarded } from "./guard.js";
import * as module from "./refmark_wasm.js";
import { openSite as open } from "./site.js";

const { RefmarkRepository, Sha256, Verification, View } = module;
guard({ RefmarkRepository, Sha256, Verification, View });

export { RefmarkRepository, Sha256, Verification, View };
export const inspect = guarded("inspect", "s b", module.inspect);
export const inspectFile = guarded("inspectFile", "s n f", module.inspectFile);
export const sha256 = module.sha256;

module.initSync({ module: readFileSync(new URL("./refmark_wasm_bg.wasm", import.meta.url)) });

export function load() {
  return Promise.resolve();
}

export const openSite = (url, options) => open(load, RefmarkRepository, url, options);
