/** One part of the set-up: prints one line with its time when it is done. What was there already prints nothing. */
export async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  console.log(`setup  ${name}, ${seconds(startedAt)}`);
  return result;
}

/** The time since `startedAt`, as people read it: "12.3 s". */
export function seconds(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}
