// What is bad is marked wherever it is named: a revoked version is not a healthy one because an alias holds it.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Stage, TrustState, VersionMark } from "refmark-wasm";
import { ask, epoch } from "../app/state.ts";
import { Badge, To } from "./bits.tsx";

/** What has to be said of a version: its trust, its stage, and whether it rests on a lost key. */
export interface Marked { readonly trust: TrustState | string; readonly stage?: Stage | string | null; readonly tainted?: boolean; }

export const isUnsafe = (it: Marked): boolean => it.tainted === true || it.trust !== "trusted";
export const isOver = (it: Marked): boolean => it.stage === "retired" || it.stage === "archived";

const TRUSTS: Readonly<Record<string, readonly [string, string]>> = {
  revoked: ["bad", "its bytes are handed out to nobody"], deleted: ["bad", "its bytes are gone"], quarantined: ["warn", "its bytes are handed out to nobody yet"], acquired: ["warn", "nobody has looked at it yet"],
};

/** Badges for what there is to warn of; nothing for a version that is trusted and in use. */
export function Marks({ of }: { readonly of: Marked | null | undefined }) {
  if (!of) return null;
  const trust = TRUSTS[of.trust];
  return (
    <>
      {trust && <> <Badge tone={trust[0]} title={trust[1]}>{of.trust}</Badge></>}
      {of.tainted === true && <> <Badge tone="bad" title="it rests on a key that was distrusted">tainted</Badge></>}
      {isOver(of) && <> <Badge tone="warn" title="nobody should begin to use it">{of.stage}</Badge></>}
    </>
  );
}

/** What is known of versions by name; null where there is no such version. */
const known = signal<ReadonlyMap<string, VersionMark | null>>(new Map());
let of = -1;
const wanted = new Set<string>();
const asking = new Set<string>();

/** Asks for all that were named in one render at once. */
async function askAll(): Promise<void> {
  const all = [...wanted].filter((it) => !asking.has(it));
  wanted.clear();
  if (all.length === 0) return;
  all.forEach((it) => asking.add(it));
  const when = epoch.value;
  const answer = await ask("marks", all).catch(() => null);
  if (when !== epoch.value) return;
  all.forEach((it) => asking.delete(it));
  if (answer === null) return;
  const next = new Map(known.value);
  all.forEach((it) => next.set(it, null));
  answer.forEach((mark) => next.set(`${mark.model}/${mark.version}`, mark));
  known.value = next;
}

/** What has to be said of a version that is only named; undefined while it is asked for. */
export function useMark(model: string, version: number | null): VersionMark | null | undefined {
  const now = epoch.value;
  const name = version === null ? null : `${model}/${version}`;
  useEffect(() => {
    if (of !== now) {
      of = now;
      asking.clear();
      known.value = new Map();
    }
    if (name === null || known.value.has(name)) return;
    if (wanted.size === 0) queueMicrotask(() => void askAll());
    wanted.add(name);
  }, [name, now]);
  return name === null ? null : known.value.get(name);
}

/** A version by name, with what has to be said of it. */
export function VersionRef({ model, version, text }: { readonly model: string; readonly version: number; readonly text?: string }) {
  const mark = useMark(model, version);
  return <><To to={{ screen: "version", model, version: String(version) }}>{text ?? `${model}/${version}`}</To><Marks of={mark} /></>;
}
