/** Bundles of the production agents, of a pair in virtual time, put together again: what happened there must come out here. */
import { afterEach, describe, expect, test } from 'vitest';
import { readBundle } from '../../agent/evidence/read-bundle.ts';
import type { Case } from '../../shared/analyze/case.ts';
import { diagnose } from '../../shared/analyze/diagnose.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import { addresses, type End, type SimOptions, SimPair } from '../sim/sim-pair.ts';

let sim: SimPair;
afterEach(() => sim.stop());

/** When each line left its box, by the agents' clock: the truth. */
const sentAt = new Map<string, number>();

async function incident(options: SimOptions, happen: () => number): Promise<{ about: Case; spi: number }> {
  sentAt.clear();
  sim = new SimPair({
    ...options,
    box: { hub: { trapLevel: 'debugging', ...options.box?.hub }, spoke: { trapLevel: 'debugging', ...options.box?.spoke } },
  });
  for (const end of ['hub', 'spoke'] as const)
    sim.boxes[end].onSyslog((message) => {
      for (const line of message.split('\n')) sentAt.set(`${end} ${line}`, sim.clock.wall());
    });
  await sim.start();
  sim.armByHand();
  await sim.clock.advance(61_000);
  const spi = happen();
  await sim.clock.advance(60_000);
  const bundles = await Promise.all((['spoke', 'hub'] as const).map(bundleOf));
  for (const bundle of bundles) expect(bundle.problems).toEqual([]);
  return { about: diagnose(bundles, platformNamed).case, spi };
}

async function bundleOf(end: End) {
  const { disk } = sim.stations[end];
  const [name] = (await disk.list(`/${end}/incidents`)).filter((one) => /^[0-9A-Z]{26}$/.test(one));
  return await readBundle(`/${end}/incidents/${name}`, disk);
}

describe('desync: the hub lost its SAs, the spoke encrypts on', () => {
  test.each([
    ['clocks that are right', 0, 0],
    ['clocks of the devices that are not', 7_300, -3_600_000],
  ])('%s', async (_what, hubMs, spokeMs) => {
    const { about, spi } = await incident({ box: { hub: { clockOffsetMs: hubMs }, spoke: { clockOffsetMs: spokeMs } } }, () =>
      sim.lab.desync(),
    );
    expect(about.ends.map(({ name, role }) => [name, role])).toEqual([
      ['hub', 'hub'],
      ['spoke', 'spoke'],
    ]);
    const life = about.ledger.find((one) => one.spi === spi)!;
    expect(life).toMatchObject({
      src: addresses.spoke.crypto,
      dst: addresses.hub.crypto,
      sender: 1,
      receiver: 0,
      reported: true,
      outboundAtSender: { first: 'yes', last: 'yes', current: 'yes' },
      inboundAtReceiver: { first: 'no', last: 'no', current: 'unknown' },
    });
    expect(life.outboundAtSender.packets).toBeGreaterThan(0);
    expect(life.inboundAtReceiver.packets).toBe(0);
    expect(life.marks.some(({ what, end }) => what === 'refused' && end === 0)).toBe(true);
    expect(about.flows).toMatchObject([{ receiver: 0, sender: 1, foreign: 'no', sa: { spi } }]);
    // Hellos were answered: what incident.json keeps of them.
    for (const end of ['hub', 'spoke'] as const) {
      const { clock } = (await sim.incidentOf(end)).peers[0]!;
      expect(Math.abs(clock!.offsetMs)).toBeLessThanOrEqual(clock!.uncertaintyMs + 1);
    }
    // Both agents run on one clock here, which the evidence shows.
    expect(about.ends[1]!.agentClock!.uncertaintyMs).toBeLessThan(5);
    for (const [index, ms] of [hubMs, spokeMs].entries()) {
      const { offsetMs, uncertaintyMs } = about.ends[index]!.deviceClock!;
      expect(Math.abs(offsetMs - ms)).toBeLessThanOrEqual(uncertaintyMs);
    }
    expectTruth(about);
  });

  test('stopped together, and said so', async () => {
    const { about } = await incident({}, () => sim.lab.desync());
    const [hub, spoke] = (['hub', 'spoke'] as const).map((end) => sim.received(end, 'undebug all')[0]!);
    expect(Math.abs(Math.abs(hub! - spoke!) - about.stopSkew!.ms)).toBeLessThanOrEqual(about.stopSkew!.uncertaintyMs + 5);
  });
});

describe('a rekey’s late packet', () => {
  test('the SA that took its place is known as the next', async () => {
    const { about, spi } = await incident({}, () => sim.lab.rekeyTransient());
    const life = about.ledger.find((one) => one.spi === spi)!;
    expect(life).toMatchObject({ receiver: 0, sender: 1, outboundAtSender: { current: 'no' } });
    const next = about.ledger.find((one) => one.spi === life.next)!;
    expect(next).toMatchObject({
      receiver: 0,
      sender: 1,
      outboundAtSender: { current: 'yes' },
      inboundAtReceiver: { last: 'yes' },
    });
    expectTruth(about);
  });
});

/** Each event of the logs lies in its interval, and what is said to be before another was. */
function expectTruth(about: Case): void {
  let checked = 0;
  for (const { index, events } of about.ends)
    for (const { at, quote } of events) {
      const true_ = sentAt.get(`${index === 0 ? 'hub' : 'spoke'} ${quote.text.split('\n')[0]}`);
      if (quote.file !== 'device.log' || true_ === undefined) continue;
      checked++;
      expect(at!.fromMs, quote.text).toBeLessThanOrEqual(true_);
      expect(at!.toMs, quote.text).toBeGreaterThanOrEqual(true_);
    }
  expect(checked).toBeGreaterThan(1);
}
