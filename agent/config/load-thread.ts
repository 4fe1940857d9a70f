/**
 * A configuration of thousands of peers, read and judged beside the agent: some seconds of files and YAML, for which no stop may wait. A thread
 * does it, and hands over what it read in pieces, each in a turn of its own. Used by cli/run.ts for a reload.
 */
import { Worker } from 'node:worker_threads';
import { type ErrorCode, SpitrapError } from '../../shared/errors.ts';
import type { PeerConfig } from './config.ts';
import type { LoadedConfig } from './load.ts';

/** Beside this file, built like it. */
const WORKER = new URL(`./load-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);

export interface Piece {
  readonly peers: readonly PeerConfig[];
  readonly peerOrigins: readonly (string | null)[];
}

export type LoadAnswer =
  | { readonly kind: 'loaded'; readonly rest: LoadedConfig; readonly peers: number }
  | ({ readonly kind: 'piece' } & Piece)
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string; readonly context: SpitrapError['context'] };

/** Rejects as loadConfig throws; with the thread's own Error when there is none to be had. `file`: absolute. */
export async function loadInThread(file: string, worker: URL = WORKER): Promise<LoadedConfig> {
  // The environment of this process: secrets may stand in it, and a systemd credential's folder.
  const thread = new Worker(worker, { workerData: file, argv: [], execArgv: [], stdout: true, stderr: true });
  const heard: LoadAnswer[] = [];
  let wake = (): void => {};
  let failed: Error | null = null;
  thread.on('message', (answer: LoadAnswer) => {
    heard.push(answer);
    wake();
  });
  const fail = (error: Error): void => {
    failed ??= error;
    wake();
  };
  thread.once('error', fail);
  thread.once('exit', (code) => fail(new Error(`the thread that reads ${file} ended with ${code}`)));
  const next = async (): Promise<LoadAnswer> => {
    while (heard.length === 0) {
      if (failed !== null) throw failed;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const answer = heard.shift()!;
    if (answer.kind === 'refused') throw new SpitrapError(answer.code, answer.message, { context: answer.context });
    return answer;
  };
  try {
    const first = await next();
    if (first.kind !== 'loaded') throw new Error('the thread begins in the middle');
    const peers: PeerConfig[] = [];
    const peerOrigins: (string | null)[] = [];
    while (peers.length < first.peers) {
      thread.postMessage('next');
      const piece = await next();
      if (piece.kind !== 'piece' || piece.peers.length === 0) throw new Error('the thread has lost its place');
      for (const peer of piece.peers) peers.push(peer);
      for (const origin of piece.peerOrigins) peerOrigins.push(origin);
    }
    return { ...first.rest, peerOrigins, config: { ...first.rest.config, peers } };
  } finally {
    void thread.terminate();
  }
}
