/** agent/effects/send-signal.ts: the delivery schedule of pair-protocol.md on the injected clock. */
import { describe, expect, test } from 'vitest';
import { Delivery, type Receiver, type SignalResult } from '../../agent/effects/send-signal.ts';
import type { OutgoingNotification, SendOutcome, SnmpSender } from '../../agent/net/signalling.ts';
import type { Endpoint } from '../../agent/ports.ts';
import { SpitrapError } from '../../shared/errors.ts';
import { decodeSignalText, defaultValues } from '../../shared/wire/signal.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';

const inBand: Endpoint = { address: '198.51.100.2', port: 10_162 };
const outOfBand: Endpoint = { address: '203.0.113.2', port: 10_162 };
const ID = '01KKHMKS72E6R0P2GJR4R8GCJ9';

class FakeSender implements SnmpSender {
  readonly attempts: { readonly atMs: number; readonly to: Endpoint; readonly notification: OutgoingNotification }[] = [];
  /** The `n`th attempt over all paths; null: never answered. */
  answer: (n: number, to: Endpoint) => SendOutcome | null = () => null;
  readonly #clock: FakeClock;
  readonly #startMs: number;

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.#startMs = clock.monotonic();
  }

  send(
    _peer: string,
    to: Endpoint,
    notification: OutgoingNotification,
    { timeoutMs }: { timeoutMs: number },
  ): Promise<SendOutcome> {
    this.attempts.push({ atMs: this.#clock.monotonic() - this.#startMs, to, notification });
    const outcome = this.answer(this.attempts.length - 1, to);
    if (outcome !== null) return Promise.resolve(outcome);
    return new Promise((resolve) =>
      this.#clock.timer('fake attempt', timeoutMs, () =>
        resolve({ kind: 'failed', error: new SpitrapError('SNMP_TIMEOUT', 'no answer') }),
      ),
    );
  }

  changePeers(): void {}
  counters() {
    return {};
  }

  async close(): Promise<void> {}
}

function begin(receiver: Partial<Receiver> = {}) {
  const clock = new FakeClock();
  const sender = new FakeSender(clock);
  const peer: Receiver = { name: 'spoke', kind: 'spitrap', send: [inBand], notify: 'inform', root: 91, ...receiver };
  const delivery = new Delivery({ clock, sender, receivers: [peer], values: defaultValues, policyName: 'spitrap hub' });
  const results: SignalResult[] = [];
  const start = (phase: 'alert' | 'stop' | 'done', content = () => ({ intData2: 0, keys: {} as Record<string, string> })) =>
    delivery.start({ phase, peer: 'spoke', incident: ID, content }, (result) => results.push(result));
  return { clock, sender, delivery, results, start };
}

const acknowledged: SendOutcome = { kind: 'acknowledged', roundTripMs: 4, from: inBand };
const EARLY = [0, 50, 100, 200, 350, 550, 800, 1_100, 1_450, 1_850, 2_300, 2_800];

describe('the schedule', () => {
  test('an alert: twelve attempts in 2.8 s, then every half second, until cancelled by the stop', async () => {
    const { clock, sender, delivery, results, start } = begin();
    start('alert');
    await clock.advance(4_000);
    expect(sender.attempts.map((attempt) => attempt.atMs)).toEqual([...EARLY, 3_300, 3_800]);
    delivery.cancel('alert', 'spoke', ID);
    await clock.advance(20_000);
    expect(sender.attempts).toHaveLength(14);
    expect(results).toEqual([]);
    expect(clock.waiting).toEqual([]);
  });

  test('a stop: the same beginning, then every 5 s; given up after 15 min', async () => {
    const { clock, sender, results, start } = begin();
    start('stop');
    await clock.advance(14_000);
    expect(sender.attempts.map((attempt) => attempt.atMs)).toEqual([...EARLY, 7_800, 12_800]);
    await clock.advance(16 * 60_000);
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ result: 'given-up', detail: expect.stringContaining('SNMP_TIMEOUT') });
    expect(sender.attempts.at(-1)!.atMs).toBeLessThanOrEqual(15 * 60_000);
  });

  test('the first attempt leaves in the same tick', () => {
    const { sender, start } = begin();
    start('stop');
    expect(sender.attempts).toHaveLength(1);
  });

  test('IntData2 is that of each attempt', async () => {
    const { clock, sender, start } = begin();
    const planned = clock.monotonic() + 18_000;
    start('alert', () => ({ intData2: planned - clock.monotonic(), keys: { spi: '0x68842105' } }));
    await clock.advance(250);
    expect(sender.attempts.map((attempt) => attempt.notification.intData2)).toEqual([18_000, 17_950, 17_900, 17_800]);
    const decoded = decodeSignalText(sender.attempts[0]!.notification.strData);
    expect(decoded).toMatchObject({ kind: 'signal', text: { phase: 'alert', incident: ID, keys: { spi: '0x68842105' } } });
  });
});

