/**
 * `npm run soak [-- --minutes 20] [--seed S]`: bundles main.ts (node 20 reads no TypeScript) into a folder of its own and runs it with the
 * arguments given. What is worn is dist/, built before; another build with SPITRAP_BENCH_BIN.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
if (process.env.SPITRAP_BENCH_BIN === undefined)
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
const folder = mkdtempSync(join(root, 'node_modules/.soak-'));
try {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    build: { ssr: 'test/soak/main.ts', outDir: folder, emptyOutDir: false, minify: false, target: 'node20' },
  });
  process.chdir(root);
  await import(pathToFileURL(join(folder, 'main.js')).href);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
