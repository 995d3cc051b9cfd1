// How numbers are written everywhere: three significant digits, always a unit, and a dash for what is not known
// (invariant 10). One place, so that the status bar, the inspector and a report never differ.

export const UNKNOWN = '—';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `84 ms`, `1.24 s`, `12.4 min`. Milliseconds are whole: fractions of one say nothing to a person. */
export function formatDuration(durationMs: number | undefined): string {
  if (durationMs === undefined) return UNKNOWN;
  if (durationMs > 0 && durationMs < 1) return '<1 ms';
  if (durationMs < 999.5) return `${Math.round(durationMs)} ms`;
  const seconds = durationMs / 1000;
  return seconds < 599.5 ? `${threeDigits(seconds)} s` : `${threeDigits(seconds / 60)} min`;
}

/** `4 s`, `3 min`, `2 h`: how long ago something was, where a part of a second says nothing. */
export function formatAge(ageMs: number): string {
  if (ageMs < 60_000) return `${Math.max(0, Math.round(ageMs / 1000))} s`;
  return ageMs < 3_600_000 ? `${Math.round(ageMs / 60_000)} min` : `${Math.round(ageMs / 3_600_000)} h`;
}

/** `38.6 tok/s` */
export function formatSpeed(tokensPerSecond: number | undefined): string {
  return tokensPerSecond === undefined ? UNKNOWN : `${threeDigits(tokensPerSecond)} tok/s`;
}

/** `1,204 tok` */
export function formatTokens(tokens: number | undefined): string {
  return tokens === undefined ? UNKNOWN : `${formatCount(tokens)} tok`;
}

/** `6,120` */
export function formatCount(count: number | undefined): string {
  return count === undefined ? UNKNOWN : whole.format(count);
}

/** `$0`, `$0.0031`, `$12.50`: cents where there are any, three significant digits below a dollar. */
export function formatCost(costMicroUsd: number | undefined): string {
  if (costMicroUsd === undefined) return UNKNOWN;
  if (costMicroUsd === 0) return '$0';
  const dollars = costMicroUsd / 1_000_000;
  if (dollars >= 1)
    return `$${dollars.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  const digits = dollars.toLocaleString('en-US', { maximumSignificantDigits: 3 });
  return `$${digits.length < '0.00'.length ? dollars.toFixed(2) : digits}`;
}

/** `12.4 KB`, `1.9 GB`: powers of ten, as disks and model libraries count. */
export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined) return UNKNOWN;
  let value = bytes;
  for (const unit of ['B', 'KB', 'MB', 'GB']) {
    if (value < 999.5) return `${unit === 'B' || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${unit}`;
    value /= 1000;
  }
  return `${value.toFixed(1)} TB`;
}

/** `38 %` of a fraction between 0 and 1. */
export function formatPercent(fraction: number | undefined): string {
  return fraction === undefined ? UNKNOWN : `${Math.round(fraction * 100)} %`;
}

const SMALL_SAMPLE = 30;

/** `31 %`, or `33 % (n = 9)`: a share of few cases names how few. */
export function formatShare(part: number, of: number): string {
  if (of === 0) return UNKNOWN;
  return of < SMALL_SAMPLE ? `${formatPercent(part / of)} (n = ${of})` : formatPercent(part / of);
}

/** `14:32:05` in the given time zone, by default this machine's. */
export function formatTimeOfDay(atMs: number, timeZone?: string): string {
  const options = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
  return new Intl.DateTimeFormat('en-GB', { ...options, ...(timeZone && { timeZone }) }).format(atMs);
}

function threeDigits(value: number): string {
  if (value >= 99.95) return whole.format(value);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}
