import type { Locality } from '../backends/permit.ts';
import {
  formatBytes,
  formatCost,
  formatCount,
  formatDuration,
  formatShare,
  formatSpeed,
  formatTimeOfDay,
  formatTokens,
  UNKNOWN,
} from '../base/format.ts';
import type { RecentOutcome } from '../completion/completionEngine.ts';
import type { AcceptanceRecord, RequestRecord, SpanName } from '../metering/requestRecord.ts';
import type { Spending } from '../metering/spending.ts';
import type { CommandId } from './commandTable.ts';
import type { EngineState, StateAction } from './engineStates.ts';
import { escapeMarkdown } from './markdownText.ts';
import { moneyText } from './meterWords.ts';
import { LOCALITY_SIGN, LOCALITY_WORDS } from './statusText.ts';

/** What the card over the status bar item is made from. */
export interface HoverFacts {
  /** Where it is not simply "ready". */
  readonly state: Pick<EngineState, 'sentence' | 'action'> | undefined;
  readonly model: HoverModel | undefined;
  readonly lastShown: RecentOutcome | undefined;
  readonly lastRequest: RequestRecord | undefined;
  readonly lastAcceptance: AcceptanceRecord | undefined;
  readonly session: SessionFigures;
  readonly spending?: Spending | undefined;
  /** US dollars; 0: none was set. */
  readonly budgetUsdPerMonth?: number | undefined;
  readonly residents: readonly ResidentModel[];
  readonly timeZone?: string;
}

export interface HoverModel {
  readonly name: string;
  readonly quantization: string | undefined;
  readonly endpoint: string;
  readonly locality: Locality;
}

export interface ResidentModel {
  readonly name: string;
  readonly sizeBytes: number | undefined;
  readonly untilMs: number | undefined;
}

/** Of this window since it opened. */
export interface SessionFigures {
  readonly shown: number;
  readonly accepted: number;
  readonly savedChars: number;
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
}

/** The only commands that the card may run: its Markdown holds names that came from servers. */
export const HOVER_COMMANDS: readonly CommandId[] = [
  'minnow.whyNoSuggestion',
  'minnow.switchModel',
  'minnow.showLog',
  'minnow.openSettings',
  'minnow.showRequests',
  'minnow.openDashboard',
  'minnow.setUp',
  'minnow.setApiKey',
  'minnow.copyPullCommand',
  'minnow.lookAgain',
  'minnow.restartEmbeddedEngine',
];

const HOVER_LINKS: readonly StateAction[] = [
  { title: 'Why no suggestion?', command: 'minnow.whyNoSuggestion' },
  { title: 'Requests', command: 'minnow.showRequests' },
  { title: 'Dashboard', command: 'minnow.openDashboard' },
  { title: 'Switch model', command: 'minnow.switchModel' },
  { title: 'Log', command: 'minnow.showLog' },
  { title: 'Settings', command: 'minnow.openSettings' },
];

export function renderHover(facts: HoverFacts): string {
  const rows = [
    ...(facts.lastShown ? [suggestionRow(facts.lastShown, facts.lastAcceptance)] : []),
    ...(facts.lastRequest ? requestRows(facts.lastRequest) : []),
    ...(facts.session.shown > 0 ? [sessionRow(facts.session)] : []),
    ...(facts.spending ? [spendingRow(facts.spending, facts.budgetUsdPerMonth ?? 0)] : []),
    ...(facts.residents.length > 0 ? [residentsRow(facts)] : []),
  ];
  const table = rows.map(([name, value]) => `| ${name.replaceAll(' ', '&nbsp;')}&nbsp;&nbsp; | ${value} |`).join('\n');
  return [
    `**Minnow**${facts.model ? ` &nbsp; ${modelLine(facts.model)}` : ''}`,
    ...(facts.state ? [stateText(facts.state)] : []),
    ...(table ? [`| | |\n|:--|:--|\n${table}`] : facts.state ? [] : ['No suggestion yet in this window.']),
    HOVER_LINKS.map(link).join(' · '),
  ].join('\n\n');
}

function stateText({ sentence, action }: Pick<EngineState, 'sentence' | 'action'>): string {
  return escapeMarkdown(sentence) + (action ? ` &nbsp; **${link(action)}**` : '');
}

/** The argument may hold a name from the settings: encoded, it can end neither the link nor the list of arguments. */
function link({ title, command, argument }: StateAction): string {
  const query = argument === undefined ? '' : `?${encodeURIComponent(JSON.stringify([argument]))}`;
  return `[${title}](command:${command}${query.replace(/[()]/g, escapeParenthesis)})`;
}

function escapeParenthesis(character: string): string {
  return character === '(' ? '%28' : '%29';
}

type Row = readonly [name: string, value: string];

function modelLine(model: HoverModel): string {
  const parts = [model.name, model.quantization, model.endpoint].flatMap(part => (part ? [escapeMarkdown(part)] : []));
  return `${LOCALITY_SIGN[model.locality]} ${[...parts, LOCALITY_WORDS[model.locality]].join(' · ')}`;
}

