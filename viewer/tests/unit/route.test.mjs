import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, print } from "../../src/app/route.ts";

const COMMIT = "b8460e670c7aee279f4516a1d47b40c7f3cbcea2";
const ROOT = `sha256:${"0".repeat(64)}`;

test("a deep link with commit, root and head comes back as it was written", () => {
  const screens = [
    { screen: "models" }, { screen: "model", model: "nlp/ü @x" }, { screen: "version", model: "sentiment", version: "4" }, { screen: "alias", model: "sentiment", alias: "champion" },
    { screen: "compare" }, { screen: "proposals" }, { screen: "proposal", name: "propose/sentiment-champion-5" }, { screen: "policy" }, { screen: "catalog" }, { screen: "integrity" }, { screen: "file" },
  ];
  for (const screen of screens) {
    const address = { screen, at: COMMIT, root: ROOT, seen: COMMIT, from: null, query: { a: "sentiment/3" } };
    assert.deepEqual(parse(print(address)), address);
  }
});

test("what an export prints behind its address pins the root and says which head was seen", () => {
  const address = parse(`#root=${ROOT}&head=${COMMIT}`);
  assert.deepEqual([address.screen.screen, address.root, address.seen, address.at], ["models", ROOT, COMMIT, null]);
});

test("what is no commit and no root is not taken for one", () => {
  const address = parse("#/m/sentiment@champion?root=sha256:xyz&head=12");
  assert.deepEqual([address.at, address.root, address.seen], [null, null, null]);
  assert.deepEqual(address.screen, { screen: "model", model: "sentiment@champion" });
});

test("an address that leads nowhere says so and is not guessed", () => {
  for (const path of ["#/nonsense", "#/m/a/x/1", "#/policy/more", "#/m/%E0%A4%A/v"]) assert.equal(parse(path).screen.screen, "nowhere");
});
