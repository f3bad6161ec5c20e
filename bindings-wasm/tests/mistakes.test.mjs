// The mistakes of tests/vectors/mistakes: each has the same code in every face, and a page's hint names no command.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as refmark from "../pkg/node.js";
import { root } from "./corpus.mjs";
import { Example } from "./registry.mjs";

const folder = join(root, "tests/vectors/mistakes");
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
const mistakes = files.flatMap((name) => JSON.parse(readFileSync(join(folder, name), "utf8"))).filter(({ page }) => page);
let example;
let view;

before(() => {
  example = new Example((made) => made.small());
  ({ view } = example.view(refmark));
});
after(() => rmSync(example.home, { recursive: true, force: true }));

for (const { name, code, page } of mistakes) {
  test(name, () => {
    try {
      view[page.verb](...page.args);
    } catch (error) {
      assert.equal(error.code, code, error.message);
      assert.doesNotMatch(error.hint ?? "", /(^|[\s`])--\w|`refmark [a-z]|reg\./);
      return;
    }
    assert.fail("it is no error");
  });
}
