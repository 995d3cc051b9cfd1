import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The three programs of VS Code that decide whether an extension may use an API that is still a proposal. The build inside
 * code-server says yes to every extension; the one that people run refuses, and the call throws at registration.
 */
const BUNDLES = [
  'out/vs/code/browser/workbench/workbench.js',
  'out/vs/workbench/api/node/extensionHostProcess.js',
  'out/vs/workbench/api/worker/extensionHostWorkerMain.js',
];

/** Each bundle asks its gate about at least one of these, and so gives the gate's minified name away. */
const GATE_CALL = /([\w$]+)\([\w$.]+,"(?:inlineCompletionsAdditions|contribViewsRemote)"\)/g;

/** Makes the VS Code in `tree` refuse proposed API as the published one does. Throws where it does not recognise the build. */
export async function refuseProposedApi(tree: string): Promise<void> {
  for (const bundle of BUNDLES) {
    const file = join(tree, bundle);
    await writeFile(file, closeGate(await readFile(file, 'utf8'), bundle));
  }
}

/** Replaces the one function that always says yes by a look at what the extension has declared. */
export function closeGate(source: string, bundle: string): string {
  const names = new Set([...source.matchAll(GATE_CALL)].map(match => match[1] ?? ''));
  const gates = [...names].flatMap(name => [...source.matchAll(alwaysYes(name))]);
  const [gate] = gates;
  if (!gate || gates.length > 1) {
    throw new Error(`${bundle}: expected one function that lets every proposed API through, found ${gates.length}`);
  }
  const [whole, name, extension, proposal] = gate;
  const closed = `function ${name}(${extension},${proposal}){return!!${extension}.enabledApiProposals?.includes(${proposal})}`;
  return source.slice(0, gate.index) + closed + source.slice(gate.index + whole.length);
}

function alwaysYes(name: string): RegExp {
  return new RegExp(`function (${name.replaceAll('$', '\\$')})\\(([\\w$]+),([\\w$]+)\\)\\{return!0\\}`, 'g');
}
