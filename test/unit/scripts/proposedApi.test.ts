import { expect, it } from 'vitest';
import { closeGate } from '../../../scripts/editor/proposedApi.ts';

const OPEN = 'function a$(e,t){return!0}function b(e,t){return!1}if(a$(x.ext,"inlineCompletionsAdditions"))y();';

it('makes the gate ask what the extension has declared', () => {
  const gate = new Function(`${closeGate(OPEN, 'host.js').split('if(')[0]}return a$;`)();
  expect(gate({ enabledApiProposals: ['chatProvider'] }, 'chatProvider')).toBe(true);
  expect(gate({ enabledApiProposals: ['chatProvider'] }, 'inlineCompletionsAdditions')).toBe(false);
  expect(gate({}, 'inlineCompletionsAdditions')).toBe(false);
});

it.each([
  ['has no such function', 'if(a$(x,"inlineCompletionsAdditions"))y();'],
  ['has two of them', `${OPEN}function c(e,t){return!0}c(x,"contribViewsRemote")`],
  ['is patched already', 'function a(e,t){return!!e.enabledApiProposals?.includes(t)}a(x,"contribViewsRemote")'],
])('refuses a build that %s', (_, source) => {
  expect(() => closeGate(source, 'host.js')).toThrow(/host\.js: expected one function/);
});
