/** `npm run bench:diagnosis`: see main.ts. */
import { pathToFileURL } from 'node:url';
import { withBundles } from '../bundle-and-run.mjs';

await withBundles({ main: 'test/bench/diagnosis/main.ts' }, (paths) => import(pathToFileURL(paths.main).href));
