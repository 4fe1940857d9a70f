/**
 * `npm run bench:load [-- --only strangers,flood,storm]`: bundles main.ts and the generator (node 20 reads no TypeScript) into a folder of its
 * own and runs main.ts with the arguments given. What is measured is dist/, built before; another build with SPITRAP_BENCH_BIN.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../../../', import.meta.url));
if (process.env.SPITRAP_BENCH_BIN === undefined)
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
const folder = mkdtempSync(join(root, 'node_modules/.bench-load-'));
try {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    build: {
      ssr: true,
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      target: 'node20',
      rollupOptions: { input: { main: 'test/bench/load/main.ts', generator: 'test/bench/load/generator.ts' } },
    },
  });
  process.chdir(root);
  const { main } = await import(pathToFileURL(join(folder, 'main.js')).href);
  process.exitCode = await main(join(folder, 'generator.js'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
