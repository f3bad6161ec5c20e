// Keeps whichever of the two modules is smaller on the wire, and holds it to the budget: what wasm-opt saves in plain bytes
// it can cost in compressed ones.
import { readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const [folder, budget] = process.argv.slice(2);
const [plain, optimised] = ["refmark_wasm_bg.wasm", "optimised.wasm"].map((name) => join(folder, name));

function onTheWire(path) {
  const bytes = readFileSync(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return { raw: bytes.length, brotli: brotliCompressSync(bytes, { params }).length };
}

let size = onTheWire(plain);
const other = onTheWire(optimised);
if (other.brotli < size.brotli) {
  renameSync(optimised, plain);
  size = other;
} else {
  rmSync(optimised);
}
console.log(`refmark_wasm_bg.wasm: ${size.raw} bytes, ${size.brotli} with brotli; the budget is ${budget}`);
if (size.brotli > Number(budget)) {
  console.error(`over the budget by ${size.brotli - Number(budget)} bytes`);
  process.exit(1);
}
