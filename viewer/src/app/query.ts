// What a person types into the search: words, and filters as the command has them in its options.

const NAMES = "model|stage|trust|tag|metric|capability|format|type|file|artifact";
const FILTER = new RegExp(`^(?:${NAMES}):\\S+$`);

export interface Query {
  /** The words that are left. */
  readonly text: string;
  readonly filters: readonly string[];
  /** An alias that the version shall be held by. */
  readonly alias: string | null;
}

/** `stage:production trust:revoked tag:team=nlp metric:f1>=0.9 @champion words`; a digest by itself is one. */
export function queryOf(typed: string): Query {
  const words: string[] = [];
  const filters: string[] = [];
  let alias: string | null = null;
  for (const part of typed.split(/\s+/).filter((it) => it !== "")) {
    const digest = /^(sha256[-:])?([0-9a-f]{64})$/.exec(part);
    if (digest) filters.push(digest[1] === "sha256-" ? `artifact:${part}` : `file:${digest[2]}`);
    else if (FILTER.test(part)) filters.push(part);
    else if (/^@[\w.-]+$/.test(part)) alias = part.slice(1);
    else words.push(part);
  }
  return { text: words.join(" "), filters, alias };
}
