import { fork } from 'node:child_process';
import type { ChildMessage, StartMessage } from './channel.ts';

/** What a crash leaves to be told; llama.cpp says why on its last lines. */
const KEPT_OUTPUT_CHARS = 2_000;

/** All that the child sees of this process's environment: nothing of it may change how llama.cpp is chosen or run. */
const KEPT_VARIABLES = ['PATH', 'HOME', 'USERPROFILE', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LANG', 'LC_ALL'];

export interface EngineProcess {
  send(message: StartMessage): void;
  /** Closes the channel, at which the child ends itself. */
  disconnect(): void;
  /** Ends it whatever it does. */
  kill(): void;
}

export interface EngineProcessEvents {
  onMessage(message: ChildMessage): void;
  /** Once: the process is gone, or never came to be. */
  onExit(detail: string): void;
}

export type LaunchEngine = (serverFile: string, events: EngineProcessEvents) => EngineProcess;

export const forkEngine: LaunchEngine = (serverFile, events) => {
  const child = fork(serverFile, [], {
    env: cleanEnvironment(process.env),
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-KEPT_OUTPUT_CHARS);
  });
  let gone = false;
  const leave = (detail: string) => {
    if (gone) return;
    gone = true;
    events.onExit(detail);
  };
  child.on('message', message => events.onMessage(message as ChildMessage));
  child.once('error', error => leave(error.message));
  // "close" comes after the last of its output, "exit" may come before.
  child.once('close', (code, signal) => leave(describeExit(code, signal, output)));
  return {
    send: message => {
      child.send(message, () => {
        // A child that is gone before it listened reports that by its exit.
      });
    },
    disconnect: () => {
      if (child.connected) child.disconnect();
    },
    kill: () => void child.kill('SIGKILL'),
  };
};

/** Electron's own program runs as Node only while this variable says so; elsewhere it means nothing. */
export function cleanEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = KEPT_VARIABLES.flatMap(name => (environment[name] === undefined ? [] : [[name, environment[name]]]));
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: '1' };
}

export function describeExit(code: number | null, signal: NodeJS.Signals | null, output: string): string {
  const how = signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`;
  const lastLine = output
    .split('\n')
    .filter(line => !SAYS_NOTHING.test(line))
    .at(-1)
    // An assertion names the file on the machine that built llama.cpp.
    ?.replace(/^\S*[\\/](?=\S+:\d+: )/, '');
  return lastLine ? `${how}: ${lastLine.trim()}` : how;
}

/** Empty lines, the places of a stack trace, Node's version below it, and the library's remark that it was bundled. */
const SAYS_NOTHING = /^\s*$|^\s+at |^Node\.js v|^\[node-llama-cpp\]/;
