import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPython } from './python.ts';
import { buildJobs, buildOnce, commandNeeded, engineCacheDir, hasCommand, requireAll, runStep } from './workshop.ts';

/** The sdist of llama-cpp-python carries the whole tree of llama.cpp, at the commit that its change log names. */
const SDIST_VERSION = '0.3.36';
const SDIST_SHA256 = '832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e';

/** The path of a `llama-server`, built with cmake where the cache has none (650 s of CPU time). */
export function setUpLlamaServer(): Promise<string> {
  const result = join(engineCacheDir(), `llama-server-${SDIST_VERSION}-${process.arch}`);
  return buildOnce({
    result,
    kind: 'compile',
    isUsable: () => isUsable(result),
    build: scratch => build(scratch, result),
  });
}

function isUsable(binary: string): boolean {
  return existsSync(binary) && spawnSync(binary, ['--version'], { stdio: 'ignore', timeout: 10_000 }).status === 0;
}

async function build(scratch: string, result: string): Promise<void> {
  const python = findPython(['3.12', '3.13', '3.11', '3.10', '3']);
  await requireAll([
    commandNeeded('cmake', 'cmake'),
    commandNeeded('g++', 'g++'),
    commandNeeded('make', 'make'),
    commandNeeded('tar', 'tar'),
  ]);
  const log = `${result}.log`;
  await fetchTree(python, scratch, log);
  const tree = join(scratch, `llama_cpp_python-${SDIST_VERSION}`);
  const commit = /ggml-org\/llama\.cpp@([0-9a-f]+)/.exec(readFileSync(join(tree, 'CHANGELOG.md'), 'utf8'))?.[1];
  const what = `building llama-server ${SDIST_VERSION}`;
  await runStep({
    what: `configuring llama-server ${SDIST_VERSION}`,
    command: 'cmake',
    args: [
      ...['-S', join(tree, 'vendor', 'llama.cpp'), '-B', join(scratch, 'build')],
      ...(hasCommand('ninja') ? ['-G', 'Ninja'] : []),
      ...['-DCMAKE_BUILD_TYPE=Release', '-DBUILD_SHARED_LIBS=OFF', '-DLLAMA_TOOLS_INSTALL=OFF'],
      // Not for this very processor: the cache may be carried to another runner.
      '-DGGML_NATIVE=OFF',
      // Nothing is fetched while building, and only the server is built.
      ...['TESTS', 'EXAMPLES', 'APP', 'UI'].map(part => `-DLLAMA_BUILD_${part}=OFF`),
      ...['-DLLAMA_USE_PREBUILT_UI=OFF', '-DLLAMA_OPENSSL=OFF', `-DLLAMA_BUILD_COMMIT=${commit ?? 'unknown'}`],
    ],
    log,
  });
  const args = ['--build', join(scratch, 'build'), '--target', 'llama-server', '--parallel', String(buildJobs())];
  await runStep({ what: `${what} (4 to 11 minutes)`, command: 'cmake', args, log });
  const binary = join(scratch, 'build', 'bin', 'llama-server');
  if (hasCommand('strip')) await runStep({ what: 'stripping llama-server', command: 'strip', args: [binary], log });
  renameSync(binary, result);
}

async function fetchTree(python: string, scratch: string, log: string): Promise<void> {
  const lock = join(scratch, 'requirements.txt');
  writeFileSync(lock, `llama-cpp-python==${SDIST_VERSION} --hash=sha256:${SDIST_SHA256}\n`);
  const download = ['-m', 'pip', 'download', '--no-deps', '--no-binary', 'llama-cpp-python', '--require-hashes'];
  const args = [...download, '--dest', scratch, '--requirement', lock];
  // A virtual environment, because pip builds the sdist's metadata and Debian's own Python refuses to be changed.
  const venv = join(scratch, 'venv');
  await runStep({ what: 'preparing Python', command: python, args: ['-m', 'venv', venv], log });
  await runStep({ what: 'downloading llama.cpp', command: join(venv, 'bin', 'python'), args, log });
  const archive = join(scratch, `llama_cpp_python-${SDIST_VERSION}.tar.gz`);
  await runStep({ what: 'unpacking llama.cpp', command: 'tar', args: ['xzf', archive, '-C', scratch], log });
}
