// How long the first questions take on a big registry: node bindings-wasm/tests/speed.mjs REPOSITORY.git [ALIAS]
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder, alias = "line@champion"] = process.argv.slice(2);
const took = (what, work) => {
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  const done = work();
  const used = process.cpuUsage(cpu);
  const shown = (ms) => ms.toFixed(1).padStart(9);
  console.log(`${what.padEnd(34)} ${shown(performance.now() - begun)} ms ${shown((used.user + used.system) / 1000)} ms of CPU`);
  return done;
};

const begun = performance.now();
const refmark = await import("../pkg/node.js");
console.log(`${"module".padEnd(44)} ${(performance.now() - begun).toFixed(1).padStart(9)} ms`);
const head = execFileSync("git", ["-C", folder, "rev-parse", "refs/heads/main"], { encoding: "utf8" }).trim();
const repository = new refmark.RefmarkRepository();
took("packs with their indexes", () => {
  const packs = join(folder, "objects/pack");
  for (const file of readdirSync(packs).filter((name) => name.endsWith(".pack"))) {
    repository.addPack(file, readFileSync(join(packs, file)), readFileSync(join(packs, file.replace(/pack$/, "idx"))));
  }
  for (const byte of readdirSync(join(folder, "objects")).filter((name) => /^[0-9a-f]{2}$/.test(name))) {
    for (const file of readdirSync(join(folder, "objects", byte))) {
      repository.addLoose(`${byte}/${file}`, readFileSync(join(folder, "objects", byte, file)));
    }
  }
});
console.log(`objects ${repository.objects()}`);
const view = took("view(head)", () => repository.view(head));
const models = took("models()", () => view.models());
console.log(`models ${models.length}`);
took("models() again", () => view.models());
took("resolve(alias)", () => view.resolve(alias));
took("log(alias, 20)", () => view.log(alias, 20));
const moves = took("log(alias)", () => view.log(alias));
console.log(`moves ${moves.length}`);
took("log(alias) again", () => view.log(alias));
took(`versions(${models[0].model})`, () => view.versions(models[0].model));
const verification = repository.verify(head);
took(`verify ${verification.total()} commits`, () => verification.finish());
const verified = verification.view();
took("log(alias), verified", () => verified.log(alias));
took("search, the first", () => verified.search("corpus"));
took("search, the next", () => verified.search("translate"));
