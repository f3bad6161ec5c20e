// Every attack of the corpus comes to the verdict, code and path that all faces give.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as refmark from "../pkg/node.js";
import { attacks } from "./corpus.mjs";
import { differs, judge } from "./judge.mjs";

test("every attack comes to its stated verdict and code in Node", () => {
  const all = attacks();
  assert.ok(all.length >= 100, `${all.length}`);
  const wrong = all.flatMap(({ name, bundle, attack }) => {
    const why = differs(attack, judge(refmark, attack, readFileSync(bundle)));
    return why === undefined ? [] : [`${name}: ${why}`];
  });
  assert.deepEqual(wrong, []);
});
