// A site from end to end, and what a caller can do wrong: every error has a code.
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as refmark from "../pkg/node.js";
import { Example } from "./registry.mjs";

let example;
let server;
let url;

before(async () => {
  example = new Example();
  const site = join(example.home, "exported");
  example.ask("export-site", site, "--data-only");
  server = createServer((request, response) => {
    let bytes;
    try {
      bytes = readFileSync(join(site, new URL(request.url, "http://x").pathname));
    } catch {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200).end(bytes);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done()));
  url = `http://127.0.0.1:${server.address().port}/registry`;
});
after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(example.home, { recursive: true, force: true });
});

test("a site is fetched, verified against a root, and asked", async () => {
  const { head, branch, report, view } = await refmark.openSite(url, { root: example.root });
  assert.deepEqual([head, branch, report.verdict, report.pinned, report.whole, view.verified()], [example.head, "main", "ok", true, true, true]);
  assert.equal(view.resolve("sentiment@champion").version, 2);
  view.free();
});

test("what is not there, another root, and a head that is gone are errors with a code, or a verdict", async () => {
  await assert.rejects(refmark.openSite(`${url}/nowhere`), { code: "not-found" });
  await assert.rejects(refmark.openSite("http://127.0.0.1:1/"), { code: "unreachable" });
  await assert.rejects(refmark.openSite(url, { branch: "propose/gone" }), { code: "no-branch" });
  await assert.rejects(refmark.openSite(url, { root: "sha256:12" }), ({ code }) => typeof code === "string");
  const other = await refmark.openSite(url, { root: `sha256:${"1".repeat(64)}` });
  assert.deepEqual([other.report.verdict, other.report.whole], ["failed", false]);
  await assert.rejects(refmark.openSite(url, { fetch: () => Promise.resolve({ ok: true, status: 200, arrayBuffer: () => Promise.resolve(new TextEncoder().encode("{").buffer) }) }), { code: "bad-site" });
});

test("another type than a function takes is told by name, and never taken for something", () => {
  const { view, report } = example.view(refmark);
  assert.equal(report.verdict, "ok");
  for (const [work, says] of [
    [() => view.resolve(42), /argument 1 of View\.resolve is a text, and number was given/], [() => view.resolve(), /undefined was given/], [() => view.show(null), /null was given/],
    [() => view.log("sentiment", "ten"), /argument 2 of View\.log is a number/], [() => view.marks("sentiment/1"), /a list of texts/], [() => new refmark.RefmarkRepository().addPack("x", [1, 2]), /a Uint8Array, and a list was given/],
    [() => refmark.inspect("x", "bytes"), /argument 2 of inspect is a Uint8Array/], [() => view.diff("sentiment/1", { version: 2 }), /object was given/],
  ]) assert.throws(work, (error) => error.code === "bad-argument" && says.test(error.message));
  assert.equal(view.resolve("sentiment@champion", null).version, 2, "what may be left out may be null");
});

test("what was freed says so", () => {
  const { view } = example.view(refmark);
  view.free();
  assert.throws(() => view.models(), { code: "bad-argument", message: "this View was freed" });
  const repository = example.open(refmark);
  repository.free();
  assert.throws(() => repository.refs(), { code: "bad-argument" });
});
