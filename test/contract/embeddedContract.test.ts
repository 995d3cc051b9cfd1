import { afterAll, it } from 'vitest';
import { bundleEmbeddedEngine, EmbeddedClient, startEmbedded, whyNoEmbeddedEngine } from '../support/embeddedEngine.ts';
import { describeContract } from './contract.ts';
import { EMBEDDED } from './facts.ts';
import { embeddedWitness } from './witness.ts';

const why = whyNoEmbeddedEngine();
if (why !== undefined) it('the contract with the embedded engine', ({ skip }) => skip(why));
else {
  await bundleEmbeddedEngine();
  const { supervisor, engine } = await startEmbedded();
  afterAll(() => supervisor.dispose());
  describeContract({
    name: 'the embedded engine',
    facts: EMBEDDED,
    model: engine.model.name,
    key: engine.token,
    salt: 'once',
    connect: async () => ({ url: engine.url, release: async () => {} }),
    witness: embeddedWitness(new EmbeddedClient(engine)),
  });
}