function suggestionRow(event: RecentOutcome, acceptance: AcceptanceRecord | undefined): Row {
  const fate = acceptance ? `shown, ${ACTION_WORDS[acceptance.action]}` : 'shown';
  const source =
    event.outcome.kind === 'shown' && event.outcome.from !== 'stream' ? SOURCE_WORDS[event.outcome.from] : '';
  return ['Last suggestion', `**${formatDuration(event.durationMs)}** ${source}· ${fate}`];
}

const ACTION_WORDS: Record<AcceptanceRecord['action'], string> = {
  accepted: 'accepted',
  acceptedPartly: 'accepted in part',
  dismissed: 'dismissed',
  typedOver: 'typed over',
  unseen: 'gone before it could be read',
};

const SOURCE_WORDS = {
  typingAhead: 'from memory ',
  cache: 'from memory ',
  inFlight: 'from a running request ',
  speculation: 'fetched ahead ',
} as const;

const PHASES: readonly (readonly [SpanName, string])[] = [
  ['debounceMs', 'wait'],
  ['contextMs', 'context'],
  ['queueMs', 'queue'],
  ['connectMs', 'connect'],
  ['firstTokenMs', 'first token'],
  ['generateMs', 'generate'],
  ['trimMs', 'trim'],
];

function requestRows(record: RequestRecord): readonly Row[] {
  const phases = PHASES.flatMap(([span, word]) => {
    const spanMs = record.spans[span];
    return spanMs === undefined ? [] : [`${word} ${formatCount(Math.round(spanMs))}`];
  });
  return [
    ['Last request', `${formatDuration(record.spans.totalMs)} = ${phases.join(' + ')} ms`],
    ['Tokens', tokensText(record)],
    ['Cost', costText(record)],
  ];
}

function tokensText(record: RequestRecord): string {
  const { inputTokens, cachedInputTokens, outputTokens, source } = record.usage;
  if (source === 'none') return `${UNKNOWN} the server reported none`;
  const estimated = source === 'estimated' ? '≈ ' : '';
  const cached =
    cachedInputTokens === undefined ? 'cache use not reported' : `${formatCount(cachedInputTokens)} from cache`;
  const speed = decodeSpeed(record);
  return [
    `prompt ${estimated}${formatTokens(inputTokens)}, ${cached}`,
    `generated ${estimated}${formatTokens(outputTokens)}`,
    ...(speed === undefined ? [] : [formatSpeed(speed)]),
  ].join(' · ');
}

/** Tokens per second after the first. An answer that came whole shows nothing of its pace. */
export function decodeSpeed(record: RequestRecord): number | undefined {
  const { outputTokens } = record.usage;
  const { generateMs } = record.spans;
  if (outputTokens === undefined || outputTokens < 2 || generateMs === undefined || generateMs < 1) return undefined;
  return ((outputTokens - 1) * 1000) / generateMs;
}

function costText(record: RequestRecord): string {
  const cost = formatCost(record.costMicroUsd);
  switch (record.costSource) {
    case 'local':
      return `${cost} (${record.locality === 'lan' ? 'your own server' : 'local'})`;
    case 'notSent':
      return `${cost} (nothing was sent)`;
    case 'provider':
      return `${cost} (as the provider reported)`;
    case 'list':
      return `${cost} (list price${record.priceAsOf ? ` of ${escapeMarkdown(record.priceAsOf)}` : ''})`;
    case 'userPrice':
      return `${cost} (by the price you set)`;
    case 'unknown':
      return `${UNKNOWN} no price is known for ${escapeMarkdown(record.model)}`;
  }
}

function sessionRow(session: SessionFigures): Row {
  const figures = [
    `p50 ${formatDuration(session.p50Ms)}`,
    `p95 ${formatDuration(session.p95Ms)}`,
    `${formatCount(session.shown)} shown`,
    `${formatShare(session.accepted, session.shown)} accepted`,
    `${formatCount(session.savedChars)} characters saved`,
  ];
  return ['This window', figures.join(' · ')];
}

function spendingRow({ day, month, savings }: Spending, budgetUsdPerMonth: number): Row {
  const budget = budgetUsdPerMonth > 0 ? ` of ${formatCost(budgetUsdPerMonth * 1e6)}` : '';
  const saved = savings && savings.requests > savings.unknown;
  const figures = [
    `${moneyText(day)} today`,
    `${moneyText(month)}${budget} this month`,
    ...(saved
      ? [`≈ ${formatCost(savings.microUsd)} saved against ${escapeMarkdown(savings.comparedWith)}’s list price`]
      : []),
  ];
  return ['Spent', figures.join(' · ')];
}

function residentsRow(facts: HoverFacts): Row {
  const models = facts.residents.map(({ name, sizeBytes, untilMs }) => {
    const details = [
      ...(sizeBytes === undefined ? [] : [formatBytes(sizeBytes)]),
      ...(untilMs === undefined ? [] : [`until ${formatTimeOfDay(untilMs, facts.timeZone).slice(0, 5)}`]),
    ];
    return escapeMarkdown(name) + (details.length > 0 ? ` (${details.join(', ')})` : '');
  });
  return ['In memory', models.join(' · ')];
}
