// The tiny model in the shape of a real one: its weights in a corner, zeros everywhere else. It says what the tiny model says
// and takes the time that a model of that shape takes, so that a gain can be measured end to end without real weights.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

/** Qwen2.5-Coder-0.5B's shape: https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B/blob/main/config.json */
const WIDE = { width: 896, blocks: 24, feedForward: 4864, heads: 14, keyHeads: 2, vocabulary: 151_936, context: 8192 };
const TINY = { width: 256, blocks: 6, feedForward: 768, heads: 4, keyHeads: 2, vocabulary: 4096 };
const HEAD_DIMENSION = 64;
const BLOCK_VALUES = 32;
const BLOCK_BYTES = 34;
const ALIGNMENT = 32;
const F32 = 0;
const Q8_0 = 8;

interface Tensor {
  readonly name: string;
  /** Values in a row, rows. */
  readonly shape: readonly [number, number];
  readonly type: typeof F32 | typeof Q8_0;
  readonly data: Buffer;
}

/** Writes the widened model, half a gigabyte, to `target`. */
export function writeWidenedModel(tinyPath: string, target: string): void {
  const { metadata, tensors } = readGguf(readFileSync(tinyPath));
  const wide = [...widenAll(tensors)];
  const file = openSync(target, 'w');
  const step = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
  let offset = 0;
  const infos = wide.map(({ name, shape, type, sizeBytes }) => {
    const dimensions = shape[1] === 1 ? [shape[0]] : shape;
    const info = [string(name), uint32(dimensions.length), ...dimensions.map(uint64), uint32(type), uint64(offset)];
    offset += step(sizeBytes);
    return Buffer.concat(info);
  });
  const entries = widenMetadata(metadata);
  const head = [Buffer.from('GGUF'), uint32(3), uint64(wide.length), uint64(entries.length), ...entries, ...infos];
  const header = Buffer.concat(head);
  writeSync(file, Buffer.concat([header, Buffer.alloc(step(header.length) - header.length)]));
  for (const tensor of wide) {
    const data = tensor.make();
    writeSync(file, Buffer.concat([data, Buffer.alloc(step(data.length) - data.length)]));
  }
  closeSync(file);
}

interface WideTensor {
  readonly name: string;
  readonly shape: readonly [number, number];
  readonly type: Tensor['type'];
  readonly sizeBytes: number;
  make(): Buffer;
}

function* widenAll(tensors: readonly Tensor[]): Generator<WideTensor> {
  const byName = new Map(tensors.map(tensor => [tensor.name, tensor]));
  for (const tensor of tensors) if (!tensor.name.startsWith('blk.')) yield widen(tensor.name, tensor, tensor);
  for (let block = 0; block < WIDE.blocks; block++) {
    for (const model of tensors.filter(({ name }) => name.startsWith('blk.0.'))) {
      const name = model.name.replace('blk.0.', `blk.${block}.`);
      // A block of zeros adds nothing to what passes by it.
      yield widen(name, model, byName.get(name));
    }
  }
}

function widen(name: string, model: Tensor, source: Tensor | undefined): WideTensor {
  const columns = name.includes('ffn_down') ? WIDE.feedForward : WIDE.width;
  const { type } = model;
  const isVector = model.shape[1] === 1;
  const shape = isVector
    ? ([rowsOf(name, model.shape[0]), 1] as const)
    : ([columns, rowsOf(name, model.shape[1])] as const);
  const sizeBytes = type === F32 ? shape[0] * shape[1] * 4 : (shape[0] / BLOCK_VALUES) * BLOCK_BYTES * shape[1];
  const make = () => {
    const data = Buffer.alloc(sizeBytes);
    if (source) (isVector ? placeVector : placeMatrix)(name, source, { data, shape });
    return data;
  };
  return { name, shape, type, sizeBytes, make };
}

function rowsOf(name: string, tinyRows: number): number {
  if (name.startsWith('token_embd')) return WIDE.vocabulary;
  if (name.includes('ffn_gate') || name.includes('ffn_up')) return WIDE.feedForward;
  return name.includes('attn_k') || name.includes('attn_v') ? tinyRows : WIDE.width;
}

interface Target {
  readonly data: Buffer;
  readonly shape: readonly [number, number];
}

function placeVector(name: string, source: Tensor, { data }: Target): void {
  // The mean of squares is taken over more values, most of them zero.
  const scale = name.includes('norm') ? Math.sqrt(TINY.width / WIDE.width) : 1;
  for (let at = 0; at < source.shape[0]; at++) {
    data.writeFloatLE(source.data.readFloatLE(at * 4) * scale, placeOf(name, 'attn_q', at) * 4);
  }
}

