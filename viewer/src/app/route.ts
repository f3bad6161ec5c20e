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
  | { readonly screen: "file" }
  | { readonly screen: "nowhere"; readonly path: string };

export interface Address {
  readonly screen: Screen;
  /** The commit that is looked at; null for the newest. */
  readonly at: string | null;
  /** The root that the reader pins. */
  readonly root: string | null;
  /** The head that the reader saw last. */
  readonly seen: string | null;
  /** Where the registry lies, from the page; null for the folder beside it. */
  readonly from: string | null;
  /** What else the screen was asked. */
  readonly query: Readonly<Record<string, string>>;
}

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
    case "compare": case "proposals": case "policy": case "catalog": case "sunset": case "integrity": case "file": return { screen: first };
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

/** Reads the part of a URL after `#`. What is no commit or root is not taken for one. */
export function parse(hash: string): Address {
  const text = hash.replace(/^#/, "");
  const plain = !text.startsWith("/") && text.includes("=");
  const cut = plain ? 0 : text.indexOf("?");
  const front = plain ? "" : cut < 0 ? text : text.slice(0, cut);
  const query = Object.fromEntries(new URLSearchParams(cut < 0 ? "" : text.slice(plain ? 0 : cut + 1)));
  const mark = front.lastIndexOf("@");
  const commit = mark < 0 ? "" : front.slice(mark + 1);
  const at = COMMIT.test(commit) ? commit : null;
  const { root, head, from, ...rest } = query;
  return {
    screen: screenOf(at === null ? front : front.slice(0, mark)),
    at,
    root: root !== undefined && ROOT.test(root) ? (root.startsWith("sha256:") ? root : `sha256:${root}`) : null,
    seen: head !== undefined && COMMIT.test(head) ? head : null,
    from: from ?? null,
    query: rest,
  };
}

/** Writes an address; colons stay readable. */
export function print(address: Address): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(address.query)) if (value !== "") query.set(key, value);
  if (address.root !== null) query.set("root", address.root);
  if (address.seen !== null) query.set("head", address.seen);
  if (address.from !== null) query.set("from", address.from);
  const text = query.toString().replace(/%3A/g, ":").replace(/%2F/g, "/");
  return `#${pathOf(address.screen)}${address.at === null ? "" : `@${address.at}`}${text === "" ? "" : `?${text}`}`;
}
