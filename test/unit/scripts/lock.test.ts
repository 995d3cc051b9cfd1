import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { missingPlatformRows } from '../../../scripts/completeLock.ts';

const lock = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../package-lock.json'), 'utf8'));

it('has a row in the lock for every platform, so that npm ci accepts it (else: node scripts/completeLock.ts)', () => {
  expect(missingPlatformRows(lock)).toEqual([]);
});

it('notices a platform package without a row', () => {
  const packages = { 'node_modules/tool': { optionalDependencies: { '@tool/linux-x64': '1.2.3' } } };
  expect(missingPlatformRows({ packages })).toEqual([{ name: '@tool/linux-x64', version: '1.2.3' }]);
});
