import { describe, expect, it } from 'vitest';
import { createOracle, DEFAULT_ORACLE, endOfFirstLine, readPrompt, type TargetDocument } from '../../bench/oracle.ts';

const above = Array.from({ length: 40 }, (_, line) => `const above${line} = compute(${line});\n`).join('');
const typed = Array.from({ length: 60 }, (_, line) => `  total += weigh(above${line}, ${line * 3});\n`).join('');
const below = Array.from({ length: 20 }, (_, line) => `report(above${line});\n`).join('');
const document: TargetDocument = {
  name: 'target',
  text: above + typed + below,
  regionStart: above.length,
  regionEnd: above.length + typed.length,
};

function ask(offset: number, settings = DEFAULT_ORACLE) {
  const prompt = `<|fim_prefix|>${document.text.slice(0, offset)}<|fim_suffix|>${below}<|fim_middle|>`;
  return createOracle([document], settings).answer(prompt);
}

describe('oracle', () => {
  it('reads prompts of either order, and text after the middle marker as more of the prefix', () => {
    expect(readPrompt('<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>')).toEqual({ prefix: 'P', suffix: 'S' });
    expect(readPrompt('<|fim_suffix|>S<|fim_prefix|>P<|fim_middle|>')).toEqual({ prefix: 'P', suffix: 'S' });
    expect(readPrompt('<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>typed')).toEqual({ prefix: 'Ptyped', suffix: 'S' });
    expect(
      readPrompt('<|repo_name|>r<|file_sep|>other.ts\nx<|file_sep|>a.ts\n<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>'),
    ).toEqual({ prefix: 'P', suffix: 'S' });
    expect(readPrompt('plain')).toEqual({ prefix: 'plain', suffix: '' });
  });

  it('is wrong in its first line at the set share of positions, and the same each time', () => {
    let wrong = 0;
    for (let offset = document.regionStart; offset < document.regionEnd - 40; offset++) {
      const answer = ask(offset);
      expect(answer.place?.offset).toBe(offset);
      expect(ask(offset)).toEqual(answer);
      const line = answer.text.slice(0, endOfFirstLine(answer.text));
      const isRight = document.text.slice(offset, document.regionEnd).startsWith(line);
      expect(isRight, `${offset}`).toBe(answer.right);
      if (!isRight) wrong++;
    }
    expect(wrong / (typed.length - 40)).toBeGreaterThan(0.32);
    expect(wrong / (typed.length - 40)).toBeLessThan(0.38);
  });

  it('is wrong more often where the prompt holds next to nothing of the file', () => {
    const oracle = createOracle([document]);
    let right = 0;
    for (let offset = document.regionStart; offset < document.regionEnd; offset++) {
      if (oracle.answer(document.text.slice(offset - 60, offset)).right) right++;
    }
    expect(right / typed.length).toBeLessThan(0.4);
  });

  it('drifts on later lines and does not always stop at the end of the region', () => {
    const faithful = { ...DEFAULT_ORACLE, wrongShare: 0, tooShortShare: 0, driftPerLine: 0, runsOnShare: 0 };
    const offset = document.regionEnd - 300;
    expect(ask(offset, faithful).text).toBe(document.text.slice(offset, document.regionEnd));
    const runsOn = ask(offset, { ...faithful, runsOnShare: 1 }).text;
    expect(runsOn.startsWith(`${document.text.slice(offset, document.regionEnd)}report(above0)`)).toBe(true);
    const drifting = ask(offset, { ...faithful, driftPerLine: 1 });
    const line = drifting.text.slice(0, endOfFirstLine(drifting.text));
    expect(document.text.slice(offset).startsWith(line)).toBe(true);
    expect(document.text.slice(offset).startsWith(drifting.text.slice(0, line.length + 12))).toBe(false);
  });

  it('knows no place for a text that is in no document', () => {
    expect(createOracle([document]).answer('something else entirely, nowhere to be found').place).toBeUndefined();
  });
});
