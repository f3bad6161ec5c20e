// The same package in Chromium, from a server that knows nothing but files.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, normalize } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { attacks, root } from "./corpus.mjs";

const types = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };
let server;
let browser;
let page;

before(async () => {
  server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname));
    if (path === "/") return response.setHeader("content-type", "text/html").end("<!doctype html><title>refmark</title>");
    try {
      const bytes = readFileSync(join(root, path));
      response.setHeader("content-type", types[/\.\w+$/.exec(path)?.[0]] ?? "application/octet-stream").end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    timeout: 300_000,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync",
    ],
  });
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`, { timeout: 300_000 });
});

after(async () => {
  await browser?.close();
  server?.close();
});

test("every attack comes to its stated verdict and code in Chromium", { timeout: 1_200_000 }, async () => {
  const all = attacks().map(({ name, attack }) => ({ name, attack }));
  const wrong = await page.evaluate(async (all) => {
    const refmark = await import("/bindings-wasm/pkg/index.js");
    const { judge, differs } = await import("/bindings-wasm/tests/judge.mjs");
    await refmark.load();
    const wrong = [];
    for (const { name, attack } of all) {
      const response = await fetch(`/tests/attacks/${name}/registry.bundle`);
      const why = differs(attack, judge(refmark, attack, new Uint8Array(await response.arrayBuffer())));
      if (why !== undefined) wrong.push(`${name}: ${why}`);
    }
    return wrong;
  }, all);
  assert.ok(all.length >= 100, `${all.length}`);
  assert.deepEqual(wrong, []);
});

test("a worker reads a dropped file in parts, and its digest is that of the platform", async () => {
  const said = await page.evaluate(async () => {
    const code = `
      import * as refmark from "${location.origin}/bindings-wasm/pkg/index.js";
      onmessage = async ({ data: file }) => {
        await refmark.load();
        const reader = new FileReaderSync();
        const read = (offset, length) => new Uint8Array(reader.readAsArrayBuffer(file.slice(offset, offset + length)));
        const digest = refmark.sha256();
        for (let at = 0; at < file.size; at += 1000) digest.update(read(at, 1000));
        postMessage([refmark.inspectFile(file.name, file.size, read).format, digest.digestHex()]);
      };`;
    const header = new TextEncoder().encode(JSON.stringify({ w: { dtype: "F32", shape: [4096], data_offsets: [0, 16384] } }));
    const bytes = new Uint8Array(8 + header.length + 16384);
    new DataView(bytes.buffer).setUint32(0, header.length, true);
    bytes.set(header, 8);
    const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })), { type: "module" });
    const [format, digest] = await new Promise((done, failed) => {
      worker.onmessage = ({ data }) => done(data);
      worker.onerror = failed;
      worker.postMessage(new File([bytes], "model.safetensors"));
    });
    const whole = [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))];
    return { format, digest, whole: whole.map((byte) => byte.toString(16).padStart(2, "0")).join("") };
  });
  assert.equal(said.format, "safetensors");
  assert.equal(said.digest, said.whole);
});
