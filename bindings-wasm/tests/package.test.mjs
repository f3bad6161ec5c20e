// The package as a stranger gets it: packed as for the registry, installed into an empty folder, and used from there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { build } from "vite";

const here = dirname(fileURLToPath(import.meta.url));
const built = join(here, "../pkg");
const folder = mkdtempSync(join(tmpdir(), "refmark-wasm-"));
const EMPTY = "e3b0c442";

const run = (program, args) => execFileSync(program, args, { cwd: folder, encoding: "utf8", env: { PATH: process.env.PATH, HOME: folder, npm_config_offline: "true", npm_config_update_notifier: "false", npm_config_audit: "false", npm_config_fund: "false" } });
const write = (name, text) => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
};

before(() => {
  const [{ filename, files }] = JSON.parse(run("npm", ["pack", built, "--json"]));
  assert.deepEqual(files.map((file) => file.path).sort(), [
    "LICENSE", "README.md", "answers.d.ts", "guard.js", "index.d.ts", "index.js", "node.js", "package.json", "refmark_wasm.d.ts", "refmark_wasm.js", "refmark_wasm_bg.wasm", "refmark_wasm_bg.wasm.d.ts", "site.js",
  ]);
  write("package.json", JSON.stringify({ name: "stranger", private: true, type: "module" }));
  run("npm", ["install", `./${filename}`]);
});
after(() => rmSync(folder, { recursive: true }));

test("in Node it is found by its name, ready at import, and so is its module", () => {
  write("asks.mjs", `
    import { load, RefmarkRepository, sha256 } from "refmark-wasm";
    await load();
    const module = await WebAssembly.compile(await (await import("node:fs/promises")).readFile(new URL(import.meta.resolve("refmark-wasm/refmark_wasm_bg.wasm"))));
    console.log(JSON.stringify([new RefmarkRepository().objects(), sha256().digestHex().slice(0, 8), WebAssembly.Module.imports(module).length > 0]));`);
  assert.deepEqual(JSON.parse(run(process.execPath, ["asks.mjs"])), [0, EMPTY, true]);
});

/** Serves a folder, opens its page in Chromium, and gives the title that the page gives itself. */
async function titled(root) {
  const types = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://x");
    const path = pathname === "/" ? "index.html" : pathname;
    try {
      const bytes = readFileSync(join(root, path));
      response.writeHead(200, { "content-type": types[extname(path)] ?? "application/octet-stream" }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done()));
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
  try {
    const page = await browser.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.waitForFunction(() => document.title !== "", null, { timeout: 300_000 }).catch((error) => assert.fail([error.message, ...errors].join("\n")));
    return await page.title();
  } finally {
    await browser.close();
    await new Promise((done) => server.close(done));
  }
}

const USES = "await load(); const digest = sha256(); document.title = `${new RefmarkRepository().objects()} ${digest.digestHex().slice(0, 8)}`;";

test("in a page without any tool it is a module script away", async () => {
  write("plain/index.html", `<!doctype html><script type="module">import { load, RefmarkRepository, sha256 } from "./refmark-wasm/index.js"; ${USES}</script>`);
  cpSync(join(folder, "node_modules/refmark-wasm"), join(folder, "plain/refmark-wasm"), { recursive: true });
  assert.equal(await titled(join(folder, "plain")), `0 ${EMPTY}`);
});

test("a bundler takes it in, with its module as a file of its own", async () => {
  write("app/index.html", '<!doctype html><script type="module" src="./main.js"></script>');
  write("app/main.js", `import { load, RefmarkRepository, sha256 } from "refmark-wasm"; ${USES}`);
  await build({ configFile: false, root: join(folder, "app"), logLevel: "error", build: { outDir: join(folder, "bundled"), target: "es2022" } });
  assert.equal(await titled(join(folder, "bundled")), `0 ${EMPTY}`);
});

test("its types stand by themselves under the strictest settings, in Node and for bundlers, and none is any", () => {
  const source = readFileSync(join(here, "types.ts"), "utf8").replace("../pkg/index.js", "refmark-wasm");
  write("use.ts", `${source}
import * as everything from "refmark-wasm";
import type * as answers from "refmark-wasm";
type IsAny<T> = 0 extends 1 & T ? true : false;
type AnyOf<T> = { [Key in keyof T]-?: IsAny<T[Key]> extends true ? Key : never }[keyof T];
const none: [AnyOf<answers.VerifyReport>, AnyOf<answers.ShowAnswer>, AnyOf<answers.Review>, AnyOf<answers.MoveRow>, AnyOf<typeof everything>] extends [never, never, never, never, never] ? true : false = true;
void none;
`);
  for (const [module, resolution] of [["NodeNext", "NodeNext"], ["ESNext", "Bundler"]]) {
    const options = { target: "ES2022", module, moduleResolution: resolution, lib: ["ES2022", "DOM"], types: [], strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true };
    write("tsconfig.json", JSON.stringify({ compilerOptions: options, files: ["use.ts"] }));
    run(process.execPath, [join(here, "../node_modules/typescript/bin/tsc"), "-p", "."]);
  }
  assert.doesNotMatch(readFileSync(join(built, "answers.d.ts"), "utf8").replace(/\/\*\*[^]*?\*\//g, ""), /\bany\b/);
});
