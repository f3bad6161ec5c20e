import assert from "node:assert/strict";
import { test } from "node:test";
import { plainName, seen } from "../../src/parts/seen.ts";

test("what is not seen as itself is spelled out", () => {
  assert.equal(seen("a\u202eb\u{e0041}\x1b[31m"), "a\\u{202e}b\\u{e0041}\\u{1b}[31m");
  assert.equal(seen("ü → −\n\tx"), "ü → −\n\tx");
});

test("a letter that only looks like a Latin one is spelled out in a name, and a name in another script is left alone", () => {
  assert.equal(plainName("s\u0435ntiment"), "s\\u{435}ntiment");
  assert.equal(plainName("\u0441\u043e\u0440\u0443"), "\\u{441}\\u{43e}\\u{440}\\u{443}");
  assert.equal(plainName("Модели команды, équipe モデル"), "Модели команды, équipe モデル");
  assert.equal(plainName("ＡＢ-model"), "\\u{ff21}\\u{ff22}-model");
});
