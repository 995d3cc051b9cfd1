import { describe, expect, it, vi } from 'vitest';
import type { BackendCall, GenerateRequest, StreamPart } from '../../../src/backends/backend.ts';
import { TokenRatio } from '../../../src/base/tokenRatio.ts';
import { ChatSession, type SessionChange } from '../../../src/chat/chatSession.ts';
import { newConversation, type Question } from '../../../src/chat/conversation.ts';
import { doorHarness } from '../../support/doorHarness.ts';
import { FakeClock } from '../../support/fakeClock.ts';
import { candidateOf, endpointOf, modelFacts, ScriptedBackend } from '../../support/scriptedBackend.ts';

const OPTIONS = { rung: 'workhorse', thinking: 'off' } as const;
const USAGE = { inputTokens: 40, cachedInputTokens: 30, outputTokens: 11, source: 'reported' } as const;

class TalkingBackend extends ScriptedBackend {
  readonly requests: GenerateRequest[] = [];
  answers: (readonly (StreamPart | 'wait')[])[] = [];
  aborted = 0;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    super('openai');
    this.#clock = clock;
  }

  override async *generate(request?: GenerateRequest, call?: BackendCall): AsyncGenerator<StreamPart> {
    if (request) this.requests.push(request);
    call?.onPhase?.('requestSent');
    for (const part of this.answers.shift() ?? []) {
      if (part !== 'wait') {
        await this.#clock.advance(100);
        yield part;
        continue;
      }
      if (!call?.signal.aborted) {
        await new Promise<void>(resolve => call?.signal.addEventListener('abort', () => resolve(), { once: true }));
      }
      this.aborted++;
      return;
    }
  }
}

function text(value: string): StreamPart {
  return { type: 'text', text: value };
}

const FINISH: StreamPart = { type: 'finish', reason: 'stop', usage: USAGE };

function ask(words: string): Question {
  return { text: words, command: undefined, attachments: [] };
}

function house() {
  const clock = new FakeClock();
  const backend = new TalkingBackend(clock);
  const model = modelFacts('chatty', { contextTokens: 4096 });
  const here = candidateOf(backend, { rung: 'workhorse', model });
  const harness = doorHarness(clock, [here]);
  let ids = 0;
  const needs = { clock, door: harness.door, tokenRatio: new TokenRatio(), newId: () => `i${++ids}` };
  const session = new ChatSession(needs, newConversation('c', 0));
  const changes: SessionChange[] = [];
  session.onDidChange(change => changes.push(change));
  return { clock, backend, session, changes, harness, needs };
}

