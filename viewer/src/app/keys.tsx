// Keys: `/` finds, `?` helps, `g` and a letter goes. They can be switched off, because single keys disturb some ways of typing.
import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Screen } from "./route.ts";
import { go, href, opened } from "./state.ts";

export const help = signal(false);
const on = signal(true);

const GOES: Readonly<Record<string, Screen>> = {
  m: { screen: "models" }, p: { screen: "proposals" }, r: { screen: "policy" }, c: { screen: "catalog" }, s: { screen: "sunset" }, i: { screen: "integrity" }, f: { screen: "file" },
};

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}

export function useKeys(): void {
  useEffect(() => {
    let before = "";
    const press = (event: KeyboardEvent) => {
      // What lies below the help is not to be reached.
      if (document.querySelector("dialog[open]") || !on.value || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      const last = before;
      before = event.key;
      if (event.key === "?") help.value = true;
      else if (event.key === "/" && opened.value) find(event);
      else if (last === "g" && GOES[event.key] && opened.value) go(href(GOES[event.key] as Screen));
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

function find(event: KeyboardEvent): void {
  event.preventDefault();
  if (!document.getElementById("search")) go(href({ screen: "models" }));
  // After the render that is due, and before the next key.
  queueMicrotask(() => document.getElementById("search")?.focus());
}

const KEYS: readonly (readonly [string, string])[] = [
  ["/", "find a model"], ["?", "this help"], ["↑ ↓", "walk the rows of a table"], ["Home End", "first and last row"], ["Page ↑ ↓", "a page of rows"], ["Enter", "open the row"],
  ["g m", "models"], ["g p", "proposals"], ["g r", "policy"], ["g c", "catalog"], ["g s", "sunset"], ["g i", "integrity"], ["g f", "check a file"],
];

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = help.value;
  useLayoutEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  return (
    <dialog ref={dialog} aria-labelledby="help-title" onClose={() => (help.value = false)}>
      <h2 id="help-title">Keys</h2>
      <dl class="keys">{KEYS.map(([key, what]) => <div key={key}><dt>{key.split(" ").map((it) => <kbd key={it}>{it}</kbd>)}</dt><dd>{what}</dd></div>)}</dl>
      <label><input type="checkbox" checked={on.value} onChange={(event) => (on.value = event.currentTarget.checked)} /> Single keys on</label>
      <p class="soft">Green is used only for what was verified in this browser against the root in the link.</p>
      <form method="dialog"><button class="button">Close</button></form>
    </dialog>
  );
}
