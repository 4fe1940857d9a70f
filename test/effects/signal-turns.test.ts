/** agent/effects/signal-turns.ts, and the schedule over it: thousands are told in turns, whom it matters to first (pair-protocol.md, "Delivery"). */
import { describe, expect, test } from 'vitest';
import { Delivery, type Receiver } from '../../agent/effects/send-signal.ts';
import { rankOf } from '../../agent/effects/signal-turns.ts';
import type { SendOutcome, SnmpSender } from '../../agent/net/signalling.ts';
import { limits } from '../../shared/limits.ts';
import { defaultValues } from '../../shared/wire/signal.ts';
import { FakeClock } from '../support/fake-clock.ts';

const PEERS = 2_000;
const ID = '01KKHMKS72E6R0P2GJR4R8GCJ9';
const nameOf = (index: number): string => `spoke${index}`;

/** Acknowledges so long after each attempt. */
function stand(answerAfterMs: number | null) {
  const clock = new FakeClock({ promisesOnly: true });
  const sent: string[] = [];
  const sender: SnmpSender = {
    send: (peer, to) => {
      sent.push(peer);
      if (answerAfterMs === null) return new Promise(() => {});
      return new Promise<SendOutcome>((resolve) =>
        clock.timer('answer', answerAfterMs, () => resolve({ kind: 'acknowledged', roundTripMs: answerAfterMs, from: to })),
      );
    },
    changePeers: () => {},
    counters: () => ({}),
    close: async () => {},
  };
  const receivers = Array.from({ length: PEERS }, (_, index): Receiver => {
    const path = { address: '198.51.100.2', port: 10_000 + index };
    return { name: nameOf(index), kind: 'spitrap', send: [path], notify: 'inform', root: 91 };
  });
  const delivery = new Delivery({ clock, sender, receivers, values: defaultValues, policyName: 'spitrap hub' });
  const start = (phase: 'alert' | 'stop' | 'done', index: number, matters = false) =>
    delivery.start({ phase, peer: nameOf(index), incident: ID, matters, content: () => ({ intData2: 0, keys: {} }) }, () => {});
  return { clock, sent, delivery, start };
}

const all = Array.from({ length: PEERS }, (_, index) => index);

describe('stops to thousands', () => {
  test('a few leave in the tick that orders them, and no turn has more', async () => {
    const { clock, sent, start } = stand(null);
    for (const index of all) start('stop', index);
    expect(sent).toEqual(all.slice(0, limits.signalsPerTurnMax).map(nameOf));
    // What is due at the same moment has its turn among them: the answer of the device to our own stop.
    const seen: number[] = [];
    const look = (): void => {
      seen.push(sent.length);
      if (sent.length < PEERS) clock.timer('somebody else', 0, look);
    };
    clock.timer('somebody else', 0, look);
    await clock.advance(0);
    expect(sent).toHaveLength(PEERS);
    const perTurn = seen.map((count, turn) => count - (seen[turn - 1] ?? 0));
    expect(Math.max(...perTurn)).toBeLessThanOrEqual(2 * limits.signalsPerTurnMax);
    expect(seen.length).toBeGreaterThan(PEERS / limits.signalsPerTurnMax / 3);
  });

  test('each is told once where answers come, however many there are', async () => {
    const { clock, sent, delivery, start } = stand(40);
    for (const index of all) start('stop', index);
    await clock.advance(20_000);
    expect(sent).toHaveLength(PEERS);
    expect(delivery.counters.acknowledged).toBe(PEERS);
    expect([delivery.turns.waiting, delivery.status().running, clock.waiting]).toEqual([0, 0, []]);
  });

  test('whose debugs may be on leaves before everybody, a stop before an alert, whoever was ordered first', async () => {
    const { clock, sent, start } = stand(null);
    const [alerts, stops, armed] = [all.slice(0, 600), all.slice(600, 1_200), all.slice(1_900)];
    for (const index of alerts) start('alert', index);
    for (const index of stops) start('stop', index);
    for (const index of armed) start('stop', index, true);
    await clock.advance(0);
    const now = limits.signalsPerTurnMax;
    expect(sent).toEqual([...alerts.slice(0, now), ...armed, ...stops, ...alerts.slice(now)].map(nameOf));
  });

  test('a repetition never delays the first word to another', async () => {
    const { clock, sent, start } = stand(null);
    for (const index of all.slice(0, 1_000)) start('stop', index);
    await clock.advance(0);
    // Due with the repetitions, and ordered after them.
    clock.timer('more', 50, () => {
      for (const index of all.slice(1_000)) start('stop', index);
    });
    await clock.advance(50);
    const firsts = sent.slice(1_000).flatMap((name, place) => (Number(name.slice(5)) >= 1_000 ? [place] : []));
    // Repetitions had the rest of their turn; then none before the last of the new ones.
    expect(firsts.at(-1)! - firsts[0]!).toBeLessThan(1_000 + 2 * limits.signalsPerTurnMax);
    expect(sent).toHaveLength(3_000);
  });

  test('one that is cancelled in the queue never leaves; a close empties it', async () => {
    const { clock, sent, delivery, start } = stand(null);
    for (const index of all) start('alert', index);
    for (const index of all) delivery.cancel('alert', nameOf(index), ID);
    await clock.advance(5_000);
    expect(sent).toHaveLength(limits.signalsPerTurnMax);
    for (const index of all) start('stop', index);
    delivery.close();
    await clock.advance(5_000);
    expect(sent).toHaveLength(2 * limits.signalsPerTurnMax);
    expect(clock.waiting).toEqual([]);
  });
});

test('the order of ranks', () => {
  const rank = (phase: 'stop' | 'alert' | 'arm' | 'done', isRepeat = false, matters = false): number =>
    rankOf({ phase, isRepeat, matters });
  expect([rank('alert', true, true), rank('stop', false, true)]).toEqual([0, 0]);
  expect([rank('stop'), rank('arm'), rank('alert'), rank('stop', true), rank('alert', true), rank('done')]).toEqual([
    1, 1, 2, 3, 4, 5,
  ]);
});
