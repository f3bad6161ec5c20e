import assert from "node:assert/strict";
import { test } from "node:test";
import { markdown } from "../../src/parts/card.tsx";

/** Every element that a card becomes, with its text. */
function elements(node, found = []) {
  if (Array.isArray(node)) node.forEach((it) => elements(it, found));
  else if (typeof node === "string" || typeof node === "number") found.push({ text: String(node) });
  else if (node && typeof node === "object" && typeof node.type === "function") elements(node.type === undefined ? null : node.type.length === 0 && node.type.name === "" ? node.props.children : node.type(node.props), found);
  else if (node && typeof node === "object") {
    found.push({ tag: node.type, props: node.props });
    elements(node.props?.children, found);
  }
  return found;
}

const HOSTILE = `# Card <img src=x onerror=alert(1)>

<script>alert(1)</script>

[good](https://example.com) [bad](javascript:alert(1)) [worse](data:text/html,x) ![p](https://evil.example/p.png)

<a href="javascript:alert(1)" onclick="x()">raw</a> &lt;b&gt; **bold**

| a | b |
|---|--:|
| <iframe src="//x"></iframe> | 1 |

${"> ".repeat(400)}deep
`;

test("nothing of a card becomes markup of its author's, and nothing of it is fetched", () => {
  const all = elements(markdown(HOSTILE));
  const tags = new Set(all.map((it) => it.tag).filter((it) => typeof it === "string"));
  for (const tag of ["script", "img", "iframe", "style", "object", "form", "svg"]) assert.ok(!tags.has(tag), tag);
  assert.ok(all.every(({ props }) => !props || Object.keys(props).every((key) => !/^on|dangerously|srcdoc/i.test(key))));
  assert.deepEqual(all.filter(({ tag }) => tag === "a").map(({ props }) => [props.href, props.rel]), [["https://example.com", "noopener noreferrer nofollow"]]);
  const text = all.map((it) => it.text ?? "").join("");
  assert.ok(text.includes("<script>alert(1)</script>") && text.includes("[picture: p]") && text.includes("<b> "), text);
});

test("a card that was written to hang its reader is shown at once, as the text that it is", () => {
  // Unbounded, the first of these takes minutes and the others overflow the stack.
  for (const piece of ["*a_", "> ", "1. ", "[", "[![a](", "- - "]) {
    const text = elements(markdown(piece.repeat(30_000))).map((it) => it.text ?? "").join("");
    assert.ok(text.length > 0 || /^[>1-]/.test(piece), piece);
  }
  const nested = Array.from({ length: 400 }, (_, depth) => `${" ".repeat(depth * 2)}- item`).join("\n");
  assert.ok(elements(markdown(nested)).some(({ tag }) => tag === "ul"));
});
