import assert from "node:assert/strict";
import { test } from "node:test";
import { frontMatter } from "../../src/parts/front-matter.ts";

test("the head of a Hugging Face card becomes fields, and never bullets of the card", () => {
  const { fields, body } = frontMatter('---\nlicense: apache-2.0\ntags:\n- text-classification\n- "sentiment"\nlanguage: [en, "de"]\ndatasets:\n  - imdb # reviews\nmodel-index:\n- name: x\n  results:\n    - task: {type: a}\n---\n# Card\n');
  assert.deepEqual(fields, [["license", ["apache-2.0"]], ["tags", ["text-classification", "sentiment"]], ["language", ["en", "de"]], ["datasets", ["imdb"]]]);
  assert.equal(body, "# Card\n");
});

test("a card without a head, or with one that never ends, is left as it is", () => {
  for (const text of ["# Card", "", "---\nlicense: mit\n# Card", "--- \n", "text\n---\na: b\n---\n"]) assert.deepEqual(frontMatter(text), { fields: [], body: text });
  const hostile = `---\n${"a: [".repeat(20_000)}\n---\nx`;
  assert.equal(frontMatter(hostile).body.length > 0, true);
});
