// How large the viewer's JavaScript is, as a server sends it. Fails where it is over its budget.
import { readdirSync, readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";

const BUDGET = 120 << 10;
const folder = new URL("dist/assets/", import.meta.url);
const sizes = readdirSync(folder).map((name) => {
  const bytes = readFileSync(new URL(name, folder));
  return { name, bytes: bytes.length, brotli: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length };
});
for (const { name, bytes, brotli } of sizes) console.log(`${name.padEnd(44)} ${String(bytes).padStart(8)} bytes ${String(brotli).padStart(7)} brotli`);
const scripts = sizes.filter(({ name }) => name.endsWith(".js")).reduce((sum, { brotli }) => sum + brotli, 0);
console.log(`JavaScript: ${scripts} of ${BUDGET} bytes`);
if (scripts > BUDGET) process.exit(1);
