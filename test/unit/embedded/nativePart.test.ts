import { describe, expect, it } from 'vitest';
import { whyGlibcIsNotEnough, whyNativePartIsAbsent } from '../../../src/embedded/nativePart.ts';

describe('native part', () => {
  it('is absent where it was not shipped', () => {
    expect(whyNativePartIsAbsent('/nowhere/server.mjs')).toMatch(/without the embedded engine|no embedded engine/);
  });

  it.each([
    ['2.34', undefined],
    ['2.39', undefined],
    ['3.0', undefined],
    ['2.31', expect.stringMatching(/2\.34.*has 2\.31/)],
    [undefined, expect.stringMatching(/glibc/)],
  ])('needs a glibc that its makers linked against: %s', (version, expected) => {
    expect(whyGlibcIsNotEnough(version)).toEqual(expected);
  });
});
