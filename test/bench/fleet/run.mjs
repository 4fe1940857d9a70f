/**
 * `npm run bench:fleet [-- --quick] [-- --only rates,kills,index]`: see main.ts. The fleet process that is measured is dist/, built before; another
 * build with SPITRAP_BENCH_BIN.
 */
import { buildDist, bundleAndRun } from '../bundle-and-run.mjs';

buildDist();
await bundleAndRun({ main: 'test/bench/fleet/main.ts', agents: 'test/bench/fleet/agents.ts' });
