/** agent/config/load-thread.ts: what a thread read comes in pieces, and what it refuses or dies of is an error. The real thread: test/acceptance/peers-table.test.ts. */
import { expect, test } from 'vitest';
import { loadInThread } from '../../agent/config/load-thread.ts';

const worker = (body: string): URL =>
  new URL(`data:text/javascript,${encodeURIComponent(`import { parentPort, workerData } from 'node:worker_threads';\n${body}`)}`);
const tell = (answer: object): string => `parentPort.postMessage(${JSON.stringify(answer)});`;
const rest = { config: { role: 'hub', peers: [] }, peerOrigins: [], warnings: ['w'], secrets: ['s'] };

test('pieces are put together, each asked for', async () => {
  const loaded = await loadInThread(
    '/etc/hub.yaml',
    worker(`
let from = 0;
parentPort.on('message', () => {
  parentPort.postMessage({ kind: 'piece', peers: [{ name: workerData + from }, { name: 'p' + (from + 1) }], peerOrigins: [null, 'row ' + from] });
  from += 2;
});
${tell({ kind: 'loaded', rest, peers: 4 })}`),
  );
  expect(loaded).toEqual({
    ...rest,
    config: { role: 'hub', peers: [{ name: '/etc/hub.yaml0' }, { name: 'p1' }, { name: '/etc/hub.yaml2' }, { name: 'p3' }] },
    peerOrigins: [null, 'row 0', null, 'row 2'],
  });
});

test('a refusal is the error that it was', async () => {
  const refused = loadInThread(
    '/x',
    worker(tell({ kind: 'refused', code: 'CONFIG_INVALID', message: 'two faults', context: { faults: 2 } })),
  );
  await expect(refused).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: 'two faults', context: { faults: 2 } });
});

test.each([
  ['that ends', 'process.exit(3);', 'ended with 3'],
  ['that fails', 'throw new Error("no such module");', 'no such module'],
  [
    'that gives a piece of nothing',
    `parentPort.on('message', () => { ${tell({ kind: 'piece', peers: [], peerOrigins: [] })} });${tell({ kind: 'loaded', rest, peers: 1 })}`,
    'lost its place',
  ],
  [
    'that ends in the middle',
    `parentPort.once('message', () => process.exit(0));${tell({ kind: 'loaded', rest, peers: 1 })}`,
    'ended with 0',
  ],
])('a thread %s is no hang', async (_what, body, says) => {
  await expect(loadInThread('/x', worker(body))).rejects.toThrow(says);
});
