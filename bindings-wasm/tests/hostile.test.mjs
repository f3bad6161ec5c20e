// Packs that lie: an error within bounds, never a hang, a crash or a wrong object.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { RefmarkRepository } from "../pkg/node.js";

const sha1 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha1")).digest();
const name = (kind, bytes) => sha1(`${kind} ${bytes.length}\0`, bytes);
const [COMMIT, BLOB, OFFSET_DELTA, ID_DELTA] = [1, 3, 6, 7];

/** An entry's header: its kind and the size that it claims. */
function head(kind, size) {
  const bytes = [];
  let rest = Math.floor(size / 16);
  bytes.push((rest > 0 ? 0x80 : 0) | (kind << 4) | size % 16);
  while (rest > 0) {
    const next = Math.floor(rest / 128);
    bytes.push((next > 0 ? 0x80 : 0) | rest % 128);
    rest = next;
  }
  return Buffer.from(bytes);
}

function number(of) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(of >>> 0);
  return bytes;
}

/** A pack and its index, with whatever ids and bytes the entries claim to have. */
function packed(entries, offsets = {}) {
  let at = 12;
  const placed = entries.map(({ id, bytes }, place) => {
    const entry = { id, offset: offsets[place] ?? at };
    at += bytes.length;
    return entry;
  });
  const body = Buffer.concat([Buffer.from("PACK"), number(2), number(entries.length), ...entries.map(({ bytes }) => bytes)]);
  const trailer = sha1(body);
  placed.sort((one, other) => Buffer.compare(one.id, other.id));
  const fan = Array.from({ length: 256 }, (_, byte) => number(placed.filter(({ id }) => id[0] <= byte).length));
  const idx = Buffer.concat([
    Buffer.from([0xff, 0x74, 0x4f, 0x63]), number(2), ...fan, ...placed.map(({ id }) => id), ...placed.map(() => number(0)),
    ...placed.map(({ offset }) => number(offset)), trailer,
  ]);
  return { pack: Buffer.concat([body, trailer]), idx: Buffer.concat([idx, sha1(idx)]) };
}

const whole = (kind, bytes, claimed = bytes.length) => Buffer.concat([head(kind, claimed), deflateSync(bytes)]);
const commitOf = (tree) =>
  Buffer.from(`tree ${tree.toString("hex")}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nhostile\n`);

/** The code that comes of reading the commit of a pack. */
function read(entries, id, offsets) {
  const { pack, idx } = packed(entries, offsets);
  const codes = [];
  for (const index of [idx, undefined]) {
    const begun = process.cpuUsage();
    const repository = new RefmarkRepository();
    try {
      repository.addPack("hostile", pack, index);
      repository.commit(id.toString("hex"));
      codes.push("ok");
    } catch (error) {
      codes.push(error.code ?? String(error));
    }
    repository.free();
    // Of the processor's own time: how long a busy machine makes it wait is nothing that a pack does.
    assert.ok(process.cpuUsage(begun).user < 60e6, "it took too long");
  }
  return codes;
}

const commit = commitOf(Buffer.alloc(20, 1));
const id = name("commit", commit);

test("an honest pack is read, so that what follows is refused for what it says", () => {
  assert.deepEqual(read([{ id, bytes: whole(COMMIT, commit) }], id), ["ok", "ok"]);
});

test("sizes that lie are refused", () => {
  for (const claimed of [0, commit.length - 1, commit.length + 1, 2 ** 31, 2 ** 40]) {
    const codes = read([{ id, bytes: whole(COMMIT, commit, claimed) }], id);
    assert.ok(codes.every((code) => ["bad-pack", "too-large"].includes(code)), `${claimed}: ${codes}`);
  }
});

test("a bomb is not inflated: neither as large as it says nor larger than it says", () => {
  const zeros = Buffer.alloc(256 << 20);
  const bomb = deflateSync(zeros, { level: 9 });
  assert.ok(bomb.length < 1 << 20);
  for (const claimed of [100, zeros.length]) {
    const [indexed, unindexed] = read([{ id, bytes: Buffer.concat([head(COMMIT, claimed), bomb]) }], id);
    assert.ok(["bad-pack", "too-large"].includes(indexed), `${claimed}: ${indexed}`);
    // Without an index it is hashed as it comes, and is not what was asked for.
    assert.ok(["bad-pack", "too-large", "missing-object"].includes(unindexed), `${claimed}: ${unindexed}`);
  }
});

