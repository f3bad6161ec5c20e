import assert from "node:assert/strict";
import { test } from "node:test";
import { judged } from "../../src/parts/judged.ts";

const match = (reference, more = {}) => ({ reference, path: "model.safetensors", files: 3, aliases: [], stage: "production", trust: "trusted", tainted: false, ...more });
const of = (matches, verified = true) => judged("file", { matches, searched: matches.length, all: matches.length }, verified);

test("one of several files is told as such, and a tokenizer that many share is no champion", () => {
  const shared = [match("a/1", { aliases: ["champion"] }), match("a/2"), match("b/1")];
  const { title, tone, words } = of(shared);
  assert.deepEqual([title, tone], ["1 of 3 files of a/1 (@champion)", "plain"]);
  assert.match(words, /2 other versions have it/);
  assert.doesNotMatch(title, /Yes/);
});

test("a tokenizer that a revoked version shares with a good one is no revocation", () => {
  const { title, tone, words } = of([match("a/2", { trust: "revoked" }), match("a/1")]);
  assert.deepEqual([title, tone], ["1 of 3 files of a/1", "warn"]);
  assert.match(words, /also in a\/2, which is revoked/);
});

test("a file that only a revoked or a tainted version has is told in red, and one that is all of a version is that version", () => {
  assert.deepEqual([of([match("a/2", { trust: "revoked" })]).tone, of([match("a/2", { trust: "revoked" })]).title], ["bad", "1 of 3 files of a/2, which is revoked"]);
  assert.equal(of([match("a/2", { files: 1, tainted: true })]).tone, "bad");
  const champion = [match("a/1", { files: 1, aliases: ["champion"] })];
  assert.deepEqual([of(champion).title, of(champion).tone, of(champion, false).tone], ["Yes: a@champion", "good", "plain"]);
  assert.match(of([]).title, /No version here/);
});
