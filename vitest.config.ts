import { defineConfig } from 'vitest/config';

const slow = { testTimeout: 120_000, hookTimeout: 300_000, fileParallelism: false };

// Only what runs inside an extension host has a runner of its own (scripts/testing/host.ts).
export default defineConfig({
  test: {
    projects: [
      // Milliseconds each; the limit is for a machine that is busy with other things.
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000 } },
      { test: { name: 'faults', include: ['test/faults/**/*.test.ts'], testTimeout: 60_000 } },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          globalSetup: ['test/contract/engines.globalSetup.ts'],
          ...slow,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/*.e2e.ts'],
          globalSetup: ['test/e2e/support/globalSetup.ts'],
          ...slow,
          expect: { poll: { timeout: 20_000 } },
        },
      },
    ],
  },
});
