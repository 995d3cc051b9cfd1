// The contract where there is no engine: with what the real ones were recorded to say. Also holds each backend to the exact
// requests that were recorded, because an answer proves nothing about another question. After a change to a request, or for a
// newer engine: node test/contract/record.ts
import type { Dialect } from '../../src/backends/backend.ts';
import { loadRecording, recordingFile } from '../support/recording.ts';
import { startReplayer } from '../support/replayer.ts';
import { describeContract } from './contract.ts';
import { LLAMA_SERVER, OLLAMA, VLLM } from './facts.ts';
import { RECORDED_MODEL, RECORDED_SALT } from './recorded.ts';
import type { Connection, EngineFacts } from './subject.ts';

for (const facts of [OLLAMA, VLLM, LLAMA_SERVER] satisfies EngineFacts[]) {
  describeContract({
    name: `a recorded ${facts.flavor}`,
    facts,
    model: RECORDED_MODEL,
    key: facts.asksForKey ? 'sk-recorded' : undefined,
    salt: RECORDED_SALT,
    connect: title => replayed(facts.dialect, title),
    witness: undefined,
  });
}

async function replayed(dialect: Dialect, title: string): Promise<Connection> {
  const replayer = await startReplayer(loadRecording(recordingFile(dialect, title)));
  return {
    url: replayer.url,
    release: async () => {
      await replayer.close();
      if (replayer.strangers.length === 0) return;
      const asked = JSON.stringify(replayer.strangers, undefined, 1);
      throw new Error(`the engine was never recorded to be asked this; node test/contract/record.ts does:\n${asked}`);
    },
  };
}
