// What the embedded engine by itself takes and gives back, and what only it can do:
//   node test/bench/embeddedEngine.ts [--wide] [--threads N] [--rounds N]
// --wide: the tiny model in the shape of a 0.5 B one (widenedModel.ts). Each comparison is made within one run, turn by turn.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleEmbeddedEngine, EmbeddedClient, startEmbedded, TINY_MODEL } from '../support/embeddedEngine.ts';
import { ENDLESS_PROMPT, SORT_BY_AGE } from '../support/tinyPrompts.ts';
import { type CodePlace, codePlaces, wordPlaces } from './codePlaces.ts';
import { describeMachine } from './report.ts';
import { seededRandom } from './seededRandom.ts';
import { writeWidenedModel } from './widenedModel.ts';

const { values: options } = parseArgs({
  options: {
    wide: { type: 'boolean', default: false },
    threads: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '40' },
    out: { type: 'string', default: 'out/bench' },
  },
});
const rounds = Number(options.rounds);
const random = seededRandom(20);

interface Row {
  readonly what: string;
  readonly n: number;
  readonly p50: number;
  readonly p95: number;
  readonly unit: string;
}

const rows: Row[] = [];
let client: EmbeddedClient;

function note(what: string, values: readonly number[], unit = 'ms'): void {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  rows.push({ what, n: sorted.length, p50: at(0.5), p95: at(0.95), unit });
}

/** One figure over everything, such as a share. */
function noteTotal(what: string, value: number, n: number, unit: string): void {
  rows.push({ what, n, p50: value, p95: Number.NaN, unit });
}

async function times<T>(count: number, run: (round: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let round = 0; round < count; round++) results.push(await run(round));
  return results;
}

async function main(): Promise<void> {
  await bundleEmbeddedEngine();
  const modelPath = options.wide ? join(tmpdir(), 'minnow-widened.gguf') : '';
  if (options.wide) writeWidenedModel(TINY_MODEL, modelPath);
  const choice = { modelPath, threads: Number(options.threads) };
  await measureStart(choice);
  const { supervisor, engine } = await startEmbedded(choice);
  client = new EmbeddedClient(engine);
  const load = loadavg()[0] ?? 0;
  await measurePrompts();
  await measureAborts();
  await measureChatBeside();
  await measureFiles();
  await measureSpeculation();
  await measureHealing();
  await measureDrafts();
  const work = await client.get('/health');
  supervisor.dispose();
  if (options.wide) rmSync(modelPath);
  report(`load ${load.toFixed(1)} at the start, ${(loadavg()[0] ?? 0).toFixed(1)} at the end`, work);
}

async function measureStart(choice: { modelPath: string; threads: number }): Promise<void> {
  const started = await times(5, async () => {
    const beganMs = performance.now();
    const { supervisor } = await startEmbedded(choice);
    const tookMs = performance.now() - beganMs;
    supervisor.dispose();
    return tookMs;
  });
  note('start to ready', started);
}

/** A prompt nobody has read, the same again, and what is not the engine's own time. */
async function measurePrompts(): Promise<void> {
  const pairs = await times(rounds, async round => {
    const prompt = `// ${round} ${random()}\n${place(round).prompt}`;
    const first = await client.complete(prompt, { max_tokens: 1 });
    const beganMs = performance.now();
    const again = await client.complete(prompt, { max_tokens: 1 });
    const wholeMs = performance.now() - beganMs;
    return {
      tokens: first.usage.prompt_tokens,
      first: first.timings.prompt_ms,
      again: again.timings.prompt_ms,
      wholeMs,
    };
  });
  note(
    'prompt tokens',
    pairs.map(pair => pair.tokens),
    'tokens',
  );
  note(
    'first token, prompt never read',
    pairs.map(pair => pair.first),
  );
  note(
    'first token, the same prompt again',
    pairs.map(pair => pair.again),
  );
  note(
    'never read : read before',
    pairs.map(pair => pair.first / pair.again),
    'x',
  );
  note(
    'HTTP and tokenizing',
    pairs.map(pair => pair.wholeMs - pair.again),
  );
  const decoded = await times(rounds, () => client.complete(ENDLESS_PROMPT, { max_tokens: 40 }));
  note(
    'one token',
    decoded.map(answer => answer.timings.predicted_ms / 40),
  );
}

