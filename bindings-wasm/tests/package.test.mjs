// The package as it is installed, by its name.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const built = join(dirname(fileURLToPath(import.meta.url)), "../pkg");

test("the package is found by its name, in Node at once and elsewhere by its parts", () => {
  const folder = mkdtempSync(join(tmpdir(), "refmark-wasm-"));
  try {
    cpSync(built, join(folder, "node_modules/refmark-wasm"), { recursive: true });
    const { exports, files } = JSON.parse(readFileSync(join(built, "package.json"), "utf8"));
    assert.deepEqual(Object.keys(exports["."]), ["types", "node", "default"]);
    assert.ok(files.includes("*.wasm"));
    const script = `
      import { load, RefmarkRepository, sha256 } from "refmark-wasm";
      await load();
      const module = await WebAssembly.compile(await (await import("node:fs/promises")).readFile(new URL(import.meta.resolve("refmark-wasm/refmark_wasm_bg.wasm"))));
      const digest = sha256();
      console.log(JSON.stringify([new RefmarkRepository().objects(), digest.digestHex().slice(0, 8), WebAssembly.Module.imports(module).length > 0]));`;
    writeFileSync(join(folder, "asks.mjs"), script);
    const said = execFileSync(process.execPath, ["asks.mjs"], { cwd: folder, encoding: "utf8" });
    assert.deepEqual(JSON.parse(said), [0, "e3b0c442", true]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
