// `npm run bench`: docs/performance.md says what it measures and how to read it.
import '../test/bench/main.ts';
