import { describe, expect, it } from 'vitest';
import { cleanEnvironment, describeExit } from '../../../src/embedded/engineProcess.ts';

describe('environment of the child', () => {
  it('holds nothing that could change how llama.cpp is chosen, and keeps Electron running as Node', () => {
    const environment = cleanEnvironment({
      PATH: '/bin',
      NODE_LLAMA_CPP_GPU: 'cuda',
      NODE_OPTIONS: '--inspect',
      LD_PRELOAD: 'x.so',
      SECRET: 'key',
    });
    expect(environment).toEqual({ PATH: '/bin', ELECTRON_RUN_AS_NODE: '1' });
  });
});

describe('what an end is told as', () => {
  it.each([
    ['a kill', null, 'SIGKILL', '', 'it was ended by SIGKILL'],
    [
      'an assertion, without the path of the machine that built it',
      null,
      'SIGABRT',
      'loading\n/home/runner/work/llama.cpp/src/llama-model.cpp:12: GGML_ASSERT(n > 0) failed\n',
      'it was ended by SIGABRT: llama-model.cpp:12: GGML_ASSERT(n > 0) failed',
    ],
    [
      'an exception, without its trace',
      1,
      null,
      'file:///x/server.mjs:53\n\nError: no memory\n    at load (x.mjs:1:1)\n\nNode.js v24.21.0\n',
      'it ended with code 1: Error: no memory',
    ],
    ['the remark of a library', 3, null, '[node-llama-cpp] is bundled\n', 'it ended with code 3'],
  ] as const)('%s', (_what, code, signal, output, expected) => {
    expect(describeExit(code, signal, output)).toBe(expected);
  });
});
