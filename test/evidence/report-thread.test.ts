import { expect, test, vi } from 'vitest';
import { threadReports } from '../../agent/evidence/report-thread.ts';

/** A thread that does what `body` says, with `workerData` and `parentPort` at hand. */
const threadOf = (body: string): URL =>
  new URL(`data:text/javascript,${encodeURIComponent(`import { parentPort, workerData } from 'node:worker_threads';\n${body}`)}`);
const files = `{ html: workerData.join(), text: String(process.env.HOME), json: '{}' }`;
const never = new AbortController().signal;

test('gives what its thread gives, which sees the folder and nothing of our environment', async () => {
  const reports = threadReports(threadOf(`parentPort.postMessage({ files: ${files} });`));
  expect(await reports.make(['/data/incidents/1.open'], never)).toEqual({
    html: '/data/incidents/1.open',
    text: 'undefined',
    json: '{}',
  });
});

test.each<[what: string, body: string, why: RegExp]>([
  ['says why', `parentPort.postMessage({ why: 'no bundle there' });`, /the report of \/b could not be made: no bundle there/],
  ['throws', `throw new Error('a fault of ours');`, /a fault of ours/],
  ['ends without a word', `process.exit(0);`, /its thread ended with 0/],
  ['needs more memory than it may have', `const all = []; for (;;) all.push(new Array(1e6).fill(all.length));`, /memory/],
])('rejects when it %s', async (_, body, why) => {
  await expect(threadReports(threadOf(body)).make(['/b'], never)).rejects.toMatchObject({
    code: 'REPORT_FAILED',
    message: expect.stringMatching(why),
  });
});

test('one that computes for ever is ended when its time is up, and the next has its turn', async () => {
  const reports = threadReports(
    threadOf(
      `parentPort.postMessage({ read: true }); if (workerData[0] === '/slow') for (;;); parentPort.postMessage({ files: ${files} });`,
    ),
  );
  const abort = new AbortController();
  const slow = reports.make(['/slow'], abort.signal);
  const next = reports.make(['/next'], never);
  const late = new AbortController();
  const third = reports.make(['/third'], late.signal);
  late.abort();
  abort.abort();
  await expect(slow).rejects.toMatchObject({ code: 'REPORT_FAILED' });
  expect((await next).html).toBe('/next');
  await expect(third).rejects.toThrow(/before its turn came/);
});

test('one whose time is up while it still reads, its modules or the bundle, rejects at once, and is let to read first: cut off it would leave files open', async () => {
  const reading = new BroadcastChannel('report-thread-test');
  const said: string[] = [];
  reading.onmessage = ({ data }: { data: unknown }) => void said.push(String(data));
  const heard = (word: string): Promise<void> => vi.waitFor(() => expect(said).toContain(word), { timeout: 10_000 });
  const reads = heard('reads');
  const worker = `const us = new BroadcastChannel('report-thread-test');
    const go = new Promise((resolve) => { us.onmessage = resolve; });
    us.postMessage('reads');
    if (workerData[0] === '/slow') await go;
    us.postMessage('has read');
    parentPort.postMessage({ read: true });
    parentPort.postMessage({ files: ${files} });`;
  const reports = threadReports(threadOf(worker));
  const abort = new AbortController();
  const slow = reports.make(['/slow'], abort.signal);
  const next = reports.make(['/next'], never);
  await reads;
  abort.abort();
  await expect(slow).rejects.toThrow(/its time was up/);
  const done = heard('has read');
  reading.postMessage('go on');
  await done;
  expect((await next).html).toBe('/next');
  // The channel may be behind the answer.
  await vi.waitFor(() => expect(said).toEqual(['reads', 'has read', 'reads', 'has read']), { timeout: 10_000 });
  reading.close();
});
