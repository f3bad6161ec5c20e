// Small model files that are what they say: safetensors and GGUF with real headers, written from seeds.

/** Numbers in [-1, 1) that a seed decides. */
function numbers(seed, count) {
  let state = seed >>> 0 || 1;
  return Float32Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 31 - 1;
  });
}

/** A safetensors file: `layers` is a list of [name, shape, seed]. */
export function safetensors(layers) {
  const header = { __metadata__: { format: "pt" } };
  const parts = [];
  let offset = 0;
  for (const [name, shape, seed] of layers) {
    const bytes = Buffer.from(numbers(seed, shape.reduce((a, b) => a * b, 1)).buffer);
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
    parts.push(bytes);
  }
  let text = JSON.stringify(header);
  text += " ".repeat((8 - (text.length % 8)) % 8);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, Buffer.from(text), ...parts]);
}

function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value) {
  return Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
}

/** A GGUF file, version 3, with F32 tensors: `layers` is a list of [name, shape, seed]. */
export function gguf(architecture, layers) {
  const head = [Buffer.from("GGUF"), u32(3), u64(layers.length), u64(2)];
  head.push(text("general.architecture"), u32(8), text(architecture));
  head.push(text("general.alignment"), u32(4), u32(32));
  const parts = [];
  let offset = 0;
  for (const [name, shape, seed] of layers) {
    const bytes = Buffer.from(numbers(seed, shape.reduce((a, b) => a * b, 1)).buffer);
    const padded = Buffer.concat([bytes, Buffer.alloc((32 - (bytes.length % 32)) % 32)]);
    head.push(text(name), u32(shape.length), ...[...shape].reverse().map(u64), u32(0), u64(offset));
    offset += padded.length;
    parts.push(padded);
  }
  const front = Buffer.concat(head);
  return Buffer.concat([front, Buffer.alloc((32 - (front.length % 32)) % 32), ...parts]);
}

/** The layers of a small text classifier; `seeds` decides which of them differ from version to version. */
export function classifier(seeds) {
  return [
    ["embeddings.word.weight", [512, 32], seeds.embeddings],
    ["encoder.layer.0.attention.query.weight", [32, 32], seeds.encoder],
    ["encoder.layer.0.attention.value.weight", [32, 32], seeds.encoder + 1],
    ["encoder.layer.0.output.dense.weight", [32, 64], seeds.encoder + 2],
    ["encoder.layer.0.output.layer_norm.weight", [32], seeds.encoder + 3],
    ["classifier.weight", [3, 32], seeds.head],
    ["classifier.bias", [3], seeds.head + 1],
  ];
}
