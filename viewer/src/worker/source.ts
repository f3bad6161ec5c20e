// A place that was opened: what it holds, and in which order its bytes are worth reading.
import type { Opened } from "../protocol.ts";
import type { Repository } from "./module.ts";

export type Loading = (what: string, done: number, total: number) => void;

/** Item n of each column is model n, or version n; the versions of a model stand together, newest first. */
export interface Listing {
  readonly head: string;
  readonly models: {
    readonly name: readonly string[];
    readonly owner: readonly (string | null)[];
    readonly versions: readonly number[];
    readonly updated: readonly (string | null)[];
    readonly aliases: readonly (readonly (readonly [string, number])[])[];
  };
  readonly versions: Readonly<Record<string, readonly unknown[]>>;
}

export interface Source {
  readonly about: Omit<Opened, "head" | "newest" | "refs" | "branch">;
  /** The registry's branch and every ref. */
  readonly branch: string;
  readonly refs: Readonly<Record<string, string>>;
  /** A table of the models at the head, where the place carries one. It is believed until the tree was read. */
  listing(): Promise<Listing | null>;
  /** Gives the repository what the newest tree needs. */
  state(into: Repository, loading: Loading): Promise<void>;
  /** Gives it everything else. */
  history(into: Repository, loading: Loading): Promise<void>;
  /** Fetches one object that lies by itself; false where it is not there. */
  object(into: Repository, oid: string): Promise<boolean>;
}
