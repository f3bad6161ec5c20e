import assert from "node:assert/strict";
import { test } from "node:test";
import { queryOf } from "../../src/app/query.ts";

test("a search is words, filters as the command has them, an alias, or a digest", () => {
  const [hex, id] = ["a".repeat(64), `sha256-${"b".repeat(64)}`];
  assert.deepEqual(queryOf("stage:production fraud metric:auc>=0.9 model"), { text: "fraud model", filters: ["stage:production", "metric:auc>=0.9"], alias: null });
  assert.deepEqual(queryOf(`trust:revoked @canary ${hex} ${id}`), { text: "", filters: ["trust:revoked", `file:${hex}`, `artifact:${id}`], alias: "canary" });
  assert.deepEqual(queryOf("  http://x:y stage: "), { text: "http://x:y stage:", filters: [], alias: null });
});
