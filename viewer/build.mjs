// Builds `dist`: the site (index.html, assets), and single.html, the page that takes a registry into itself.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const log = { configFile: here("vite.config.ts"), root: here("."), logLevel: "warn" };

/** One script with everything in it. */
async function script(input) {
  const built = await build({
    ...log,
    // A page from a disk has no URL that a script could be beside.
    define: { "import.meta.url": '""' },
    build: { write: false, target: "es2022", rollupOptions: { input: here(input), output: { format: "iife" } } },
  });
  return built.output.find((it) => it.type === "chunk").code;
}

const policyHash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
/** Text that may stand inside a script element. */
const inScript = (code) => code.replace(/<\/(script)/gi, "<\\/$1").replace(/<!--/g, "<\\!--");
const data = (id, bytes) => `<script type="application/octet-stream;base64" id="${id}">${Buffer.from(bytes).toString("base64")}</script>`;

function page(app, style, worker, module) {
  const policy = `default-src 'none'; script-src ${policyHash(app)} 'wasm-unsafe-eval'; style-src ${policyHash(style)}; worker-src blob:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types refmark`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>refmark</title>
<style>${style}</style>
</head>
<body><div id="app"></div><noscript>This page verifies a registry in your browser, and needs JavaScript for it.</noscript>
<!--refmark-site-->
${data("refmark-worker", worker)}
${data("refmark-module", module)}
<script>${app}</script>
</body>
</html>
`;
}

await build({ ...log, build: { outDir: here("dist"), emptyOutDir: true } });
const assets = readdirSync(here("dist/assets"));
const asset = (end) => readFileSync(here(`dist/assets/${assets.find((name) => name.endsWith(end))}`));
const app = inScript(await script("src/single.tsx"));
const worker = await script("src/worker/worker.ts");
writeFileSync(here("dist/single.html"), page(app, asset(".css").toString().trim(), worker, asset(".wasm")));

// Beside each asset what a host sends to a browser that takes it: nobody compresses 2.7 MB again for every reader.
for (const name of assets) {
  const [path, bytes] = [here(`dist/assets/${name}`), asset(name)];
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}
