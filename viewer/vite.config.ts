// The viewer as files: one entry, one worker, the module, one style sheet; relative URLs only.
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const pkg = fileURLToPath(new URL("../bindings-wasm/pkg", import.meta.url));

/** The package looks for its module beside itself; this viewer always says where it is. */
const toldWhereTheModuleIs: Plugin = {
  name: "told-where-the-module-is",
  transform: (code, id) => (id.endsWith("refmark_wasm.js") ? code.replace(/new URL\(['"]refmark_wasm_bg\.wasm['"], import\.meta\.url\)/, '""') : null),
};

export default defineConfig({
  base: "./",
  resolve: { alias: { "refmark-wasm": `${pkg}/index.js` } },
  plugins: [toldWhereTheModuleIs],
  worker: { format: "es", plugins: () => [toldWhereTheModuleIs] },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
  server: { fs: { allow: [".."] } },
});
