/** agent/effects/bundle-feed.ts: outputs on their way into a bundle whose folder comes late, or never. */
import { beforeEach, describe, expect, test } from 'vitest';
import { BundleFeed } from '../../agent/effects/bundle-feed.ts';
import type { Bundle, SavedOutput } from '../../agent/evidence/bundle.ts';
import { silentLog } from '../../agent/log.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { settle } from '../support/fake-clock.ts';

const ID = '01KKHMKS72E6R0P2GJR4R8GCJ9';
let saved: SavedOutput['result'][];
let opened: number;
let isFull: boolean;
let feed: BundleFeed;

beforeEach(() => {
  [saved, opened, isFull] = [[], 0, false];
  const bundle = { saveOutput: async (output: SavedOutput) => void saved.push(output.result) } as unknown as Bundle;
  feed = new BundleFeed(
    {
      open: async () => {
        opened++;
        if (isFull) throw new SpitrapError('DISK_FAILED', 'ENOSPC');
        return bundle;
      },
    },
    silentLog,
  );
});

const output = (command: string, text = 'x'): SavedOutput => ({
  result: { command, status: 'ok', output: text, detail: null, sentAt: null, sentAtWall: null, tookMs: 0 },
  round: 'first',
  peer: null,
  session: 'capture',
  late: false,
});
const commands = (): string[] => saved.map((result) => result.command);

describe('outputs', () => {
  test('are saved in their order, and the folder is opened once', async () => {
    feed.open(ID);
    for (const command of ['a', 'b', 'c']) feed.save(ID, output(command));
    await feed.settled(ID);
    expect([commands(), opened]).toEqual([['a', 'b', 'c'], 1]);
  });

  test('wait for a folder that cannot be made, and are all there at the seal', async () => {
    isFull = true;
    feed.open(ID);
    for (const command of ['a', 'b']) feed.save(ID, output(command));
    await feed.settled(ID);
    await expect(feed.ready(ID)).rejects.toThrow(/ENOSPC/);
    isFull = false;
    feed.save(ID, output('c'));
    await feed.ready(ID);
    expect(commands()).toEqual(['a', 'b', 'c']);
  });

  test('beyond the limit are named with the reason, not kept in memory', async () => {
    isFull = true;
    const half = 'x'.repeat(limits.captureBytesMax / 2);
    for (const command of ['a', 'b', 'c']) feed.save(ID, output(command, half));
    isFull = false;
    await feed.ready(ID);
    expect(saved.map((result) => result.output.length)).toEqual([half.length, half.length, 0]);
    expect(saved[2]!.detail).toContain('not kept');
    feed.save(ID, output('d', half));
    await feed.settled(ID);
    expect(saved[3]!.output.length).toBe(half.length);
  });

  test('of an incident that is gone are let go', async () => {
    isFull = true;
    feed.save(ID, output('a'));
    await settle();
    feed.keepOnly([]);
    isFull = false;
    await feed.ready(ID);
    expect(commands()).toEqual([]);
  });
});

test('the plan is told back', () => {
  feed.plan(ID, 'first', 'show clock');
  feed.plan(ID, 'stop', 'show clock');
  expect(feed.plannedOf(ID)).toEqual([
    { round: 'first', command: 'show clock' },
    { round: 'stop', command: 'show clock' },
  ]);
  feed.forget(ID);
  expect(feed.plannedOf(ID)).toEqual([]);
});
