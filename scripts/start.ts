// `npm start`: Minnow in a real VS Code with a fresh profile, on a copy of the sample project. With a desktop VS Code in that
// one; else in our own VS Code server, for a browser. Without a display, or with --tour, a short scripted visit instead;
// --serve only serves, for a browser elsewhere.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { serveToBrowser, useDesktop } from './demo/byHand.ts';
import { describeEngines } from './demo/engines.ts';
import { takeTour } from './demo/tour.ts';
import { findDesktopCode, hasDisplay } from './editor/desktop.ts';
import { packageExtension } from './packaging/vsix.ts';
import { REPOSITORY } from './setup/paths.ts';
import { step } from './setup/step.ts';

const { values } = parseArgs({
  options: { tour: { type: 'boolean', default: false }, serve: { type: 'boolean', default: false } },
});

// Signals end this process through its exit handlers, which end the servers and remove the profiles.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(0));

const temporary = mkdtempSync(join(tmpdir(), 'minnow-sample-'));
process.once('exit', () => rmSync(temporary, { recursive: true, force: true, maxRetries: 5 }));
const folder = join(temporary, 'sample');
cpSync(join(REPOSITORY, 'sample'), folder, { recursive: true });

const packages = await step('build and package', packageExtension);
const chosen = packages.find(({ kind }) => kind === 'platform') ?? packages[0];
if (!chosen) throw new Error('nothing was packaged');
const vsix = join(REPOSITORY, chosen.file);
console.log(await describeEngines());

const desktop = findDesktopCode();
if (values.tour || !(values.serve || hasDisplay())) await takeTour(vsix, folder);
else if (desktop && !values.serve) await useDesktop(desktop, vsix, folder);
else await serveToBrowser(vsix, folder);
