// A dropped model file: what it is, its digest, and which versions of this registry hold exactly these bytes.
import type { ShowAnswer } from "refmark-wasm";
import type { DroppedFile, FileMatch, ModelRow, Relatives } from "../protocol.ts";
import { inspectFile, sha256, type View } from "./module.ts";
import { turn } from "./verifying.ts";

/** Up to this size the browser's own SHA-256 takes the whole file at once, three times as fast. */
const AT_ONCE = 512 << 20;
/** So many versions are compared at most. */
const VERSIONS = 5000;

async function digestOf(file: File): Promise<string> {
  if (file.size <= AT_ONCE && "subtle" in crypto) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  const hasher = sha256();
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return hasher.digestHex();
    hasher.update(value);
  }
}

function matchIn(shown: ShowAnswer, digest: string): FileMatch | null {
  const file = shown.manifest.files.find((file) => file.sha256 === digest);
  if (!file || !shown.version) return null;
  const reference = `${shown.version.model}/${shown.version.version}`;
  const trust = shown.closed_by !== undefined && shown.trust === "trusted" ? "revoked" : shown.trust;
  return { reference, path: file.path, files: shown.manifest.files.length, aliases: shown.aliases, stage: shown.stage, trust, tainted: shown.tainted !== undefined };
}

/** Looks at versions until `limit`: those of one model first, and those that aliases hold before the others. Says how many. */
async function each(view: View, rows: readonly ModelRow[], first: string | null, limit: number, look: (shown: ShowAnswer) => void): Promise<number> {
  const seen = new Set<string>();
  const see = async (reference: string): Promise<void> => {
    if (seen.has(reference) || seen.size >= limit) return;
    seen.add(reference);
    look(view.show(reference));
    if (seen.size % 20 === 0) await turn();
  };
  const ordered = first === null ? rows : [...rows].sort((a, b) => Number(b.model === first) - Number(a.model === first));
  for (const row of ordered) for (const [, version] of row.aliases) await see(`${row.model}/${version}`);
  for (const row of ordered) {
    if (seen.size >= limit) break;
    for (const { version } of view.versions(row.model)) await see(`${row.model}/${version}`);
  }
  return seen.size;
}

/** The versions that an artifact's parents are, and those that name the artifact as a parent of theirs. */
export async function relatives(view: View, rows: readonly ModelRow[], artifact: string, parents: readonly string[], limit: number): Promise<Relatives> {
  const [from, made]: [Relatives["from"][number][], Relatives["made"][number][]] = [[], []];
  const searched = await each(view, rows, null, limit, ({ manifest, version }) => {
    if (version === null) return;
    const it = { model: version.model, version: version.version, artifact: version.artifact };
    if (parents.includes(it.artifact)) from.push(it);
    if (manifest.parents?.includes(artifact)) made.push(it);
  });
  return { from, made, searched, all: rows.reduce((sum, row) => sum + row.versions, 0) };
}

export async function inspected(view: View, rows: readonly ModelRow[], file: File, model: string | null): Promise<DroppedFile> {
  const reader = new FileReaderSync();
  const answer = inspectFile(file.name, file.size, (offset, length) => new Uint8Array(reader.readAsArrayBuffer(file.slice(offset, offset + length))));
  const digest = await digestOf(file);
  const found: FileMatch[] = [];
  const searched = await each(view, rows, model, VERSIONS, (shown) => {
    const match = matchIn(shown, digest);
    if (match) found.push(match);
  });
  return { answer, size: file.size, sha256: digest, matches: found, searched, all: rows.reduce((sum, row) => sum + row.versions, 0) };
}
