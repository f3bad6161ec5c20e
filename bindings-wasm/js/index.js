// For browsers and bundlers: call `load()` once; the module lies beside this file.
import { guard, guarded } from "./guard.js";
import init, * as module from "./refmark_wasm.js";
import { openSite as open } from "./site.js";

const { RefmarkRepository, Sha256, Verification, View } = module;
guard({ RefmarkRepository, Sha256, Verification, View });

export { RefmarkRepository, Sha256, Verification, View };
export const inspect = guarded("inspect", "s b", module.inspect);
export const inspectFile = guarded("inspectFile", "s n f", module.inspectFile);
export const sha256 = module.sha256;

let loading;

export function load(from) {
  loading ??= init(from === undefined ? undefined : { module_or_path: from }).then(() => undefined);
  return loading;
}

export const openSite = (url, options) => open(load, RefmarkRepository, url, options);
