import { describe, expect, it } from 'vitest';
import { type Standing, Trust } from '../../../src/completion/trust.ts';

const UNKNOWN = { meanLogprob: undefined };

function afterMany(standing: Standing, rightOfTen: number): Trust {
  const trust = new Trust();
  for (let at = 0; at < 200; at++) {
    trust.learn({ standing, ...UNKNOWN }, at % 10 < rightOfTen ? 'cameTrue' : 'contradicted');
  }
  return trust;
}

describe('trust', () => {
  it('shows at once what usually comes true, and holds back what seldom does', () => {
    expect(afterMany('first', 9).holdMs({ standing: 'first', ...UNKNOWN })).toBe(0);
    expect(afterMany('first', 2).holdMs({ standing: 'first', ...UNKNOWN })).toBeGreaterThan(0);
  });

  it('starts in good faith, but not after a contradiction on the same line', () => {
    const trust = new Trust();
    expect(trust.holdMs({ standing: 'first', ...UNKNOWN })).toBe(0);
    expect(trust.holdMs({ standing: 'retry', ...UNKNOWN })).toBeGreaterThan(0);
  });

  it('keeps what it learned of one standing from the others', () => {
    expect(afterMany('retry', 0).holdMs({ standing: 'first', ...UNKNOWN })).toBe(0);
  });

  it('never holds back what goes on from something the user agreed with', () => {
    expect(afterMany('continuing', 0).holdMs({ standing: 'continuing', ...UNKNOWN })).toBe(0);
  });

  it('believes a sure model sooner than an unsure one', () => {
    const trust = afterMany('first', 6);
    expect(trust.holdMs({ standing: 'first', meanLogprob: -0.005 })).toBe(0);
    expect(trust.holdMs({ standing: 'first', meanLogprob: -1.5 })).toBeGreaterThan(0);
  });

  it('learns of a model how sure it is when it is right', () => {
    const trust = new Trust();
    for (let at = 0; at < 400; at++) {
      trust.learn({ standing: 'first', meanLogprob: -1.5 - (at % 5) / 10 }, 'cameTrue');
      trust.learn({ standing: 'first', meanLogprob: -0.05 - (at % 5) / 100 }, 'contradicted');
    }
    expect(trust.holdMs({ standing: 'first', meanLogprob: -1.7 })).toBe(0);
    expect(trust.holdMs({ standing: 'first', meanLogprob: -0.07 })).toBeGreaterThan(0);
  });

  it('never takes one number for proof', () => {
    const trust = afterMany('first', 0);
    expect(trust.holdMs({ standing: 'first', meanLogprob: -1e-9 })).toBeGreaterThan(0);
  });
});
