// node test/bench/confidence.ts URL [TOKEN]: how well a model's own log-probabilities tell its right lines from its wrong
// ones, as the area under the ROC curve. URL is a llama.cpp server. The bench's emulated log-probabilities rest on it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashFraction } from './seededRandom.ts';

const [url = 'http://127.0.0.1:8080', token = ''] = process.argv.slice(2);
const FILES = ['inventory.ts', 'library.py'];
const FIXTURES = join(import.meta.dirname, '../fixtures/typing/small');
const PREFIX_CHARS = 900;
const SUFFIX_CHARS = 200;
const SHARE_OF_PLACES = 0.25;

interface Line {
  readonly isRight: boolean;
  readonly meanLogprob: number;
  readonly firstLogprob: number;
}

async function askAt(text: string, offset: number): Promise<Line | undefined> {
  const prefix = text.slice(Math.max(0, offset - PREFIX_CHARS), offset);
  const prompt = `<|fim_prefix|>${prefix}<|fim_suffix|>${text.slice(offset, offset + SUFFIX_CHARS).replace(/^[^\n]*/, '')}<|fim_middle|>`;
  const response = await fetch(`${url}/completion`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ prompt, n_predict: 40, temperature: 0, stop: ['\n'], n_probs: 1, cache_prompt: true }),
  });
  const answer = JSON.parse(await response.text());
  const logprobs: number[] = answer.completion_probabilities?.map((one: { logprob: number }) => one.logprob) ?? [];
  if (logprobs.length === 0 || answer.content.trim() === '') return undefined;
  const truth = text.slice(offset, text.indexOf('\n', offset));
  return {
    isRight: answer.content.trimEnd() === truth.trimEnd(),
    meanLogprob: logprobs.reduce((sum, one) => sum + one, 0) / logprobs.length,
    firstLogprob: logprobs[0] ?? 0,
  };
}

/** The chance that a right line has the higher value of the two. */
function separation(lines: readonly Line[], value: (line: Line) => number): number {
  const right = lines.filter(line => line.isRight).map(value);
  const wrong = lines.filter(line => !line.isRight).map(value);
  let above = 0;
  for (const one of right) for (const other of wrong) above += one > other ? 1 : one === other ? 0.5 : 0;
  return above / (right.length * wrong.length);
}

const lines: Line[] = [];
for (const file of FILES) {
  const text = readFileSync(join(FIXTURES, file), 'utf8');
  for (let offset = 300; offset < text.length - 20; offset++) {
    if (text[offset] === '\n' || hashFraction(file, offset) > SHARE_OF_PLACES) continue;
    const line = await askAt(text, offset);
    if (line) lines.push(line);
  }
}
const right = lines.filter(line => line.isRight);
console.log(`${lines.length} places, ${((right.length / lines.length) * 100).toFixed(1)} % right`);
console.log(`separation by the mean log-probability ${separation(lines, line => line.meanLogprob).toFixed(3)}`);
console.log(`separation by the first token's ${separation(lines, line => line.firstLogprob).toFixed(3)}`);
for (const kind of [true, false]) {
  const values = lines
    .filter(line => line.isRight === kind)
    .map(line => line.meanLogprob)
    .sort((a, b) => a - b);
  const at = (share: number) => values[Math.floor(values.length * share)]?.toFixed(3);
  console.log(`${kind ? 'right' : 'wrong'} lines, mean log-probability p10 ${at(0.1)}, p50 ${at(0.5)}, p90 ${at(0.9)}`);
}
