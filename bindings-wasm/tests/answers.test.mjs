// The view gives what the command line gives with `--json`, on an example registry that the command line made.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import * as refmark from "../pkg/node.js";
import { Example } from "./registry.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const typed = [];
let example;
let report;
let view;
let models;
let references;

before(() => {
  example = new Example();
  ({ report, view } = example.view(refmark));
  models = example.ask("list").models;
  references = models.flatMap(({ model, versions, aliases }) => [
    ...Array.from({ length: versions }, (_, number) => `${model}/${number + 1}`),
    ...aliases.map(([alias]) => `${model}@${alias}`),
  ]);
});
after(() => rmSync(example.home, { recursive: true, force: true }));

/** What comes of a question: its answer, or its error. The hint is left out: each face says it in its own language. */
function outcome(ask) {
  try {
    return { answer: ask() };
  } catch (error) {
    if (error.code === undefined) throw error;
    return { error: { code: error.code, message: error.message, fields: error.fields } };
  }
}

/** Both faces say the same, asked in the same second; the answer must have the type that TypeScript is told. */
/** An answer without its hints: each face spells the steps of a hint in its own language (tests/vectors/hints). */
function unspoken(value) {
  if (Array.isArray(value)) return value.map(unspoken);
  if (value === null || typeof value !== "object") return value;
  const spoken = ({ hint: () => "…", next: () => "…", reasons: (all) => all.map((reason) => reason.split(" → ")[0]) });
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => {
    const text = typeof inner === "string" || (key === "reasons" && Array.isArray(inner));
    return [key, text && key in spoken ? spoken[key](inner) : unspoken(inner)];
  }));
}

function same(type, module, ...args) {
  let mine, said, asked;
  const second = () => Math.floor(Date.now() / 1000);
  for (let tries = 0; tries < 10 && second() !== asked; tries += 1) {
    asked = second();
    said = outcome(() => example.ask(...args));
    mine = outcome(module);
  }
  assert.deepEqual(unspoken(mine), unspoken(said), args.join(" "));
  if ("answer" in mine) typed.push([type, mine.answer]);
  return mine.answer;
}

test("the example is verified whole, and is worth asking", () => {
  assert.equal(view.head(), example.head);
  assert.equal(view.verified(), true);
  const said = outcome(() => example.ask("verify", "--history-only")).answer;
  assert.deepEqual([report.verdict, report.commits, report.root], [said.verdict, said.commits, said.trust_root]);
  assert.ok(references.length > 10, `${references}`);
});

test("models and versions are those of `list`", () => {
  const listed = view.models();
  typed.push(["Model[]", listed]);
  for (const { updated } of listed) assert.match(updated, /^20\d\d-.*Z$/);
  assert.deepEqual(listed.map(({ updated, marked, ...row }) => row), models);
  for (const { model, aliases, marked } of listed) {
    const versions = view.versions(model);
    const held = versions.filter(({ version }) => aliases.some(([, at]) => at === version));
    const marks = (rows) => rows.map(({ version, trust, stage, tainted }) => ({ model, version, trust, stage, ...(tainted ? { tainted } : {}) })).sort((a, b) => a.version - b.version);
    assert.deepEqual(marked, marks(held).filter(({ trust, stage, tainted }) => tainted || trust !== "trusted" || ["retired", "archived"].includes(stage)), "what an alias holds is marked as lists have it");
    assert.deepEqual(view.marks(versions.map(({ version }) => `${model}/${version}`)).sort((a, b) => a.version - b.version), marks(versions));
    typed.push(["VersionRow[]", versions]);
    assert.deepEqual(versions, example.ask("list", model).versions);
  }
  assert.ok(listed.some(({ marked }) => marked.some(({ trust }) => trust === "revoked")), "the example has an alias on a revoked version");
  assert.deepEqual(view.marks([`${models[0].model}/99`, "nobody/1"]), []);
  same("never", () => view.versions("nobody"), "list", "nobody");
});

