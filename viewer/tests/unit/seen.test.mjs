import assert from "node:assert/strict";
import { test } from "node:test";
import { seen } from "../../src/parts/seen.ts";

test("what is not seen as itself is spelled out", () => {
  assert.equal(seen("a\u202eb\u{e0041}\x1b[31m"), "a\\u{202e}b\\u{e0041}\\u{1b}[31m");
  assert.equal(seen("ü → −\n\tx"), "ü → −\n\tx");
});
