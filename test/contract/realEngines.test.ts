import { inject, it } from 'vitest';
import type { EngineName, RealEngine } from '../support/realEngines.ts';
import { describeContract } from './contract.ts';
import { hasKnownLog, LLAMA_SERVER, ollamaFacts, VLLM } from './facts.ts';
import { RECORDED_SALT, recordedConnection } from './recorded.ts';
import type { ContractSubject } from './subject.ts';
import { llamaServerWitness, ollamaWitness, vllmWitness } from './witness.ts';

const isRecording = process.env.MINNOW_RECORD !== undefined;

type Knowledge = Pick<ContractSubject, 'facts' | 'witness'>;

const KNOWLEDGE: Readonly<Record<EngineName, (engine: RealEngine) => Promise<Knowledge>>> = {
  ollama: async engine => {
    const { version } = (await (await fetch(`${engine.url}/api/version`)).json()) as { version: string };
    const log = hasKnownLog(version) ? engine.log : undefined;
    return { facts: ollamaFacts(version), witness: log === undefined ? undefined : ollamaWitness(log) };
  },
  vllm: async engine => ({ facts: VLLM, witness: vllmWitness(engine) }),
  'llama-server': async engine => ({ facts: LLAMA_SERVER, witness: llamaServerWitness(engine) }),
};

for (const name of Object.keys(KNOWLEDGE) as EngineName[]) {
  const presence = inject('engines')[name];
  if (presence.state === 'present') describeContract(await subjectOf(name, presence.engine));
  else {
    it(`the contract with a real ${name}`, ({ skip }) => {
      if (presence.state === 'missing') skip(presence.reason);
      throw new Error(presence.reason);
    });
  }
}

async function subjectOf(name: EngineName, engine: RealEngine): Promise<ContractSubject> {
  const { facts, witness } = await KNOWLEDGE[name](engine);
  return {
    name: `a real ${name}`,
    facts,
    witness,
    model: engine.model,
    key: engine.key,
    salt: isRecording ? RECORDED_SALT : `run ${Date.now()}`,
    connect: async title =>
      isRecording ? recordedConnection(facts, engine, title) : { url: engine.url, release: async () => {} },
  };
}
