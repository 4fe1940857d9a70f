/** The thread that load-thread.ts starts: a configuration's path in, what it holds out in pieces, or why it is refused. */
import { parentPort, workerData } from 'node:worker_threads';
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { thisHost } from './config-host.ts';
import { loadConfig } from './load.ts';
import type { LoadAnswer } from './load-thread.ts';

const tell = (answer: LoadAnswer): void => parentPort?.postMessage(answer);

try {
  const loaded = loadConfig(workerData as string, thisHost);
  const { peerOrigins, config } = loaded;
  let from = 0;
  parentPort?.on('message', () => {
    const to = from + limits.peersPerPiece;
    tell({ kind: 'piece', peers: config.peers.slice(from, to), peerOrigins: peerOrigins.slice(from, to) });
    from = to;
  });
  tell({ kind: 'loaded', rest: { ...loaded, peerOrigins: [], config: { ...config, peers: [] } }, peers: config.peers.length });
} catch (error) {
  const { code, message, context } = asSpitrapError(error);
  tell({ kind: 'refused', code, message, context: { ...context } });
}
