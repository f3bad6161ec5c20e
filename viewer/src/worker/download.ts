// A file of a site, handed on only where its bytes are those that were signed for.
import { Trouble } from "./failure.ts";
import type { Source } from "./source.ts";

export async function downloaded(source: Source, sha256: string, size: number): Promise<Blob> {
  const bytes = await source.blob(sha256);
  if (bytes === null) throw new Trouble("not-found", "the bytes of this file are not part of this place", "`refmark pull` gets them from where the registry keeps them");
  const digest = Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (digest !== sha256 || bytes.length !== size) throw new Trouble("integrity", `these are not the bytes that were signed for: expected ${sha256}, found ${digest}`, "nothing was saved; tell whoever publishes the site");
  return new Blob([bytes], { type: "application/octet-stream" });
}
