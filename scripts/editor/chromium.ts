import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { exclusively } from '../setup/cache.ts';
import { step } from '../setup/step.ts';

const execFileAsync = promisify(execFile);

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];
const APPLICATIONS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
/** Headless screenshots need some font; Debian's chromium only recommends one. */
const DEBIAN_PACKAGES = ['chromium', 'fonts-dejavu-core', 'fonts-liberation'];

/** Finds a browser of the Chromium family; installs Debian's where that is possible. Throws with the command to run. */
export async function ensureChromium(): Promise<string> {
  const found = findChromium();
  if (found) return found;
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    throw new Error(
      `No Chromium was found. Install one, for example with "sudo apt-get install ${DEBIAN_PACKAGES.join(' ')}", or name one in MINNOW_CHROMIUM.`,
    );
  }
  await exclusively('apt', async () => {
    if (findChromium()) return;
    await step("Chromium, Debian's package", async () => {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      await execFileAsync('apt-get', ['update', '-qq'], { env });
      await execFileAsync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...DEBIAN_PACKAGES], { env });
    });
  });
  const installed = findChromium();
  if (!installed) throw new Error('apt-get installed chromium, but no browser is on the path.');
  return installed;
}

export async function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: await ensureChromium(),
    // A root user in a container has no sandbox; nothing but our own server is opened.
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  });
}

function findChromium(): string | undefined {
  const named = process.env.MINNOW_CHROMIUM;
  if (named) return named;
  const downloaded = globSync(join(homedir(), '.cache/ms-playwright/chromium-*/chrome-linux*/chrome'));
  return NAMES.map(onPath).find(path => path !== undefined) ?? [...APPLICATIONS, ...downloaded].find(existsSync);
}

function onPath(program: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, program))
    .find(existsSync);
}
