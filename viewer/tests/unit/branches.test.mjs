import assert from "node:assert/strict";
import { test } from "node:test";
import { branchesOf } from "../../src/worker/branches.ts";

const [MAIN, ASKED] = ["a".repeat(40), "b".repeat(40)];
const refs = { "refs/heads/main": MAIN, "refs/heads/propose/x": ASKED };
const site = { about: { claims: { name: "n", id: "i", root: null } }, refs };

test("a site that names a proposal as the registry shows it, and is not believed", () => {
  assert.deepEqual(branchesOf({ ...site, branch: "propose/x" }, null), { own: "main", newest: MAIN, shown: "propose/x", tip: ASKED });
});

test("the branch of the link is shown, and one that is not here is a failure", () => {
  assert.deepEqual(branchesOf({ ...site, branch: "main" }, "propose/x"), { own: "main", newest: MAIN, shown: "propose/x", tip: ASKED });
  assert.deepEqual(branchesOf({ ...site, branch: "propose/x" }, "main"), { own: "main", newest: MAIN, shown: "main", tip: MAIN });
  assert.throws(() => branchesOf({ ...site, branch: "main" }, "propose/gone"), { code: "no-branch" });
});

test("a repository whose HEAD names another branch is taken at its word, unless that is a proposal", () => {
  const git = { about: { claims: null }, refs: { ...refs, "refs/heads/trunk": ASKED } };
  assert.equal(branchesOf({ ...git, branch: "trunk" }, null).own, "trunk");
  assert.equal(branchesOf({ ...git, branch: "propose/x" }, null).own, "main");
});
