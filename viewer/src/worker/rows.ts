// The table of models: kept here, sent to the page in pieces, and put in order here, so that the page never waits.
import type { Event, ModelRow, Order } from "../protocol.ts";

/** So many rows a message: a few milliseconds of the page's time each. */
const PIECE = 2000;

export type RowsFrom = "listing" | "tree" | "verified";

export class Rows {
  private rows: readonly ModelRow[] = [];
  private generation = 0;

  /** Replaces the table and tells the page. */
  set(rows: readonly ModelRow[], from: RowsFrom, tell: (event: Event) => void): void {
    this.rows = rows;
    this.generation++;
    for (let start = 0; start === 0 || start < rows.length; start += PIECE) {
      tell({ event: "rows", generation: this.generation, start, rows: rows.slice(start, start + PIECE), total: rows.length, from });
    }
  }

  all(): readonly ModelRow[] {
    return this.rows;
  }
}

/** Puts the rows in order in a worker of its own: that answers at once, whatever the other one is at. */
export class Ordered {
  private readonly rows: ModelRow[] = [];
  private readonly words: string[] = [];

  take(rows: readonly ModelRow[], anew: boolean): void {
    if (anew) this.rows.length = this.words.length = 0;
    for (const row of rows) {
      this.rows.push(row);
      this.words.push(`${row.model}\n${row.owner ?? ""}\n${row.aliases.map(([alias]) => alias).join("\n")}`.toLowerCase());
    }
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
}

function keyOf(row: ModelRow, by: Order["by"]): string | number {
  switch (by) {
    case "model": return row.model.toLowerCase();
    case "owner": return (row.owner ?? "\uffff").toLowerCase();
    case "versions": return row.versions;
    case "updated": return row.updated ?? "";
  }
}
