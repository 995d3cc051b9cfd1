import {
  formatCost,
  formatCount,
  formatDuration,
  formatPercent,
  formatShare,
  formatSpeed,
  UNKNOWN,
} from '../base/format.ts';
import { HISTOGRAM_EDGES_MS } from '../metering/distribution.ts';
import type { LedgerState } from '../metering/ledger.ts';
import type { Purpose } from '../metering/requestRecord.ts';
import type { Spending } from '../metering/spending.ts';
import type { Distribution, Money, Percentiles, Summary, SummaryGroup, TokenFunnel } from '../metering/summaryTypes.ts';
import type {
  BarShape,
  DashboardChoice,
  DashboardShape,
  FigureShape,
  MomentShape,
  OptionShape,
  PhaseHistogramShape,
  TableShape,
} from '../webview/dashboardProtocol.ts';
import { moneyText, PHASES, PURPOSE_WORDS } from './meterWords.ts';
import { LOCALITY_WORDS } from './statusText.ts';

export interface DashboardFacts {
  readonly choice: DashboardChoice;
  /** What was chosen, by range and filters. */
  readonly chosen: Summary;
  /** The same range without filters, for what there is to choose from. */
  readonly all: Summary;
  /** Completions today, and in the seven days before, for the line of figures. */
  readonly today: Summary;
  readonly before: Summary;
  readonly ledger: LedgerState;
  readonly partLabel: (fromMs: number) => string;
  readonly budget: BudgetFacts | undefined;
}

/** What went to remote models this month, beside what may. */
export interface BudgetFacts {
  readonly spent: Money;
  readonly limitMicroUsd: number;
}

export function dashboardShape(facts: DashboardFacts): DashboardShape {
  const { choice, chosen, all } = facts;
  return {
    choice,
    options: {
      purpose: optionsOf(all.byPurpose, name => PURPOSE_WORDS[name as Purpose] ?? name),
      model: optionsOf(all.byModel, name => name),
      language: optionsOf(all.byLanguage, name => name),
    },
    isEmpty: all.requests === 0,
    note: facts.ledger.kind === 'memoryOnly' ? `Kept in memory only: ${facts.ledger.reason}` : undefined,
    figures: headline(facts),
    phases: histograms(chosen),
    edgesMs: HISTOGRAM_EDGES_MS,
    overTime: chosen.parts.map(part => momentShape(facts.partLabel(part.fromMs), part)),
    models: groupTable('Model', chosen.byModel, name => name),
    languages: groupTable('Language', chosen.byLanguage, name => name),
    funnel: funnelBars(chosen.tokens),
    funnelNote: funnelNote(chosen.tokens),
    places: placeBars(chosen),
    money: moneyFigures(chosen),
    budget: facts.budget ? [budgetBar(facts.budget)] : [],
  };
}

function optionsOf(groups: readonly SummaryGroup[], labelOf: (name: string) => string): readonly OptionShape[] {
  return groups.flatMap(({ name }) => (name === undefined ? [] : [{ value: name, label: labelOf(name) }]));
}

/** Today against the seven days before: is it still as fast and as useful as it was? */
function headline({ today, before }: DashboardFacts): readonly FigureShape[] {
  const times = ({ p50, p95 }: Percentiles) => `${formatDuration(p50)} / ${formatDuration(p95)}`;
  const share = ({ shown, accepted }: Summary['suggestions']) => formatShare(accepted, shown);
  const charsPerDay = before.suggestions.acceptedChars / 7;
  return [
    {
      label: 'Time to suggestion',
      value: times(today.total.percentiles),
      detail: `7 days before: ${times(before.total.percentiles)}`,
      explanation: `p50 / p95 of ${formatCount(today.total.percentiles.count)} completions today, from the key to the finished answer; those given up on the way are left out.`,
    },
    {
      label: 'Accepted',
      value: share(today.suggestions),
      detail: `7 days before: ${share(before.suggestions)}`,
      explanation: `Of the ${formatCount(today.suggestions.shown)} suggestions that stood long enough to be read today, those taken wholly or in part.`,
    },
    {
      label: 'Characters saved',
      value: formatCount(today.suggestions.acceptedChars),
      detail: `7 days before: ${formatCount(Math.round(charsPerDay))} a day`,
      explanation: 'Characters that came from accepted suggestions instead of your keys.',
    },
    {
      label: 'Cost today',
      value: moneyText(today.remote),
      detail: today.savings ? `≈ ${formatCost(today.savings.microUsd)} saved` : 'no comparison set',
      explanation: 'Paid to remote models. What runs on your own machines costs nothing, by statement.',
    },
  ];
}

function histograms(summary: Summary): readonly PhaseHistogramShape[] {
  const total = { name: 'total' as const, label: 'total', explanation: 'From the wish to its end.' };
  return [
    { ...total, ...histogramOf(summary.total) },
    ...summary.phases.map(({ phase, ...distribution }) => ({ ...PHASES[phase], ...histogramOf(distribution) })),
  ];
}

function histogramOf({ percentiles, counts }: Distribution) {
  const { count, p50, p95, p99 } = percentiles;
  return {
    count: formatCount(count),
    p50: formatDuration(p50),
    p95: formatDuration(p95),
    p99: formatDuration(p99),
    p50Ms: p50,
    p95Ms: p95,
    counts,
  };
}

function momentShape(label: string, { requests, totalMs }: Summary['parts'][number]): MomentShape {
  const { p50, p95 } = totalMs;
  return { label, requests, p50Ms: p50, p95Ms: p95, p50: formatDuration(p50), p95: formatDuration(p95) };
}

