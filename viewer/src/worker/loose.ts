// Loose objects of a bare repository on a plain web server: nothing lists them, so they are followed from the refs.
// Only their links are read here; what they say is read, and checked against their ids, by the module.
import { Trouble } from "./failure.ts";
import { joined } from "./joined.ts";

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hex(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let at = from; at < to; at++) text += HEX[bytes[at] ?? 0];
  return text;
}

/** The object ids that a pack's index (version 2) lists. */
export function idsOfIndex(idx: Uint8Array, width: number): Set<string> {
  const view = new DataView(idx.buffer, idx.byteOffset, idx.byteLength);
  if (idx.length < 8 + 1024 || view.getUint32(0) !== 0xff744f63 || view.getUint32(4) !== 2) throw new Trouble("bad-pack", "a pack's index is not of version 2");
  const count = view.getUint32(8 + 255 * 4);
  const start = 8 + 1024;
  if (idx.length < start + count * width) throw new Trouble("bad-pack", "a pack's index is cut off");
  const ids = new Set<string>();
  for (let n = 0; n < count; n++) ids.add(hex(idx, start + n * width, start + (n + 1) * width));
  return ids;
}

const LARGEST = 32 << 20;

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > LARGEST) throw new Trouble("too-large", `a loose object is larger than ${LARGEST} bytes`);
    parts.push(value);
  }
  return joined(parts, size);
}

/** The objects that a loose object names: a commit's tree and parents, a tree's entries, a tag's target. */
export async function linksOf(deflated: Uint8Array<ArrayBuffer>, width: number): Promise<string[]> {
  const bytes = await inflate(deflated);
  const end = bytes.indexOf(0);
  const kind = new TextDecoder().decode(bytes.subarray(0, Math.max(end, 0))).split(" ")[0];
  const body = bytes.subarray(end + 1);
  if (kind === "tree") return entries(body, width);
  if (kind !== "commit" && kind !== "tag") return [];
  const head = new TextDecoder().decode(body).split("\n\n", 1)[0] ?? "";
  return [...head.matchAll(/^(?:tree|parent|object) ([0-9a-f]+)$/gm)].map((match) => match[1] ?? "");
}

function entries(body: Uint8Array, width: number): string[] {
  const found: string[] = [];
  let at = 0;
  while (at < body.length) {
    const end = body.indexOf(0, at);
    if (end < 0 || end + 1 + width > body.length) break;
    found.push(hex(body, end + 1, end + 1 + width));
    at = end + 1 + width;
  }
  return found;
}

export const loosePath = (oid: string): string => `objects/${oid.slice(0, 2)}/${oid.slice(2)}`;