/** From the client's abort until the engine says that it is idle; asking it takes its time too and is in the figure. */
async function measureAborts(): Promise<void> {
  const prefill = await times(rounds, async round => {
    const { evaluatedTokens } = await client.work();
    const abort = new AbortController();
    const prompt = `${random()}${place(round).before}`;
    const asked = client.post('/v1/completions', { prompt, max_tokens: 10 }, abort.signal).catch(() => undefined);
    while ((await client.work()).evaluatedTokens === evaluatedTokens);
    abort.abort();
    return untilIdle(asked);
  });
  note('abort while a prompt is read', prefill);
  const decode = await times(rounds, async () => {
    const abort = new AbortController();
    const body = { prompt: ENDLESS_PROMPT, max_tokens: 1000, stream: true };
    const response = await client.post('/v1/completions', body, abort.signal);
    const reader = response.body?.getReader();
    for (let event = 0; event < 5; event++) await reader?.read();
    abort.abort();
    return untilIdle(Promise.resolve());
  });
  note('abort while generating', decode);
  const ask = await times(rounds, async () => {
    const beganMs = performance.now();
    await client.work();
    return performance.now() - beganMs;
  });
  note('of these, asking whether it is idle', ask);
}

async function untilIdle(asked: Promise<unknown>): Promise<number> {
  const abortedMs = performance.now();
  while ((await client.work()).isBusy);
  await asked;
  return performance.now() - abortedMs;
}

/** A completion alone, and while a long chat prompt waits to be read. */
async function measureChatBeside(): Promise<void> {
  const pairs = await times(Math.ceil(rounds / 2), async round => {
    const prompt = `${random()} ${SORT_BY_AGE.prompt}`;
    const alone = await timed(() => client.complete(prompt));
    const abort = new AbortController();
    const content = `${random()}${place(round).before}`;
    const messages = [{ role: 'user', content }];
    const chat = client.post('/v1/chat/completions', { messages, max_tokens: 1 }, abort.signal).catch(() => undefined);
    const beside = await timed(() => client.complete(`${random()} ${SORT_BY_AGE.prompt}`));
    abort.abort();
    await untilIdle(chat);
    return { alone, beside };
  });
  note(
    'completion alone',
    pairs.map(pair => pair.alone),
  );
  note(
    'completion while a chat prompt waits',
    pairs.map(pair => pair.beside),
  );
  note(
    'beside a chat : alone',
    pairs.map(pair => pair.beside / pair.alone),
    'x',
  );
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await run();
  return performance.now() - beganMs;
}

/** Back in a file that was read before: with its branch kept, and after two other files have taken both. */
async function measureFiles(): Promise<void> {
  const pairs = await times(Math.ceil(rounds / 2), async round => {
    const [home, ...others] = [0, 1, 2].map(file => place(round * 3 + file).prompt);
    const read = (prompt = '') => client.complete(prompt, { max_tokens: 1 });
    await read(home);
    await read(others[0]);
    const kept = await read(home);
    await read(others[0]);
    await read(others[1]);
    const lost = await read(home);
    return { kept: kept.timings.prompt_ms, lost: lost.timings.prompt_ms };
  });
  note(
    'back in a file, its branch kept',
    pairs.map(pair => pair.kept),
  );
  note(
    'back in a file, its branch lost',
    pairs.map(pair => pair.lost),
  );
  note(
    'lost : kept',
    pairs.map(pair => pair.lost / pair.kept),
    'x',
  );
}

/** What the next letter has to read after a speculation on the accepted state: had it been accepted, or typed on instead. */
async function measureSpeculation(): Promise<void> {
  await measureSpeculationIn('in front of the suffix', ({ fim }, inserted) => fim(inserted));
  await measureSpeculationIn('behind the middle marker', ({ prompt }, inserted) => prompt + inserted);
}

async function measureSpeculationIn(
  where: string,
  promptAt: (at: CodePlace, inserted: string) => string,
): Promise<void> {
  const figures = await times(Math.ceil(rounds / 2), async round => {
    const at = place(round);
    const accepted = at.truth.slice(0, 40);
    const read = async (inserted: string) => {
      const { usage } = await client.complete(promptAt(at, inserted), { max_tokens: 4 });
      return usage.prompt_tokens - usage.prompt_tokens_details.cached_tokens;
    };
    await read('');
    const withoutSpeculation = await read('x');
    await read('');
    await read(accepted);
    const typedOn = await read('x');
    await read(accepted);
    const afterAccept = await read(`${accepted}x`);
    return { withoutSpeculation, typedOn, afterAccept };
  });
  note(
    `text ${where}: next letter reads, no speculation`,
    figures.map(figure => figure.withoutSpeculation),
    'tokens',
  );
  note(
    `text ${where}: next letter reads, speculation refuted`,
    figures.map(figure => figure.typedOn),
    'tokens',
  );
  note(
    `text ${where}: next letter reads, speculation accepted`,
    figures.map(figure => figure.afterAccept),
    'tokens',
  );
}

