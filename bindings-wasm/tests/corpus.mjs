// The corpora that every face runs, and where they lie.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** The attacks that a reader of bytes can run: one that has no clone has no condition of it either. */
export function attacks() {
  const folder = join(root, "tests/attacks");
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, "attack.json")))
    .map((name) => ({ name, bundle: join(folder, name, "registry.bundle"), attack: json(join(folder, name, "attack.json")) }))
    .filter(({ attack }) => attack.condition === null);
}

export const json = (path) => JSON.parse(readFileSync(path, "utf8"));
