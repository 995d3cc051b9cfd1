import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { packageRecordsExtension } from '../../../scripts/demo/records.ts';
import { ensureVsCode } from '../../../scripts/editor/install.ts';
import { packageExtension } from '../../../scripts/packaging/vsix.ts';
import { REPOSITORY } from '../../../scripts/setup/paths.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The package for this platform, made from the sources as they are. */
    vsix: string;
    /** A package of ours that writes down what Minnow's exports say. */
    recordsVsix: string;
  }
}

export async function setup(project: TestProject): Promise<void> {
  await ensureVsCode();
  const packages = await packageExtension();
  const forThisPlatform = packages.find(({ kind }) => kind === 'platform');
  if (!forThisPlatform) throw new Error('there is no package for this platform');
  project.provide('recordsVsix', await packageRecordsExtension());
  project.provide('vsix', join(REPOSITORY, forThisPlatform.file));
}
