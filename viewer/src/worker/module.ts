// The module as this worker uses it: what the package exports, with the answers' own types.
import * as wasm from "refmark-wasm";
import type {
  CatalogEntry, CommitInfo, DiffAnswer, Dossier, ExplainAnswer, InspectAnswer, ModelRow, MoveRow, PolicyAnswer, ResolveAnswer,
  Review, SearchHit, ShowAnswer, VerifyReport, VersionRow,
} from "../answers.ts";

export interface View {
  head(): string;
  verified(): boolean;
  free(): void;
  models(): ModelRow[];
  versions(model: string): VersionRow[];
  show(reference: string): ShowAnswer;
  resolve(reference: string, at?: string): ResolveAnswer;
  log(reference?: string, max?: number): MoveRow[];
  diff(a: string, b: string): DiffAnswer;
  review(base: string, head: string): Review;
  explain(reference: string): ExplainAnswer;
  whyNot(alias: string, version: number): ExplainAnswer;
  report(reference: string): Dossier;
  search(query: string, max?: number): SearchHit[];
  policy(): PolicyAnswer;
  catalog(): CatalogEntry[];
}

export interface Verification {
  step(commits: number): number;
  remaining(): number;
  total(): number;
  view(): View;
  finish(): VerifyReport;
  free(): void;
}

export interface Repository {
  addPack(name: string, pack: Uint8Array, idx?: Uint8Array): void;
  addLoose(path: string, bytes: Uint8Array): void;
  addBundle(bytes: Uint8Array): void;
  addRef(name: string, oid: string): void;
  addPackedRefs(text: string): void;
  addHead(text: string): void;
  addShallow(text: string): void;
  refs(): Record<string, string>;
  branch(name: string): string | undefined;
  head(): string | undefined;
  commit(id: string): CommitInfo;
  firstParents(head: string, limit: number): CommitInfo[];
  file(commit: string, path: string, limit: number): Uint8Array | undefined;
  verify(head: string, root?: string): Verification;
  view(head: string): View;
  free(): void;
}

/** Reads so many bytes of a file from an offset on. */
export type ReadPart = (offset: number, length: number) => Uint8Array;

export interface Hasher { update(bytes: Uint8Array): void; digestHex(): string; }

const module = wasm as unknown as {
  load(source?: ArrayBuffer | string): Promise<void>;
  RefmarkRepository: new () => Repository;
  inspectFile(name: string, size: number, read: ReadPart): InspectAnswer;
  sha256(): Hasher;
};

export const load = (source: ArrayBuffer | string): Promise<void> => module.load(source);
export const newRepository = (): Repository => new module.RefmarkRepository();
export const inspectFile = (name: string, size: number, read: ReadPart): InspectAnswer => module.inspectFile(name, size, read);
export const sha256 = (): Hasher => module.sha256();
