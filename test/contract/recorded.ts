import { dirname, resolve } from 'node:path';
import type { RealEngine } from '../support/realEngines.ts';
import { recordingFile, saveRecording } from '../support/recording.ts';
import { startRecordingProxy } from '../support/recordingProxy.ts';
import type { Connection, EngineFacts } from './subject.ts';

export const RECORDED_MODEL = 'minnow-tiny';
export const RECORDED_SALT = 'recorded';

const REPOSITORY = resolve(import.meta.dirname, '../..');

/** The way to an engine during one test, with everything that passes kept as a file. */
export async function recordedConnection(facts: EngineFacts, engine: RealEngine, title: string): Promise<Connection> {
  const home = engine.log === undefined ? undefined : dirname(engine.log);
  const scrub = (text: string) => {
    const homeless = home === undefined ? text : text.replaceAll(home, '/engine');
    return homeless.replaceAll(REPOSITORY, '/minnow');
  };
  const proxy = await startRecordingProxy(engine.url, scrub);
  return {
    url: proxy.url,
    release: async () => {
      await proxy.close();
      if (proxy.exchanges.length === 0) return;
      saveRecording(recordingFile(facts.dialect, title), { shows: title, exchanges: proxy.exchanges });
    },
  };
}
