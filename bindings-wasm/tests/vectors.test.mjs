// The vectors of the inspection: what a dropped file is, in the words that every face uses.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inspect, inspectFile, sha256 } from "../pkg/node.js";
import { json, root } from "./corpus.mjs";

const folder = join(root, "tests/vectors/inspect");
const cases = readdirSync(folder, { withFileTypes: true }).filter((it) => it.isDirectory()).map(({ name }) => {
  const expected = json(join(folder, name, "expected.json"));
  return { name, expected, bytes: readFileSync(join(folder, name, expected.file)) };
});

/** What was found, with only those optional members that are expected. */
function told(expected, found) {
  const tensors = found.tensors.map(({ name, dtype, shape, bytes }) => [name, dtype, shape, bytes]);
  const problems = found.problems.map(({ code }) => code);
  const told = { file: expected.file, class: found.class, format: found.format, tensors, problems };
  if (expected.metadata) {
    told.metadata = Object.fromEntries(Object.keys(expected.metadata).map((key) => [key, found.metadata[key] ?? null]));
  }
  if (expected.notes) told.notes = expected.notes.filter((note) => found.notes.includes(note));
  if (expected.onnx) told.onnx = found.onnx;
  return told;
}

/** Whether a case needs a decoder that the browser's module leaves out: those of bzip2, xz, LZMA, LZ4 and Zstandard. */
const isPacked = ({ name, expected }) => ["bzip2", "xz", "lzma", "lz4", "zstd"].includes(expected.format) || /^zip-(bz2|lzma)/.test(name);

test("every vector of the inspection is what its maker says", () => {
  const read = cases.filter((it) => !isPacked(it));
  assert.ok(read.length > 40, `${read.length}`);
  for (const { name, expected, bytes } of read) {
    assert.deepEqual(told(expected, inspect(expected.file, bytes)), expected, name);
  }
});

test("what the module has no decoder for is not scanned, and says that nothing inside was looked at", () => {
  const packed = cases.filter(isPacked);
  assert.ok(packed.length >= 9, `${packed.length}`);
  for (const { name, expected, bytes } of packed) {
    const found = inspect(expected.file, bytes);
    assert.equal(found.class, "not-scanned", name);
    assert.equal(found.format, expected.format, name);
    assert.match(found.notes.join(), /not looked (at|into)/, name);
  }
});

test("a file that is read in parts is what the whole one is, and only what is needed is read", () => {
  for (const { name, expected, bytes } of cases) {
    const read = (offset, length) => bytes.subarray(offset, offset + Math.min(length, 100));
    assert.deepEqual(inspectFile(expected.file, bytes.length, read), inspect(expected.file, bytes), name);
  }
});

test("of a large file the header and the end are read, and what cannot be read is named", () => {
  const header = Buffer.from(JSON.stringify({ w: { dtype: "F32", shape: [8 << 20], data_offsets: [0, 32 << 20] } }));
  const bytes = Buffer.alloc(8 + header.length + (32 << 20));
  bytes.writeUInt32LE(header.length, 0);
  header.copy(bytes, 8);
  let count = 0;
  const read = (offset, length) => {
    count += length;
    return bytes.subarray(offset, offset + length);
  };
  const found = inspectFile("m.safetensors", bytes.length, read);
  assert.deepEqual(found.tensors.map(({ name, bytes }) => [name, bytes]), [["w", 32 << 20]]);
  assert.ok(count < 1 << 20, `${count} bytes were read`);
  for (const broken of [() => { throw new Error("the disk is gone"); }, () => new Uint8Array(0)]) {
    assert.throws(() => inspectFile("m.bin", 100, broken), ({ code, fields }) => code === "absent" && fields.offset === 0 && fields.length === 100);
  }
});

test("a digest of parts is that of the whole, and ends", () => {
  const bytes = Buffer.alloc(1_000_003, "refmark");
  const digest = sha256();
  for (let at = 0; at < bytes.length; at += 65_537) digest.update(bytes.subarray(at, at + 65_537));
  assert.equal(digest.digestHex(), createHash("sha256").update(bytes).digest("hex"));
  assert.throws(() => digest.update(bytes), { code: "bad-argument" });
  assert.throws(() => digest.digestHex(), { code: "bad-argument" });
});
