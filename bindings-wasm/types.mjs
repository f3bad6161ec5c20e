// Writes answers.d.ts: the TypeScript side of the answers, read from the Rust structs that are serialised, with their
// words. Whatever serde does to a field there (rename, flatten, leaving it out) is done to its type here.
//
//   node bindings-wasm/types.mjs pkg/answers.d.ts
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folders = ["core/engine/src", "core/query/src", "core/scan/src", "core/records/src", "bindings-wasm/src"];
const single = ["core/types/src/error.rs"];

/** The answers; what they are made of follows. */
const roots = [
  "Model", "VersionRow", "ShowAnswer", "ResolveAnswer", "MoveRow", "ArtifactDiff", "Review", "ExplainAnswer", "Dossier",
  "SearchRow", "PolicyAnswer", "CatalogEntry", "SunsetAnswer", "Inspected", "Problem", "VersionMark", "ModelWords", "VersionWords",
];
/** Two structs of one name: the second by another. */
const renamed = { "core/query/src/diff/lineage.rs:Change": "TextChange" };
const text = [
  "String", "str", "Digest", "Blake3", "ArtifactId", "Oid", "Timestamp", "ModelName", "AliasName", "PrincipalId", "Release", "EntryId",
  "RegistryId", "KeyId", "Role", "ConsumerId", "Code", "Format", "Hint", "PackagePath", "PublicKey",
];
const number = ["u8", "u16", "u32", "u64", "usize", "i64", "f64"];
const wrappers = ["Box", "Arc", "Rc", "Cow"];

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (entry.name.endsWith(".rs") && !entry.name.includes("tests")) yield path;
  }
}

const kebab = (name) => name.replace(/(?<=.)([A-Z])/g, "-$1").toLowerCase();
const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

/** Every item that is serialised, by name; several where a name stands in several files. */
const items = new Map();
/** `type A = B`. */
const aliases = new Map();

