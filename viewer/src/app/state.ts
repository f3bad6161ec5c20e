// What the page knows, as signals: where it is, what was opened, how far it was verified.
import { batch, computed, effect, signal } from "@preact/signals";
import type { CommitInfo } from "refmark-wasm";
import type { Event, Failure, ListingCheck, ModelRow, Opened, Place, Verified } from "../protocol.ts";
import { type Boot, Client, Refused } from "./client.ts";
import { type Address, parse, print, type Screen } from "./route.ts";

export type Phase = "start" | "opening" | "open" | "failed" | "stopped";

export const address = signal<Address>(parse(""));
export const phase = signal<Phase>("start");
export const opened = signal<Opened | null>(null);
export const failure = signal<Failure | null>(null);
export const loading = signal<{ readonly what: string; readonly done: number; readonly total: number; readonly unit: "bytes" | "things" } | null>(null);
/** A newer commit than the newest that was read, which the place has by now. */
export const newer = signal<string | null>(null);
export const shownHead = signal<CommitInfo | null>(null);
export const progress = signal<{ readonly done: number; readonly total: number } | null>(null);
export const verified = signal<Verified | null>(null);
export const unverifiable = signal<Failure | null>(null);
/** How far the place's own table of models was held against what was verified. */
export const listing = signal<ListingCheck | null>(null);
/** Counts up when answers may have become others: the view is there, or was verified. */
export const epoch = signal(0);

/** The models; replaced in pieces, so the array is the same and `rowsChanged` counts. */
export const rows: { list: ModelRow[]; total: number; generation: number } = { list: [], total: 0, generation: 0 };
export const rowsChanged = signal(0);
/** Whether a table of models has arrived at all. */
export const rowsKnown = signal(false);

/** What may be said of what is shown. Only `verified` is ever green. */
export type Standing =
  | "none" | "unverified" | "verifying" | "vouched" | "verified" | "pending" | "refused" | "not-landed" | "incomplete" | "unverifiable"
  | "misread" | "damaged" | "failed" | "rewritten" | "listing-lies";

/** Failures of a verification that say that bytes are not what their names say, or are none that Git would write. */
const DAMAGE: readonly string[] = ["bad-pack", "bad-object", "bad-record", "hash-mismatch", "integrity", "too-large", "bug"];
const ABSENT: readonly string[] = ["missing-object", "missing-file", "incomplete"];

function standingOf(): Standing {
  if (address.value.faults.length > 0) return "misread";
  const stopped = unverifiable.value?.code;
  if (stopped !== undefined) return ABSENT.includes(stopped) ? "incomplete" : DAMAGE.includes(stopped) ? "damaged" : "unverifiable";
  const it = verified.value;
  if (it === null) return progress.value === null ? "unverified" : "verifying";
  const { report } = it;
  if (!report.whole) return "failed";
  if (it.seen === "not-on-the-chain" || it.before?.kept === false) return "rewritten";
  if ((listing.value?.lies ?? 0) > 0) return "listing-lies";
  if (opened.value?.lies !== "newest" && opened.value?.lies !== "behind") return "not-landed";
  if (report.verdict === "incomplete") return "incomplete";
  if (report.verdict === "failed") return "refused";
  if (report.verdict === "pending") return "pending";
  return report.pinned && address.value.root !== null ? "verified" : "vouched";
}

export const standing = computed<Standing>(() => {
  if (opened.value === null) return "none";
  // Asked first, so that a change of either is always heard.
  const [link, list] = [address.value, listing.value];
  return link === null && list === null ? "none" : standingOf();
});

/** Every so many milliseconds a place is asked whether it has a newer commit. */
const LOOK_EVERY = 300_000;

let client: Client;
let boot: Boot;
let place: Place | null = null;
/** The address under which the place was opened last. */
let under: Address = parse("");

/** How many questions are under way; `data-asked` of the document says so to whoever waits for a screen to be whole. */
const asked = signal(0);
export const ask: Client["ask"] = (question, ...args) => {
  asked.value++;
  return client.ask(question, ...args).finally(() => asked.value--);
};

/** The rows that fit a text, in order: answered at once, and never in the way of the other questions. */
export const order: Client["order"] = (by) => {
  asked.value++;
  return client.order(by).finally(() => asked.value--);
};

/** Whether the screen was reached by a link of this page; the first one leaves the focus where the browser puts it. */
export const walked = signal(false);

/** What is said to people who do not see the page change. */
export const announced = signal("");
export function announce(text: string): void {
  announced.value = "";
  setTimeout(() => (announced.value = text), 30);
}

function hear(event: Event): void {
  switch (event.event) {
    case "opened":
      opened.value = event.opened;
      phase.value = "open";
      break;
    case "loading":
      loading.value = event;
      break;
    case "rows":
      if (event.generation !== rows.generation) Object.assign(rows, { list: [], generation: event.generation });
      rows.list.push(...event.rows);
      rows.total = event.total;
      rowsKnown.value = true;
      // The order is asked for when the first rows are here, and again when all are.
      if (event.start === 0 || rows.list.length >= event.total) rowsChanged.value++;
      break;
    case "ready":
      loading.value = null;
      shownHead.value = event.head;
      epoch.value++;
      break;
    case "verifying":
      progress.value = event;
      break;
    case "verified":
      verified.value = event.verified;
      progress.value = null;
      epoch.value++;
      break;
    case "listing":
      listing.value = event.listing;
      break;
    case "unverifiable":
      unverifiable.value = event.failure;
      progress.value = null;
      break;
    case "failed":
      if (event.failure.code === "stopped") break;
      // A viewer without a registry beside it is not a failure: it waits for one to be dropped.
      failure.value = event.failure.code === "nothing-here" && place?.kind === "address" ? null : event.failure;
      phase.value = failure.value === null ? "start" : "failed";
      opened.value = null;
      break;
  }
}

