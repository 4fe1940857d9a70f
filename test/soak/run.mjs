/** `npm run soak [-- --minutes 20] [--seed S]`: see main.ts. What is worn is dist/, built before; another build with SPITRAP_BENCH_BIN. */
import { pathToFileURL } from 'node:url';
import { buildDist, root, withBundles } from '../bench/bundle-and-run.mjs';

buildDist();
await withBundles({ main: 'test/soak/main.ts' }, (paths) => {
  process.chdir(root);
  return import(pathToFileURL(paths.main).href);
});
