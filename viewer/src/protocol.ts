// What the page and its worker say to each other. The worker holds the module and every byte; the page holds rows and answers.
import type {
  ArtifactDiff, CatalogEntry, CommitInfo, Dossier, ExplainAnswer, Inspected, Model, ModelWords, MoveRow, PolicyAnswer, ResolveAnswer, Review,
  SearchRow, ShowAnswer, SunsetAnswer, VerifyReport, VersionMark, VersionRow, VersionWords,
} from "refmark-wasm";

/** Where a registry is to be read from. Only `address` fetches, and only from the page's own origin. */
export type Place =
  | { readonly kind: "address"; readonly url: string }
  | { readonly kind: "inlined"; readonly site: string; readonly files: Readonly<Record<string, string>> }
  | { readonly kind: "files"; readonly files: readonly { readonly path: string; readonly file: File }[] }
  | { readonly kind: "bundle"; readonly file: File };

/** What is known once a place has been opened and before anything of it was verified. */
export interface Opened {
  readonly kind: "site" | "git" | "folder" | "bundle" | "single file";
  /** What the registry's own root calls it; null before that was read. A place's own word for it is never taken. */
  readonly name: string | null;
  readonly id: string | null;
  /** Where it was read from, in words. */
  readonly origin: string;
  /** The registry's own branch. */
  readonly branch: string;
  /** The branch that is shown: another one where a link asks for a proposal. */
  readonly shown: string;
  /** The commit that is shown. */
  readonly head: string;
  /** The newest commit of the registry's own branch. */
  readonly newest: string;
  /** How the commit shown lies to that branch; "asked" while it is not known. */
  readonly lies: "newest" | "behind" | "not-landed" | "asked";
  readonly refs: Readonly<Record<string, string>>;
  /** What the place itself says of the registry; no pin, and nothing of it is shown as the registry's. */
  readonly claims: Claims | null;
  readonly carriesBlobs: boolean;
}

/** What a `site.json` says of the registry beside it. */
export interface Claims { readonly name: string; readonly id: string; readonly root: string | null; }

/** What a failure is on this side of the worker. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** How the head that a reader saw lies to the commit that is shown; "newer": both are on the branch, and that one is later. */
export type Seen = "none" | "same" | "older" | "newer" | "not-on-the-chain";

export interface Verified {
  readonly report: VerifyReport;
  readonly seen: Seen;
  /** What this browser verified of this registry before; null where nothing. */
  readonly before: Before | null;
  /** How many Git objects were given to be read. */
  readonly objects: number;
  readonly milliseconds: number;
}

/** What was verified here before, and how it lies to what is here now. */
export interface Before { readonly head: string; readonly time: string; readonly root: string | null; readonly kept: boolean; }

/** How far an exported listing was held against what was verified, field by field. */
export interface ListingCheck {
  readonly state: "none" | "unreadable" | "of another commit" | "under way" | "compared";
  readonly models: number;
  readonly versions: number;
  /** How many models and versions it tells otherwise. */
  readonly lies: number;
  /** The first of them, in words. */
  readonly first: string | null;
}

/** What the worker tells without being asked. */
export type Event =
  | { readonly event: "opened"; readonly opened: Opened }
  | { readonly event: "loading"; readonly what: string; readonly done: number; readonly total: number; readonly unit: "bytes" | "things" }
  | { readonly event: "rows"; readonly generation: number; readonly start: number; readonly rows: readonly ModelRow[]; readonly total: number; readonly from: "listing" | "tree" | "verified" }
  | { readonly event: "ready"; readonly head: CommitInfo; readonly verified: boolean }
  | { readonly event: "verifying"; readonly done: number; readonly total: number }
  | { readonly event: "verified"; readonly verified: Verified }
  | { readonly event: "listing"; readonly listing: ListingCheck }
  | { readonly event: "unverifiable"; readonly failure: Failure }
  | { readonly event: "failed"; readonly failure: Failure };

