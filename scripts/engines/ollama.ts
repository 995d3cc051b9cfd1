import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildJobs,
  buildOnce,
  commandNeeded,
  engineCacheDir,
  fileNeeded,
  hasCommand,
  requireAll,
  runStep,
  SetupError,
} from './workshop.ts';

/** The newest release whose engine is part of the Go module; later ones fetch it from elsewhere while building. */
const OLLAMA_VERSION = '0.24.0';
const OLDEST_GO_MINOR = 26;

/** The path of a CPU-only `ollama`, built by `go install` where the cache has none (490 s of CPU time). */
export function setUpOllama(): Promise<string> {
  const flags = cpuFlags();
  const key = ['ollama', OLLAMA_VERSION, process.arch, ...flags.map(flag => flag.slice('-m'.length))].join('-');
  const result = join(engineCacheDir(), key);
  return buildOnce({
    result,
    kind: 'compile',
    isUsable: () => existsSync(result) && reportedVersion(result) === OLLAMA_VERSION,
    build: scratch => build(scratch, flags, result),
  });
}

/** cgo asks for SSE2 only, which is several times slower; a binary with these flags runs nowhere without them. */
function cpuFlags(): readonly string[] {
  if (process.arch !== 'x64' || !existsSync('/proc/cpuinfo')) return [];
  const cpu = readFileSync('/proc/cpuinfo', 'utf8');
  return ['avx2', 'fma', 'f16c'].filter(flag => cpu.includes(` ${flag} `)).map(flag => `-m${flag}`);
}

/** `--version` asks a running server first and writes into HOME: so nowhere to ask, and a HOME of its own. */
function reportedVersion(binary: string): string | undefined {
  const home = mkdtempSync(join(tmpdir(), 'minnow-ollama-'));
  const env = { PATH: process.env.PATH, HOME: home, OLLAMA_HOST: '127.0.0.1:1' };
  const told = spawnSync(binary, ['--version'], { env, encoding: 'utf8', timeout: 10_000 });
  rmSync(home, { recursive: true, force: true });
  return /version is (\S+)/.exec(`${told.stdout}${told.stderr}`)?.[1];
}

async function build(scratch: string, flags: readonly string[], result: string): Promise<void> {
  const go = findGo();
  await requireAll([
    commandNeeded('gcc', 'gcc'),
    commandNeeded('g++', 'g++'),
    // Go leaves folders named "vendor" out of modules, and Ollama keeps these headers in one.
    fileNeeded('/usr/include/nlohmann/json_fwd.hpp', 'nlohmann-json3-dev'),
    fileNeeded('/usr/include/stb/stb_image.h', 'libstb-dev'),
  ]);
  const optimise = ['-O3', ...flags].join(' ');
  const headers = join(import.meta.dirname, 'ollama', 'include');
  await runStep({
    what: `building Ollama ${OLLAMA_VERSION} (4 to 8 minutes)`,
    command: go,
    args: [
      'install',
      '-p',
      String(buildJobs()),
      '-trimpath',
      // Without the version here the server calls itself 0.0.0.
      `-ldflags=-s -w -X=github.com/ollama/ollama/version.Version=${OLLAMA_VERSION}`,
      `github.com/ollama/ollama@v${OLLAMA_VERSION}`,
    ],
    cwd: scratch,
    log: `${result}.log`,
    env: {
      ...process.env,
      GOBIN: join(scratch, 'bin'),
      GOMODCACHE: join(scratch, 'mod'),
      GOCACHE: join(scratch, 'cache'),
      GOFLAGS: '-modcacherw',
      GOTOOLCHAIN: 'local',
      GOWORK: 'off',
      CGO_ENABLED: '1',
      CGO_CFLAGS: optimise,
      CGO_CXXFLAGS: `${optimise} -w -I${headers}`,
      CGO_LDFLAGS: '-static-libgcc -static-libstdc++',
    },
  });
  copyFileSync(join(scratch, 'bin', 'ollama'), `${result}.new`);
  renameSync(`${result}.new`, result);
}

function findGo(): string {
  const go = ['go', '/usr/local/go/bin/go'].find(hasCommand);
  const needed = `Go 1.${OLDEST_GO_MINOR} or newer is needed to build Ollama`;
  if (!go) throw new SetupError(`${needed}, and there is no "go" here`);
  const version = spawnSync(go, ['env', 'GOVERSION'], {
    encoding: 'utf8',
    env: { ...process.env, GOTOOLCHAIN: 'local' },
  });
  const minor = Number(/^go1\.(\d+)/.exec(version.stdout)?.[1]);
  if (!(minor >= OLDEST_GO_MINOR)) throw new SetupError(`${needed}; ${go} is ${version.stdout.trim() || 'unusable'}`);
  return go;
}