test("every reference is shown, resolved, explained and reported alike, withdrawn ones too", () => {
  for (const reference of [...references, "nobody@champion", `${models[0].model}/99`]) {
    const shown = outcome(() => view.show(reference));
    const expected = outcome(() => example.ask("show", reference));
    // The module has no bytes of files: for it all are absent.
    if (shown.answer) {
      assert.equal(shown.answer.absent, shown.answer.manifest.files.length);
      typed.push(["ShowAnswer", shown.answer]);
      shown.answer.absent = expected.answer.absent;
      const artifact = shown.answer.artifact;
      assert.equal(view.show(artifact).artifact, artifact);
      same("ResolveAnswer", () => view.resolve(artifact), "resolve", artifact);
    }
    assert.deepEqual(shown, expected, reference);
    same("ResolveAnswer", () => view.resolve(reference), "resolve", reference);
    same("ExplainAnswer", () => view.explain(reference), "explain", reference);
    same("Dossier", () => view.report(reference), "report", reference);
  }
  same("never", () => view.resolve("no such thing/x/y"), "resolve", "no such thing/x/y");
});

test("an alias's moves, and what it held at any time between them", () => {
  const all = example.ask("log").moves;
  assert.deepEqual(view.log(), all);
  assert.deepEqual(view.log(undefined, 3), all.slice(0, 3));
  for (const { model, aliases } of models) {
    assert.deepEqual(view.log(model), example.ask("log", model).moves);
    for (const [alias] of aliases) {
      const moves = view.log(`${model}@${alias}`);
      typed.push(["MoveRow[]", moves]);
      assert.deepEqual(moves, example.ask("log", `${model}@${alias}`).moves);
      for (const { landed } of moves) {
        same("ResolveAnswer", () => view.resolve(`${model}@${alias}`, landed), "resolve", `${model}@${alias}`, "--at", landed);
      }
      const never = "2001-01-01T00:00:00Z";
      same("never", () => view.resolve(`${model}@${alias}`, never), "resolve", `${model}@${alias}`, "--at", never);
    }
  }
  for (const wrong of ["nobody", "nobody@champion", `${models[0].model}/1`]) same("never", () => ({ moves: view.log(wrong) }), "log", wrong);
});

test("neighbouring versions differ alike", () => {
  for (const { model, versions } of models) {
    for (let version = 2; version <= versions; version += 1) {
      const [old, next] = [`${model}/${version - 1}`, `${model}/${version}`];
      same("ArtifactDiff", () => view.diff(old, next), "diff", old, next);
    }
  }
});

test("proposals and what landed are reviewed alike, as data and as text", () => {
  const ranges = example.proposals.map((branch) => [example.head, example.git("rev-parse", branch)]);
  for (const back of [0, 1, 4]) {
    ranges.push([example.git("rev-parse", `main~${back + 1}`), example.git("rev-parse", `main~${back}`)]);
  }
  for (const [base, head] of ranges) {
    same("Review", () => view.review(base, head), "review", `${base}..${head}`);
    const text = (format) => example.text(
      "-R", example.registry, "--trust-root", example.root, "review", `${base}..${head}`, "--format", format,
    );
    for (const format of ["markdown", "html", "text"]) {
      const [mine, said] = [view.reviewText(base, head, format), text(format)].map((page) => page.trimEnd().split("\n"));
      assert.equal(mine.length, said.length, format);
      // A line with a hint is said in each face's own language.
      for (const [at, line] of said.entries()) if (!/refmark |--/.test(line)) assert.equal(mine[at], line, format);
    }
  }
  assert.throws(() => view.reviewText(...ranges[0], "page"), { code: "bad-argument" });
});

