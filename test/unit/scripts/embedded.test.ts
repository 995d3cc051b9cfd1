import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PACKAGES } from '../../../scripts/embedded.mjs';
import { NATIVE_PACKAGES } from '../../../src/embedded/nativePart.ts';

describe('scripts/embedded.mjs', () => {
  it('installs what the supervisor looks for', () => {
    expect(PACKAGES).toEqual(NATIVE_PACKAGES);
  });

  it('pins the engine exactly: another version of either package is silently ignored', () => {
    const file = resolve(import.meta.dirname, '../../../src/embedded/package.json');
    const { dependencies } = JSON.parse(readFileSync(file, 'utf8')) as { dependencies: Record<string, string> };
    expect(dependencies['node-llama-cpp']).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
