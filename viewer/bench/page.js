// What the browser measures. Both read the same bytes from memory; neither keeps anything from run to run.
import "./buffer.js";
import git from "isomorphic-git";
import { load, RefmarkRepository } from "refmark-wasm";
import wasmUrl from "../../bindings-wasm/pkg/refmark_wasm_bg.wasm?url";
import { memoryFiles } from "./memory.js";

const RUNS = 5;
/** What takes so many milliseconds is not run again. */
const LONG = 10_000;

async function files() {
  const list = await (await fetch("./repository/list.json")).json();
  return new Map(await Promise.all(list.map(async (path) => [path, new Uint8Array(await (await fetch(`./repository/${path}`)).arrayBuffer())])));
}

async function smallest(work) {
  let [best, answer] = [Infinity, null];
  for (let run = 0; run < RUNS && (run === 0 || best < LONG); run++) {
    const begun = performance.now();
    answer = await work();
    best = Math.min(best, performance.now() - begun);
  }
  return [best, answer];
}

/** refmark: from bytes to the answer. */
function opened(bytes) {
  const repository = new RefmarkRepository();
  for (const [path, pack] of bytes) {
    if (path.endsWith(".pack")) repository.addPack(path, pack, bytes.get(path.replace(/pack$/, "idx")));
  }
  repository.addPackedRefs(new TextDecoder().decode(bytes.get("packed-refs")));
  return repository;
}

function ours(bytes, ask) {
  const repository = opened(bytes);
  const view = repository.view(repository.branch("main"));
  const answer = ask(view);
  view.free();
  repository.free();
  return answer;
}

/** isomorphic-git: walks the same tree by hand, with its own cache for the time of one run. */
const reader = (bytes) => ({ fs: memoryFiles(bytes), gitdir: "/", cache: {} });

async function json(it, oid) {
  const { blob } = await git.readBlob({ ...it, oid });
  return JSON.parse(new TextDecoder().decode(blob)).statement.predicate;
}

async function tree(it, oid, path) {
  return (await git.readTree({ ...it, oid, ...(path ? { filepath: path } : {}) })).tree;
}

/** The newest entry of a folder of numbered folders: its path's last part names the number. */
async function newest(it, oid) {
  const high = (await tree(it, oid)).at(-1);
  const low = (await tree(it, high.oid)).at(-1);
  return { high, low };
}

async function theirModels(bytes) {
  const it = reader(bytes);
  const head = await git.resolveRef({ ...it, ref: "refs/heads/main" });
  const found = [];
  for (const x of await tree(it, head, "models")) for (const y of await tree(it, x.oid)) for (const model of await tree(it, y.oid)) {
    const parts = Object.fromEntries((await tree(it, model.oid)).map((part) => [part.path, part.oid]));
    const last = parts.versions ? await newest(it, parts.versions) : null;
    const [about, version] = await Promise.all([
      parts.about ? newest(it, parts.about).then(({ low }) => json(it, low.oid)) : null,
      last ? tree(it, last.low.oid).then((files) => json(it, files.find((file) => file.path === "version.json").oid)) : null,
    ]);
    const aliases = [];
    for (const alias of parts.aliases ? await tree(it, parts.aliases) : []) {
      const { low } = await newest(it, alias.oid);
      aliases.push([alias.path, (await json(it, low.oid)).to?.version ?? null]);
    }
    found.push([model.path, last ? Number(last.high.path) * 100 + Number(last.low.path) : 0, aliases, about?.owner ?? null, [about?.time, version?.time].filter(Boolean).sort().at(-1) ?? null]);
  }
  return found.sort();
}

/** The alias's moves with the commits that brought them: what isomorphic-git offers is a log by path. */
async function theirLog(bytes, folder) {
  const it = reader(bytes);
  const head = await git.resolveRef({ ...it, ref: "refs/heads/main" });
  const moves = [];
  let [oid, before] = [head, null];
  const read = async (commit) => {
    try {
      const { high, low } = await newest(it, (await git.readTree({ ...it, oid: commit, filepath: folder })).oid);
      return { number: Number(high.path) * 100 + Number.parseInt(low.path, 10), oid: low.oid };
    } catch (error) {
      if (error.code === "NotFoundError") return null;
      throw error;
    }
  };
  let commit = await git.readCommit({ ...it, oid });
  let now = await read(oid);
  while (now) {
    const parent = commit.commit.parent[0];
    before = parent ? await read(parent) : null;
    if (before?.number !== now.number) moves.push([now.number, (await json(it, now.oid)).to?.version ?? null, oid]);
    if (!parent) break;
    [oid, now] = [parent, before];
    commit = await git.readCommit({ ...it, oid });
  }
  return moves;
}

function same(what, a, b) {
  if (JSON.stringify(a) !== JSON.stringify(b)) throw new Error(`${what}: the answers differ: ${JSON.stringify(a).slice(0, 300)} and ${JSON.stringify(b).slice(0, 300)}`);
}

window.measure = async (alias) => {
  await load(wasmUrl);
  const bytes = await files();
  const probe = opened(bytes);
  const head = probe.branch("main");
  const commits = probe.firstParents(head, 10_000_000).length;
  const tops = new Map();
  for (const x of probe.list(head, "models")) for (const y of probe.list(head, `models/${x.name}`)) for (const model of probe.list(head, `models/${x.name}/${y.name}`)) tops.set(model.name, `models/${x.name}/${y.name}/${model.name}`);
  probe.free();
  const folder = `${tops.get("line")}/aliases/${alias}`;
  const [listOurs, a] = await smallest(() => ours(bytes, (view) => view.models()));
  const [listTheirs, b] = await smallest(() => theirModels(bytes));
  same("models", a.map((row) => [row.model, row.versions, row.aliases, row.owner, row.updated]).sort(), b);
  const [logOurs, c] = await smallest(() => ours(bytes, (view) => view.log(`line@${alias}`)));
  const [logTheirs, d] = await smallest(() => theirLog(bytes, folder));
  same("moves", c.map((move) => [move.sequence, move.to?.version ?? null, move.commit]), d);
  return [
    { what: `list ${a.length} models: newest version, aliases, owner, last change`, ours: listOurs, theirs: listTheirs, wanted: 5, commits },
    { what: `the ${c.length} moves of ${alias}, with the commits that brought them`, ours: logOurs, theirs: logTheirs, wanted: 15, commits },
  ];
};
