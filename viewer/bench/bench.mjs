// The same repository in the same browser: this viewer's module beside isomorphic-git. Writes a table to stdout.
//
//   node viewer/bench/bench.mjs FOLDER [ALIAS]   a bare repository with a registry, packed (`git repack -adf`), such as
//                                           `cargo run -p refmark-core --example grown` makes; an alias of its model
//                                           `line`, else `champion`
//
// Both are given the same bytes in memory and start cold; the smallest of five runs counts, or the only one where it takes ten seconds. What both answer is compared
// first: a figure for a wrong answer is none.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { launch, openPage } from "../tests/pages/browser.mjs";
import { serve } from "../tests/pages/server.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [repository, alias = "champion"] = process.argv.slice(2);
if (!repository) {
  console.error("usage: node viewer/bench/bench.mjs FOLDER [ALIAS]");
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "refmark-bench-"));
try {
  await bundle(join(folder, "page"));
  copyRepository(join(folder, "page/repository"));
  const server = await serve({ "/": join(folder, "page") });
  const browser = await launch();
  const { page, errors } = await openPage(browser);
  await page.goto(`${server.url}/`);
  await page.waitForFunction(() => typeof window.measure === "function").catch((error) => {
    throw new Error([error.message, ...errors].join("\n"));
  });
  const rows = await page.evaluate((name) => window.measure(name), alias);
  if (errors.length > 0) throw new Error(errors.join("\n"));
  console.log(table(rows, await browser.version()));
  await browser.close();
  await server.stop();
  const slow = rows.filter((row) => row.theirs / row.ours < row.wanted);
  if (slow.length > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function bundle(out) {
  await build({
    configFile: false, root: here("."), logLevel: "warn",
    resolve: { alias: { "refmark-wasm": here("../../bindings-wasm/pkg/index.js"), buffer: here("../node_modules/buffer/") } },
    build: { outDir: out, emptyOutDir: true, target: "es2022", assetsInlineLimit: 0 },
  });
}

/** The files that both read, and a list of them. */
function copyRepository(to) {
  mkdirSync(to, { recursive: true });
  const packs = readdirSync(join(repository, "objects/pack")).filter((name) => /\.(pack|idx)$/.test(name));
  const files = ["HEAD", "packed-refs", "config", ...packs.map((name) => `objects/pack/${name}`)];
  for (const file of files) {
    mkdirSync(join(to, file, ".."), { recursive: true });
    cpSync(join(repository, file), join(to, file));
  }
  if (!/refs\/heads\/main/.test(readFileSync(join(repository, "packed-refs"), "utf8"))) throw new Error("pack the refs first: git pack-refs --all");
  writeFileSync(join(to, "list.json"), JSON.stringify(files));
}

function table(rows, version) {
  const lines = rows.map((row) => `| ${row.what} | ${row.ours.toFixed(1)} ms | ${row.theirs.toFixed(1)} ms | ${(row.theirs / row.ours).toFixed(1)} × | ${row.wanted} × |`);
  return [`Chromium ${version}, ${rows[0].commits} commits`, "", "| | refmark | isomorphic-git | faster | aim |", "|---|--:|--:|--:|--:|", ...lines].join("\n");
}
