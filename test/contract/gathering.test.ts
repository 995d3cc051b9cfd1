// Which engines a run gets: an engine that was asked for is there or the run fails, and a skip says what would end it.
import { describe, expect, it } from 'vitest';
import { gatherEngines } from '../support/realEngines.ts';
import { closedPort } from '../support/scriptedServer.ts';

describe('real engines for a test run', () => {
  it('names what is not there, and how it could be', async () => {
    const { presences } = await gatherEngines({ PATH: '' });
    expect(presences.vllm).toEqual({
      state: 'missing',
      reason: 'no vllm here: neither MINNOW_VLLM_URL nor MINNOW_REAL_ENGINES=all is set',
    });
  });

  it('fails where a server that was named does not answer', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`;
    const { presences } = await gatherEngines({ PATH: '', MINNOW_LLAMA_SERVER_URL: url });
    expect(presences['llama-server']).toMatchObject({ state: 'failed', reason: expect.stringContaining(url) });
  });

  it('fails where an engine that was wanted cannot be set up', async () => {
    const { presences } = await gatherEngines({
      PATH: '',
      MINNOW_REAL_ENGINES: 'vllm',
      MINNOW_CACHE_DIR: import.meta.filename,
    });
    expect(presences.vllm).toMatchObject({ state: 'failed' });
    expect(presences.ollama).toMatchObject({ state: 'missing' });
  });
});
