// The page as one file: script, worker, module and registry are written into it. Works from a disk, offline.
import { render } from "preact";
import { App } from "./app/shell.tsx";
import { start } from "./app/state.ts";
import { startWorker } from "./app/trusted.ts";
import { spellWhatIsUnseen } from "./parts/seen.ts";
import type { Place } from "./protocol.ts";

function carried(id: string): string | null {
  return document.getElementById(id)?.textContent ?? null;
}

function bytesOf(base64: string): ArrayBuffer {
  const raw = atob(base64.trim());
  const bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at++) bytes[at] = raw.charCodeAt(at);
  return bytes.buffer;
}

/** The registry's files, by path; none where the page was built without a registry. */
function place(): Place | null {
  const site = carried("refmark-site");
  if (site === null) return null;
  const prefix = "refmark-file:";
  const files: Record<string, string> = {};
  for (const script of document.querySelectorAll<HTMLScriptElement>(`script[id^="${prefix}"]`)) files[script.id.slice(prefix.length)] = script.textContent ?? "";
  return { kind: "inlined", site, files };
}

spellWhatIsUnseen();
void start({
  worker: () => startWorker(URL.createObjectURL(new Blob([bytesOf(carried("refmark-worker") ?? "")], { type: "text/javascript" })), "classic"),
  module: () => Promise.resolve(bytesOf(carried("refmark-module") ?? "")),
  place,
});
render(<App />, document.getElementById("app") as HTMLElement);
