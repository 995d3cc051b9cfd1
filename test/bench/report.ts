import { cpus, totalmem } from 'node:os';
import { type RequestRecord, reasonOf } from '../../src/metering/requestRecord.ts';
import type { Headline, Metrics, Spread } from './metrics.ts';

const ROWS: readonly (readonly [string, (metrics: Metrics) => string])[] = [
  ['keys', m => `${m.keys}`],
  ['key to ghost text, new request, p50 / p95 ms', m => spreadText(m.keyToGhostMs.newRequest)],
  ['of it the engine alone, p50 / p95 ms', m => spreadText(m.engineOwnMs)],
  ['p50 of a new request by that of the engine alone and 90 ms', m => number(overEngine(m))],
  ['key to ghost text, joined a running request, p50 / p95 ms', m => spreadText(m.keyToGhostMs.joined)],
  ['key to ghost text, from memory, p50 / p95 ms', m => spreadText(m.keyToGhostMs.memory)],
  ['of it typed through, in the editor, p50 / p95 ms', m => spreadText(m.keyToGhostMs.typedThrough)],
  ['of it answered by the client, p50 / p95 ms', m => spreadText(m.keyToGhostMs.fromClient)],
  ['right suggestion within 300 ms, share of pauses', m => headline(m, 'rightIn300Ms', percent)],
  ['any suggestion within 300 ms, share of pauses', m => percent(m.ghostIn300Ms)],
  ['pauses of 300 ms or more', m => `${m.pauses}`],
  ['keystrokes saved', m => headline(m, 'keystrokesSaved', percent)],
  ['suggestions shown / accepted', m => `${m.suggestionsShown} / ${m.accepted}`],
  ['wrong suggestion visible, share of visible time', m => headline(m, 'wrongVisibleShare', percent)],
  ['flicker', m => `${m.flicker}`],
  ['requests per 100 keys', m => number(m.requestsPer100Keys)],
  ['of them aborted', m => percent(m.abortedShare)],
  ['prompt tokens per request', m => number(m.promptTokensPerRequest)],
  ['prompt tokens evaluated per shown suggestion', m => number(m.evaluatedPerShown)],
  ['prompt cache hit', m => percent(m.cacheHit)],
  ['generated tokens per 100 keys', m => headline(m, 'generatedPer100Keys', number)],
  ['generated but never shown', m => percent(m.neverShownShare)],
  ['generated but never accepted', m => percent(m.neverAcceptedShare)],
  ['engine busy seconds per 100 keys', m => headline(m, 'engineBusySecondsPer100Keys', number)],
  ['generated tokens per 1000 characters written', m => number(m.per1000Chars.generated)],
  ['engine busy seconds per 1000 characters written', m => number(m.per1000Chars.engineBusySeconds)],
  ['waited for the slot, p50 / p95 ms', m => spreadText(m.queuedMs)],
];

/** Markdown, so that it can be pasted into docs/performance.md as it is. */
export function table(columns: readonly { title: string; metrics: Metrics }[]): string {
  const lines = [
    `| | ${columns.map(column => column.title).join(' | ')} |`,
    `|---|${columns.map(() => '--:').join('|')}|`,
    ...ROWS.map(([name, cell]) => `| ${name} | ${columns.map(column => cell(column.metrics)).join(' | ')} |`),
  ];
  return lines.join('\n');
}

/** What Minnow's own records say: which purposes asked how often, how it ended, and what of the engine's time it took. */
export function recordTable(records: readonly RequestRecord[]): string {
  const groups = Map.groupBy(
    records,
    ({ purpose, outcome }) => `${purpose} | ${outcome.kind} ${reasonOf(outcome) ?? ''}`,
  );
  const rows = [...groups].map(([name, members]) => {
    const seconds =
      members.reduce((all, { spans }) => all + (spans.firstTokenMs ?? 0) + (spans.generateMs ?? 0), 0) / 1000;
    const tokens = members.reduce((all, { usage }) => all + (usage.outputTokens ?? 0), 0);
    return `| ${name} | ${members.length} | ${seconds.toFixed(1)} | ${tokens} |`;
  });
  const head = ['| purpose | outcome | requests | seconds | tokens of the finished |', '|---|---|--:|--:|--:|'];
  return [...head, ...rows.sort()].join('\n');
}

export function describeMachine(): string {
  const cores = cpus();
  const memoryGb = Math.round(totalmem() / 1024 ** 3);
  return `${cores.length} x ${cores[0]?.model.trim() ?? 'unknown processor'}, ${memoryGb} GB, Node ${process.version}`;
}

function percent(value: number | undefined): string {
  return value === undefined ? '-' : `${(value * 100).toFixed(1)} %`;
}

function number(value: number | undefined): string {
  if (value === undefined) return '-';
  return value >= 100 ? value.toFixed(0) : value.toFixed(value < 10 ? 2 : 1);
}

/** What the editor takes in any case, measured in VS Code with a provider that answers at once. */
const EDITOR_OVERHEAD_MS = 90;

function overEngine({ keyToGhostMs, engineOwnMs }: Metrics): number | undefined {
  const [seenMs, ownMs] = [keyToGhostMs.newRequest.p50, engineOwnMs.p50];
  return seenMs === undefined || ownMs === undefined ? undefined : seenMs / (ownMs + EDITOR_OVERHEAD_MS);
}

function headline(metrics: Metrics, name: Headline, format: (value: number | undefined) => string): string {
  const interval = metrics.intervals?.[name];
  if (!interval) return format(metrics[name]);
  return `${format(metrics[name])} (${interval.map(end => format(end).replace(' %', '')).join(' to ')})`;
}

function spreadText(value: Spread): string {
  if (value.p50 === undefined || value.p95 === undefined) return '-';
  return `${value.p50.toFixed(0)} / ${value.p95.toFixed(0)} (${value.count})`;
}