test("why an alias does not hold another version", () => {
  for (const { model, versions, aliases } of models) {
    for (const [alias] of aliases) {
      for (let version = 1; version <= versions; version += 1) {
        same("ExplainAnswer", () => view.whyNot(`${model}@${alias}`, version), "explain", `${model}@${alias}`, "--why-not", `${version}`);
      }
    }
  }
  const [{ model }] = models;
  const at = "2026-10-01T00:00:00Z";
  const asked = (version) => view.whyNot(`${model}@champion`, version, undefined, at);
  assert.deepEqual(asked("1"), asked(1));
  assert.throws(() => view.whyNot(`${model}@champion`, "one"), { code: "bad-reference" });
  assert.throws(() => view.whyNot(`${model}/1`, 1), { code: "bad-argument" });
});

test("a search without an index finds what the index finds, in its order", () => {
  const words = new Set(models.flatMap(({ model, description }) => [model, ...(description ?? "").split(/\W+/)]));
  for (const query of [...words, "cham", "data set", "no such word at all", "\"' OR *", ""]) {
    const found = view.search(query, 1000);
    typed.push(["SearchRow[]", found]);
    assert.deepEqual(found, example.ask("search", "--limit", "1000", "--", query).found, query);
  }
  assert.deepEqual(view.search(models[0].model, 1), view.search(models[0].model).slice(0, 1));
});

test("the policy in sentences, the members, the catalog, what retires", () => {
  const { members, aliases, ...policy } = view.policy();
  typed.push(["PolicyAnswer", view.policy()]);
  assert.deepEqual(policy, example.ask("policy", "show"));
  assert.deepEqual(members, example.ask("members", "list").members);
  assert.ok(aliases.every(({ names }) => names.length > 0) && aliases.length > 0);
  assert.equal(view.policy(1).number, 1);
  assert.throws(() => view.policy(99), { code: "not-found" });
  assert.deepEqual({ entries: view.catalog() }, example.ask("catalog", "list"));
  typed.push(["CatalogEntry[]", view.catalog()]);
  const sunset = example.ask("sunset");
  assert.deepEqual(view.sunset(sunset.now), sunset);
  typed.push(["SunsetAnswer", sunset]);
});

test("a model file is inspected alike", () => {
  const file = join(example.home, "model.safetensors");
  const header = Buffer.from(JSON.stringify({ w: { dtype: "F32", shape: [2], data_offsets: [0, 8] } }));
  const bytes = Buffer.concat([Buffer.alloc(8), header, Buffer.alloc(8)]);
  bytes.writeUInt32LE(header.length, 0);
  writeFileSync(file, bytes);
  same("Inspected", () => refmark.inspect("model.safetensors", bytes), "inspect", "model.safetensors");
});

test("at once and unverified: the same answers, and each says that nobody vouches for it", () => {
  const at_once = example.open(refmark).view(example.head);
  assert.equal(at_once.verified(), false);
  assert.deepEqual(at_once.models(), view.models());
  assert.deepEqual(at_once.policy(), view.policy());
  for (const { model, aliases } of models) {
    for (const [alias] of aliases) {
      const said = outcome(() => at_once.resolve(`${model}@${alias}`));
      const vouched = outcome(() => view.resolve(`${model}@${alias}`));
      assert.deepEqual([said.answer?.version, said.error], [vouched.answer?.version, vouched.error]);
      if (said.answer) assert.deepEqual([said.answer.verified, said.answer.trust], [false, "none"]);
      assert.equal(at_once.log(`${model}@${alias}`).length, view.log(`${model}@${alias}`).length);
    }
  }
  assert.equal(at_once.show(references[0]).verified, false);
});

