import assert from "node:assert/strict";
import { test } from "node:test";
import { Comparison, parseListing } from "../../src/worker/listing.ts";

const told = () => ({
  head: "x",
  models: { name: ["a", "b"], owner: [null, "o"], versions: [2, 1], updated: ["2026-09-01T00:00:00Z", null], aliases: [[["champion", 2]], []] },
  versions: {
    model: [0, 0, 1], version: [2, 1, 1], release: ["1.1.0", null, null], artifact: ["sha256-2", "sha256-1", "sha256-3"], stage: ["staging", "retired", "experimental"], trust: ["revoked", "trusted", "trusted"],
    size: [2, 1, 3], by: ["bo", "bo", "ada"], time: ["t2", "t1", "t3"], metrics: [{ f1: 0.5, auc: 1 }, {}, {}], tainted: [1],
  },
});
const read = (it) => parseListing(JSON.stringify(it));

test("an alias that holds a revoked version is marked from the listing on", () => {
  const { rows, versions } = read(told());
  assert.deepEqual(rows[0].marked, [{ model: "a", version: 2, trust: "revoked", stage: "staging", tainted: false }]);
  assert.deepEqual([rows[1].marked, versions.get("a").map((row) => [row.version, row.aliases, row.tainted === true])], [[], [[2, ["champion"], false], [1, [], true]]]);
});

test("a listing that is malformed is none, whatever is wrong with it, and never an exception", () => {
  for (const text of ["", "{", "null", "[]", "{}", '{"head":1}', '{"head":"x","models":[]}', '{"head":"x","models":{"name":"abc"}}']) assert.equal(parseListing(text), null, text);
  const broken = [
    (it) => delete it.models.owner, (it) => it.models.name.push("c"), (it) => (it.models.aliases[0] = [["champion"]]), (it) => (it.models.versions[0] = -1), (it) => (it.models.name = ["a", "a"]),
    (it) => (it.models.aliases = null), (it) => (it.models.updated[0] = {}),
  ];
  for (const edit of broken) {
    const it = told();
    edit(it);
    assert.equal(read(it), null, String(edit));
  }
  // Without good columns of versions the models stand, and the tree is asked for versions.
  for (const edit of [(it) => delete it.versions.trust, (it) => (it.versions = null), (it) => it.versions.by.pop(), (it) => (it.versions.metrics[0] = 7)]) {
    const it = told();
    edit(it);
    assert.deepEqual([read(it).rows.length, read(it).versions], [2, null], String(edit));
  }
});

test("a listing is held against the truth field by field, and the first lie is told in words", () => {
  const truth = read(told());
  const of = (edit) => {
    const it = told();
    edit(it);
    const comparison = new Comparison(read(it));
    comparison.compareModels(truth.rows);
    for (const { model } of truth.rows) comparison.compareVersions(model, truth.versions.get(model).map((row) => ({ ...row, metrics: Object.fromEntries(Object.entries(row.metrics).reverse()) })));
    return comparison.told("compared");
  };
  assert.deepEqual(of(() => {}), { state: "compared", models: 2, versions: 3, lies: 0, first: null });
  assert.match(of((it) => (it.versions.trust[0] = "trusted")).first, /a marked/);
  assert.match(of((it) => (it.versions.trust[1] = "revoked")).first, /a\/1 trust "revoked" and not "trusted"/);
  for (const [field, value] of [["owner", "mallory"], ["versions", 9], ["updated", "2027-01-01T00:00:00Z"]]) assert.match(of((it) => (it.models[field][0] = value)).first, new RegExp(`a ${field}`));
  for (const [field, value] of [["stage", "production"], ["size", 7], ["by", "eve"], ["time", "later"], ["artifact", "sha256-9"], ["release", "9.9.9"], ["metrics", { f1: 0.99, auc: 1 }]]) assert.match(of((it) => (it.versions[field][2] = value)).first, new RegExp(`b/1 ${field}`));
  assert.match(of((it) => (it.versions.tainted = [])).first, /a\/1 tainted/);
  assert.match(of((it) => (it.models.name[1] = "c")).first, /leaves out b/);
});
