/** What a report costs an agent that has other work (issue C), on the built thread: node 20 runs no TypeScript in one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { threadReports } from '../../agent/evidence/report-thread.ts';

const built = pathToFileURL(join(import.meta.dirname, '../../dist/agent/evidence/report-thread.js')).href;

/** Of each thread of this process, by its id: what setpriority(2) gave it. */
function niceOfThreads(): Map<string, number> {
  const nice = new Map<string, number>();
  for (const thread of readdirSync('/proc/self/task')) {
    try {
      // proc(5): the fields after the name in parentheses begin with the third; nice is the nineteenth.
      const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
      nice.set(thread, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]));
    } catch {
      // It ended while we looked.
    }
  }
  return nice;
}

test.runIf(process.platform === 'linux')('the thread of a report steps back, and nothing else of the agent does', async () => {
  const reports = ((await import(built)) as { threadReports: typeof threadReports }).threadReports();
  const before = niceOfThreads();
  let over = false;
  const made = reports
    .make(['/nowhere'], new AbortController().signal)
    .catch(() => null)
    .finally(() => {
      over = true;
    });
  let after = before;
  while (!over && ![...after].some(([thread, nice]) => !before.has(thread) && nice === 10)) {
    await new Promise((resolve) => setImmediate(resolve));
    after = niceOfThreads();
  }
  await made;
  expect([...after].filter(([thread]) => !before.has(thread)).map(([, nice]) => nice)).toContain(10);
  for (const [thread, nice] of before) expect(after.get(thread) ?? nice, `thread ${thread}`).toBe(nice);
});