test("what was not given is named, can be added, and the same view answers", () => {
  const repository = new refmark.RefmarkRepository();
  // What a site serves first: the newest tree, and the newest commit.
  const add = (name, objects) => {
    const path = join(example.home, name);
    const hash = execFileSync("git", ["pack-objects", "-q", path], { cwd: example.registry, env: example.env(), input: objects, encoding: "utf8" }).trim();
    const part = (end) => execFileSync("cat", [`${path}-${hash}.${end}`], { maxBuffer: 1 << 28 });
    repository.addPack(name, part("pack"), part("idx"));
  };
  const ids = (text) => text.split("\n").map((line) => line.split(" ")[0]).join("\n");
  add("state", ids(example.git("rev-list", "--objects", "--no-walk", example.head)));
  const first = repository.view(example.head);
  assert.deepEqual(first.models(), view.models());
  assert.deepEqual(first.search(models[0].model).map(({ model, version }) => [model, version]).sort(),
    view.search(models[0].model).map(({ model, version }) => [model, version]).sort());
  const { model, aliases: [[alias]] } = models.find(({ aliases }) => aliases.length > 0);
  assert.ok(first.log(`${model}@${alias}`).some(({ commit }) => commit === null));
  const parent = example.git("rev-parse", "main~1");
  const missing = (error) => error.code === "missing-object" && error.fields.oid === parent && error.hint.length > 0;
  assert.throws(() => first.review(parent, example.head), missing);
  assert.throws(() => repository.verify(example.head, example.root), missing);
  add("history", ids(example.git("rev-list", "--objects", "main")));
  assert.equal(first.review(parent, example.head).head, example.head);
  assert.ok(first.log(`${model}@${alias}`).every(({ commit }) => commit !== null));
  assert.equal(repository.verify(example.head, example.root).finish().pinned, true);
});

test("every answer has the type that TypeScript is told, with no field left out on either side", () => {
  const types = [...new Set(typed.map(([type]) => type.replace("[]", "")))].filter((type) => type !== "never");
  const lines = [
    `import type { ${types.join(", ")} } from "../../pkg/index.js";`,
    ...typed.filter(([type]) => type !== "never").map(([type, value], at) => `export const a${at}: ${type.replace(/^(\w+)\[\]$/, "readonly $1[]")} = ${JSON.stringify(value)};`),
  ];
  const folder = join(here, "typed");
  execFileSync("mkdir", ["-p", folder]);
  writeFileSync(join(folder, "answers.ts"), lines.join("\n"));
  const options = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom,esnext.disposable", "--skipLibCheck"];
  try {
    execFileSync(join(here, "../node_modules/.bin/tsc"), [...options, join(folder, "answers.ts")], { encoding: "utf8", stdio: "pipe", maxBuffer: 1 << 28 });
  } catch (error) {
    assert.fail(error.stdout.split("\n").slice(0, 20).map((line) => line.slice(0, 600)).join("\n"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("what people say of models and versions is told, and a search is narrowed as the command narrows it", () => {
  for (const { model } of models) typed.push(["ModelWords | null", view.modelWords(model)]);
  assert.equal(view.modelWords("nobody"), null);
  for (const reference of references) {
    const words = outcome(() => view.versionWords(reference));
    if ("error" in words) continue;
    typed.push(["VersionWords", words.answer]);
    assert.equal(typeof words.answer.tags, "object", reference);
  }
  const versions = (rows) => rows.map(({ model, version }) => `${model}/${version}`).sort();
  for (const [filter, option] of [["trust:revoked", ["--trust", "revoked"]], ["stage:production", ["--stage", "production"]], ["metric:accuracy>=0.8", ["--metric", "accuracy>=0.8"]]]) {
    const found = versions(view.search("", 50, [filter]));
    assert.ok(found.length > 0, filter);
    assert.deepEqual(found, versions(example.ask("search", ...option).found), filter);
  }
  assert.throws(() => view.search("", 50, ["nonsense:x"]), { code: "bad-argument" });
});

test("a commit is on the chain of its branch, and the head of a proposal is not", () => {
  const repository = example.open(refmark);
  const first = repository.firstParents(example.head, 10_000).at(-1).id;
  const proposal = example.git("rev-parse", `refs/heads/${example.proposals[0]}`);
  assert.deepEqual([example.head, first, proposal].map((commit) => repository.isOnChain(example.head, commit)), [true, true, false]);
  assert.equal(repository.isOnChain(first, example.head), false);
  assert.throws(() => repository.isOnChain(example.head, "nonsense"), ({ code }) => typeof code === "string");
});