test("bytes under another object's id are refused", () => {
  const other = name("commit", Buffer.from("what it claims to be"));
  assert.equal(read([{ id: other, bytes: whole(COMMIT, commit) }], other)[0], "bad-pack");
  assert.equal(read([{ id, bytes: whole(BLOB, commit) }], id)[0], "bad-pack");
  const blob = name("blob", commit);
  assert.equal(read([{ id: blob, bytes: whole(BLOB, commit) }], blob)[0], "bad-tree");
});

test("deltas in a ring, of themselves, of nothing and of what lies ahead are refused", () => {
  const delta = deflateSync(Buffer.from([4, 4, 0x90, 4]));
  const [a, b] = [Buffer.alloc(20, 0xaa), Buffer.alloc(20, 0xbb)];
  const on = (base) => Buffer.concat([head(ID_DELTA, 4), base, delta]);
  const refused = (codes) => codes.every((code) => ["bad-pack", "incomplete", "missing-object"].includes(code));
  assert.ok(refused(read([{ id: a, bytes: on(b) }, { id: b, bytes: on(a) }], a)));
  assert.ok(refused(read([{ id: a, bytes: on(a) }], a)));
  assert.ok(refused(read([{ id: a, bytes: on(Buffer.alloc(20, 0xcc)) }], a)));
  for (const back of [0, 1, 12, 127]) {
    const bytes = Buffer.concat([head(OFFSET_DELTA, 4), Buffer.from([back]), delta]);
    assert.ok(refused(read([{ id: a, bytes }], a)), `${back}`);
  }
});

test("a chain of deltas that doubles at each link is refused before it fills memory", () => {
  const base = Buffer.alloc(1 << 20, 7);
  const size = (of) => {
    const bytes = [];
    for (let rest = of; ; rest = Math.floor(rest / 128)) {
      bytes.push(rest >= 128 ? 0x80 | rest % 128 : rest);
      if (rest < 128) return Buffer.from(bytes);
    }
  };
  // Copies all of the base twice, 64 KiB at a time.
  const doubled = (from) => {
    const copies = [];
    for (let at = 0; at < from * 2; at += 0x10000) {
      const offset = at % from;
      copies.push(Buffer.from([0x80 | 0x0f, offset & 255, (offset >> 8) & 255, (offset >> 16) & 255, (offset >> 24) & 255]));
    }
    return Buffer.concat([size(from), size(from * 2), ...copies]);
  };
  const entries = [{ id: Buffer.alloc(20, 1), bytes: whole(BLOB, base) }];
  let length = base.length;
  for (let link = 2; link < 12; link += 1) {
    const delta = doubled(length);
    const bytes = Buffer.concat([head(ID_DELTA, delta.length), entries.at(-1).id, deflateSync(delta)]);
    entries.push({ id: Buffer.alloc(20, link), bytes });
    length *= 2;
  }
  const before = process.memoryUsage().rss;
  const codes = read(entries, entries.at(-1).id);
  assert.ok(codes.every((code) => ["bad-pack", "too-large", "incomplete"].includes(code)), `${codes}`);
  assert.ok(process.memoryUsage().rss - before < 1 << 30, "it took too much memory");
});

test("offsets beyond the pack and into the middle of an entry are refused", () => {
  for (const offset of [0, 4, 13, 20, 10_000, 0x7fffffff]) {
    assert.equal(read([{ id, bytes: whole(COMMIT, commit) }], id, { 0: offset })[0], "bad-pack", `${offset}`);
  }
});

test("a pack or an index that ends early, at every length, is refused", () => {
  const { pack, idx } = packed([{ id, bytes: whole(COMMIT, commit) }]);
  const refused = (part, index) =>
    assert.throws(() => new RefmarkRepository().addPack("cut", part, index), { code: "bad-pack" });
  for (let end = 0; end < idx.length; end += end < 1100 ? 37 : 1) refused(pack, idx.subarray(0, end));
  for (let end = 0; end < pack.length; end += 1) {
    refused(pack.subarray(0, end), idx);
    refused(pack.subarray(0, end), undefined);
  }
});

test("an index with every byte of its tables flipped in turn never gives another object", () => {
  const { pack, idx } = packed([{ id, bytes: whole(COMMIT, commit) }]);
  for (let at = 8; at < idx.length; at += at < 1032 ? 3 : 1) {
    const flipped = Buffer.from(idx);
    flipped[at] ^= 0xff;
    const repository = new RefmarkRepository();
    try {
      repository.addPack("flipped", pack, flipped);
      assert.equal(repository.commit(id.toString("hex")).message, "hostile\n");
    } catch (error) {
      assert.ok(["bad-pack", "missing-object"].includes(error.code), `${at}: ${error}`);
    }
    repository.free();
  }
});
