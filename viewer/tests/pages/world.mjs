// What the pages are tried on: the example registry, as a site, one page, a bare repository, a bundle, and tampered.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
export const DIST = here("../../dist");
const COMMAND = process.env.REFMARK ?? here("../../../target/debug/refmark");

/** Runs a program with nothing of the outside. */
function run(folder, program, args) {
  const env = { PATH: process.env.PATH, HOME: folder, USER: "ada", LC_ALL: "C.UTF-8", GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  return execFileSync(program, args, { cwd: folder, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
}

/** Git, at work in a folder, with nothing of the outside. */
export const plainGit = (folder) => (...args) => run(folder, "git", args);

/** The command, at work in a folder, with nothing of the outside. */
export const refmarkIn = (folder) => (...args) => run(folder, COMMAND, args);

/** Makes everything in a folder that is new. */
export function makeWorld(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const refmark = (...args) => run(folder, COMMAND, args);
  const git = (...args) => run(folder, "git", args);
  refmark("demo", "--site", "demo", "--fixed");
  const models = join(folder, "demo/models");
  const site = join(folder, "site");
  refmark("-R", models, "export-site", site, "--viewer", DIST);
  refmark("-R", models, "export-site", "--single-file", join(folder, "page.html"), "--viewer", DIST);

  // A bare repository on a plain server: packed once, then two proposals' worth of loose objects on top.
  git("clone", "-q", "--bare", models, "models.git");
  git("-C", "models.git", "update-server-info");
  git("clone", "-q", models, "clone");
  git("-C", models, "bundle", "create", "-q", join(folder, "registry.bundle"), "--all");

  // The example's keys are fixed, so that its root is the same in every run.
  const { root } = JSON.parse(readFileSync(join(site, "registry/site.json"), "utf8"));
  const head = git("-C", models, "rev-parse", "main").trim();
  return { folder, models, site, root, head, page: join(folder, "page.html"), bundle: join(folder, "registry.bundle"), clone: join(folder, "clone"), bare: join(folder, "models.git"), files: join(folder, "demo/packages"), tampered: tamper(folder, git), many: many(folder, site, head), damaged: damaged(folder, site) };
}

/** Somebody edits a record that took effect, and pushes it with plain Git. */
function tamper(folder, git) {
  git("clone", "-q", "models.git", "edited");
  const work = join(folder, "edited");
  const [path] = git("-C", "edited", "ls-files", "models/*/aliases/champion/*").split("\n");
  writeFileSync(join(work, path), readFileSync(join(work, path), "utf8").replace(/"reason": "[^"]*"/, '"reason": "nothing to see here"'));
  git("-C", "edited", "-c", "user.name=m", "-c", "user.email=m@example.com", "commit", "-qam", "tidy up");
  git("clone", "-q", "--bare", "edited", "tampered.git");
  git("-C", "tampered.git", "update-server-info");
  return join(folder, "tampered.git");
}

/** The same site with one byte of each pack of the newest state turned over. */
function damaged(folder, site) {
  const copy = join(folder, "damaged");
  cpSync(site, copy, { recursive: true });
  for (const { pack } of JSON.parse(readFileSync(join(copy, "registry/site.json"), "utf8")).packs.filter((it) => it.use === "state")) {
    const bytes = readFileSync(join(copy, "registry", pack));
    bytes[bytes.length >> 1] ^= 0xff;
    writeFileSync(join(copy, "registry", pack), bytes);
  }
  return copy;
}

/** The same site with a listing of a hundred thousand models. */
function many(folder, site, head) {
  const copy = join(folder, "many");
  cpSync(site, copy, { recursive: true });
  const names = Array.from({ length: 100_000 }, (_, n) => `model-${String(n).padStart(5, "0")}`);
  const models = { name: names, owner: names.map((_, n) => `team-${n % 97}`), versions: names.map((_, n) => (n % 40) + 1), updated: names.map(() => "2026-11-20T14:02:00Z"), aliases: names.map((_, n) => (n % 3 === 0 ? [["champion", (n % 40) + 1]] : [])) };
  const path = join(copy, "registry/site.json");
  const json = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(join(copy, "registry", json.listing), JSON.stringify({ head, models, versions: {} }));
  return copy;
}
