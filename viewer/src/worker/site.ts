// An exported site: `site.json`, packs split by use, and a listing of the models.
import { Trouble } from "./failure.ts";
import { type Files, text } from "./files.ts";
import type { Loading, Source } from "./source.ts";
import type { Repository } from "./module.ts";
import type { Claims, Opened } from "../protocol.ts";

interface SitePack { readonly name: string; readonly pack: string; readonly idx: string; readonly bytes: number; readonly use: "state" | "history"; }
interface Site {
  readonly format: number;
  readonly registry: { readonly id: string; readonly name: string };
  readonly branch: string;
  readonly refs: Readonly<Record<string, string>>;
  readonly root: string | null;
  readonly packs: readonly SitePack[];
  readonly listing: string | null;
  readonly blobs: boolean;
}

/** A path of the site that stays inside it. */
function inside(path: unknown): string {
  if (typeof path !== "string" || !/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(path) || path.split("/").includes("..")) {
    throw new Trouble("bad-site", `site.json names ${JSON.stringify(path)}, which is no path of the site`);
  }
  return path;
}

function parse(json: string): Site {
  let site: Site;
  try {
    site = JSON.parse(json) as Site;
  } catch (error) {
    throw new Trouble("bad-site", `site.json is not JSON: ${String(error)}`);
  }
  if (site.format !== 1) {
    throw new Trouble("upgrade-needed", `site.json has format ${String(site.format)}; this viewer reads format 1`, "open the viewer that was exported with it");
  }
  const refs = typeof site.refs === "object" && site.refs !== null && Object.values(site.refs).every((oid) => typeof oid === "string" && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(oid));
  if (typeof site.branch !== "string" || !refs || !Array.isArray(site.packs)) {
    throw new Trouble("bad-site", "site.json lacks its branch, refs or packs");
  }
  return site;
}

/** What it says of the registry, as far as it is text. */
function claimsOf(site: Site): Claims | null {
  const said = site.registry as Partial<Site["registry"]> | null | undefined;
  if (typeof said?.name !== "string" || typeof said.id !== "string") return null;
  return { name: said.name, id: said.id, root: typeof site.root === "string" ? site.root : null };
}

/** Opens a site; null where there is no site.json. */
export async function openSite(files: Files, kind: Opened["kind"]): Promise<Source | null> {
  const json = await text(files, "site.json");
  if (json === null) return null;
  const site = parse(json);
  const packs = async (use: SitePack["use"], into: Repository, loading: Loading): Promise<void> => {
    const wanted = site.packs.filter((pack) => pack.use === use);
    const total = wanted.reduce((sum, pack) => sum + (Number.isFinite(pack.bytes) ? pack.bytes : 0), 0);
    const came = new Map<string, number>();
    const tell = () => loading(use === "state" ? "the newest state" : "the history", Math.min(total, [...came.values()].reduce((sum, bytes) => sum + bytes, 0)), total, "bytes");
    await Promise.all(wanted.map(async (pack) => {
      const [bytes, idx] = await Promise.all([
        files.read(inside(pack.pack), (bytes) => {
          came.set(pack.pack, bytes);
          tell();
        }),
        files.read(inside(pack.idx)),
      ]);
      if (bytes === null || idx === null) throw new Trouble("missing-file", `${pack.pack} is named by site.json and is not there`, "try again; where it stays away, the site has to be exported again", { path: pack.pack });
      into.addPack(pack.name, bytes, idx);
    }));
  };
  return {
    about: { kind, origin: files.origin, claims: claimsOf(site), carriesBlobs: site.blobs === true },
    branch: site.branch.replace(/^refs\/heads\//, ""),
    refs: site.refs,
    async listing() {
      return site.listing ? text(files, inside(site.listing)) : null;
    },
    state: (into, loading) => packs("state", into, loading),
    history: (into, loading) => packs("history", into, loading),
    object: () => Promise.resolve(false),
    async refsNow() {
      const json = await text(files, "site.json");
      return json === null ? site.refs : parse(json).refs;
    },
    blob: (sha256) => (site.blobs === true ? files.read(inside(`blobs/${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}`)) : Promise.resolve(null)),
  };
}
