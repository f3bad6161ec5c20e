// Addresses: `#/m/sentiment/v/4@<commit>?root=sha256:…&head=<commit>`. Everything that a colleague needs to see the same thing.

export type Screen =
  | { readonly screen: "models" }
  | { readonly screen: "model"; readonly model: string }
  | { readonly screen: "version"; readonly model: string; readonly version: string }
  | { readonly screen: "alias"; readonly model: string; readonly alias: string }
  | { readonly screen: "compare" }
  | { readonly screen: "proposals" }
  | { readonly screen: "proposal"; readonly name: string }
  | { readonly screen: "policy" }
  | { readonly screen: "catalog" }
  | { readonly screen: "sunset" }
  | { readonly screen: "integrity" }
  | { readonly screen: "activity" }
  | { readonly screen: "unsafe" }
  | { readonly screen: "file" }
  | { readonly screen: "nowhere"; readonly path: string };

export interface Address {
  readonly screen: Screen;
  /** The commit that is looked at; null for the newest. */
  readonly at: string | null;
  /** The root that the link names. */
  readonly root: string | null;
  /** The head that the link says was seen before. */
  readonly seen: string | null;
  /** The branch that the commit is of; null for the one that the place names. */
  readonly branch: string | null;
  /** Where the registry lies, from the page; null for the folder beside it. */
  readonly from: string | null;
  /** What else the screen was asked. */
  readonly query: Readonly<Record<string, string>>;
  /** What of the link was meant to hold the registry to something and is not understood: never passed over. */
  readonly faults: readonly string[];
}

const BRANCH = /^[A-Za-z0-9_][A-Za-z0-9._/-]*$/;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const ROOT = /^(?:sha256:)?[0-9a-f]{64}$/;

function screenOf(path: string): Screen {
  const parts = path.split("/").filter((part) => part !== "").map(decoded);
  const [first, second, third, fourth] = parts;
  const nowhere: Screen = { screen: "nowhere", path };
  if (first === undefined || (first === "models" && second === undefined)) return { screen: "models" };
  if (first === "m" && second !== undefined) {
    if (third === undefined) return { screen: "model", model: second };
    if (fourth === undefined) return nowhere;
    if (third === "v") return { screen: "version", model: second, version: fourth };
    if (third === "a") return { screen: "alias", model: second, alias: fourth };
    return nowhere;
  }
  if (first === "proposals" && second !== undefined) return { screen: "proposal", name: second };
  if (second !== undefined) return nowhere;
  switch (first) {
    case "compare": case "proposals": case "policy": case "catalog": case "sunset": case "integrity": case "file": case "activity": case "unsafe": return { screen: first };
    default: return nowhere;
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function pathOf(screen: Screen): string {
  const part = encodeURIComponent;
  switch (screen.screen) {
    case "models": return "/models";
    case "model": return `/m/${part(screen.model)}`;
    case "version": return `/m/${part(screen.model)}/v/${part(screen.version)}`;
    case "alias": return `/m/${part(screen.model)}/a/${part(screen.alias)}`;
    case "proposal": return `/proposals/${part(screen.name)}`;
    case "nowhere": return screen.path;
    default: return `/${screen.screen}`;
  }
}

/** What a pin lacks to be one, in words. */
function whyNot(what: string, text: string, digits: readonly number[]): string {
  const hex = text.replace(/^sha256:/i, "");
  const lengths = digits.join(" or ");
  if (text === "") return `the ${what} is empty`;
  if (/^[0-9a-f]+$/i.test(hex) && !digits.includes(hex.length)) return `the ${what} has ${hex.length} digits and not ${lengths}: it was cut short, or has something too much`;
  if (/^[0-9a-f]+$/i.test(hex)) return `the ${what} is written in capitals; digests are written in small letters`;
  return `the ${what} is not ${lengths} digits of 0–9 and a–f`;
}

/** The commit behind the last `@`, and the path before it. What looks like a commit and is none is a fault. */
function cutCommit(front: string, faults: string[]): readonly [string, string | null] {
  const mark = front.lastIndexOf("@");
  const commit = mark < 0 ? "" : front.slice(mark + 1);
  if (COMMIT.test(commit)) return [front.slice(0, mark), commit];
  if (mark < 0 || !/^[0-9a-f]{7,}$/i.test(commit)) return [front, null];
  faults.push(whyNot("commit", commit, [40, 64]));
  return [front.slice(0, mark), null];
}

/** Reads the part of a URL after `#`. A pin that is not understood is told as such: a link that lost its end holds nobody to
 * anything, and must not look as if it did. */
export function parse(hash: string): Address {
  const text = hash.replace(/^#/, "");
  const plain = !text.startsWith("/") && text.includes("=");
  const cut = plain ? 0 : text.indexOf("?");
  const query = new URLSearchParams(cut < 0 ? "" : text.slice(plain ? 0 : cut + 1));
  const faults: string[] = [];
  const [path, at] = cutCommit(plain ? "" : cut < 0 ? text : text.slice(0, cut), faults);
  const pin = (name: string, what: string, fits: RegExp, digits: readonly number[]): string | null => {
    const all = query.getAll(name);
    const [value] = all;
    if (value === undefined) return null;
    if (all.length > 1) faults.push(`the ${what} is named ${all.length} times`);
    else if (fits.test(value)) return value;
    else faults.push(digits.length > 0 ? whyNot(what, value, digits) : `the ${what} is no name of a branch`);
    return null;
  };
  const root = pin("root", "root", ROOT, [64]);
  const seen = pin("head", "head", COMMIT, [40, 64]);
  const branch = pin("branch", "branch", BRANCH, []);
  const from = query.get("from");
  for (const name of ["root", "head", "branch", "from"]) query.delete(name);
  return { screen: screenOf(path), at, root: root === null || root.startsWith("sha256:") ? root : `sha256:${root}`, seen, branch, from, query: Object.fromEntries(query), faults };
}

/** Writes an address; colons stay readable. */
export function print(address: Address): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(address.query)) if (value !== "") query.set(key, value);
  if (address.root !== null) query.set("root", address.root);
  if (address.seen !== null) query.set("head", address.seen);
  if (address.branch !== null) query.set("branch", address.branch);
  if (address.from !== null) query.set("from", address.from);
  const text = query.toString().replace(/%3A/g, ":").replace(/%2F/g, "/");
  return `#${pathOf(address.screen)}${address.at === null ? "" : `@${address.at}`}${text === "" ? "" : `?${text}`}`;
}
