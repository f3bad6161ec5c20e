export {
  RefmarkRepository,
  Sha256,
  Verification,
  View,
  inspect,
  inspectFile,
  sha256,
  type Change,
  type CommitInfo,
  type RefmarkError,
  type TreeEntry,
  type VerifyReport,
} from "./refmark_wasm.js";
export type * from "./answers.js";

/**
 * Makes the module ready; await it before anything else. Give the module itself (a URL, a response, bytes) where it does
 * not lie beside this file. In Node it is ready at import.
 */
export function load(module?: string | URL | Request | Response | BufferSource | WebAssembly.Module): Promise<void>;