/** In the middle of a word: the prompt with what was typed, against the prompt before it with the typed part as a condition. */
async function measureHealing(): Promise<void> {
  const places = wordPlaces(rounds * 3, random);
  const score = { plainWord: 0, healedWord: 0, plainLine: 0, healedLine: 0 };
  const reads: { plain: number; healed: number; plainMs: number; healedMs: number }[] = [];
  for (const { fim, typed, word, line } of places) {
    const shorter = typed.slice(0, -1);
    await client.complete(fim(shorter), { max_tokens: 1 });
    const plain = await client.complete(fim(typed), { max_tokens: 24, stop: ['\n'] });
    await client.complete(fim(''), { max_tokens: 1, minnow: { healPrefix: shorter } });
    const healed = await client.complete(fim(''), { max_tokens: 24, stop: ['\n'], minnow: { healPrefix: typed } });
    const texts = [plain, healed].map(answer => answer.choices[0]?.text ?? '');
    if (startsWithWord(texts[0] ?? '', word)) score.plainWord++;
    if (startsWithWord(texts[1] ?? '', word)) score.healedWord++;
    if (texts[0] === line) score.plainLine++;
    if (texts[1] === line) score.healedLine++;
    const unread = ({ usage }: typeof plain) => usage.prompt_tokens - usage.prompt_tokens_details.cached_tokens;
    const ms = { plainMs: plain.timings.prompt_ms, healedMs: healed.timings.prompt_ms };
    reads.push({ plain: unread(plain), healed: unread(healed), ...ms });
  }
  const share = (count: number) => (100 * count) / places.length;
  noteTotal('rest of the word right, plain', share(score.plainWord), places.length, '%');
  noteTotal('rest of the word right, healed', share(score.healedWord), places.length, '%');
  noteTotal('rest of the line right, plain', share(score.plainLine), places.length, '%');
  noteTotal('rest of the line right, healed', share(score.healedLine), places.length, '%');
  note(
    'a letter more reads, plain',
    reads.map(read => read.plain),
    'tokens',
  );
  note(
    'a letter more reads, healed',
    reads.map(read => read.healed),
    'tokens',
  );
  note(
    'first token after a letter, plain : healed',
    reads.map(read => read.plainMs / read.healedMs),
    'x',
  );
}

function startsWithWord(text: string, word: string): boolean {
  return text.startsWith(word) && !/^\w/.test(text.slice(word.length));
}

/** The same answer with and without guesses, which one first changing from place to place. */
async function measureDrafts(): Promise<void> {
  const ratios: number[] = [];
  const sums = { drafted: 0, accepted: 0, tokens: 0 };
  for (let round = 0; round < rounds; round++) {
    const { prompt, before, truth } = place(round);
    await client.complete(prompt, { max_tokens: 1 });
    const ask = (drafting: string) =>
      client.complete(prompt, { max_tokens: 48, minnow: { drafting, lookup: [before, truth] } });
    const first = await ask(round % 2 ? 'never' : 'whenWorthIt');
    const second = await ask(round % 2 ? 'whenWorthIt' : 'never');
    const [plain, drafted] = round % 2 ? [first, second] : [second, first];
    const perToken = ({ timings, usage }: typeof plain) => timings.predicted_ms / usage.completion_tokens;
    ratios.push(perToken(plain) / perToken(drafted));
    sums.tokens += drafted.usage.completion_tokens;
    sums.drafted += drafted.timings.draft_n;
    sums.accepted += drafted.timings.draft_n_accepted;
  }
  note('a token, plain : with guesses', ratios, 'x');
  noteTotal('guesses for 100 tokens', (100 * sums.drafted) / sums.tokens, sums.tokens, '');
  noteTotal('of these right', (100 * sums.accepted) / Math.max(1, sums.drafted), sums.drafted, '%');
}

const places: CodePlace[] = codePlaces(120, seededRandom(7));
function place(round: number): CodePlace {
  return places[round % places.length] as CodePlace;
}

function report(load: string, work: unknown): void {
  const model = options.wide ? 'minnow-tiny padded to the shape of a 0.5 B model, Q8_0' : 'minnow-tiny, Q8_0';
  const figure = (value: number) => (Number.isNaN(value) ? '' : value.toFixed(Math.abs(value) >= 100 ? 0 : 1));
  console.log(`${model}; ${describeMachine()}; ${load}\n`);
  console.log('| | p50 | p95 | n |\n|---|--:|--:|--:|');
  for (const { what, p50, p95, n, unit } of rows) {
    console.log(`| ${what} | ${figure(p50)} ${unit} | ${figure(p95)} | ${n} |`);
  }
  console.log(`\n${JSON.stringify(work)}`);
  mkdirSync(options.out, { recursive: true });
  const file = join(options.out, `embedded-engine${options.wide ? '-wide' : ''}.json`);
  writeFileSync(file, JSON.stringify({ model, machine: describeMachine(), load, rows, work }, undefined, 2));
}

await main();
