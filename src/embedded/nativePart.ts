import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The packages that carry llama.cpp for a machine, by `process.platform`-`process.arch`; the names are their makers'. */
export const NATIVE_PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
};

/** Why the engine cannot run here, or undefined when everything that it needs is installed. */
export function whyNativePartIsAbsent(serverFile: string): string | undefined {
  const machine = `${process.platform}-${process.arch}`;
  const name = NATIVE_PACKAGES[machine];
  if (name === undefined) return `there is no embedded engine for ${machine}`;
  if (!existsSync(serverFile)) return 'this build of Minnow comes without the embedded engine';
  const nativePackage = join(dirname(serverFile), 'node_modules', '@node-llama-cpp', name);
  if (!existsSync(nativePackage)) return `this build of Minnow comes without the embedded engine for ${machine}`;
  return process.platform === 'linux' ? whyGlibcIsNotEnough(glibcVersion()) : undefined;
}

/** The prebuilt llama.cpp is linked against this version. */
const GLIBC_MINOR_MIN = 34;

export function whyGlibcIsNotEnough(version: string | undefined): string | undefined {
  const needed = `the embedded engine needs a Linux with glibc 2.${GLIBC_MINOR_MIN} or later`;
  if (version === undefined) return needed;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 2 || minor >= GLIBC_MINOR_MIN ? undefined : `${needed}, and this one has ${version}`;
}

/** Undefined on systems with another C library, such as Alpine's. */
function glibcVersion(): string | undefined {
  // The report's network part looks up the name of every open connection's other end, and waits for it.
  const reporter: { excludeNetwork?: boolean; getReport(): unknown } = process.report;
  const { excludeNetwork = false } = reporter;
  reporter.excludeNetwork = true;
  const report = reporter.getReport() as { header?: { glibcVersionRuntime?: string } };
  reporter.excludeNetwork = excludeNetwork;
  return report.header?.glibcVersionRuntime;
}
