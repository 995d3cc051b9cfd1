import { html, nothing, svg, type TemplateResult } from 'lit';
import { PHASE_NAMES, type PhaseName, type PhaseShape, type RequestRowShape } from '../inspectorProtocol.ts';

const WIDTH = 1_000;
const HEIGHT = 12;
/** A phase too short to see still gets a sliver, so that one can see that it took place. */
const LEAST_WIDTH = 2;
/** At the end of the axis: this request goes on beyond it. */
const ARROW = `${WIDTH - 24},0 ${WIDTH},${HEIGHT / 2} ${WIDTH - 24},${HEIGHT}`;

/** Most requests fit the axis; one long answer must not make slivers of all the others. */
const FITTING_SHARE = 0.8;

/** The end of the common axis: 1, 2 or 5 times a power of ten, so long that most requests fit. */
export function axisEndMs(rows: readonly RequestRowShape[]): number {
  const sorted = rows.map(({ totalMs }) => totalMs).sort((a, b) => a - b);
  const longMs = Math.max(1, sorted[Math.ceil(sorted.length * FITTING_SHARE) - 1] ?? 1);
  const power = 10 ** Math.floor(Math.log10(longMs));
  return ([1, 2, 5, 10].find(step => step * power >= longMs) ?? 10) * power;
}

/** The phases of one request as bars on the common axis. Sizes are attributes: the page allows no inline styles. */
export function waterfall(phases: readonly PhaseShape[], endMs: number): TemplateResult {
  let startMs = 0;
  const bars = phases.map(({ name, ms }) => {
    const x = (startMs / endMs) * WIDTH;
    startMs += ms;
    const width = ms > 0 ? Math.max((ms / endMs) * WIDTH, LEAST_WIDTH) : 0;
    return svg`<rect class="phase ${name}" x=${x} y="0" width=${width} height=${HEIGHT}></rect>`;
  });
  const arrow = startMs > endMs ? svg`<polygon class="beyond" points=${ARROW}></polygon>` : nothing;
  return html`
    <svg class="waterfall" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">${bars}${arrow}</svg>`;
}

export function waterfallWords(phases: readonly PhaseShape[]): string {
  return phases.map(({ label, text }) => `${label} ${text}`).join(', ');
}

const LEGEND_WORDS: Record<PhaseName, string> = {
  wait: 'wait',
  context: 'context',
  queue: 'queue',
  connect: 'connect',
  firstToken: 'first token',
  generate: 'generate',
  trim: 'trim',
};

/** What the colours mean; each row says its phases in words too. */
export function legend(): TemplateResult {
  const key = (name: PhaseName) => html`
    <span><svg viewBox="0 0 8 8">${svg`<rect class="phase ${name}" width="8" height="8"></rect>`}</svg> ${LEGEND_WORDS[name]}</span>`;
  return html`<div class="legend" aria-hidden="true">${PHASE_NAMES.map(key)}</div>`;
}
