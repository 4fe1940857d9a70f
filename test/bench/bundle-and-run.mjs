/**
 * Bundles TypeScript (node 20 reads none) into a folder of its own beside the packages that it needs, hands the paths to `run`, and removes the
 * folder behind it. For the benches that run from a checkout, and for live tests that start processes of their own.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** `entries`: name to source, from the root of the checkout. The paths come under the same names. */
export async function withBundles(entries, run) {
  const folder = mkdtempSync(join(root, 'node_modules/.bench-'));
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
        rollupOptions: {
          input: entries,
          output: { format: 'es', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
        },
      },
    });
    return await run(Object.fromEntries(Object.keys(entries).map((name) => [name, join(folder, `${name}.mjs`)])));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `main` of the entry of that name is given the command's arguments and the paths; its number is the exit code. */
export async function bundleAndRun(entries) {
  await withBundles(entries, async (paths) => {
    process.chdir(root);
    const { main } = await import(pathToFileURL(paths.main).href);
    process.exitCode = (await main(process.argv.slice(2), paths)) ?? 0;
  });
}

/** dist/, unless another build is named by SPITRAP_BENCH_BIN. */
export function buildDist() {
  if (process.env.SPITRAP_BENCH_BIN === undefined)
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
}