function read(path) {
  const file = relative(root, path);
  const source = readFileSync(path, "utf8");
  const item =
    /((?:^ *\/\/\/.*\n)*)((?:^ *#\[.*\]\n)*)^(?:pub(?:\([^)]*\))? )?(struct|enum) (\w+)(?:<[^>]*>)? \{\n([\s\S]*?)^\}/gm;
  for (const [, about, attributes, kind, name, body] of source.matchAll(item)) {
    if (/derive\([^)]*Serialize/.test(attributes)) keep({ file, about, attributes, kind, name, body });
  }
  for (const [, name, of] of source.matchAll(/^pub type (\w+) = (.*);$/gm)) aliases.set(name, of);
  const predicate = /^predicate! \{\n((?: *\/\/\/.*\n)*) {4}(\w+) \{\n([\s\S]*?)^ {4}\}/gm;
  for (const [, about, name, body] of source.matchAll(predicate)) {
    const [early, late] = body.split(/^ *\.\.\.\n/m);
    const common = [
      ["Who signs.", "by: PrincipalId"], ["When, by the signer's clock.", "time: Timestamp"],
    ].map(([words, field]) => `/// ${words}\n${field},\n`).join("");
    const end = `
/// The digest of the statement that this one follows.
#[serde(skip_serializing_if = "Option::is_none")]
previous: Option<Digest>,
/// The last good head of the registry's branch that the signer saw.
#[serde(skip_serializing_if = "Option::is_none")]
base: Option<Oid>,
/// The path of this statement's own record.
path: String,
/// The registry's id.
registry: RegistryId,
`;
    keep({ file, about, attributes: "", kind: "struct", name, body: early + common + (late ?? "") + end });
  }
}

function keep(item) {
  items.set(item.name, [...(items.get(item.name) ?? []), item]);
}

const queue = [];
const written = new Map();

/** The item that a name in a file means: of the same file, else as it is imported there, else the only one. */
function find(name, from) {
  const all = items.get(name);
  if (!all) throw new Error(`${from}: ${name} is not a type that is known here`);
  const source = from.endsWith(".rs") ? readFileSync(join(root, from), "utf8") : "";
  const imports = ({ file }) => {
    const module = basename(file.replace(/\/mod\.rs$/, ""), ".rs");
    return new RegExp(`^ *(pub )?use [^;]*\\b${module}::(${name}\\b|\\{[^;]*\\b${name}\\b)`, "m").test(source);
  };
  const own = all.find((item) => item.file === from) ?? all.find(imports);
  if (!own && all.length > 1) throw new Error(`${from}: ${name} stands in ${all.map((item) => item.file).join(", ")}`);
  return own ?? all[0];
}

function refer(name, from) {
  const item = find(name, from);
  const as = renamed[`${item.file}:${name}`] ?? name;
  const known = written.get(as);
  if (known && known !== item) throw new Error(`${as} stands in ${known.file} and ${item.file}`);
  if (!known) {
    written.set(as, item);
    queue.push([as, item]);
  }
  return as;
}

/** Splits `A, B<C, D>` at its outer commas. */
function split(list) {
  const parts = [];
  let depth = 0;
  let part = "";
  for (const char of list) {
    depth += "<([".includes(char) ? 1 : ">)]".includes(char) ? -1 : 0;
    if (char === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else part += char;
  }
  return [...parts, part].map((one) => one.trim()).filter(Boolean);
}

function type(rust, from) {
  const of = (inner) => type(inner, from);
  const plain = rust.trim().replace(/^&(?:'\w+ )?/, "").replace(/^(?:\w+::)+/, "");
  if (/^\[(.*)\]$/.test(plain)) return `readonly ${wrapped(of(plain.slice(1, -1)))}[]`;
  if (/^\(.*\)$/.test(plain)) return `readonly [${split(plain.slice(1, -1)).map(of).join(", ")}]`;
  const [, name, inner] = /^(\w+)(?:<(.*)>)?$/s.exec(plain) ?? [];
  const parameters = inner ? split(inner).filter((one) => !one.startsWith("'")) : [];
  if (text.includes(name)) return "string";
  if (number.includes(name)) return "number";
  if (name === "bool") return "boolean";
  if (name === "Value" || name === "FreeJson") return "unknown";
  if (wrappers.includes(name)) return of(parameters.at(-1));
  if (aliases.has(name) && !items.has(name)) return of(aliases.get(name));
  if (name === "Option") return `${of(parameters[0])} | null`;
  if (name === "Vec") return `readonly ${wrapped(of(parameters[0]))}[]`;
  if (name === "Listed") return `${refer(name, from)}<${of(parameters[0])}>`;
  if (name === "FreeMap") return `Readonly<Record<string, ${of(parameters[0])}>>`;
  if (name === "BTreeMap") return `Readonly<Record<string, ${of(parameters[1])}>>`;
  if (!name || parameters.length > 0) throw new Error(`${from}: what is ${rust} in TypeScript?`);
  return refer(name, from);
}

const wrapped = (of) => (/[ |]/.test(of) ? `(${of})` : of);

function doc(about, indent) {
  const lines = [...about.matchAll(/\/\/\/ ?(.*)/g)].map(([, line]) => line.replaceAll("*/", "* /"));
  if (lines.length === 0) return "";
  return lines.length === 1 ? `${indent}/** ${lines[0]} */\n` : `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join("")}${indent} */\n`;
}

function* members(body, pattern) {
  const member = new RegExp(`((?: *///.*\\n)*)((?: *#\\[.*\\]\\n)*) *${pattern},?\\n`, "g");
  yield* body.matchAll(member);
}

function struct(as, { file, about, attributes, body, name }) {
  const bases = [];
  let fields = "";
  for (const [, words, serde, field, of] of members(body, "(?:pub(?:\\([^)]*\\))? )?(\\w+): (.*?)")) {
    if (/serde\(skip\)/.test(serde)) continue;
    if (/flatten/.test(serde)) {
      bases.push(type(of, file));
      continue;
    }
    const rename = /rename = "([^"]*)"/.exec(serde)?.[1];
    const shown = rename ?? (/rename_all = "camelCase"/.test(attributes) ? camel(field) : field);
    const optional = /skip_serializing_if/.test(serde);
    const ts = name === "Listed" && /^Vec<T>$/.test(of) ? "readonly T[]" : type(optional ? of.replace(/^Option<(.*)>$/, "$1") : of, file);
    fields += `${doc(words, "  ")}  readonly ${shown}${optional ? "?" : ""}: ${ts};\n`;
  }
  const generic = name === "Listed" ? "<T>" : "";
  const base = bases.length > 0 ? ` extends ${bases.join(", ")}` : "";
  return `${doc(about, "")}export interface ${as}${generic}${base} {\n${fields}}\n`;
}

function union(as, { file, about, attributes, body }) {
  const untagged = /untagged/.test(attributes);
  const cases = [];
  for (const [, , serde, variant, of] of members(body, "(\\w+)(?:\\((.*)\\))?")) {
    const word = /rename = "([^"]*)"/.exec(serde)?.[1] ?? (/kebab-case/.test(attributes) ? kebab(variant) : variant);
    if (of && untagged) cases.push(type(of, file));
    else if (of) cases.push(`{ readonly ${JSON.stringify(word)}: ${type(of, file)} }`);
    else cases.push(JSON.stringify(word));
  }
  return `${doc(about, "")}export type ${as} = ${cases.join(" | ")};\n`;
}

for (const folder of folders) for (const path of sources(join(root, folder))) read(path);
for (const path of single) read(join(root, path));
for (const name of roots) refer(name, "bindings-wasm/types.mjs");
let out = "// Written by bindings-wasm/types.mjs from the Rust structs. The values are those of the command line's `--json`.\n\n";
for (let next = queue.shift(); next; next = queue.shift()) {
  const [as, item] = next;
  out += `${item.kind === "struct" ? struct(as, item) : union(as, item)}\n`;
}
writeFileSync(process.argv[2], out);
