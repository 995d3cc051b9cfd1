import { html, nothing, svg, type TemplateResult } from 'lit';
import type { BarShape, MomentShape, PhaseHistogramShape } from '../dashboardProtocol.ts';

// Drawn as SVG: its colours follow the theme by themselves, and its sizes are attributes, since the page allows no inline styles.

const WIDTH = 1_000;

/** How many requests took how long, on the common log axis; lines mark p50 (solid) and p95 (dashed). */
export function histogram(
  { name, counts, p50Ms, p95Ms }: PhaseHistogramShape,
  edgesMs: readonly number[],
): TemplateResult {
  const height = 28;
  const most = Math.max(1, ...counts);
  const binWidth = WIDTH / Math.max(1, counts.length);
  const bars = counts.map((count, bin) => {
    // A bin with anything in it stays visible beside one that holds thousands.
    const barHeight = count === 0 ? 0 : Math.max(2, (count / most) * height);
    return svg`<rect x=${bin * binWidth} y=${height - barHeight} width=${binWidth - 2} height=${barHeight}></rect>`;
  });
  const mark = (atMs: number | undefined, kind: string) => {
    if (atMs === undefined) return nothing;
    const x = logPosition(atMs, edgesMs) * WIDTH;
    return svg`<line class=${kind} x1=${x} x2=${x} y1="0" y2=${height}></line>`;
  };
  return svg`
    <svg class="histogram phase ${name}" viewBox="0 0 ${WIDTH} ${height}" preserveAspectRatio="none" aria-hidden="true">
      ${bars}${mark(p50Ms, 'p50')}${mark(p95Ms, 'p95')}
    </svg>`;
}

/** Between 0 and 1 along the axis. */
function logPosition(ms: number, edgesMs: readonly number[]): number {
  const [first = 1, last = 10] = [edgesMs[0], edgesMs.at(-1)];
  const position = Math.log(Math.max(ms, first) / first) / Math.log(last / first);
  return Math.min(1, Math.max(0, position));
}

/** The decades of the axis, each at the beginning of its stretch. */
export function axisTicks(edgesMs: readonly number[]): TemplateResult {
  const [first = 0.1, last = 1e5] = [edgesMs[0], edgesMs.at(-1)];
  const decades = Math.round(Math.log10(last / first));
  const labels = Array.from({ length: decades }, (_, decade) => tickLabel(first * 10 ** decade));
  return html`<div class="ticks" aria-hidden="true">${labels.map(label => html`<span>${label}</span>`)}</div>`;
}

function tickLabel(ms: number): string {
  if (ms >= 999) return `${Math.round(ms / 1_000)} s`;
  return ms >= 0.99 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`;
}

/** The line of p50 with a band up to p95, on a log axis; parts without requests leave a gap. */
export function overTime(moments: readonly MomentShape[]): TemplateResult {
  const height = 160;
  const decades = decadesOf(moments);
  const step = WIDTH / Math.max(1, moments.length);
  const x = (index: number) => (index + 0.5) * step;
  const y = (ms: number) => height * (1 - logPosition(ms, decades));
  const shapes = runsOf(moments).map(run => {
    const upper = run.map(({ index, p95Ms }) => `${x(index)},${y(p95Ms)}`);
    const lower = run.map(({ index, p50Ms }) => `${x(index)},${y(p50Ms)}`);
    const dots = run.map(
      ({ index, p50Ms }) => svg`<line class="dot" x1=${x(index)} x2=${x(index)} y1=${y(p50Ms)} y2=${y(p50Ms)}></line>`,
    );
    return svg`
      <polygon class="band" points=${[...upper, ...lower.toReversed()].join(' ')}></polygon>
      <polyline class="median" points=${lower.join(' ')}></polyline>${dots}`;
  });
  const grid = decades.map(ms => svg`<line class="grid" x1="0" x2=${WIDTH} y1=${y(ms)} y2=${y(ms)}></line>`);
  const hovers = moments.map(
    ({ label, p50, p95, requests }, index) => svg`
      <rect class="hover" x=${index * step} y="0" width=${step} height=${height}>
        <title>${label}: p50 ${p50}, p95 ${p95}, ${requests} requests</title>
      </rect>`,
  );
  return html`
    <div class="over-time" aria-hidden="true">
      <div class="y-axis">${decades.toReversed().map(ms => html`<span>${tickLabel(ms)}</span>`)}</div>
      <svg viewBox="0 0 ${WIDTH} ${height}" preserveAspectRatio="none">${grid}${shapes}${hovers}</svg>
      <div class="x-axis"><span>${moments[0]?.label}</span><span>${moments.at(-1)?.label}</span></div>
    </div>`;
}

/** Powers of ten that enclose all values; at least two, so that there is an axis. */
function decadesOf(moments: readonly MomentShape[]): readonly number[] {
  const values = moments.flatMap(({ p50Ms, p95Ms }) => [p50Ms ?? [], p95Ms ?? []].flat());
  const first = Math.floor(Math.log10(Math.max(1, Math.min(...values, 100))));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(1, ...values))));
  return Array.from({ length: last - first + 1 }, (_, decade) => 10 ** (first + decade));
}

interface Point {
  readonly index: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** Neighbouring parts that have values. */
function runsOf(moments: readonly MomentShape[]): Point[][] {
  const runs: Point[][] = [];
  let run: Point[] = [];
  for (const [index, { p50Ms, p95Ms }] of moments.entries()) {
    if (p50Ms === undefined || p95Ms === undefined) {
      run = [];
      continue;
    }
    if (run.length === 0) runs.push(run);
    run.push({ index, p50Ms, p95Ms });
  }
  return runs;
}

export function barTable(caption: string, bars: readonly BarShape[]): TemplateResult {
  return html`
    <table class="bars">
      <caption class="visually-hidden">${caption}</caption>
      <tbody>${bars.map(
        ({ label, value, share, explanation }) => html`
          <tr title=${explanation}>
            <th scope="row">${label}</th>
            <td class="wide">${svg`
              <svg viewBox="0 0 ${WIDTH} 12" preserveAspectRatio="none" aria-hidden="true">
                <rect class="bar-fill" x="0" y="0" width=${share * WIDTH} height="12"></rect>
              </svg>`}</td>
            <td class="number">${value}</td>
          </tr>`,
      )}</tbody>
    </table>`;
}
