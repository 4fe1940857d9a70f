/**
 * `npm run bench`: installs the programs that it measures against (Debian, root), bundles main.ts and the load generators (node 20 reads
 * no TypeScript) into a folder of its own, and runs main.ts with the arguments given. What is measured is dist/, built before.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildDist, root, withBundles } from './bundle-and-run.mjs';

// Of rsyslog, snmptrapd, snmp and gawk.
const tools = ['/usr/sbin/rsyslogd', '/usr/sbin/snmptrapd', '/usr/bin/snmptrap', '/usr/bin/gawk'];
if (tools.some((tool) => !existsSync(tool)) && process.getuid?.() === 0)
  execFileSync('bash', [join(root, 'test/bench/setup.sh')], { stdio: ['ignore', 'ignore', 'inherit'] });
buildDist();
await withBundles({ main: 'test/bench/main.ts', load: 'test/bench/rig/load.ts' }, async (paths) => {
  process.chdir(root);
  const { main } = await import(pathToFileURL(paths.main).href);
  await main(paths.load);
});
