// The table of models that a site carries: read with care, because anybody may have written it, and told until the truth is
// known. What was told by it is then held against what was verified, field by field.
import type { VersionMark, VersionRow } from "refmark-wasm";
import type { ListingCheck, ModelRow } from "../protocol.ts";

type Column = readonly unknown[];

/** Item n of each column is model n, or version n; the versions of a model stand together, newest first. */
export interface Listing {
  readonly head: string;
  readonly rows: readonly ModelRow[];
  /** The versions of each model, newest first; null where the listing has none of them, or lacks a column. */
  readonly versions: ReadonlyMap<string, readonly VersionRow[]> | null;
}

const text = (value: unknown): value is string => typeof value === "string";
const count = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
const none = (value: unknown): boolean => value === null || value === undefined;
const pair = (value: unknown): value is readonly [string, number] => Array.isArray(value) && text(value[0]) && count(value[1]);

/** The columns of models, and what each item is. */
const MODELS: Readonly<Record<string, (value: unknown) => boolean>> = {
  name: text, owner: (value) => none(value) || text(value), versions: count, updated: (value) => none(value) || text(value), aliases: (value) => Array.isArray(value) && value.every(pair),
};
/** Those of versions. */
const VERSIONS: Readonly<Record<string, (value: unknown) => boolean>> = {
  model: count, version: count, release: (value) => none(value) || text(value), artifact: text, stage: text, trust: text, size: count, by: text, time: text,
  metrics: (value) => typeof value === "object" && value !== null && Object.values(value).every((it) => text(it) || typeof it === "number"),
};

/** The columns, where each is as long as the first and every item is what it should be. */
function columns(of: unknown, kinds: typeof MODELS): Readonly<Record<string, Column>> | null {
  if (typeof of !== "object" || of === null) return null;
  const found = of as Readonly<Record<string, unknown>>;
  const [first] = Object.keys(kinds);
  const length = (found[first ?? ""] as Column | undefined)?.length;
  for (const [name, fits] of Object.entries(kinds)) {
    const column = found[name];
    if (!Array.isArray(column) || column.length !== length || !column.every(fits)) return null;
  }
  return found as Readonly<Record<string, Column>>;
}

/** Reads a listing; null where it is none. */
export function parseListing(json: string): Listing | null {
  let it: unknown;
  try {
    it = JSON.parse(json);
  } catch {
    return null;
  }
  const { head, models, versions } = (typeof it === "object" && it !== null ? it : {}) as Readonly<Record<string, unknown>>;
  const table = columns(models, MODELS);
  if (!text(head) || table === null) return null;
  const rows = table["name"] as readonly string[];
  if (new Set(rows).size !== rows.length) return null;
  const of = columns(versions, VERSIONS);
  const all = of === null ? null : versionsOf(of, table, (versions as { tainted?: unknown }).tainted);
  return { head, versions: all, rows: rows.map((model, at) => rowOf(model, at, table, all?.get(model))) };
}

function rowOf(model: string, at: number, table: Readonly<Record<string, Column>>, versions: readonly VersionRow[] | undefined): ModelRow {
  const aliases = table["aliases"]?.[at] as ModelRow["aliases"];
  const held = new Set(aliases.map(([, version]) => version));
  return {
    model,
    owner: (table["owner"]?.[at] ?? null) as string | null,
    versions: table["versions"]?.[at] as number,
    updated: (table["updated"]?.[at] ?? null) as string | null,
    aliases,
    marked: (versions ?? []).filter((row) => held.has(row.version)).map(markOf).filter(warns).sort((a, b) => a.version - b.version),
  };
}

export const markOf = (row: VersionRow): VersionMark => ({ model: row.model, version: row.version, trust: row.trust, stage: row.stage, tainted: row.tainted === true });
/** As the core has it: bytes that are not trusted, a key that was lost, the end of its life. */
export const warns = (mark: VersionMark): boolean => mark.tainted === true || mark.trust !== "trusted" || mark.stage === "retired" || mark.stage === "archived";

