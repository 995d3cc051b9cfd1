import { runTask } from './setup/bootstrap.mjs';

await runTask('bench');
