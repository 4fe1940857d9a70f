/**
 * `node test/bench/fleet/index-bench.mjs [--incidents N] [--batch N] [--folder DIR] [--keep]`: bundles index-bench.ts (node 20 reads no TypeScript)
 * into a folder of its own and runs it.
 */
import { bundleAndRun } from '../bundle-and-run.mjs';

await bundleAndRun({ main: 'test/bench/fleet/index-bench.ts' });
