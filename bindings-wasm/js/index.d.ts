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

/** What a site came to, once it was read and verified. Free `view` and `repository` when they are no longer needed. */
export interface OpenedSite {
  /** The commit that everything is told as of. */
  readonly head: string;
  readonly branch: string;
  readonly repository: import("./refmark_wasm.js").RefmarkRepository;
  readonly report: import("./refmark_wasm.js").VerifyReport;
  readonly view: import("./refmark_wasm.js").View;
}

/** What a site is held to. Without a `root` from elsewhere there is only the site's own word. */
export interface SiteOptions {
  /** `sha256:…`, as `refmark trust show` prints it. */
  readonly root?: string;
  /** A commit that was seen before: it must be on the branch still. */
  readonly seen?: string;
  /** Another branch than the one that the site names. */
  readonly branch?: string;
  /** What fetches; the platform's own where none is given. */
  readonly fetch?: (url: URL, options: { readonly cache?: "no-cache" }) => Promise<{ readonly ok: boolean; readonly status: number; arrayBuffer(): Promise<ArrayBuffer> }>;
}

/**
 * Fetches the folder of a site's `site.json`, verifies all of its history, and gives the view that can be asked. The only
 * function here that fetches.
 */
export function openSite(url: string | URL, options?: SiteOptions): Promise<OpenedSite>;
