// A Git repository as plain files: bare on a static server, or a dropped folder.
import { Trouble } from "./failure.ts";
import { type Files, text } from "./files.ts";
import { idsOfIndex, linksOf, loosePath } from "./loose.ts";
import type { Opened } from "../protocol.ts";
import type { Repository } from "./module.ts";
import type { Loading, Source } from "./source.ts";

const FETCHES_AT_ONCE = 16;

async function refsOf(files: Files): Promise<Record<string, string>> {
  const refs: Record<string, string> = {};
  const take = (line: string): void => {
    const match = /^([0-9a-f]{40}|[0-9a-f]{64})\s+(refs\/\S+)$/.exec(line);
    if (match?.[1] && match[2] && !match[2].endsWith("^{}")) refs[match[2]] = match[1];
  };
  ((await text(files, "info/refs")) ?? "").split("\n").forEach(take);
  ((await text(files, "packed-refs")) ?? "").split("\n").forEach(take);
  for (const path of files.list()?.filter((path) => path.startsWith("refs/")) ?? []) {
    take(`${((await text(files, path)) ?? "").trim()} ${path}`);
  }
  return refs;
}

/** The registry's branch: `refmark` where it lies in a project's repository, else what HEAD names, else main. */
function branchOf(refs: Readonly<Record<string, string>>, head: string | null): string {
  if (refs["refs/heads/refmark"]) return "refmark";
  const named = /^ref: refs\/heads\/(\S+)/.exec(head ?? "")?.[1];
  if (named && refs[`refs/heads/${named}`]) return named;
  if (refs["refs/heads/main"]) return "main";
  throw new Trouble("no-branch", "this repository has no branch `main` or `refmark`", "is it a registry? On a server, `git update-server-info` writes the list of its refs");
}

async function packNames(files: Files): Promise<string[]> {
  const listed = files.list();
  if (listed) return listed.flatMap((path) => /^objects\/pack\/(pack-[0-9a-f]+)\.pack$/.exec(path)?.[1] ?? []);
  const info = (await text(files, "objects/info/packs")) ?? "";
  return [...info.matchAll(/^P (pack-[0-9a-f]+)\.pack$/gm)].map((match) => match[1] ?? "");
}

/** Reads what lies loose: all of it where it can be listed, else by following links from the refs. */
async function looseObjects(files: Files, into: Repository, packed: ReadonlySet<string>, starts: readonly string[], loading: Loading): Promise<void> {
  const listed = files.list()?.filter((path) => /^objects\/[0-9a-f]{2}\/[0-9a-f]+$/.test(path));
  const known = new Set<string>();
  let queue = listed ? listed.map((path) => path.slice(8).replace("/", "")) : [...starts];
  let done = 0;
  while (queue.length > 0) {
    const next: string[] = [];
    const batch = queue.splice(0, FETCHES_AT_ONCE).filter((oid) => !packed.has(oid) && !known.has(oid));
    batch.forEach((oid) => known.add(oid));
    await Promise.all(batch.map(async (oid) => {
      const bytes = await files.read(loosePath(oid));
      if (bytes === null) return;
      if (!listed) next.push(...(await linksOf(bytes, oid.length / 2)).filter((id) => !packed.has(id) && !known.has(id)));
      into.addLoose(`${oid.slice(0, 2)}/${oid.slice(2)}`, bytes);
      done++;
    }));
    queue = queue.concat(next);
    loading("loose objects", done, done + queue.length);
  }
}

/** Opens a repository; null where these files are none. */
export async function openGit(files: Files, kind: Opened["kind"]): Promise<Source | null> {
  const head = await text(files, "HEAD");
  const refs = await refsOf(files);
  if (head === null && Object.keys(refs).length === 0) return null;
  const branch = branchOf(refs, head);
  const shallow = await text(files, "shallow");
  return {
    about: { kind, origin: files.origin, claims: null, carriesBlobs: false },
    branch,
    refs,
    listing: () => Promise.resolve(null),
    async state(into, loading) {
      const names = await packNames(files);
      const packed = new Set<string>();
      const width = (refs[`refs/heads/${branch}`] ?? "").length / 2;
      let done = 0;
      for (const name of names) {
        const [pack, idx] = await Promise.all([files.read(`objects/pack/${name}.pack`), files.read(`objects/pack/${name}.idx`)]);
        if (pack === null) throw new Trouble("missing-file", `objects/pack/${name}.pack is named and is not there`, "run `git update-server-info` in the repository", { path: name });
        if (idx) idsOfIndex(idx, width).forEach((id) => packed.add(id));
        into.addPack(name, pack, idx ?? undefined);
        loading("packs", ++done, names.length);
      }
      if (shallow) into.addShallow(shallow);
      await looseObjects(files, into, packed, Object.values(refs), loading);
    },
    history: () => Promise.resolve(),
    refsNow: () => refsOf(files),
    blob: () => Promise.resolve(null),
    async object(into, oid) {
      const bytes = await files.read(loosePath(oid));
      if (bytes !== null) into.addLoose(`${oid.slice(0, 2)}/${oid.slice(2)}`, bytes);
      return bytes !== null;
    },
  };
}
