// The module, as the package gives it.
import type { RefmarkRepository } from "refmark-wasm";

export { inspectFile, load, RefmarkRepository, sha256, type Verification, type View } from "refmark-wasm";
export type Repository = RefmarkRepository;
