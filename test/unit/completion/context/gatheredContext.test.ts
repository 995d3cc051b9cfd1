import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../../src/base/logger.ts';
import type { ContextPart } from '../../../../src/completion/context/contextSource.ts';
import { holdsSecret, looksSecret } from '../../../../src/completion/context/exclusion.ts';
import {
  createGatheredContext,
  type Gatherer,
  type GatherPlace,
} from '../../../../src/completion/context/gatheredContext.ts';
import { RecentEdits } from '../../../../src/completion/context/recentEdits.ts';
import { bestWindow, wordsOf } from '../../../../src/completion/context/similarity.ts';
import { FakeClock, settle } from '../../../support/fakeClock.ts';

const PLACE: GatherPlace = {
  uri: 'file:///a.ts',
  path: 'a.ts',
  languageId: 'typescript',
  line: 3,
  around: 'totalPrice',
};

function part(id: string, facts: Partial<ContextPart> = {}): ContextPart {
  return { id, kind: 'neighbour', path: `${id}.ts`, text: `let ${id};`, rank: 1, stability: 'stable', ...facts };
}

function gatherer(
  parts: readonly ContextPart[] | Promise<readonly ContextPart[]>,
  facts: Partial<Gatherer> = {},
): Gatherer {
  return { kind: 'neighbour', deadlineMs: 100, maxChars: 1_000, isLocal: false, gather: async () => parts, ...facts };
}

function context(gatherers: readonly Gatherer[], ignored: readonly string[] = []) {
  const clock = new FakeClock();
  const gathered = createGatheredContext({
    clock,
    log: silentLogger,
    repository: 'shop',
    gatherers,
    isIgnored: async path => ignored.includes(path),
  });
  const ids = (uri = PLACE.uri) => {
    const snapshot = gathered.snapshot({ uri, languageId: 'typescript' });
    return snapshot instanceof Promise ? [] : snapshot.parts.map(({ id }) => id);
  };
  return { clock, gathered, ids };
}

