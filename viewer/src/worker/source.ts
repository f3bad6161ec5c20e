// A place that was opened: what it holds, and in which order its bytes are worth reading.
import type { Opened } from "../protocol.ts";
import type { Repository } from "./module.ts";

export type Loading = (what: string, done: number, total: number, unit?: "bytes") => void;

export interface Source {
  readonly about: Pick<Opened, "kind" | "origin" | "claims" | "carriesBlobs">;
  /** The branch that the place names as the registry's, and every ref. */
  readonly branch: string;
  readonly refs: Readonly<Record<string, string>>;
  /** The text of a table of the models at the head, where the place carries one. */
  listing(): Promise<string | null>;
  /** Gives the repository what the newest tree needs. */
  state(into: Repository, loading: Loading): Promise<void>;
  /** Gives it everything else. */
  history(into: Repository, loading: Loading): Promise<void>;
  /** The refs as they are now, where the place can be asked again. */
  refsNow(): Promise<Readonly<Record<string, string>>>;
  /** A file by its digest, where the place carries files; null where it is not there. */
  blob(sha256: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Fetches one object that lies by itself; false where it is not there. */
  object(into: Repository, oid: string): Promise<boolean>;
}
