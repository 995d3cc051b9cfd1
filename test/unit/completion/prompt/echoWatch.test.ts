import { describe, expect, it } from 'vitest';
import { EchoWatch } from '../../../../src/completion/prompt/echoWatch.ts';

const beforeMiddle = '<|fim_prefix|>f();\n<|fim_suffix|>\ng();<|fim_middle|>';

describe('a server that drops what stands behind the middle marker', () => {
  it('is found out when answers begin with it once more', () => {
    const watch = new EchoWatch();
    watch.note('m', { beforeMiddle, middle: 'const total', answer: 'const total = 1;' });
    expect(watch.repeatsMiddle('m')).toBe(false);
    watch.note('m', { beforeMiddle, middle: 'const total = 2', answer: 'const total = 1;' });
    watch.note('m', { beforeMiddle, middle: 'const total = 2 + 3', answer: 'const total = 2 + 3;' });
    expect(watch.repeatsMiddle('m')).toBe(true);
    expect(watch.repeatsMiddle('other')).toBe(false);
  });

  it('is found out when the answer stays the same whatever is typed', () => {
    const watch = new EchoWatch();
    for (const middle of ['', ...'returning'].map((_c, at) => 'returning'.slice(0, at))) {
      watch.note('m', { beforeMiddle, middle, answer: 'const total = sum(prices);' });
    }
    expect(watch.repeatsMiddle('m')).toBe(true);
  });

  it('is not suspected for good because of a chance likeness', () => {
    const watch = new EchoWatch();
    watch.note('m', { beforeMiddle, middle: 'push(1);', answer: 'push(1);\n' });
    for (let at = 0; at < 20; at++) {
      watch.note('m', { beforeMiddle, middle: `push(${at});`, answer: `\npush(${at + 1});\n` });
      watch.note('m', { beforeMiddle, middle: `push(${at});\n`, answer: `push(${at + 1});\n` });
    }
    expect(watch.repeatsMiddle('m')).toBe(false);
  });
});
