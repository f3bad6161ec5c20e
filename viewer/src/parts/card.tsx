// Model cards. Markdown becomes elements of ours by name; no markup of theirs is ever parsed, so nothing has to be cleaned.
import { Lexer, type Token, type Tokens, type TokensList } from "marked";
import type { ComponentChildren, VNode } from "preact";
import { useMemo } from "preact/hooks";
import { bytes } from "../app/words.ts";
import { Badge, Name, Out } from "./bits.tsx";
import { frontMatter } from "./front-matter.ts";

const DEPTH = 24;
/** So many characters of a card are shown. */
const LONGEST = 128 << 10;
/** So many marks are looked at in one paragraph, and in a card. */
const [MARKS, ALL_MARKS] = [400, 20_000];

/** Reads Markdown in bounded time: what is nested deeper, or has more marks, than anybody writes is left as the text that it is. */
class Bounded extends Lexer {
  private depth = 0;
  private left = ALL_MARKS;

  override blockTokens(text: string, tokens: Token[] = [], clipped = false): TokensList {
    const all = tokens as TokensList;
    if (this.depth >= DEPTH) {
      all.push({ type: "text", raw: text, text });
      return all;
    }
    this.depth++;
    super.blockTokens(text, all, clipped);
    this.depth--;
    return all;
  }

  override inlineTokens(text: string, tokens: Token[] = []): Token[] {
    const marks = text.match(/[*_~[\]`<!&\\:@/]/g)?.length ?? 0;
    this.left -= marks;
    if (marks <= MARKS && this.left >= 0) return super.inlineTokens(text, tokens);
    tokens.push({ type: "text", raw: text, text });
    return tokens;
  }
}

/** Markdown as elements. Raw HTML in it is shown as the text that it is; pictures are named, not loaded. */
export function markdown(text: string): ComponentChildren {
  return blocks(new Bounded({ gfm: true }).lex(text), 0);
}

/** A model card: what a Hugging Face card says in its head stands above it, as chips. */
export function Card({ text }: { readonly text: string }) {
  const { fields, body } = useMemo(() => frontMatter(text), [text]);
  const shown = useMemo(() => markdown(body.slice(0, LONGEST)), [body]);
  return <div class="card">{fields.length > 0 && <Chips fields={fields} />}{shown}{body.length > LONGEST && <p class="soft">The card goes on for another {bytes(body.length - LONGEST)} that are not shown here.</p>}</div>;
}

/** Names of fields as people say them. */
const FIELDS: Readonly<Record<string, string>> = { license: "licence", base_model: "base model", library_name: "library", pipeline_tag: "task", language: "language" };

function Chips({ fields }: { readonly fields: readonly (readonly [string, readonly string[]])[] }) {
  return <ul class="chips" aria-label="What the card says of itself">{fields.map(([name, values]) => <li key={name}><span class="soft">{FIELDS[name] ?? name.replaceAll("_", " ")}</span> {values.map((value, at) => <Badge key={at}><Name of={value} /></Badge>)}</li>)}</ul>;
}

function blocks(tokens: readonly Token[], depth: number): ComponentChildren {
  if (depth > DEPTH) return null;
  return tokens.map((token, at) => <Block key={at} token={token} depth={depth + 1} />);
}

function Block({ token, depth }: { readonly token: Token; readonly depth: number }): VNode | null {
  switch (token.type) {
    case "space": case "def": return null;
    case "heading": return heading(token as Tokens.Heading, depth);
    case "paragraph": return <p>{inline((token as Tokens.Paragraph).tokens, depth)}</p>;
    case "text": {
      const it = token as Tokens.Text;
      return <>{it.tokens ? inline(it.tokens, depth) : plain(it.text)}</>;
    }
    case "code": return <pre tabIndex={0}><code>{(token as Tokens.Code).text}</code></pre>;
    case "blockquote": return <blockquote>{blocks((token as Tokens.Blockquote).tokens, depth)}</blockquote>;
    case "hr": return <hr />;
    case "list": return list(token as Tokens.List, depth);
    case "table": return table(token as Tokens.Table, depth);
    default: return <p>{plain(token.raw)}</p>;
  }
}

/** The page has h1 and h2 of its own: a card's first level is h3. */
function heading(token: Tokens.Heading, depth: number): VNode {
  const Level = `h${Math.min(6, token.depth + 2)}` as "h3";
  return <Level>{inline(token.tokens, depth)}</Level>;
}

function list(token: Tokens.List, depth: number): VNode {
  const items = token.items.map((item, at) => (
    <li key={at}>{item.task && <span class="soft">{item.checked ? "[x] " : "[ ] "}</span>}{blocks(item.tokens.filter((it) => it.type !== "checkbox"), depth)}</li>
  ));
  return token.ordered ? <ol start={Number(token.start) || 1}>{items}</ol> : <ul>{items}</ul>;
}

function table(token: Tokens.Table, depth: number): VNode {
  const align = (at: number) => (token.align[at] === "right" ? "end" : "");
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Table of the card">
      <table class="plain">
        <thead><tr>{token.header.map((cell, at) => <th key={at} scope="col" class={align(at)}>{inline(cell.tokens, depth)}</th>)}</tr></thead>
        <tbody>{token.rows.map((row, n) => <tr key={n}>{row.map((cell, at) => <td key={at} class={align(at)}>{inline(cell.tokens, depth)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

function inline(tokens: readonly Token[] | undefined, depth: number): ComponentChildren {
  if (!tokens || depth > DEPTH) return null;
  return tokens.map((token, at) => <Inline key={at} token={token} depth={depth + 1} />);
}

function Inline({ token, depth }: { readonly token: Token; readonly depth: number }): VNode {
  switch (token.type) {
    case "strong": return <strong>{inline((token as Tokens.Strong).tokens, depth)}</strong>;
    case "em": return <em>{inline((token as Tokens.Em).tokens, depth)}</em>;
    case "del": return <del>{inline((token as Tokens.Del).tokens, depth)}</del>;
    case "codespan": return <code>{plain((token as Tokens.Codespan).text)}</code>;
    case "br": return <br />;
    case "link": {
      const it = token as Tokens.Link;
      return <Out url={it.href}>{inline(it.tokens, depth)}</Out>;
    }
    case "image": {
      const it = token as Tokens.Image;
      return <span class="soft">[picture: {plain(it.text)}]</span>;
    }
    case "text": {
      const it = token as Tokens.Text;
      return <>{it.tokens ? inline(it.tokens, depth) : plain(it.text)}</>;
    }
    case "escape": return <>{plain((token as Tokens.Escape).text)}</>;
    default: return <>{token.raw}</>;
  }
}

/** Entities that Markdown allows in text, as the characters that they stand for. */
function plain(text: string): string {
  const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: "\u00a0", "#39": "'" };
  return text.replace(/&(amp|lt|gt|quot|nbsp|#39);/g, (_, name: string) => named[name] ?? "");
}
