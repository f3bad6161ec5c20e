// The page, from files that lie beside it.
import wasmUrl from "../../bindings-wasm/pkg/refmark_wasm_bg.wasm?url";
import workerUrl from "./worker/worker.ts?worker&url";
import { render } from "preact";
import { App } from "./app/shell.tsx";
import { parse } from "./app/route.ts";
import { start } from "./app/state.ts";
import { startWorker } from "./app/trusted.ts";
import { spellWhatIsUnseen } from "./parts/seen.ts";
import "./style.css";

spellWhatIsUnseen();
void start({
  worker: () => startWorker(new URL(workerUrl, import.meta.url).href, "module"),
  module: () => Promise.resolve(new URL(wasmUrl, import.meta.url).href),
  place: () => ({ kind: "address", url: new URL(parse(location.hash).from ?? "registry/", document.baseURI).href }),
});
render(<App />, document.getElementById("app") as HTMLElement);