function versionsOf(of: Readonly<Record<string, Column>>, models: Readonly<Record<string, Column>>, tainted: unknown): Map<string, VersionRow[]> {
  const bad = new Set(Array.isArray(tainted) ? tainted : []);
  const all = new Map<string, VersionRow[]>();
  for (let n = 0; n < (of["model"]?.length ?? 0); n++) {
    const place = of["model"]?.[n] as number;
    const model = models["name"]?.[place] as string | undefined;
    if (model === undefined) continue;
    const version = of["version"]?.[n] as number;
    const aliases = (models["aliases"]?.[place] as ModelRow["aliases"]).flatMap(([alias, held]) => (held === version ? [alias] : []));
    const row = { model, aliases, hidden: false, ...Object.fromEntries(Object.keys(VERSIONS).slice(1).map((name) => [name, of[name]?.[n] ?? null])), ...(bad.has(n) ? { tainted: true } : {}) };
    const rows = all.get(model) ?? [];
    if (rows.length === 0) all.set(model, rows);
    rows.push(row as unknown as VersionRow);
  }
  return all;
}

const MODEL_FIELDS = ["owner", "versions", "updated", "aliases", "marked"] as const;
const VERSION_FIELDS = ["release", "artifact", "stage", "trust", "size", "by", "time", "metrics", "aliases", "tainted"] as const;

/** A value as text, with the keys of objects in order, so that equal values are equal texts. */
function plain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plain).join()}]`;
  if (typeof value === "object" && value !== null) return `{${Object.entries(value).filter(([, it]) => it !== false).map(([key, it]) => `${key}:${plain(it)}`).sort().join()}}`;
  return JSON.stringify(value ?? null);
}

/** The first field in which two rows differ, with both values. */
function difference<T extends object>(told: T, truth: T, fields: readonly (keyof T & string)[]): string | null {
  for (const name of fields) {
    // No taint is no field, and false.
    const [a, b] = [told, truth].map((it) => plain(Array.isArray(it[name]) ? [...it[name]].sort() : it[name] === false ? undefined : it[name]));
    if (a !== b) return `${name} ${a} and not ${b}`;
  }
  return null;
}

/** Counts what a listing tells otherwise. */
export class Comparison {
  private lies = 0;
  private first: string | null = null;
  private versions = 0;
  private models = 0;

  constructor(private readonly listing: Listing) {}

  private found(what: string): void {
    this.lies++;
    this.first ??= what;
  }

  /** Holds the list of models against those that took effect. */
  compareModels(truth: readonly ModelRow[]): void {
    const told = new Map(this.listing.rows.map((row) => [row.model, row]));
    this.models = truth.length;
    for (const row of truth) {
      const mine = told.get(row.model);
      told.delete(row.model);
      if (mine === undefined) this.found(`it leaves out ${row.model}`);
      else this.note(row.model, difference(mine, row, this.listing.versions === null ? MODEL_FIELDS.slice(0, 4) : MODEL_FIELDS));
    }
    for (const model of told.keys()) this.found(`it has a model ${model} that is not there`);
  }

  /** Holds the versions of one model against those that took effect. */
  compareVersions(model: string, truth: readonly VersionRow[]): void {
    const told = new Map((this.listing.versions?.get(model) ?? []).map((row) => [row.version, row]));
    for (const row of truth) {
      this.versions++;
      const mine = told.get(row.version);
      told.delete(row.version);
      if (mine === undefined) this.found(`it leaves out ${model}/${row.version}`);
      else this.note(`${model}/${row.version}`, difference(mine, row, VERSION_FIELDS));
    }
    for (const version of told.keys()) this.found(`it has ${model}/${version}, which is not there`);
  }

  private note(name: string, differs: string | null): void {
    if (differs !== null) this.found(`it says of ${name} ${differs}`);
  }

  told(state: ListingCheck["state"]): ListingCheck {
    return { state, models: this.models, versions: this.versions, lies: this.lies, first: this.first };
  }
}
