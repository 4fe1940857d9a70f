/**
 * `npm run bench`: installs the programs that it measures against (Debian, root), bundles main.ts and the load generators (node 20 reads
 * no TypeScript) into a folder of its own, and runs main.ts with the arguments given. What is measured is dist/, built before.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../../', import.meta.url));
// Of rsyslog, snmptrapd, snmp and gawk.
const tools = ['/usr/sbin/rsyslogd', '/usr/sbin/snmptrapd', '/usr/bin/snmptrap', '/usr/bin/gawk'];
if (tools.some((tool) => !existsSync(tool)) && process.getuid?.() === 0)
  execFileSync('bash', [join(root, 'test/bench/setup.sh')], { stdio: ['ignore', 'ignore', 'inherit'] });
if (process.env.SPITRAP_BENCH_BIN === undefined)
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });

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
      rollupOptions: { input: { main: 'test/bench/main.ts', load: 'test/bench/rig/load.ts' } },
    },
  });
  process.chdir(root);
  await (await import(pathToFileURL(join(folder, 'main.js')).href)).main(join(folder, 'load.js'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
