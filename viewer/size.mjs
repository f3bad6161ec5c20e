// How large the viewer's JavaScript is, as a server sends it. Fails where it is over its budget.
import { readdirSync, statSync } from "node:fs";

const BUDGET = 120 << 10;
const folder = new URL("dist/assets/", import.meta.url);
const size = (name) => statSync(new URL(name, folder)).size;
const sizes = readdirSync(folder)
  .filter((name) => !/\.(br|gz)$/.test(name))
  .map((name) => ({ name, bytes: size(name), brotli: size(`${name}.br`) }));
for (const { name, bytes, brotli } of sizes) console.log(`${name.padEnd(44)} ${String(bytes).padStart(8)} bytes ${String(brotli).padStart(7)} brotli`);
const scripts = sizes.filter(({ name }) => name.endsWith(".js")).reduce((sum, { brotli }) => sum + brotli, 0);
console.log(`JavaScript: ${scripts} of ${BUDGET} bytes`);
if (scripts > BUDGET) process.exit(1);
