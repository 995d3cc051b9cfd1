import type { PhaseName } from './inspectorProtocol.ts';
import type { ReadyMessage } from './protocol.ts';

export const RANGES = ['today', '7days', '30days'] as const;
export type Range = (typeof RANGES)[number];

/** What is shown of the ledger; kept by the page, sent with each wish. */
export interface DashboardChoice {
  readonly range: Range;
  /** As the filter lists them; empty: all. */
  readonly purpose: string;
  readonly model: string;
  readonly language: string;
}

export type DashboardToView =
  | { readonly type: 'dashboard'; readonly dashboard: DashboardShape }
  | { readonly type: 'failed'; readonly sentence: string };

export interface DashboardShape {
  readonly choice: DashboardChoice;
  readonly options: { readonly [filter in 'purpose' | 'model' | 'language']: readonly OptionShape[] };
  readonly isEmpty: boolean;
  /** Where the ledger could not be kept on disk, why. */
  readonly note: string | undefined;
  readonly figures: readonly FigureShape[];
  readonly phases: readonly PhaseHistogramShape[];
  /** The ends of the bins on the log axis; one more than there are counts. */
  readonly edgesMs: readonly number[];
  readonly overTime: readonly MomentShape[];
  readonly models: TableShape;
  readonly languages: TableShape;
  readonly funnel: readonly BarShape[];
  readonly funnelNote: string;
  readonly places: readonly BarShape[];
  readonly money: readonly FigureShape[];
  /** Empty where no budget is set. */
  readonly budget: readonly BarShape[];
}

export interface OptionShape {
  readonly value: string;
  readonly label: string;
}

/** One figure with what it is compared with; hovering tells how it is made. */
export interface FigureShape {
  readonly label: string;
  readonly value: string;
  readonly detail: string;
  readonly explanation: string;
}

export interface PhaseHistogramShape {
  readonly name: PhaseName | 'total';
  readonly label: string;
  readonly explanation: string;
  readonly count: string;
  readonly p50: string;
  readonly p95: string;
  readonly p99: string;
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  readonly counts: readonly number[];
}

/** An hour or a day. */
export interface MomentShape {
  readonly label: string;
  readonly requests: number;
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  readonly p50: string;
  readonly p95: string;
}

export interface TableShape {
  readonly columns: readonly { readonly label: string; readonly explanation: string; readonly isNumber: boolean }[];
  readonly rows: readonly (readonly string[])[];
}

/** A bar as long as its share of the longest. */
export interface BarShape {
  readonly label: string;
  readonly value: string;
  readonly share: number;
  readonly explanation: string;
}

export type DashboardFromView =
  | ReadyMessage
  | { readonly type: 'choose'; readonly choice: DashboardChoice }
  | { readonly type: 'export' | 'deleteAll' | 'showRequests' | 'trySuggestion' };