describe('answers', () => {
  test('the first acknowledgement ends it and is told once', async () => {
    const { clock, sender, results, start } = begin();
    sender.answer = (n) => (n >= 2 ? acknowledged : null);
    start('alert');
    await clock.advance(10_000);
    expect(results).toEqual([{ result: 'acknowledged', attempts: 3, roundTripMs: 4, detail: '' }]);
    expect(sender.attempts).toHaveLength(3);
  });

  test('all paths are used at once, and one that answers is enough', async () => {
    const { clock, sender, results, start } = begin({ send: [inBand, outOfBand] });
    sender.answer = (_n, to) => (to === outOfBand ? acknowledged : null);
    start('stop');
    await settle();
    expect(results).toHaveLength(1);
    await clock.advance(10_000);
    expect(sender.attempts.map((attempt) => attempt.to)).toEqual([inBand, outOfBand]);
  });

  test('a second start of the same signal does not double it; another incident is another signal', async () => {
    const { clock, sender, delivery, start } = begin();
    start('alert');
    start('alert');
    delivery.start(
      { phase: 'alert', peer: 'spoke', incident: '01KKHMKS72E6R0P2GJR4R8GCJA', content: () => ({ intData2: 0, keys: {} }) },
      () => {},
    );
    await clock.advance(60);
    expect(sender.attempts.map((attempt) => attempt.atMs)).toEqual([0, 0, 50, 50]);
    delivery.close();
    expect(clock.waiting.filter((name) => name !== 'fake attempt')).toEqual([]);
  });

  test('a peer without an address is told to the machine at once', () => {
    const { results, start } = begin({ send: [] });
    start('stop');
    expect(results).toMatchObject([{ result: 'given-up', attempts: 0 }]);
  });
});

test('an EEM peer gets its stop twice, 2 s apart, bare', async () => {
  const { clock, sender, results, start } = begin({ kind: 'eem', notify: 'trap' });
  sender.answer = () => ({ kind: 'sent' });
  start('stop');
  await clock.advance(60_000);
  expect(sender.attempts.map((attempt) => attempt.atMs)).toEqual([0, 2_000]);
  expect(sender.attempts.every((attempt) => attempt.notification.strData === '' && !attempt.notification.confirmed)).toBe(true);
  expect(results).toMatchObject([{ result: 'sent', attempts: 2 }]);
});

test('a trap that never left on any path was not sent: a person must hear of it', async () => {
  const { clock, sender, results, start } = begin({ kind: 'eem', notify: 'trap', send: [inBand, outOfBand] });
  sender.answer = () => ({ kind: 'failed', error: new SpitrapError('LISTEN_REFUSED', 'no socket') });
  start('stop');
  await clock.advance(60_000);
  expect(results).toMatchObject([{ result: 'given-up', attempts: 2, detail: 'LISTEN_REFUSED: no socket' }]);
});

test('an alert whose stop time has come is repeated no more; an answer to the last attempt still counts', async () => {
  const { clock, sender, delivery, results } = begin();
  const overAt = clock.monotonic() + 1_000;
  const order = (incident: string) => ({
    phase: 'alert' as const,
    peer: 'spoke',
    incident,
    content: () => ({ intData2: 0, keys: {} }),
    isOver: (at: number) => at >= overAt,
  });
  delivery.start(order(ID), (result) => results.push(result));
  await clock.advance(60_000);
  expect(sender.attempts.map((attempt) => attempt.atMs)).toEqual([0, 50, 100, 200, 350, 550, 800]);
  expect(results).toMatchObject([{ result: 'given-up', attempts: 7 }]);
  // The first attempt leaves whatever the time: a plan may be due at once.
  delivery.start(order('01KKHMKS72E6R0P2GJR4R8GCJA'), () => {});
  expect(sender.attempts).toHaveLength(8);
});

test('after the end nothing is begun, and no timer is set', async () => {
  const { clock, sender, delivery, start, results } = begin();
  delivery.close();
  start('stop');
  delivery.once({ phase: 'hello', peer: 'spoke', incident: null, content: () => ({ intData2: 0, keys: {} }) }, () => {});
  await clock.advance(10_000);
  expect([sender.attempts, results, clock.waiting]).toEqual([[], [], []]);
});
