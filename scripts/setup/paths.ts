import { resolve } from 'node:path';

export const REPOSITORY = resolve(import.meta.dirname, '../..');

/** What the commands produce: packages, screenshots, reports. Ignored by git. */
export const OUT = resolve(REPOSITORY, 'out');
