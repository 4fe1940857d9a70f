/** `npm run fuzz`: see main.ts. */
import { pathToFileURL } from 'node:url';
import { root, withBundles } from '../bench/bundle-and-run.mjs';

await withBundles({ main: 'test/fuzz/main.ts' }, (paths) => {
  process.chdir(root);
  return import(pathToFileURL(paths.main).href);
});
