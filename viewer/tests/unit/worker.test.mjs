import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { test } from "node:test";
import { idsOfIndex, linksOf } from "../../src/worker/loose.ts";
import { Ordered, Rows } from "../../src/worker/rows.ts";

const row = (model, versions, owner = null, aliases = []) => ({ model, versions, owner, aliases, updated: null });

test("models are found by every word of name, owner and alias, and sorted both ways", () => {
  const rows = new Rows();
  const ordered = new Ordered();
  const told = [];
  rows.set([row("b", 2, "search"), row("a", 9, "nlp", [["champion", 3]]), row("c", 1)], "tree", (event) => told.push(event));
  ordered.take([row("gone", 1)], true);
  ordered.take(rows.all().slice(0, 2), true);
  ordered.take(rows.all().slice(2), false);
  const names = (order) => [...ordered.order(order)].map((at) => rows.all()[at].model);
  assert.deepEqual(names({ text: "", by: "model", down: false }), ["a", "b", "c"]);
  assert.deepEqual(names({ text: "", by: "versions", down: true }), ["a", "b", "c"]);
  assert.deepEqual(names({ text: "NLP champ", by: "model", down: false }), ["a"]);
  assert.deepEqual(names({ text: "", by: "owner", down: false }), ["a", "b", "c"]);
  assert.deepEqual(told.map(({ total, start }) => [total, start]), [[3, 0]]);
});

test("a table of no rows is told, so that the page can say that there are none", () => {
  const told = [];
  new Rows().set([], "tree", (event) => told.push(event));
  assert.equal(told.length, 1);
});

const loose = (kind, body) => new Uint8Array(deflateSync(Buffer.concat([Buffer.from(`${kind} ${body.length}\0`), body])));

test("the links of loose commits and trees are followed, and those of blobs are not", async () => {
  const [a, b] = ["a".repeat(40), "b".repeat(40)];
  const commit = loose("commit", Buffer.from(`tree ${a}\nparent ${b}\nauthor x\n\ntree ${"c".repeat(40)}\n`));
  assert.deepEqual(await linksOf(commit, 20), [a, b]);
  const tree = loose("tree", Buffer.concat([Buffer.from("40000 models\0"), Buffer.from(a, "hex"), Buffer.from("100644 x\0"), Buffer.from(b, "hex")]));
  assert.deepEqual(await linksOf(tree, 20), [a, b]);
  assert.deepEqual(await linksOf(loose("tree", Buffer.from("100644 cut\0abc")), 20), []);
  assert.deepEqual(await linksOf(loose("blob", Buffer.from(`tree ${a}`)), 20), []);
});

test("an index that is cut off or of another version is a failure", () => {
  assert.throws(() => idsOfIndex(new Uint8Array(20), 20), { code: "bad-pack" });
  const idx = new Uint8Array(8 + 1024);
  new DataView(idx.buffer).setUint32(0, 0xff744f63);
  new DataView(idx.buffer).setUint32(4, 2);
  assert.equal(idsOfIndex(idx, 20).size, 0);
  new DataView(idx.buffer).setUint32(8 + 255 * 4, 7);
  assert.throws(() => idsOfIndex(idx, 20), { code: "bad-pack" });
});
