// Starts the real engines once for all contract tests, in the process that outlives them, and stops them at the end.
import type { TestProject } from 'vitest/node';
import { gatherEngines, type Presences } from '../support/realEngines.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    engines: Presences;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { presences, stop } = await gatherEngines(process.env);
  project.provide('engines', presences);
  return stop;
}
