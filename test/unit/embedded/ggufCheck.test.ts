import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkGguf } from '../../../src/embedded/ggufCheck.ts';
import { ggufFile, uint64 } from '../../support/ggufFile.ts';

const folder = mkdtempSync(join(tmpdir(), 'minnow-gguf-'));
afterAll(() => rmSync(folder, { recursive: true }));
const tiny = resolve(import.meta.dirname, '../../../media/models/minnow-tiny/minnow-tiny-q8_0.gguf');

async function check(bytes: Buffer | string) {
  const path = join(folder, 'model.gguf');
  writeFileSync(path, bytes);
  return checkGguf(path);
}

async function damageOf(bytes: Buffer | string): Promise<string> {
  const result = await check(bytes);
  if (result.ok || result.error.kind !== 'damaged') throw new Error(`not damaged: ${JSON.stringify(result)}`);
  return result.error.detail;
}

describe('GGUF check', () => {
  it('lets whole files pass', async () => {
    expect(await checkGguf(tiny)).toEqual({ ok: true, value: undefined });
    expect(await check(ggufFile())).toMatchObject({ ok: true });
    expect(await check(ggufFile({ alignment: 64, tensors: 7 }))).toMatchObject({ ok: true });
    expect(await check(ggufFile({ words: 50_000 }))).toMatchObject({ ok: true });
  });

  it('tells a missing file from a folder', async () => {
    expect(await checkGguf(join(folder, 'no.gguf'))).toMatchObject({ error: { kind: 'missing' } });
    expect(await checkGguf(join(tiny, 'below.gguf'))).toMatchObject({ error: { kind: 'missing' } });
    expect(await checkGguf(folder)).toMatchObject({ error: { kind: 'unreadable' } });
  });

  it('recognises what is no model', async () => {
    expect(await damageOf('')).toMatch(/empty/);
    expect(await damageOf('abc')).toMatch(/not a GGUF/);
    expect(await damageOf('version https://git-lfs.github.com/spec/v1\noid sha256:0\n')).toMatch(/not a GGUF/);
    expect(await damageOf(ggufFile({ version: 9 }))).toMatch(/version 9/);
    expect(await damageOf(ggufFile({ tensors: 0 }))).toMatch(/no tensors/);
  });

  it('finds every cut, wherever it is', async () => {
    const path = join(folder, 'shrinking.gguf');
    const whole = ggufFile({ words: 3 });
    writeFileSync(path, whole);
    for (let length = whole.length - 1; length >= 4; length -= 7) {
      truncateSync(path, length);
      expect(await checkGguf(path)).toMatchObject({
        error: { kind: 'damaged', detail: expect.stringMatching(/cut off/) },
      });
    }
  });

  it('says how much is missing at the end', async () => {
    const whole = ggufFile();
    expect(await damageOf(whole.subarray(0, whole.length - 10))).toMatch(/10 bytes/);
  });

  it('is not led astray by absurd numbers', async () => {
    const manyTensors = Buffer.concat([ggufFile().subarray(0, 8), uint64(2n ** 60n), ggufFile().subarray(16)]);
    expect(await damageOf(manyTensors)).toMatch(/tensors/);
    const longKey = Buffer.concat([ggufFile().subarray(0, 24), uint64(2n ** 62n), ggufFile().subarray(32)]);
    expect(await damageOf(longKey)).toMatch(/cut off/);
    expect(await damageOf(ggufFile({ alignment: 1 }).fill(0, 60, 100))).toMatch(/damaged|cut off/);
  });
});
