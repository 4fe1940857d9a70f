/** `npm run sim:sabotage`: bundles main.ts (node 20 reads no TypeScript) into a folder of its own and runs it with the arguments given. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(root, 'node_modules/.sabotage-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
await build({
  root,
  configFile: false,
  logLevel: 'warn',
  build: { ssr: 'test/sim/sabotage/main.ts', outDir: folder, emptyOutDir: false, minify: false, target: 'node20' },
});
process.chdir(root);
await import(pathToFileURL(join(folder, 'main.js')).href);
