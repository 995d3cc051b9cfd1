// Starts the embedded engine, prints its process id, and lives on until it is killed.
import { startEmbedded } from './embeddedEngine.ts';

const { engine } = await startEmbedded();
console.log(engine.pid);
process.stdin.resume();
setInterval(() => undefined, 60_000);
