import type { Range } from '../webview/dashboardProtocol.ts';

export interface DashboardRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly partsFromMs: readonly number[];
  readonly partLabel: (fromMs: number) => string;
}

const DAYS: Record<Range, number> = { today: 1, '7days': 7, '30days': 30 };

/** Days begin when the user's own do, so that a day on which the clocks change has 23 or 25 hours. */
export function rangeOf(range: Range, nowMs: number): DashboardRange {
  const fromMs = dayBefore(nowMs, DAYS[range] - 1);
  const hours = range === 'today';
  return {
    fromMs,
    toMs: nowMs + 1,
    partsFromMs: hours
      ? hoursFrom(fromMs, nowMs)
      : Array.from({ length: DAYS[range] }, (_, day) => dayAfter(fromMs, day)),
    partLabel: partMs => (hours ? HOUR : DAY).format(partMs),
  };
}

export function weekBefore(nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  return { fromMs: dayBefore(nowMs, 7), toMs: dayBefore(nowMs, 0) };
}

const HOUR = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });

function dayBefore(atMs: number, days: number): number {
  const date = new Date(atMs);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - days).getTime();
}

function dayAfter(atMs: number, days: number): number {
  return dayBefore(atMs, -days);
}

function hoursFrom(fromMs: number, toMs: number): readonly number[] {
  const HOUR_MS = 3_600_000;
  const count = Math.floor((toMs - fromMs) / HOUR_MS) + 1;
  return Array.from({ length: count }, (_, hour) => fromMs + hour * HOUR_MS);
}
