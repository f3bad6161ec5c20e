// A dropped model file: what it is, its digest, and which versions of this registry hold exactly these bytes.
import type { ShowAnswer } from "refmark-wasm";
import type { DroppedFile, FileMatch, ModelRow } from "../protocol.ts";
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
  return { reference, path: file.path, aliases: shown.aliases, stage: shown.stage, trust: shown.trust };
}

/** Looks at the model that was asked about first, and at the versions that aliases hold before the others. */
async function matches(view: View, rows: readonly ModelRow[], model: string | null, digest: string): Promise<{ found: FileMatch[]; searched: number }> {
  const found: FileMatch[] = [];
  const seen = new Set<string>();
  const look = async (reference: string): Promise<void> => {
    if (seen.has(reference) || seen.size >= VERSIONS) return;
    seen.add(reference);
    const match = matchIn(view.show(reference), digest);
    if (match) found.push(match);
    if (seen.size % 20 === 0) await turn();
  };
  const ordered = model === null ? rows : [...rows].sort((a, b) => Number(b.model === model) - Number(a.model === model));
  for (const row of ordered) for (const [, version] of row.aliases) await look(`${row.model}/${version}`);
  for (const row of ordered) {
    if (seen.size >= VERSIONS) break;
    for (const { version } of view.versions(row.model)) await look(`${row.model}/${version}`);
  }
  return { found, searched: seen.size };
}

export async function inspected(view: View, rows: readonly ModelRow[], file: File, model: string | null): Promise<DroppedFile> {
  const reader = new FileReaderSync();
  const answer = inspectFile(file.name, file.size, (offset, length) => new Uint8Array(reader.readAsArrayBuffer(file.slice(offset, offset + length))));
  const digest = await digestOf(file);
  const { found, searched } = await matches(view, rows, model, digest);
  return { answer, size: file.size, sha256: digest, matches: found, searched };
}
