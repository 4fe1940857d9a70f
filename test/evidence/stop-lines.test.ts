/** agent/evidence/stop-lines.ts: debug lines around the stop, counted out of a real ring, and when they mean that the delay is too short. */
import { describe, expect, test } from 'vitest';
import { fileMoment } from '../../agent/evidence/file-moment.ts';
import { openRing } from '../../agent/evidence/ring.ts';
import { countStopLines, stopHint } from '../../agent/evidence/stop-lines.ts';
import { momentNow } from '../../agent/evidence/window.ts';
import type { IncidentFacts } from '../../shared/bundle/incident-file.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';

const DEBUG = 'Mar 12 18:22:11.000: ISAKMP:(9577):deleting SA reason "No reason" state (R) QM_IDLE\n';
const MESSAGE = 'Mar 12 18:22:11.000: %CRYPTO-5-IKMP_SETUP_FAILURE: IKE SETUP FAILED for local:213.163.222.7\n';

/** Debug lines a second: before the message, during the delay, after `show debugging` showed nothing on; the message stands at 10 s. */
async function told(before: number, during: (second: number) => number, after: number) {
  const clock = new FakeClock();
  const ring = await openRing('/ring', { maxAgeMs: 86_400_000, maxBytes: 1e9 }, { clock, disk: new FakeDisk() });
  const second = async (lines: number): Promise<void> => {
    for (let tenth = 0; tenth < 10; tenth++) {
      const text = Array.from({ length: lines }, (_, n) => (n % 10 === tenth ? DEBUG : '')).join('');
      ring.append(Buffer.from(`${tenth === 0 ? MESSAGE : ''}${text}`), {
        at: clock.monotonic(),
        wall: clock.wall(),
        source: 'tcp',
      });
      await clock.advance(100);
    }
  };
  for (let n = 0; n < 10; n++) await second(before);
  const opened = fileMoment(momentNow(clock));
  for (let n = 0; n < 18; n++) await second(during(n));
  const sent = fileMoment(momentNow(clock));
  const verified = fileMoment(momentNow(clock));
  for (let n = 0; n < 10; n++) await second(after);
  const stop = { sent, verified } as IncidentFacts['stop'];
  const lines = await countStopLines(ring, { opened, stop });
  await ring.close();
  return lines!;
}

describe('counted out of the ring', () => {
  test('a burst that is over before the stop: no hint', async () => {
    const lines = await told(0, (n) => (n < 5 ? 40 : 0), 0);
    expect(lines).toMatchObject({ windowMs: 2_000, backgroundLines: 0, beforeLines: 0, afterLines: 0, hint: null });
    expect(lines.startLines).toBeGreaterThanOrEqual(76);
    expect(lines.startLines).toBeLessThanOrEqual(88);
  });

  test('a burst that goes on to the stop: the hint names the figures and the delay', async () => {
    const lines = await told(0, () => 40, 0);
    expect(lines.hint).toMatch(
      /^debug lines were still arriving at the stop: [78]\d in the 2s before it, 0 in the 2s after they were off \([78]\d in the first 2s, 0 in the 2s before the message\): the delay of 18s may be too short$/,
    );
  });

  test('a device that never says less than this: no hint', async () => {
    expect((await told(40, () => 40, 0)).hint).toBeNull();
  });

  test('lines that had waited in the device', async () => {
    const lines = await told(0, (n) => (n < 5 ? 40 : 0), 30);
    expect(lines.afterLines).toBeGreaterThanOrEqual(50);
    expect(lines.hint).toContain('in the 2s after they were off');
  });
});

const counts = { windowMs: 2_000, backgroundLines: 0, startLines: 20, beforeLines: 0, afterLines: 0 };
test.each([
  ['half of the burst is left', { beforeLines: 10 }, true],
  ['less than half', { beforeLines: 9 }, false],
  ['a handful is nothing', { startLines: 3, beforeLines: 3 }, false],
  ['twice the background is nothing new', { backgroundLines: 10, beforeLines: 20 }, false],
  ['four lines that had waited', { afterLines: 4 }, true],
  ['debugs that were never verified off say nothing about waiting', { afterLines: null }, false],
] as const)('%s', (_, over, hinted) => {
  expect(stopHint({ ...counts, ...over }, 18_000) !== null).toBe(hinted);
});

test('nothing was sent, or there is no ring: nothing is counted', async () => {
  const opened = fileMoment(momentNow(new FakeClock()));
  const stop = { sent: null, verified: null } as IncidentFacts['stop'];
  expect(await countStopLines(null, { opened, stop: { ...stop, sent: opened } })).toBeNull();
  const unread = { holes: () => [], copyWindow: () => Promise.reject(new Error('EIO')) };
  expect(await countStopLines(unread, { opened, stop })).toBeNull();
  expect(await countStopLines(unread, { opened, stop: { ...stop, sent: opened } })).toBeNull();
});