describe('gathered context', () => {
  it('stands ready without waiting, and is the same whatever came in first', async () => {
    const slowFirst = context([gatherer([part('b', { rank: 2 })]), gatherer([part('a')], { kind: 'definition' })]);
    const otherOrder = context([gatherer([part('a')], { kind: 'definition' }), gatherer([part('b', { rank: 2 })])]);
    expect(slowFirst.ids()).toEqual([]);
    await slowFirst.gathered.refresh(PLACE);
    await otherOrder.gathered.refresh(PLACE);
    expect(slowFirst.ids()).toEqual(['b', 'a']);
    expect(otherOrder.ids()).toEqual(slowFirst.ids());
  });

  it('changes its version when, and only when, the parts change', async () => {
    let parts = [part('a')];
    const { gathered } = context([gatherer([], { gather: async () => parts })]);
    const version = () => (gathered.snapshot({ uri: PLACE.uri, languageId: 'ts' }) as { version: number }).version;
    await gathered.refresh(PLACE);
    const first = version();
    await gathered.refresh(PLACE);
    expect(version()).toBe(first);
    parts = [part('a', { text: 'let other;' })];
    await gathered.refresh(PLACE);
    expect(version()).not.toBe(first);
  });

  it('goes on without a gatherer that is late or broken, and keeps what that one had found', async () => {
    const late = Promise.withResolvers<readonly ContextPart[]>();
    let calls = 0;
    const moody = gatherer([], { gather: () => (calls++ === 0 ? Promise.resolve([part('old')]) : late.promise) });
    const broken = gatherer([], { kind: 'definition', gather: () => Promise.reject(new Error('no language server')) });
    const { gathered, ids, clock } = context([moody, broken]);
    await gathered.refresh(PLACE);
    const refreshing = gathered.refresh(PLACE);
    await clock.advance(100);
    await refreshing;
    expect(ids()).toEqual(['old']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes what fits the budget of each gatherer, best first', async () => {
    const { gathered, ids } = context([
      gatherer([part('low', { text: 'x'.repeat(60) }), part('high', { text: 'y'.repeat(60), rank: 5 })], {
        maxChars: 100,
      }),
    ]);
    await gathered.refresh(PLACE);
    expect(ids()).toEqual(['high']);
  });

  it('never lets in what is ignored or looks like a secret', async () => {
    const key = '-----BEGIN RSA PRIVATE KEY-----';
    const { gathered, ids } = context(
      [gatherer([part('ok'), part('built'), part('env', { path: '.env.local' }), part('key', { text: key })])],
      ['built.ts'],
    );
    await gathered.refresh(PLACE);
    expect(ids()).toEqual(['ok']);
  });

  it('keeps what speaks of one place out of other files', async () => {
    const { gathered, ids } = context([gatherer([part('cell')], { kind: 'notebookCell', isLocal: true })]);
    await gathered.refresh(PLACE);
    expect(ids()).toEqual(['cell']);
    expect(ids('file:///other.ts')).toEqual([]);
  });

  it('shows the same lines once', async () => {
    const { gathered, ids } = context([
      gatherer([part('whole', { text: 'let a;\nlet b;', rank: 2 })]),
      gatherer([part('piece', { text: 'let b;' })], { kind: 'recentEdit' }),
    ]);
    await gathered.refresh(PLACE);
    expect(ids()).toEqual(['whole']);
  });

  it('gives up a gathering for a place the user has left', async () => {
    const first = Promise.withResolvers<readonly ContextPart[]>();
    let calls = 0;
    const { gathered, ids } = context([
      gatherer([], { gather: () => (calls++ === 0 ? first.promise : Promise.resolve([part('new')])) }),
    ]);
    void gathered.refresh(PLACE);
    await gathered.refresh({ ...PLACE, line: 90 });
    first.resolve([part('stale')]);
    await settle();
    expect(ids()).toEqual(['new']);
  });
});

describe('secrets', () => {
  it.each([
    '.env',
    'app/.env.production',
    'server.key',
    'certs/a.pem',
    '.ssh/id_ed25519',
    'credentials.json',
    'secrets.yaml',
    'prod.tfvars',
  ])('are suspected in %s', path => expect(looksSecret(path)).toBe(true));

  it.each(['src/environment.ts', 'keyboard.ts', 'secretsManager.ts', 'docs/env.md', 'monkey.ts'])(
    'are not suspected in %s',
    path => expect(looksSecret(path)).toBe(false),
  );

  it('are known by their own form', () => {
    expect(holdsSecret(`token = "ghp_${'a'.repeat(36)}"`)).toBe(true);
    expect(holdsSecret('const sk = skeleton(); // sk-1')).toBe(false);
  });
});

describe('the best stretch of a neighbour', () => {
  it('has most words in common with what stands around the cursor', () => {
    const lines = Array.from({ length: 100 }, (_, index) => `const filler${index} = ${index};`);
    lines[70] = 'export function totalPrice(order: Order) { return order.items.length; }';
    const found = bestWindow(lines.join('\n'), wordsOf('totalPrice(order)'), 20);
    expect(found?.text).toContain('totalPrice');
  });

  it('is none where nothing is shared', () => {
    expect(bestWindow('alpha\nbeta', wordsOf('gamma'), 10)).toBeUndefined();
  });
});

describe('recent edits', () => {
  it('merge where they touch and keep the newest first', () => {
    const edits = new RecentEdits();
    edits.note({ uri: 'a', firstLine: 10, lastLine: 10, atMs: 1 });
    edits.note({ uri: 'b', firstLine: 1, lastLine: 2, atMs: 2 });
    edits.note({ uri: 'a', firstLine: 14, lastLine: 15, atMs: 3 });
    expect(edits.regions).toEqual([
      { uri: 'a', firstLine: 10, lastLine: 15, atMs: 3 },
      { uri: 'b', firstLine: 1, lastLine: 2, atMs: 2 },
    ]);
    for (let line = 0; line < 1000; line += 20) edits.note({ uri: 'c', firstLine: line, lastLine: line, atMs: line });
    expect(edits.regions).toHaveLength(12);
    edits.forget('c');
    expect(edits.regions).toEqual([]);
  });
});
