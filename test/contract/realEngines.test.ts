import { inject, it } from 'vitest';
import type { EngineName, RealEngine } from '../support/realEngines.ts';
import { describeContract } from './contract.ts';
import { LLAMA_SERVER, OLLAMA, VLLM } from './facts.ts';
import { RECORDED_SALT, recordedConnection } from './recorded.ts';
import type { ContractSubject, EngineFacts } from './subject.ts';
import { type EngineWitness, llamaServerWitness, ollamaWitness, vllmWitness } from './witness.ts';

const isRecording = process.env.MINNOW_RECORD !== undefined;

const ENGINES: Readonly<Record<EngineName, readonly [EngineFacts, (engine: RealEngine) => EngineWitness | undefined]>> =
  {
    ollama: [OLLAMA, engine => (engine.log === undefined ? undefined : ollamaWitness(engine.log))],
    vllm: [VLLM, vllmWitness],
    'llama-server': [LLAMA_SERVER, llamaServerWitness],
  };

for (const name of Object.keys(ENGINES) as EngineName[]) {
  const presence = inject('engines')[name];
  if (presence.state === 'present') describeContract(subjectOf(name, presence.engine));
  else {
    it(`the contract with a real ${name}`, ({ skip }) => {
      if (presence.state === 'missing') skip(presence.reason);
      throw new Error(presence.reason);
    });
  }
}

function subjectOf(name: EngineName, engine: RealEngine): ContractSubject {
  const [facts, witnessOf] = ENGINES[name];
  return {
    name: `a real ${name}`,
    facts,
    model: engine.model,
    key: engine.key,
    salt: isRecording ? RECORDED_SALT : `run ${Date.now()}`,
    connect: async title =>
      isRecording ? recordedConnection(facts, engine, title) : { url: engine.url, release: async () => {} },
    witness: witnessOf(engine),
  };
}
