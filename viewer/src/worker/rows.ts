// The table of models: kept here, sent to the page in pieces, and put in order here, so that the page never waits.
import type { VersionRow } from "refmark-wasm";
import type { Event, ModelRow, Order } from "../protocol.ts";
import type { Listing } from "./source.ts";

/** So many rows a message: a few milliseconds of the page's time each. */
const PIECE = 2000;

export type RowsFrom = "listing" | "tree" | "verified";

export class Rows {
  private rows: readonly ModelRow[] = [];
  private words: string[] = [];
  private generation = 0;

  /** Replaces the table and tells the page. */
  set(rows: readonly ModelRow[], from: RowsFrom, tell: (event: Event) => void): void {
    this.rows = rows;
    this.words = rows.map((row) => `${row.model}\n${row.owner ?? ""}\n${row.aliases.map(([alias]) => alias).join("\n")}`.toLowerCase());
    this.generation++;
    for (let start = 0; start === 0 || start < rows.length; start += PIECE) {
      tell({ event: "rows", generation: this.generation, start, rows: rows.slice(start, start + PIECE), total: rows.length, from });
    }
  }

  all(): readonly ModelRow[] {
    return this.rows;
  }

  /** The places of the rows that fit a text, in order. */
  order({ text, by, down }: Order): Uint32Array {
    const words = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const fits: number[] = [];
    for (let at = 0; at < this.words.length; at++) {
      const row = this.words[at] ?? "";
      if (words.every((word) => row.includes(word))) fits.push(at);
    }
    const keys = this.rows.map((row) => keyOf(row, by));
    const sign = down ? -1 : 1;
    fits.sort((a, b) => {
      const [x, y] = [keys[a] ?? "", keys[b] ?? ""];
      return x < y ? -sign : x > y ? sign : a - b;
    });
    return Uint32Array.from(fits);
  }

  /** How many of another table's rows say something else, or are in one of the two alone. */
  differences(truth: readonly ModelRow[]): number {
    const said = new Map(this.rows.map((row) => [row.model, fingerprint(row)]));
    let count = 0;
    for (const row of truth) {
      if (said.get(row.model) !== fingerprint(row)) count++;
      said.delete(row.model);
    }
    return count + said.size;
  }
}

function keyOf(row: ModelRow, by: Order["by"]): string | number {
  switch (by) {
    case "model": return row.model.toLowerCase();
    case "owner": return (row.owner ?? "\uffff").toLowerCase();
    case "versions": return row.versions;
    case "updated": return row.updated ?? "";
  }
}

function fingerprint(row: ModelRow): string {
  const aliases = row.aliases.map(([alias, version]) => `${alias}=${version}`).sort();
  return JSON.stringify([row.versions, row.owner, aliases]);
}

/** The rows of a listing. */
export function rowsOfListing({ models }: Listing): ModelRow[] {
  return models.name.map((model, at) => ({
    model,
    owner: models.owner[at] ?? null,
    versions: models.versions[at] ?? 0,
    updated: models.updated[at] ?? null,
    aliases: models.aliases[at] ?? [],
  }));
}

/** The columns of a listing's versions, and what stands in each. */
const COLUMNS = { version: "number", artifact: "string", stage: "string", trust: "string", size: "number", by: "string", time: "string", metrics: "object" } as const;

/** A model's versions in a listing, newest first; null where it has none, or lacks a column, so that the tree is asked. */
export function versionsOfListing({ models, versions }: Listing, model: string): VersionRow[] | null {
  const at = models.name.indexOf(model);
  const rows: VersionRow[] = [];
  for (let n = versions["model"]?.indexOf(at) ?? -1; n >= 0 && versions["model"]?.[n] === at; n++) {
    const row: Record<string, unknown> = { model, release: versions["release"]?.[n] ?? null, hidden: false };
    for (const [name, kind] of Object.entries(COLUMNS)) {
      const value = versions[name]?.[n];
      if (typeof value !== kind || value === null) return null;
      row[name] = value;
    }
    row["aliases"] = (models.aliases[at] ?? []).flatMap(([alias, held]) => (held === row["version"] ? [alias] : []));
    rows.push(row as unknown as VersionRow);
  }
  return rows.length > 0 ? rows : null;
}
