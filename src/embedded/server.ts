// The embedded engine's child process: loads one model and answers OpenAI's protocol on loopback until its parent goes.
import { availableParallelism } from 'node:os';
import { systemClock } from '../base/clock.ts';
import type { ChildMessage, StartMessage } from './channel.ts';
import { EmbeddedEngine } from './embeddedEngine.ts';
import { createHttpServer } from './httpServer.ts';
import { loadLlamaModel } from './llamaModel.ts';
import { threadLimit } from './threadGovernor.ts';
import { warmUp } from './warmUp.ts';

// At once and without ceremony: there is nothing to save, and a load that runs natively would hold up an orderly exit.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.once('message', message => void start(message as StartMessage));

async function start({ token, modelPath, contextTokens, maxThreads }: StartMessage): Promise<void> {
  const loaded = await loadLlamaModel(modelPath, contextTokens);
  if (!loaded.ok) {
    say({ type: 'failed', ...loaded.error });
    return;
  }
  const limit = threadLimit(availableParallelism(), maxThreads);
  const engine = new EmbeddedEngine(loaded.value, systemClock, limit);
  const wrong = await warmUp(engine, systemClock);
  if (wrong !== undefined) {
    say({ type: 'failed', reason: 'modelFile', detail: wrong });
    return;
  }
  const server = createHttpServer(engine, token, systemClock);
  server.once('error', error => say({ type: 'failed', reason: 'notListening', detail: error.message }));
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (address !== null && typeof address === 'object') {
      void engine.vocabulary();
      say({ type: 'ready', pid: process.pid, port: address.port, model: loaded.value.facts });
    }
  });
}

function say(message: ChildMessage): void {
  process.send?.(message);
}
