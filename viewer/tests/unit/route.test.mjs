import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, print } from "../../src/app/route.ts";

const COMMIT = "b8460e670c7aee279f4516a1d47b40c7f3cbcea2";
const ROOT = `sha256:${"0".repeat(64)}`;

test("a deep link with commit, root, head and branch comes back as it was written", () => {
  const screens = [
    { screen: "models" }, { screen: "model", model: "nlp/ü @x" }, { screen: "version", model: "sentiment", version: "4" }, { screen: "alias", model: "sentiment", alias: "champion" },
    { screen: "compare" }, { screen: "proposals" }, { screen: "proposal", name: "propose/sentiment-champion-5" }, { screen: "policy" }, { screen: "catalog" }, { screen: "integrity" }, { screen: "file" },
  ];
  for (const screen of screens) {
    const address = { screen, at: COMMIT, root: ROOT, seen: COMMIT, branch: "propose/a", from: null, query: { a: "sentiment/3" }, faults: [] };
    assert.deepEqual(parse(print(address)), address);
  }
});

test("what an export prints behind its address pins the root and says which head was seen", () => {
  const address = parse(`#root=${ROOT}&head=${COMMIT}`);
  assert.deepEqual([address.screen.screen, address.root, address.seen, address.at, address.faults], ["models", ROOT, COMMIT, null, []]);
});

test("a pin that is not understood is a fault and is never passed over", () => {
  const of = (text) => parse(`#/models?${text}`).faults;
  assert.match(of(`root=${ROOT.slice(0, -4)}`)[0], /60 digits and not 64: it was cut short/);
  assert.match(of(`root=sha256:${"A".repeat(64)}`)[0], /capitals/);
  assert.match(of("root=sha256:xyz")[0], /not 64 digits/);
  assert.match(of("root=")[0], /empty/);
  assert.match(of(`head=${COMMIT.slice(0, 12)}`)[0], /12 digits and not 40 or 64/);
  assert.match(of(`root=${ROOT}&root=sha256:${"1".repeat(64)}`)[0], /named 2 times/);
  assert.match(of("branch=../x")[0], /branch/);
  assert.match(parse(`#/m/sentiment/v/4@${COMMIT.slice(0, 10)}?root=${ROOT}`).faults[0], /commit has 10 digits/);
  assert.match(parse(`#root=${ROOT.slice(0, 20)}`).faults[0], /cut short/);
  const address = parse("#/m/sentiment@champion?root=sha256:xyz&head=12");
  assert.deepEqual([address.at, address.root, address.seen, address.faults.length], [null, null, null, 2]);
  assert.deepEqual(address.screen, { screen: "model", model: "sentiment@champion" });
});

test("an address that leads nowhere says so and is not guessed", () => {
  for (const path of ["#/nonsense", "#/m/a/x/1", "#/policy/more", "#/m/%E0%A4%A/v"]) assert.equal(parse(path).screen.screen, "nowhere");
});