function placeMatrix(name: string, source: Tensor, { data, shape }: Target): void {
  const sourceBlocks = source.shape[0] / BLOCK_VALUES;
  const rowBytes = (shape[0] / BLOCK_VALUES) * BLOCK_BYTES;
  for (let row = 0; row < source.shape[1]; row++) {
    for (let block = 0; block < sourceBlocks; block++) {
      const from = (row * sourceBlocks + block) * BLOCK_BYTES;
      const column = placeOf(name, 'attn_output', block * BLOCK_VALUES) / BLOCK_VALUES;
      const to = placeOf(name, 'attn_q', row) * rowBytes + column * BLOCK_BYTES;
      source.data.copy(data, to, from, from + BLOCK_BYTES);
    }
  }
}

/** Query heads stay with their key head: each key head has more of them in the wide shape. */
function placeOf(name: string, headed: string, index: number): number {
  if (!name.includes(headed)) return index;
  const head = Math.floor(index / HEAD_DIMENSION);
  const group = TINY.heads / TINY.keyHeads;
  const wideGroup = WIDE.heads / WIDE.keyHeads;
  const wideHead = Math.floor(head / group) * wideGroup + (head % group);
  return wideHead * HEAD_DIMENSION + (index % HEAD_DIMENSION);
}

interface MetadataEntry {
  readonly key: string;
  readonly type: number;
  readonly value: Buffer;
}

const REPLACED: Readonly<Record<string, number>> = {
  'qwen2.block_count': WIDE.blocks,
  'qwen2.embedding_length': WIDE.width,
  'qwen2.feed_forward_length': WIDE.feedForward,
  'qwen2.attention.head_count': WIDE.heads,
  'qwen2.attention.head_count_kv': WIDE.keyHeads,
  'qwen2.context_length': WIDE.context,
  'qwen2.vocab_size': WIDE.vocabulary,
};

function widenMetadata(metadata: readonly MetadataEntry[]): readonly Buffer[] {
  const added = WIDE.vocabulary - TINY.vocabulary;
  return metadata.map(({ key, type, value }) => {
    const number = REPLACED[key];
    let widened = number === undefined ? value : uint32(number);
    if (key === 'tokenizer.ggml.tokens') {
      const words = Array.from({ length: added }, (_, index) => string(`\u0120padding${index}`));
      widened = grow(value, Buffer.concat(words));
    } else if (key === 'tokenizer.ggml.token_type') {
      widened = grow(value, Buffer.concat(Array.from({ length: added }, () => uint32(1))));
    }
    return Buffer.concat([string(key), uint32(type), widened]);
  });
}

/** An array's bytes: type of item, number of items, items. */
function grow(array: Buffer, items: Buffer): Buffer {
  return Buffer.concat([array.subarray(0, 4), uint64(WIDE.vocabulary), array.subarray(12), items]);
}

function readGguf(bytes: Buffer): { metadata: MetadataEntry[]; tensors: Tensor[] } {
  const reader = new Reader(bytes);
  const tensorCount = reader.number64();
  const metadata = Array.from({ length: reader.number64() }, () => {
    const key = reader.text();
    const type = reader.number32();
    const start = reader.at;
    reader.skip(type);
    return { key, type, value: bytes.subarray(start, reader.at) };
  });
  const infos = Array.from({ length: tensorCount }, () => {
    const name = reader.text();
    const [values = 1, rows = 1] = Array.from({ length: reader.number32() }, () => reader.number64());
    const type = reader.number32() as Tensor['type'];
    return { name, shape: [values, rows] as const, type, offset: reader.number64() };
  });
  const start = Math.ceil(reader.at / ALIGNMENT) * ALIGNMENT;
  const tensors = infos.map(info => ({ ...info, data: bytes.subarray(start + info.offset) }));
  return { metadata, tensors };
}

/** Trusts the file: it is the project's own. */
class Reader {
  at = 8;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  number32(): number {
    this.at += 4;
    return this.#bytes.readUInt32LE(this.at - 4);
  }

  number64(): number {
    this.at += 8;
    return Number(this.#bytes.readBigUInt64LE(this.at - 8));
  }

  text(): string {
    const length = this.number64();
    this.at += length;
    return this.#bytes.toString('utf8', this.at - length, this.at);
  }

  skip(type: number): void {
    if (type === STRING) this.text();
    else if (type === ARRAY) {
      const item = this.number32();
      for (let left = this.number64(); left > 0; left--) this.skip(item);
    } else this.at += VALUE_BYTES[type] ?? 0;
  }
}

const STRING = 8;
const ARRAY = 9;
const VALUE_BYTES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

function uint64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

function string(text: string): Buffer {
  return Buffer.concat([uint64(Buffer.byteLength(text)), Buffer.from(text)]);
}
