// An answer that nobody waits for any more ends without a word, and the engine stops working on it.
import { expect } from 'vitest';
import type { ExchangePhase, StreamPart } from '../../src/backends/backend.ts';
import { endsOf } from '../support/streamParts.ts';
import { ENDLESS_PROMPT, longPrompt, SORT_BY_AGE } from '../support/tinyPrompts.ts';
import type { Asked, Session } from './session.ts';

type Test = (title: string, run: (engine: Session) => Promise<void>) => void;

/** An engine that went on to the end would generate at least this many. */
const ENDLESS_TOKENS = 1_500;

export function aborts(test: Test): void {
  test('gives up an answer in its middle', async engine => {
    const endless: Asked = { prompt: { kind: 'raw', text: ENDLESS_PROMPT }, maxTokens: ENDLESS_TOKENS };
    const generated = await tokensGenerated(engine, () => abortedAt(engine, endless, 'firstPart'));
    expect(generated).toBeLessThan(ENDLESS_TOKENS / 2);
  });

  test('gives up an answer that comes whole', async engine => {
    const endless: Asked = {
      prompt: { kind: 'raw', text: ENDLESS_PROMPT },
      maxTokens: ENDLESS_TOKENS,
      delivery: 'whole',
    };
    const generated = await tokensGenerated(engine, () => abortedAt(engine, endless, 'working'));
    expect(generated).toBeLessThan(ENDLESS_TOKENS / 2);
  });

  for (const delivery of ['streamed', 'whole'] as const) {
    test(`gives up a request before its first token, ${delivery}`, async engine => {
      const prompt = { kind: 'raw', text: longPrompt(`${engine.salt} ${delivery}`) } as const;
      const moment = engine.witness?.seesPrefill ? 'working' : 'requestSent';
      const generated = await tokensGenerated(engine, async () => {
        expect(await abortedAt(engine, { prompt, delivery, maxTokens: 100 }, moment)).toEqual([]);
      });
      // Some notice between two tokens only. One that counts the prompt as well must have left it half read.
      expect(generated).toBeLessThan(engine.witness?.countsPrompts ? 1_000 : 10);
    });
  }

  test('sends nothing for a request that is given up at once', async engine => {
    const controller = new AbortController();
    controller.abort();
    const phases: ExchangePhase[] = [];
    const call = { signal: controller.signal, onPhase: (phase: ExchangePhase) => phases.push(phase) };
    const request = engine.request({ prompt: { kind: 'raw', text: ENDLESS_PROMPT } });
    const parts: StreamPart[] = [];
    for await (const part of engine.backend.generate(request, call)) parts.push(part);
    expect([parts, phases]).toEqual([[], []]);
  });

  test('lets go of an answer that is no longer read', async engine => {
    const request = engine.request({ prompt: { kind: 'raw', text: ENDLESS_PROMPT }, maxTokens: ENDLESS_TOKENS });
    const generated = await tokensGenerated(engine, async () => {
      for await (const _ of engine.backend.generate(request, engine.call)) break;
    });
    expect(generated).toBeLessThan(ENDLESS_TOKENS / 2);
  });
}

/**
 * By the engine's own count; 0 where there is no engine that could say it. The engine must answer before and after: on
 * Ollama an aborted stream may leave a model that hangs, and then it is the backend's watchdog that makes it answer, which
 * needs to have seen how fast the model is.
 */
async function tokensGenerated({ witness, generate }: Session, work: () => Promise<unknown>): Promise<number> {
  const probe = async () => {
    const { text } = await generate({ prompt: { kind: 'raw', text: SORT_BY_AGE.prompt }, delivery: 'whole' });
    expect(text).toBe(SORT_BY_AGE.text);
    return SORT_BY_AGE.outputTokens;
  };
  await probe();
  if (witness) return witness.tokensGenerated(work, probe);
  await work();
  await probe();
  return 0;
}

/** Gives the request up at the moment; what came of it must have neither finish nor failed. */
async function abortedAt(
  engine: Session,
  asked: Asked,
  moment: 'requestSent' | 'working' | 'firstPart',
): Promise<readonly StreamPart[]> {
  const controller = new AbortController();
  const sent = Promise.withResolvers<void>();
  const call = {
    signal: controller.signal,
    onPhase: (phase: ExchangePhase) => {
      if (phase === 'requestSent') sent.resolve();
    },
  };
  const parts: StreamPart[] = [];
  const reading = (async () => {
    for await (const part of engine.backend.generate(engine.request(asked), call)) {
      parts.push(part);
      if (moment === 'firstPart') controller.abort();
    }
  })();
  if (moment !== 'firstPart') {
    await sent.promise;
    if (moment === 'working') await engine.witness?.busy();
    controller.abort();
  }
  await reading;
  expect(endsOf(parts), 'neither finish nor failed').toEqual([]);
  return parts;
}
