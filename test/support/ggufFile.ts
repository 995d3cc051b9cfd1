/** Builds the bytes of small GGUF files, whole or damaged. */

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}

export function uint64(value: number | bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer;
}

function string(text: string): Buffer {
  return Buffer.concat([uint64(Buffer.byteLength(text)), Buffer.from(text)]);
}

export interface GgufShape {
  readonly version?: number;
  readonly tensors?: number;
  readonly alignment?: number;
  /** Words of a vocabulary, to make the header as large as real ones are. */
  readonly words?: number;
}

/** Each tensor holds 64 values of type Q8_0, 68 bytes; the data follow the header, aligned. */
export function ggufFile({ version = 3, tensors = 2, alignment = 32, words = 10 }: GgufShape = {}): Buffer {
  const metadata = [
    Buffer.concat([string('general.architecture'), uint32(8), string('qwen2')]),
    Buffer.concat([string('general.alignment'), uint32(4), uint32(alignment)]),
    Buffer.concat([string('general.file_type'), uint32(4), uint32(7)]),
    Buffer.concat([string('some.numbers'), uint32(9), uint32(6), uint64(3), Buffer.alloc(12)]),
    Buffer.concat([
      string('tokenizer.ggml.tokens'),
      uint32(9),
      uint32(8),
      uint64(words),
      ...Array.from({ length: words }, (_, index) => string(`word number ${index}`)),
    ]),
  ];
  const step = Math.ceil(68 / alignment) * alignment;
  const infos = Array.from({ length: tensors }, (_, index) =>
    Buffer.concat([string(`blk.${index}.weight`), uint32(2), uint64(32), uint64(2), uint32(8), uint64(index * step)]),
  );
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    uint32(version),
    uint64(tensors),
    uint64(metadata.length),
    ...metadata,
    ...infos,
  ]);
  const padding = Buffer.alloc(Math.ceil(header.length / alignment) * alignment - header.length);
  return Buffer.concat([header, padding, Buffer.alloc(Math.max(0, (tensors - 1) * step + 68))]);
}
