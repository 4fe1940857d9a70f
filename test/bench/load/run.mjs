/**
 * `npm run bench:load [-- --only strangers,flood,storm]`: see main.ts. What is measured is dist/, built before; another build with
 * SPITRAP_BENCH_BIN.
 */
import { pathToFileURL } from 'node:url';
import { buildDist, root, withBundles } from '../bundle-and-run.mjs';

buildDist();
await withBundles({ main: 'test/bench/load/main.ts', generator: 'test/bench/load/generator.ts' }, async (paths) => {
  process.chdir(root);
  const { main } = await import(pathToFileURL(paths.main).href);
  process.exitCode = await main(paths.generator);
});
