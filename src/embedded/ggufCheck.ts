import { type FileHandle, open } from 'node:fs/promises';
import { failure, type Result, success } from '../base/result.ts';
import { tensorBytes } from './ggmlTypes.ts';

export type GgufProblem =
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly detail: string }
  | { readonly kind: 'damaged'; readonly detail: string };

const CHUNK_BYTES = 1024 * 1024;
/** Real files have hundreds; a larger number is a damaged one and must not be looped over. */
const ENTRIES_MAX = 100_000;
const DIMENSIONS_MAX = 4;
const STRING_TYPE = 8;
const ARRAY_TYPE = 9;
/** Bytes of a metadata value by its type; strings and arrays carry their own length. */
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
const UINT32_TYPE = 4;
const DEFAULT_ALIGNMENT = 32;

/**
 * Whether a file can be a whole GGUF model: its header reads to the end and its last tensor lies inside the file. Done before
 * llama.cpp sees it, which ends the process over some damaged headers, and without native parts.
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export async function checkGguf(path: string): Promise<Result<void, GgufProblem>> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (reason) {
    const { code } = reason as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return failure({ kind: 'missing' });
    return failure({ kind: 'unreadable', detail: code ?? 'the file cannot be opened' });
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return failure({ kind: 'unreadable', detail: 'it is not a file' });
    const detail = await findDamage(new HeaderReader(file, stats.size), stats.size);
    return detail === undefined ? success(undefined) : failure({ kind: 'damaged', detail });
  } catch (reason) {
    if (reason instanceof HeaderDamage) return failure({ kind: 'damaged', detail: reason.message });
    return failure({ kind: 'unreadable', detail: (reason as NodeJS.ErrnoException).code ?? String(reason) });
  } finally {
    await file.close();
  }
}

/** Thrown by the reader and caught above: deep inside a format there is no other short way out. */
class HeaderDamage extends Error {}

async function findDamage(reader: HeaderReader, sizeBytes: number): Promise<string | undefined> {
  if (sizeBytes === 0) return 'the file is empty';
  if (sizeBytes < 4 || (await reader.text(4)) !== 'GGUF') return 'it is not a GGUF file';
  const version = await reader.uint32();
  if (version !== 2 && version !== 3) return `GGUF version ${version} is not known`;
  const tensors = await reader.count('tensors');
  const entries = await reader.count('metadata entries');
  if (tensors === 0) return 'it holds no tensors';
  const alignment = await readMetadata(reader, entries);
  const endOfData = await readTensors(reader, tensors);
  const dataStart = Math.ceil(reader.position / alignment) * alignment;
  const missing = dataStart + endOfData - sizeBytes;
  return missing > 0 ? `the file is cut off: ${missing} bytes are missing` : undefined;
}

/** Returns the alignment of the data; everything else is llama.cpp's to judge. */
async function readMetadata(reader: HeaderReader, entries: number): Promise<number> {
  let alignment = DEFAULT_ALIGNMENT;
  for (let entry = 0; entry < entries; entry++) {
    const key = await reader.string();
    const type = await reader.uint32();
    if (key === 'general.alignment' && type === UINT32_TYPE) alignment = await reader.uint32();
    else await skipValue(reader, type);
  }
  if (alignment === 0) throw new HeaderDamage('the header is damaged (alignment 0)');
  return alignment;
}

async function skipValue(reader: HeaderReader, type: number): Promise<void> {
  if (type === STRING_TYPE) return reader.skipStrings(1);
  if (type !== ARRAY_TYPE) return reader.skip(bytesOf(type));
  const itemType = await reader.uint32();
  const items = await reader.uint64();
  if (itemType === STRING_TYPE) return reader.skipStrings(items);
  return reader.skip(items * bytesOf(itemType));
}

function bytesOf(type: number): number {
  const bytes = VALUE_BYTES[type];
  if (bytes === undefined) throw new HeaderDamage(`the header is damaged (value type ${type})`);
  return bytes;
}

/** Returns where the last tensor ends, counted from the beginning of the data. */
async function readTensors(reader: HeaderReader, tensors: number): Promise<number> {
  let end = 0;
  for (let tensor = 0; tensor < tensors; tensor++) {
    await reader.skipStrings(1);
    const dimensions = await reader.uint32();
    if (dimensions > DIMENSIONS_MAX) throw new HeaderDamage('the header is damaged (dimensions)');
    let items = 1;
    for (let dimension = 0; dimension < dimensions; dimension++) items *= await reader.uint64();
    const type = await reader.uint32();
    const offset = await reader.uint64();
    end = Math.max(end, offset + tensorBytes(type, items));
  }
  return end;
}

/** Reads forward through the file a chunk at a time, so that a vocabulary of megabytes never blocks the editor for long. */
class HeaderReader {
  readonly #file: FileHandle;
  readonly #sizeBytes: number;
  #chunk = Buffer.alloc(0);
  #chunkStart = 0;
  #offset = 0;

  constructor(file: FileHandle, sizeBytes: number) {
    this.#file = file;
    this.#sizeBytes = sizeBytes;
  }

  get position(): number {
    return this.#chunkStart + this.#offset;
  }

  async uint32(): Promise<number> {
    await this.#need(4);
    return this.#chunk.readUInt32LE(this.#take(4));
  }

  async uint64(): Promise<number> {
    await this.#need(8);
    return Number(this.#chunk.readBigUInt64LE(this.#take(8)));
  }

  async count(what: string): Promise<number> {
    const count = await this.uint64();
    if (count > ENTRIES_MAX) throw new HeaderDamage(`the header is damaged (${count} ${what})`);
    return count;
  }

  async text(bytes: number): Promise<string> {
    await this.#need(bytes);
    const start = this.#take(bytes);
    return this.#chunk.toString('latin1', start, start + bytes);
  }

  async string(): Promise<string> {
    return this.text(await this.uint64());
  }

  async skip(bytes: number): Promise<void> {
    if (this.position + bytes > this.#sizeBytes) throw new HeaderDamage('the header is cut off');
    this.#offset += bytes;
  }

  /** Without a promise for each: a vocabulary has hundreds of thousands. */
  async skipStrings(count: number): Promise<void> {
    for (let done = 0; done < count; done++) {
      if (this.#offset + 8 > this.#chunk.length) await this.#need(8);
      const length = Number(this.#chunk.readBigUInt64LE(this.#take(8)));
      if (this.position + length > this.#sizeBytes) throw new HeaderDamage('the header is cut off');
      this.#offset += length;
    }
  }

  #take(bytes: number): number {
    const start = this.#offset;
    this.#offset += bytes;
    return start;
  }

  async #need(bytes: number): Promise<void> {
    if (this.#offset + bytes <= this.#chunk.length) return;
    const position = this.position;
    if (position + bytes > this.#sizeBytes) throw new HeaderDamage('the header is cut off');
    const wanted = Math.min(this.#sizeBytes - position, Math.max(bytes, CHUNK_BYTES));
    const chunk = Buffer.alloc(wanted);
    const { bytesRead } = await this.#file.read(chunk, 0, wanted, position);
    if (bytesRead < bytes) throw new HeaderDamage('the header is cut off');
    this.#chunk = chunk.subarray(0, bytesRead);
    this.#chunkStart = position;
    this.#offset = 0;
  }
}