function forget(): void {
  Object.assign(rows, { list: [], total: 0, generation: 0 });
  rowsKnown.value = false;
  for (const it of [opened, failure, loading, shownHead, progress, verified, unverifiable, listing, newer]) it.value = null;
}

/** Opens a place; what was open before is forgotten. */
export async function open(what: Place): Promise<void> {
  place = what;
  forget();
  phase.value = "opening";
  under = address.value;
  const { at, root, seen, branch } = under;
  // A place that fails says so by an event, and one that was stopped is told of by whoever stopped it.
  await client.open(what, { at, root, seen, branch }).catch((error: unknown) => {
    if (!(error instanceof Refused)) throw error;
  });
}

export function stop(): void {
  client.stop();
  if (phase.value === "opening" || verified.value === null) {
    progress.value = null;
    if (opened.value === null) phase.value = "stopped";
    else unverifiable.value = { code: "stopped", message: "You stopped the verification", hint: "reload the page to verify", fields: {} };
  }
}

/** Opens the same place again: what was lost on the way may come now. */
export function again(): void {
  if (place !== null) void open(place);
}

/** Asks whether the place has a newer commit by now. */
async function lookForNewer(): Promise<void> {
  const it = opened.value;
  if (it === null || document.visibilityState !== "visible" || verified.value === null) return;
  const now = await client.ask("newest").catch(() => it.newest);
  if (opened.value === it && now !== it.newest) newer.value = now;
}

/** A dropped registry is held against the root and head of the link; one that takes another's place, against its root alone. */
export function openDropped(what: Place): Promise<void> {
  const { root, seen, branch } = address.value;
  const first = opened.value === null;
  history.replaceState(null, "", print({ screen: { screen: "models" }, at: null, root, seen: first ? seen : null, branch: first ? branch : null, from: null, query: {}, faults: [] }));
  address.value = parse(location.hash);
  return open(what);
}

/** The commit and the branch that are shown: what a link to the same thing names. */
function shownNow(): Pick<Address, "at" | "branch"> {
  const { at, branch } = address.value;
  return { at: opened.value?.head ?? at, branch: opened.value?.shown ?? branch };
}

/** An address of the same registry, at the same commit and under the same pin. */
export function href(screen: Screen, query: Readonly<Record<string, string>> = {}): string {
  return print({ ...address.value, ...shownNow(), screen, query });
}

/** Changes what the screen was asked, without a step in the browser's history. */
export function replaceQuery(query: Readonly<Record<string, string>>): void {
  const next = { ...address.value, ...shownNow(), query: { ...address.value.query, ...query } };
  try {
    history.replaceState(history.state, "", print(next));
  } catch {
    // Browsers refuse when it comes too often, as by a key that is held down. The link then lags; the screen must not.
  }
  address.value = next;
}

/** How far each step of the browser's history had been scrolled. */
const scrolled = new Map<number, number>();
let step = 0;
/** Where the screen that is shown is to be scrolled to: where it was left, where somebody comes back to it. */
export const scrollTarget = { top: 0 };

const stepOf = (state: unknown): number => (typeof state === "object" && state !== null && typeof (state as { step?: unknown }).step === "number" ? (state as { step: number }).step : 0);

/** Shows an address, and opens the registry again where it asks for another commit, root or place than is open. */
function arrive(now: Address): void {
  batch(() => {
    walked.value = true;
    address.value = now;
    if (now.from !== under.from) place = boot.place();
    if (place === null) return;
    const other = now.at !== null && now.at !== (opened.value?.head ?? under.at);
    const elsewhere = now.branch !== null && now.branch !== (opened.value?.shown ?? under.branch);
    if (other || elsewhere || now.root !== under.root || now.seen !== under.seen || now.from !== under.from) void open(place);
  });
}

/** Goes to an address of this page at once, so that the next key already meets its screen. */
export function go(hash: string, anew = false): void {
  if (hash !== location.hash) {
    scrolled.set(step, scrollY);
    step = Date.now();
    history.pushState({ step }, "", hash);
  }
  scrollTarget.top = 0;
  if (anew) {
    address.value = parse(hash);
    again();
  } else arrive(parse(hash));
}

/** Starts the page: the worker, the address, and the registry that lies beside the page where one does. */
export async function start(with_: Boot): Promise<void> {
  boot = with_;
  address.value = parse(location.hash);
  client = new Client(boot, boot.module(), hear);
  history.scrollRestoration = "manual";
  window.addEventListener("popstate", (event) => {
    scrolled.set(step, scrollY);
    step = stepOf(event.state);
    scrollTarget.top = scrolled.get(step) ?? 0;
  });
  addEventListener("hashchange", () => arrive(parse(location.hash)));
  addEventListener("visibilitychange", () => void lookForNewer());
  setInterval(() => void lookForNewer(), LOOK_EVERY);
  effect(() => {
    document.documentElement.dataset["standing"] = standing.value;
    document.documentElement.dataset["asked"] = String(asked.value);
  });
  const beside = boot.place();
  if (beside !== null) await open(beside);
}
