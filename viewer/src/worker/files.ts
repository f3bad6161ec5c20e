// Where bytes come from: the page's own origin, what is written into the page, or files that a person dropped.
import { Stopped, Trouble } from "./failure.ts";
import { joined } from "./joined.ts";

/** A folder of files, by path with `/`. */
export interface Files {
  /** Where they lie, in words. */
  readonly origin: string;
  /** The bytes; null where there is no such file. `came` hears how many bytes came so far. */
  read(path: string, came?: (bytes: number) => void): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Every path; null where that cannot be told, as on a web server. */
  list(): readonly string[] | null;
}

export async function text(files: Files, path: string): Promise<string | null> {
  const bytes = await files.read(path);
  return bytes === null ? null : new TextDecoder().decode(bytes);
}

/** The files of a place that are replaced while their names stay. */
const MOVING = /(^|\/)(site\.json|HEAD|info\/refs|packed-refs|objects\/info\/packs)$/;

async function counted(body: ReadableStream<Uint8Array>, came: (bytes: number) => void, path: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      if (signal.aborted) throw new Stopped();
      throw new Trouble("unreachable", `${path} broke off after ${size.toLocaleString("en")} bytes (${error instanceof Error ? error.message : String(error)})`, "try again", { path });
    });
    if (done) break;
    parts.push(value);
    size += value.length;
    came(size);
  }
  return joined(parts, size);
}

/** Files of the page's own origin, below a URL. */
export function served(url: string, signal: AbortSignal): Files {
  const base = new URL(url.endsWith("/") ? url : `${url}/`, self.location.href);
  if (base.origin !== self.location.origin) {
    throw new Trouble("other-origin", `${base.origin} is not where this page comes from`, "open a viewer that lies beside that registry, or drop the registry's folder here");
  }
  return {
    origin: base.href,
    async read(path, came) {
      // What names the rest may have changed since it was read last; a name that follows from its bytes cannot.
      const cache = MOVING.test(path) ? "no-cache" : "default";
      const response = await fetch(new URL(path, base), { signal, cache, credentials: "same-origin", redirect: "error", referrerPolicy: "no-referrer" }).catch((error: unknown) => {
        if (signal.aborted) throw new Stopped();
        throw new Trouble("unreachable", `${path} did not come: the connection was lost or the server is not there (${error instanceof Error ? error.message : String(error)})`, "try again", { path });
      });
      if (response.status === 404 || response.status === 403) return null;
      if (!response.ok) throw new Trouble("unreachable", `${path}: the server answered ${response.status}`, null, { path });
      // A server of single-page apps answers every path with its page.
      if ((response.headers.get("content-type") ?? "").startsWith("text/html")) return null;
      return came === undefined || response.body === null ? new Uint8Array(await response.arrayBuffer()) : counted(response.body, came, path, signal);
    },
    list: () => null,
  };
}

/** Files that the page carries in itself: as base64, and a few as text. */
export function inlined(files: Readonly<Record<string, string>>, texts: Readonly<Record<string, string>>): Files {
  return {
    origin: "this page itself",
    async read(path) {
      const text = texts[path];
      if (text !== undefined) return new TextEncoder().encode(text);
      const coded = files[path];
      return coded === undefined ? null : fromBase64(coded);
    },
    list: () => [...Object.keys(files), ...Object.keys(texts)],
  };
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.trim());
  const bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at++) bytes[at] = raw.charCodeAt(at);
  return bytes;
}

/** Files that were dropped, without the folders above `prefix`. */
export function dropped(files: readonly { readonly path: string; readonly file: File }[], prefix: string): Files {
  const byPath = new Map(files.filter(({ path }) => path.startsWith(prefix)).map(({ path, file }) => [path.slice(prefix.length), file]));
  return {
    origin: `files that were dropped here${prefix === "" ? "" : `, ${prefix}`}`,
    async read(path) {
      const file = byPath.get(path);
      return file === undefined ? null : new Uint8Array(await file.arrayBuffer());
    },
    list: () => [...byPath.keys()],
  };
}
