// Giving up streamed answers can leave an Ollama model that answers nobody (https://github.com/ollama/ollama/issues/17131).
// The product asks for short completions whole, which must never do that, and heals a model that hangs all the same. On a
// server of its own, because these tests set out to break it.
import { describe, expect, inject, it, onTestFinished, type TestContext } from 'vitest';
import { type Backend, type GenerateRequest, GREEDY } from '../../src/backends/backend.ts';
import { createHttp } from '../../src/backends/http.ts';
import { systemClock } from '../../src/base/clock.ts';
import { backendFor } from '../support/backendFor.ts';
import { type RealEngine, startEngine } from '../support/realEngines.ts';
import { textOf } from '../support/streamParts.ts';
import { ENDLESS_PROMPT, SORT_BY_AGE, tinyFimPrompt } from '../support/tinyPrompts.ts';

const ABORTS = 2_000;
/** A fast model hangs after 2 to 5 of 100 aborted streams. */
const STREAMS_AT_MOST = 400;
/** Well below the silence after which the product looks into it. */
const SUSPICIOUS_MS = 1_500;
const LIMITS = { firstByteMs: 60_000, betweenEventsMs: 20_000 };

describe('a real ollama whose answers are given up', () => {
  it(`still answers after ${ABORTS} completions in a row that nobody waited for`, {
    timeout: 300_000,
  }, async context => {
    const { backend, healed, model } = await ownOllama(context);
    expect(await completed(backend, model)).toBe(SORT_BY_AGE.text);
    let givenUp = 0;
    for (let count = 0; count < ABORTS; count++) {
      // Somebody types: each request has one character more, and is given up between at once and after its end.
      const typed = 'export function totalPrice(items: Item[]): number {'.slice(0, 20 + (count % 30));
      const request = completion(model, tinyFimPrompt(`${typed}‸\n}\n`));
      if (await givenUpAfter(backend, request, count % 37)) givenUp++;
      if (count % 200 === 199) expect(await completed(backend, model), `after ${count + 1}`).toBe(SORT_BY_AGE.text);
    }
    expect(givenUp, 'most were really given up').toBeGreaterThan(ABORTS / 2);
    expect(healed, 'the watchdog was not needed').toEqual([]);
  });

  it('answers again, through the watchdog, when an aborted stream left a model that hangs', async context => {
    const { annotate } = context;
    const { backend, healed, model, engine } = await ownOllama(context);
    // The watchdog goes by the pace of the model, so it must have seen it answer.
    expect(await completed(backend, model)).toBe(SORT_BY_AGE.text);
    let evidence: Evidence | undefined;
    let count = 0;
    for (; count < STREAMS_AT_MOST && healed.length === 0; count++) {
      const watched = await streamGivenUp(backend, engine, 1 + (count % 6));
      evidence = watched ?? evidence;
    }
    if (healed.length === 0) {
      await say(
        annotate,
        `the model hung after none of ${count} aborted streams: the watchdog was not put to the test`,
      );
    } else {
      await say(annotate, `the model hung after ${count} aborted streams and was healed`);
      expect(evidence, 'it was in memory and answered nobody').toEqual({ isListed: true, answersOthers: false });
      expect(healed).toEqual([model]);
    }
    expect(await completed(backend, model)).toBe(SORT_BY_AGE.text);
  });
});

interface Evidence {
  readonly isListed: boolean;
  readonly answersOthers: boolean;
}

async function ownOllama({ skip }: Pick<TestContext, 'skip'>) {
  const presence = inject('engines').ollama;
  if (presence.state === 'failed') throw new Error(presence.reason);
  if (presence.state === 'missing') return skip(presence.reason);
  if (!presence.started) return skip('the Ollama at MINNOW_OLLAMA_URL is not ours to break');
  const { engine, stop } = await startEngine('ollama', presence.started);
  onTestFinished(stop);
  const http = createHttp({ clock: systemClock });
  onTestFinished(() => http.dispose());
  const healed: string[] = [];
  const backend = backendFor({ url: engine.url, dialect: 'ollama', http, onHealed: name => healed.push(name) });
  return { engine, backend, healed, model: engine.model };
}

/** As the completion engine asks. */
function completion(model: string, prompt: string): GenerateRequest {
  return {
    model,
    prompt: { kind: 'raw', text: prompt },
    maxTokens: 64,
    stop: ['\n\n'],
    sampling: GREEDY,
    delivery: 'whole',
    limits: LIMITS,
  };
}

async function completed(backend: Backend, model: string): Promise<string> {
  const parts = [];
  const call = { signal: new AbortController().signal };
  for await (const part of backend.generate(completion(model, SORT_BY_AGE.prompt), call)) parts.push(part);
  return textOf(parts);
}

/** Whether it was given up before it had ended. */
async function givenUpAfter(backend: Backend, request: GenerateRequest, delayMs: number): Promise<boolean> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), delayMs);
  let hasEnded = false;
  for await (const part of backend.generate(request, { signal: controller.signal }))
    hasEnded ||= part.type === 'finish';
  clearTimeout(timer);
  return !hasEnded;
}

/** Reads a few parts of an answer without end and leaves. Where no part comes, says what the server does meanwhile. */
async function streamGivenUp(backend: Backend, engine: RealEngine, parts: number): Promise<Evidence | undefined> {
  const controller = new AbortController();
  const request: GenerateRequest = {
    ...completion(engine.model, ENDLESS_PROMPT),
    maxTokens: 1_500,
    delivery: 'streamed',
  };
  let evidence: Promise<Evidence> | undefined;
  const suspicious = setTimeout(() => {
    evidence = lookAt(engine);
  }, SUSPICIOUS_MS);
  let seen = 0;
  for await (const part of backend.generate(request, { signal: controller.signal })) {
    clearTimeout(suspicious);
    expect(part.type).toBe('text');
    if (++seen >= parts) controller.abort();
  }
  return evidence;
}

/** Past the product: whether the server lists the model as resident, and whether the model answers anybody. */
async function lookAt({ url, model }: RealEngine): Promise<Evidence> {
  const listed = (await (await fetch(`${url}/api/ps`)).json()) as { models: { name: string }[] };
  const body = JSON.stringify({ model, prompt: 'a', raw: true, stream: false, options: { num_predict: 1 } });
  const reply = await fetch(`${url}/api/generate`, { method: 'POST', body, signal: AbortSignal.timeout(1_000) }).then(
    () => true,
    () => false,
  );
  return { isListed: listed.models.some(({ name }) => name.startsWith(model)), answersOthers: reply };
}

/** In the output of the run, where a person looks, and beside the test, where a report does. */
async function say(annotate: TestContext['annotate'], message: string): Promise<void> {
  console.info(`ollama: ${message}`);
  await annotate(message);
}
