// From a place to a source: finds out what was opened.
import { Trouble } from "./failure.ts";
import { dropped, type Files, inlined, served } from "./files.ts";
import { openGit } from "./git.ts";
import type { Place } from "../protocol.ts";
import { RefmarkRepository } from "./module.ts";
import { openSite } from "./site.ts";
import type { Source } from "./source.ts";

const NOTHING = "drop a registry's folder, its `.git`, a Git bundle, or a site that `refmark export-site` wrote";

/** The folder in which a site or a repository lies, among paths of what was dropped. */
export function rootOf(paths: readonly string[]): { readonly prefix: string; readonly kind: "site" | "git" } | null {
  const shortest = (end: string, needs: string): string | null => {
    const found = paths.filter((path) => path === end || path.endsWith(`/${end}`)).map((path) => path.slice(0, path.length - end.length));
    return found.filter((prefix) => paths.some((path) => path.startsWith(prefix + needs))).sort((a, b) => a.length - b.length)[0] ?? null;
  };
  const site = shortest("site.json", "packs/");
  if (site !== null) return { prefix: site, kind: "site" };
  const git = shortest("HEAD", "objects/");
  return git === null ? null : { prefix: git, kind: "git" };
}

async function ofFiles(files: readonly { readonly path: string; readonly file: File }[]): Promise<Source | null> {
  const root = rootOf(files.map(({ path }) => path));
  if (root === null) return null;
  const inside = dropped(files, root.prefix);
  return root.kind === "site" ? openSite(inside, "folder") : openGit(inside, "folder");
}

async function ofBundle(file: File): Promise<Source> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const probe = new RefmarkRepository();
  probe.addBundle(bytes);
  const refs = probe.refs();
  probe.free();
  const heads = Object.keys(refs).filter((name) => name.startsWith("refs/heads/")).map((name) => name.slice(11));
  const branch = heads.find((name) => name === "refmark") ?? heads.find((name) => name === "main") ?? heads[0];
  if (branch === undefined) throw new Trouble("no-branch", "the bundle names no branch", "git bundle create registry.bundle --all");
  return {
    about: { kind: "bundle", origin: `${file.name}, which was dropped here`, claims: null, carriesBlobs: false },
    branch,
    refs,
    listing: () => Promise.resolve(null),
    state: (into) => Promise.resolve(into.addBundle(bytes)),
    history: () => Promise.resolve(),
    refsNow: () => Promise.resolve(refs),
    blob: () => Promise.resolve(null),
    object: () => Promise.resolve(false),
  };
}

async function ofFolder(files: Files, kind: "site" | "single file"): Promise<Source | null> {
  return (await openSite(files, kind)) ?? (kind === "site" ? openGit(files, "git") : null);
}

/** Opens a place; a failure with code `nothing-here` where it is no registry. */
export async function openPlace(place: Place, signal: AbortSignal): Promise<Source> {
  let source: Source | null;
  switch (place.kind) {
    case "address": source = await ofFolder(served(place.url, signal), "site"); break;
    case "inlined": source = await ofFolder(inlined(place.files, { "site.json": place.site }), "single file"); break;
    case "files": source = await ofFiles(place.files); break;
    case "bundle": source = await ofBundle(place.file); break;
  }
  if (source === null) throw new Trouble("nothing-here", "there is no registry here", NOTHING);
  return source;
}