/** A model in the list: what an exported listing has of it, too. */
export type ModelRow = Omit<Model, "description">;

export type SortKey = "model" | "owner" | "versions" | "updated";
export interface Order { readonly text: string; readonly by: SortKey; readonly down: boolean; }

/** A branch beside the registry's own, with what it would change in a word. */
export interface Proposal { readonly ref: string; readonly name: string; readonly head: string; readonly commit: CommitInfo; readonly landed: boolean; }

/** Who holds a dropped file's bytes in this registry. */
export interface FileMatch {
  readonly reference: string;
  readonly path: string;
  /** How many files the version has: one of several says little of the whole. */
  readonly files: number;
  readonly aliases: readonly string[];
  readonly stage: string | null;
  /** The trust state that counts. */
  readonly trust: string;
  readonly tainted: boolean;
}
export interface DroppedFile { readonly answer: Inspected; readonly size: number; readonly sha256: string; readonly matches: readonly FileMatch[]; readonly searched: number; readonly all: number; }

export interface Relative { readonly model: string; readonly version: number; readonly artifact: string; }
/** What a version was made from and what was made from it, as far as `searched` of `all` versions tell. */
export interface Relatives { readonly from: readonly Relative[]; readonly made: readonly Relative[]; readonly searched: number; readonly all: number; }

/** The questions that the page asks, by name: arguments and answer. */
export interface Questions {
  versions(model: string): readonly VersionRow[];
  show(reference: string): ShowAnswer;
  resolve(reference: string, at?: string): ResolveAnswer;
  log(reference?: string): readonly MoveRow[];
  newestMoves(model: string): readonly MoveRow[];
  diff(a: string, b: string): ArtifactDiff;
  proposals(): readonly Proposal[];
  review(base: string, head: string): Review;
  explain(reference: string): ExplainAnswer;
  whyNot(alias: string, version: string): ExplainAnswer;
  report(reference: string): Dossier;
  /** The newest moves of all aliases. */
  recent(most: number): readonly MoveRow[];
  modelWords(model: string): ModelWords | null;
  versionWords(reference: string): VersionWords;
  search(text: string, filters: readonly string[]): readonly SearchRow[];
  policy(): PolicyAnswer;
  catalog(): readonly CatalogEntry[];
  sunset(): SunsetAnswer;
  /** The newest commit that the place names now. */
  newest(): string;
  /** Forgets what was verified here before. */
  forget(): null;
  /** A file of the site, whose bytes have the digest. */
  download(sha256: string, size: number): Blob;
  marks(versions: readonly string[]): readonly VersionMark[];
  relatives(artifact: string, parents: readonly string[], limit: number): Relatives;
  inspect(file: File, model: string | null): DroppedFile;
}
export type Question = keyof Questions;
export type Arguments<Q extends Question> = Parameters<Questions[Q]>;
export type Answer<Q extends Question> = ReturnType<Questions[Q]>;

/** What a link asks of the place. */
export interface Wanted { readonly at: string | null; readonly root: string | null; readonly seen: string | null; readonly branch: string | null; }

/** What the page sends. */
export type Request =
  | { readonly do: "open"; readonly id: number; readonly place: Place; readonly module: ArrayBuffer | string; readonly wanted: Wanted }
  | { readonly do: "ask"; readonly id: number; readonly question: Question; readonly args: readonly unknown[] }
  | { readonly do: "rows"; readonly id: number; readonly rows: readonly ModelRow[]; readonly anew: boolean }
  | { readonly do: "order"; readonly id: number; readonly order: Order }
  | { readonly do: "stop"; readonly id: number };

/** What the worker sends back: an answer or a failure to an id, or an event.
 * `by` is the id of the request to open that an event belongs to: what an older one still says is not listened to. */
export type Told = Event & { readonly by: number };
export type Reply = { readonly id: number; readonly answer: unknown } | { readonly id: number; readonly failure: Failure } | Told;
