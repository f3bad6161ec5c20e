// The built package, in Node, on repositories that the real `git` made.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { load, RefmarkRepository } from "../pkg/node.js";

const folder = mkdtempSync(join(tmpdir(), "refmark-wasm-"));
after(() => rmSync(folder, { recursive: true }));

function git(...args) {
  const who = { GIT_AUTHOR_NAME: "A", GIT_AUTHOR_EMAIL: "a@example.org", GIT_AUTHOR_DATE: "1700000000 +0000" };
  const committer = { GIT_COMMITTER_NAME: "A", GIT_COMMITTER_EMAIL: "a@example.org", GIT_COMMITTER_DATE: "1700000000 +0000" };
  const alone = { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  return execFileSync("git", args, { cwd: folder, env: { ...alone, ...who, ...committer }, encoding: "utf8" }).trim();
}

git("init", "-q", "-b", "main");
for (const [file, text] of [["README.md", "one\n"], ["README.md", "two\n"], ["café", "three\n"]]) {
  writeFileSync(join(folder, file), text);
  git("add", "-A");
  git("commit", "-q", "-m", `writes ${file}`);
}
git("gc", "-q");
git("bundle", "create", "-q", ".git/all.bundle", "main");
const head = git("rev-parse", "HEAD");
const packs = join(folder, ".git/objects/pack");
const pack = readFileSync(join(packs, readdirSync(packs).find((name) => name.endsWith(".pack"))));
const idx = readFileSync(join(packs, readdirSync(packs).find((name) => name.endsWith(".idx"))));

function opened() {
  const repository = new RefmarkRepository();
  repository.addPack("a pack", pack, idx);
  repository.addPackedRefs(readFileSync(join(folder, ".git/packed-refs"), "utf8"));
  repository.addHead(readFileSync(join(folder, ".git/HEAD"), "utf8"));
  return repository;
}

test("a pack with its index is read as git reads it", async () => {
  await load();
  const repository = opened();
  assert.equal(repository.head(), "refs/heads/main");
  assert.equal(repository.branch("main"), head);
  assert.deepEqual(repository.refs(), { "refs/heads/main": head });
  const commits = repository.firstParents(head, 10);
  assert.deepEqual(commits.map(({ id }) => id), git("rev-list", "HEAD").split("\n"));
  assert.equal(commits[0].message, "writes café\n");
  assert.equal(commits[0].time, "2023-11-14T22:13:20Z");
  assert.deepEqual(repository.list(head, "").map(({ name, mode }) => [name, mode]), [["README.md", "100644"], ["café", "100644"]]);
  assert.equal(new TextDecoder().decode(repository.file(head, "README.md", 100)), "two\n");
  assert.equal(repository.file(head, "nowhere", 100), undefined);
  assert.deepEqual(repository.changes(head).map(({ path, old }) => [path, old]), [["café", null]]);
});

test("a bundle and loose objects come to the same", () => {
  const bundled = new RefmarkRepository();
  bundled.addBundle(readFileSync(join(folder, ".git/all.bundle")));
  assert.deepEqual(bundled.changes(head), opened().changes(head));
  const unindexed = new RefmarkRepository();
  unindexed.addPack("a pack", pack, undefined);
  assert.deepEqual(unindexed.commit(head), opened().commit(head));
});

test("what is damaged is thrown as an Error with a code, and changes nothing", () => {
  const repository = opened();
  const thrown = (work) => {
    try {
      work();
    } catch (error) {
      assert.ok(error instanceof Error);
      return error;
    }
    assert.fail("nothing was thrown");
  };
  assert.equal(thrown(() => repository.addPack("cut", pack.subarray(0, 50), idx)).code, "bad-pack");
  const error = thrown(() => repository.file(head, "README.md", 1));
  assert.deepEqual([error.code, error.fields.size, error.fields.limit], ["too-large", 4, 1]);
  assert.equal(thrown(() => repository.commit("nonsense")).code, "bad-argument");
  assert.equal(thrown(() => repository.commit("0".repeat(40))).code, "missing-object");
  assert.equal(repository.commit(head).id, head);
});

test("a repository without a registry does not verify, in steps that count down", () => {
  const repository = opened();
  const verification = repository.verify(head, undefined);
  assert.deepEqual([verification.total(), verification.step(1), verification.remaining()], [3, 2, 2]);
  assert.throws(() => verification.view(), { code: "bad-argument" });
  // What is read can grow meanwhile.
  repository.addRef("refs/heads/other", head);
  const report = verification.finish();
  assert.deepEqual([report.head, report.commits, report.pinned, report.root], [head, 3, false, null]);
  assert.deepEqual(verification.finish(), report);
  assert.deepEqual(verification.view().models(), []);
  const pinned = repository.verify(head, `sha256:${"0".repeat(64)}`).finish();
  assert.deepEqual([pinned.verdict, pinned.problems[0].code], ["failed", "wrong-root"]);
});
