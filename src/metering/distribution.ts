import type { Distribution, Percentiles } from './summaryTypes.ts';

const FIRST_EDGE_MS = 0.1;
const DECADES = 6;
const BINS_PER_DECADE = 8;

/** 0.1 ms to 100 s, evenly on a log axis. What lies beyond is counted in the first or the last bin. */
export const HISTOGRAM_EDGES_MS: readonly number[] = Array.from(
  { length: DECADES * BINS_PER_DECADE + 1 },
  (_, edge) => FIRST_EDGE_MS * 10 ** (edge / BINS_PER_DECADE),
);

const FIRST_CAPACITY = 256;

/** Measured values, a hundred thousand of them without strain. */
export class Samples {
  #values = new Float64Array(FIRST_CAPACITY);
  #count = 0;

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#count * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count++] = value;
  }

  percentiles(): Percentiles {
    const values = this.#values.slice(0, this.#count);
    const [p50, p95, p99] = [50, 95, 99].map(percent => nearestRank(values, percent));
    return { count: this.#count, p50, p95, p99 };
  }

  distribution(): Distribution {
    const counts = new Array<number>(HISTOGRAM_EDGES_MS.length - 1).fill(0);
    for (const value of this.#values.subarray(0, this.#count)) {
      const bin = binOf(value);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return { percentiles: this.percentiles(), counts };
  }
}

function nearestRank(values: Float64Array, percent: number): number | undefined {
  if (values.length === 0) return undefined;
  return select(values, Math.max(0, Math.ceil((values.length * percent) / 100) - 1));
}

/** The value that would stand at `rank` if the values were sorted; puts smaller ones before it (Hoare's quickselect). */
function select(values: Float64Array, rank: number): number {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const pivot = values[(left + right) >> 1] ?? 0;
    let [low, high] = [left, right];
    while (low <= high) {
      while ((values[low] ?? 0) < pivot) low += 1;
      while ((values[high] ?? 0) > pivot) high -= 1;
      if (low > high) break;
      const swapped = values[low] ?? 0;
      values[low++] = values[high] ?? 0;
      values[high--] = swapped;
    }
    if (rank <= high) right = high;
    else if (rank >= low) left = low;
    else break;
  }
  return values[rank] ?? 0;
}

function binOf(valueMs: number): number {
  const bin = Math.floor(Math.log10(valueMs / FIRST_EDGE_MS) * BINS_PER_DECADE);
  return Math.min(Math.max(bin, 0), HISTOGRAM_EDGES_MS.length - 2);
}