function groupTable(title: string, groups: readonly SummaryGroup[], nameOf: (name: string) => string): TableShape {
  const column = (label: string, explanation: string) => ({ label, explanation, isNumber: label !== title });
  return {
    columns: [
      column(title, 'The largest group first.'),
      column('Requests', 'All of them, also those given up.'),
      column('p50', 'Half of the requests that came to an end took no longer.'),
      column('p95', 'Nineteen of twenty took no longer.'),
      column('First token p50', 'From the wish to the first token.'),
      column('Speed p50', 'Tokens for a second, after the first.'),
      column('Accepted', 'Of the suggestions that were seen.'),
      column('Cost', 'Sum of what is known.'),
      column('Cost per 1,000 chars', 'For a thousand accepted characters.'),
    ],
    rows: groups.map(group => [
      [group.name === undefined ? UNKNOWN : nameOf(group.name), group.quantization].filter(Boolean).join(' · '),
      formatCount(group.requests),
      formatDuration(group.totalMs.p50),
      formatDuration(group.totalMs.p95),
      formatDuration(group.firstTokenMs.p50),
      formatSpeed(group.decodeSpeed.p50),
      formatShare(group.suggestions.accepted, group.suggestions.shown),
      moneyText(group.cost),
      costPerThousandChars(group),
    ]),
  };
}

function costPerThousandChars({ cost, suggestions }: SummaryGroup): string {
  if (suggestions.acceptedChars === 0 || cost.unknown > 0) return UNKNOWN;
  return formatCost(Math.round((cost.microUsd * 1_000) / suggestions.acceptedChars));
}

function funnelBars(tokens: TokenFunnel): readonly BarShape[] {
  const bar = (label: string, value: number, explanation: string, mark = '') => ({
    label,
    value: `${mark}${formatCount(value)} tok`,
    share: value / Math.max(1, tokens.sent, tokens.generated),
    explanation,
  });
  return [
    bar('Prompt, sent', tokens.sent, 'Everything that went into prompts, cached tokens included.'),
    bar('– from cache', tokens.cached, 'The server had read these before.'),
    bar('– evaluated', tokens.evaluated, 'Read anew, where the server tells how many were cached.'),
    bar('Generated', tokens.generated, 'Written by the model.'),
    bar('– shown', tokens.shown, 'Of suggestions that stood long enough to be read.'),
    bar('– accepted', tokens.accepted, 'In proportion to the characters that you took: an estimate.', '≈ '),
  ];
}

function funnelNote({ generated, accepted, uncounted, estimated }: TokenFunnel): string {
  const wasted = generated > 0 ? `${formatPercent(1 - accepted / generated)} of what was generated was not used.` : '';
  const missing = uncounted > 0 ? ` Of ${formatCount(uncounted)} requests nothing is known.` : '';
  const guessed =
    estimated > 0 ? ` For ${formatCount(estimated)} the tokens were counted by the pieces that came.` : '';
  return `${wasted}${missing}${guessed}`.trim();
}

function placeBars({ byLocality, requests }: Summary): readonly BarShape[] {
  return (['loopback', 'lan', 'remote'] as const).map(locality => {
    const count = byLocality.find(({ name }) => name === locality)?.requests ?? 0;
    return {
      label: LOCALITY_WORDS[locality],
      value: formatCount(count),
      share: count / Math.max(1, requests),
      explanation: `Requests that went to ${LOCALITY_WORDS[locality]}.`,
    };
  });
}

function moneyFigures({ local, remote, savings, energy }: Summary): readonly FigureShape[] {
  const of = ({ requests }: Money) => `${formatCount(requests)} requests`;
  return [
    {
      label: 'Remote',
      value: moneyText(remote),
      detail: of(remote),
      explanation: 'Reported by providers, or by list price.',
    },
    {
      label: 'Local',
      value: moneyText(local),
      detail: of(local),
      explanation: 'Nothing, by statement: your own machines.',
    },
    ...(savings
      ? [
          {
            label: 'Saved by local use',
            value: `≈ ${formatCost(savings.microUsd)}`,
            detail: `against ${savings.comparedWith}`,
            explanation: `An estimate: the same tokens at that model's list price of ${savings.priceAsOf}, for ${formatCount(savings.requests - savings.unknown)} local requests whose tokens are known.`,
          },
        ]
      : []),
    ...(energy
      ? [
          {
            label: 'Energy',
            value: `≈ ${(energy.joules / 3_600).toFixed(2)} Wh`,
            detail: `≈ ${formatCost(energy.microUsd)}`,
            explanation: 'An estimate from the watts and the price that you set; never added to money.',
          },
        ]
      : []),
  ];
}

/** Undefined where the user set no budget, or nothing was counted yet. */
export function budgetOf(spending: Spending | undefined, usdPerMonth: number): BudgetFacts | undefined {
  return spending && usdPerMonth > 0 ? { spent: spending.month, limitMicroUsd: usdPerMonth * 1e6 } : undefined;
}

/** A full bar is a budget used up; the words beside it say by how much it is passed. */
function budgetBar({ spent, limitMicroUsd }: BudgetFacts): BarShape {
  const used = spent.microUsd / limitMicroUsd;
  return {
    label: 'This month',
    value: `${moneyText(spent)} of ${formatCost(limitMicroUsd)} (${formatPercent(used)})`,
    share: Math.min(1, used),
    explanation: 'Remote requests since the first of the month, against minnow.budget.usdPerMonth.',
  };
}