describe('chat session', () => {
  it('holds a conversation whose later questions carry the earlier answers', async () => {
    const { backend, session, harness } = house();
    backend.answers = [
      [text('Blue'), text('.'), FINISH],
      [text('Because.'), FINISH],
    ];
    await session.ask(ask('Which colour?'), OPTIONS);
    const second = await session.ask(ask('Why?'), OPTIONS);
    expect(session.conversation.title).toBe('Which colour?');
    expect(second).toMatchObject({
      text: 'Because.',
      state: { kind: 'finished', reason: 'stop' },
      author: { model: 'chatty', locality: 'loopback' },
      metrics: { inputTokens: 40, cachedInputTokens: 30, outputTokens: 11, costMicroUsd: 0, costSource: 'local' },
    });
    const sent = backend.requests[1]?.prompt;
    expect(sent?.kind === 'chat' && sent.messages.map(({ content }) => content).slice(1)).toEqual([
      'Which colour?',
      'Blue.',
      'Why?',
    ]);
    expect(harness.records.map(({ purpose, outcome }) => [purpose, outcome.kind])).toEqual([
      ['chat', 'answered'],
      ['chat', 'answered'],
    ]);
  });

  it('tells the text as it comes, then the end', async () => {
    const { backend, session, changes } = house();
    backend.answers = [[text('a'), text('b'), FINISH]];
    await session.ask(ask('?'), OPTIONS);
    const heard = changes.filter(({ kind }) => kind !== 'conversation' && kind !== 'context');
    expect(heard.map(change => ('delta' in change ? change.delta : change.kind))).toEqual([
      'answerBegan',
      'a',
      'b',
      'answerEnded',
    ]);
  });

  it('keeps what came before a stop, and the server is told', async () => {
    const { backend, session } = house();
    backend.answers = [[text('half an ans'), 'wait']];
    const answering = session.ask(ask('?'), OPTIONS);
    await vi.waitUntil(() => session.conversation.turns[0]?.answers[0]?.text);
    expect(session.isAnswering).toBe(true);
    session.stop();
    expect(await answering).toMatchObject({ text: 'half an ans', state: { kind: 'stopped' } });
    expect(backend.aborted).toBe(1);
    expect(session.isAnswering).toBe(false);
  });

  it('keeps the question and names the problem when the server fails', async () => {
    const { backend, session } = house();
    backend.answers = [[{ type: 'failed', error: { kind: 'unreachable', detail: 'ECONNREFUSED' } }]];
    const answer = await session.ask(ask('anyone?'), OPTIONS);
    expect(answer.state).toMatchObject({ kind: 'failed', problem: { kind: 'serverNotRunning' } });
    expect(session.conversation.turns[0]?.question.text).toBe('anyone?');
  });

  it('measures how long the model thought, apart from what it said', async () => {
    const { backend, session } = house();
    const thought = (value: string): StreamPart => ({ type: 'thinking', text: value });
    backend.answers = [[thought('hm, '), thought('yes'), text('Yes.'), FINISH]];
    const answer = await session.ask(ask('?'), OPTIONS);
    expect(answer.thinking).toEqual({ text: 'hm, yes', durationMs: 200 });
    expect(answer.text).toBe('Yes.');
  });

  it('answers again without the old answer in the prompt', async () => {
    const { backend, session } = house();
    backend.answers = [
      [text('bad'), FINISH],
      [text('good'), FINISH],
    ];
    await session.ask(ask('?'), OPTIONS);
    const turnId = session.conversation.turns[0]?.id ?? '';
    await session.regenerate(turnId, OPTIONS);
    expect(session.conversation.turns[0]?.answers.map(answer => answer.text)).toEqual(['good']);
    expect(JSON.stringify(backend.requests[1])).not.toContain('bad');
  });

  it('drops what came after a question that is asked in other words', async () => {
    const { backend, session } = house();
    backend.answers = [
      [text('1'), FINISH],
      [text('2'), FINISH],
      [text('3'), FINISH],
    ];
    await session.ask(ask('first'), OPTIONS);
    await session.ask(ask('second'), OPTIONS);
    await session.editAndResend(session.conversation.turns[0]?.id ?? '', ask('first, better'), OPTIONS);
    expect(session.conversation.turns.map(turn => turn.question.text)).toEqual(['first, better']);
  });

  it('puts the answer of a larger model beside the first, only with consent to that destination', async () => {
    const { clock, backend, needs } = house();
    const big = new TalkingBackend(clock);
    big.answers = [[text('deep'), FINISH]];
    const far = {
      rung: 'foundation' as const,
      endpoint: { ...endpointOf(big, 'far', 'https://api.example.com'), locality: 'remote' as const },
      model: modelFacts('big'),
    };
    const near = candidateOf(backend, { rung: 'workhorse', model: modelFacts('chatty') });
    const remote = doorHarness(clock, [far]);
    const local = doorHarness(clock, [near]);
    const door = {
      run: ((draft, signal, consume) =>
        (draft.rung === 'foundation' ? remote : local).door.run(draft, signal, consume)) as typeof needs.door.run,
    };
    const session = new ChatSession({ ...needs, door }, newConversation('c', 0));
    backend.answers = [[text('shallow'), FINISH]];
    const first = await session.ask(ask('?'), OPTIONS);
    const turnId = session.conversation.turns[0]?.id ?? '';
    const fallbackFrom = { requestId: first.metrics?.requestId ?? '', reason: 'asked' };

    const refused = await session.askBeside(turnId, { ...OPTIONS, rung: 'foundation', fallbackFrom });
    expect(refused?.state.kind).toBe('refused');
    expect(big.requests).toEqual([]);

    const consent = { origin: 'https://api.example.com', model: 'big', givenAtMs: 0 };
    const second = await session.askBeside(turnId, { ...OPTIONS, rung: 'foundation', consent, fallbackFrom });
    expect(second).toMatchObject({
      text: 'deep',
      author: { locality: 'remote' },
      metrics: { costMicroUsd: undefined },
    });
    expect(remote.records.at(-1)).toMatchObject({ locality: 'remote', fallbackFrom: 'r1', fallbackReason: 'asked' });
    session.keepAnswer(second?.id ?? '');
    expect(session.conversation.turns[0]?.answers.map(answer => answer.text)).toEqual(['deep']);
  });
});
