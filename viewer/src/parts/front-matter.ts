// The head of a Hugging Face card: a few lines of YAML between two rules. Only lists and plain values are read; what is deeper
// is left out, because nothing of it is needed to show what a card says of itself.

/** So many lines are looked at, and so many values of a field are shown. */
const [LINES, VALUES] = [400, 24];

function plain(text: string): string {
  const value = text.trim();
  const quoted = /^(["'])([\s\S]*)\1$/.exec(value);
  return quoted ? (quoted[2] ?? "") : value.replace(/\s+#.*$/, "");
}

const inline = (text: string): readonly string[] => text.slice(1, -1).split(",").map(plain).filter((it) => it !== "");

/** The fields of a card's head with their values, and the card without it. */
export function frontMatter(text: string): { readonly fields: readonly (readonly [string, readonly string[]])[]; readonly body: string } {
  const found = /^\ufeff?---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(text.slice(0, 64 << 10));
  if (!found) return { fields: [], body: text };
  const [whole, head = ""] = found;
  const fields: [string, string[]][] = [];
  for (const line of head.split(/\r?\n/).slice(0, LINES)) {
    const field = /^([A-Za-z][\w-]*):\s*(.*)$/.exec(line);
    const item = /^\s*-\s+([^:{}[\]]+)$/.exec(line);
    if (field) {
      const [, name = "", rest = ""] = field;
      fields.push([name, /^\[.*\]$/.test(rest.trim()) ? [...inline(rest.trim())] : rest.trim() === "" || /^[|>{&*!]/.test(rest.trim()) ? [] : [plain(rest)]]);
    } else if (item) {
      fields.at(-1)?.[1].push(plain(item[1] ?? ""));
    }
  }
  return { fields: fields.filter(([, values]) => values.length > 0).map(([name, values]) => [name, values.slice(0, VALUES)] as const), body: text.slice(whole.length) };
}
