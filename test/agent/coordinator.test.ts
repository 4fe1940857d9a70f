/** agent/coordinator.ts: order of effects and records, timers, faults of our own, and what a start makes of a journal. The machine itself is test/coordinate's. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Coordinator } from '../../agent/coordinator.ts';
import { AgentEvents } from '../../agent/events.ts';
import { type Journal, openJournal } from '../../agent/journal/journal.ts';
import type { JournalRecord } from '../../agent/journal/record.ts';
import { snapshotParts } from '../../agent/journal/snapshot.ts';
import type { Logger } from '../../agent/log.ts';
import type { Book } from '../../shared/coordinate/book.ts';
import type { Effect } from '../../shared/coordinate/effect.ts';
import type { InputBody } from '../../shared/coordinate/input.ts';
import type { Rules } from '../../shared/coordinate/rules.ts';
import { limits } from '../../shared/limits.ts';
import { hubRules } from '../coordinate/given.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';

const ID = '01KKHMKS72E6R0P2GJR4R8GCJ9';
const rules: Rules = {
  role: 'hub',
  mode: 'act',
  device: { name: 'hub1', address: '192.0.2.1' },
  stopCommand: 'undebug all',
  delayMs: 18_000,
  maxDelayMs: 300_000,
  holdDownMs: 3_600_000,
  messageIntervalMs: 60_000,
  afterMs: 10_000,
  eemWindowMs: 60_000,
  incidentsPerHour: 12,
  maxPeersCaptured: 10,
  flowsPerIncidentMax: 10_000,
  heldFlowsMax: 10_000,
  closedIdsMax: 50_000,
  peers: [{ name: 'spoke', kind: 'spitrap', where: '11.1.1.3' }],
  stopMode: 'all',
  arming: hubRules.arming,
};
const sighting = (spi = 1): InputBody => ({
  kind: 'sighting',
  id: ID,
  flow: { src: '11.1.1.3', dst: '213.163.222.7', spi },
  peers: ['spoke'],
  interface: null,
  source: 'tcp',
  spoofable: false,
  spiAsReceived: '0x1',
  line: 'L',
});

let clock: FakeClock;
let disk: FakeDisk;
let journal: Journal;
let performed: Effect['kind'][];
let errors: string[];
let events: AgentEvents;
let coordinator: Coordinator;

const log: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: (_fields, text) => void errors.push(text) };

async function open(change: Partial<Rules> = {}): Promise<JournalRecord[]> {
  const opened = await openJournal('/journal', { clock, disk });
  journal = opened.journal;
  events = new AgentEvents();
  coordinator = new Coordinator({ rules: { ...rules, ...change }, journal, events, world: { clock }, log });
  coordinator.performWith((effect) => void performed.push(effect.kind));
  return opened.records;
}

beforeEach(async () => {
  clock = new FakeClock();
  disk = new FakeDisk();
  [performed, errors] = [[], []];
  await open();
});

describe('one input', () => {
  test('what is urgent leaves in the same tick, the rest when the record is on disk', async () => {
    disk.stall();
    coordinator.input(sighting());
    expect(performed).toEqual(['flush-ring']);
    await clock.advance(100);
    expect(performed).toEqual(['flush-ring']);
    disk.resume();
    await settle(10);
    expect(performed).toEqual(['flush-ring', 'open-bundle', 'alert', 'capture', 'read-debugs']);
    expect(coordinator.degradedFor(ID)).toBeNull();
  });

  test('a disk that hangs holds the rest up for 250 ms, is an alarm, and stays said of that incident after it has healed', async () => {
    disk.stall();
    coordinator.input(sighting());
    await clock.advance(limits.journalWaitMs);
    expect(performed).toContain('alert');
    expect(coordinator.book.alarms.map((alarm) => alarm.key)).toEqual(['journal-degraded']);
    disk.resume();
    await settle(10);
    await coordinator.housekeep();
    expect(coordinator.book.alarms).toEqual([]);
    expect(coordinator.degradedFor(ID)?.reason).toContain('250 ms');
    expect(coordinator.degradedFor('another')).toBeNull();
  });

  test('an effect that throws keeps no other from being performed, at once or later', async () => {
    coordinator.performWith((effect) => {
      performed.push(effect.kind);
      throw new Error('a bug');
    });
    expect(() => coordinator.input(sighting())).not.toThrow();
    await settle(10);
    expect(performed).toEqual(['flush-ring', 'open-bundle', 'alert', 'capture', 'read-debugs']);
    expect(errors).toHaveLength(5);
  });

  test('a listener that throws keeps no effect from being performed', async () => {
    events.on('decided', () => {
      throw new Error('a bug');
    });
    coordinator.input(sighting());
    await settle(10);
    expect(performed).toContain('capture');
  });

  test('an input that the machine cannot take is logged; the agent goes on', async () => {
    expect(coordinator.input({ kind: 'nonsense' } as unknown as InputBody)).toBeNull();
    expect(errors).toEqual([expect.stringContaining('fault of this program')]);
    coordinator.input(sighting());
    await settle(10);
    expect(coordinator.book.incidents).toHaveLength(1);
  });

  test('that changes nothing is not written down, but what mode observe hears is', async () => {
    expect(coordinator.input({ kind: 'acknowledge', alarm: 'a99' })).toBeNull();
    await open({ mode: 'observe', role: 'spoke' });
    expect(coordinator.input({ kind: 'stop', id: ID, newId: ID, peer: 'hub', scope: [] })).not.toBeNull();
  });

  test('repeats beyond what a bundle takes are counted, not written down; anything else still is', async () => {
    coordinator.input(sighting());
    await settle(10);
    const records = coordinator.recordsOf(ID) as JournalRecord[];
    while (records.length < limits.bundleJournalRecordsMax) records.push(records[0]!);
    const before = journal.counters.appended;
    for (let n = 0; n < 10; n++) expect(coordinator.input(sighting())).toBeNull();
    expect([journal.counters.appended - before, coordinator.notJournaled]).toEqual([0, 10]);
    expect(coordinator.book.incidents[0]!.flows[0]!.count).toBe(11);
    expect(coordinator.input({ kind: 'debugs-read', incident: ID, flags: [], detail: '' })).not.toBeNull();
  });
});

describe('timers', () => {
  test('one a name and incident; none is left after the end, and nothing is taken in any more', async () => {
    coordinator.input(sighting(1));
    coordinator.input(sighting(2));
    await settle(10);
    expect(clock.waiting).toEqual([`stop ${ID}`]);
    coordinator.close();
    expect(clock.waiting).toEqual([]);
    expect(coordinator.input(sighting(3))).toBeNull();
    await coordinator.housekeep();
    expect(journal.counters.appended).toBe(2);
  });
});

test('a plan that moves has one timer, the newer', async () => {
  await open({ role: 'spoke' });
  const alert = { kind: 'alert', id: ID, peer: 'hub', act: true, flow: null, scope: [] } as const;
  coordinator.input({ ...alert, delayMs: 18_000 });
  coordinator.input({ ...alert, delayMs: 5_000 });
  await settle(10);
  expect(clock.waiting.filter((name) => name.startsWith('stop'))).toEqual([`stop ${ID}`]);
  await clock.advance(5_000);
  expect(performed).toContain('attempt-stop');
});

test('a timer that fires a fraction early is set again: the plan is never early', async () => {
  coordinator.input(sighting());
  await settle(10);
  const due = clock.monotonic() + 18_000;
  const inputs: number[] = [];
  events.on('decided', ({ input }) => {
    if (input.kind === 'timer' && input.name === 'stop') inputs.push(input.at);
  });
  coordinator.close();
  const hasty = new FakeClock({ monotonicMs: clock.monotonic() });
  const timer = hasty.timer.bind(hasty);
  hasty.timer = (name, delayMs, fire) => timer(name, delayMs > 1 ? delayMs - 0.7 : delayMs, fire);
  const again = new Coordinator({ rules, journal, events, world: { clock: hasty }, log });
  again.input(sighting());
  await hasty.advance(18_000);
  expect(inputs).toEqual([due]);
});

describe('a start from what the journal holds', () => {
  test('the same book, and a damaged record costs itself alone', async () => {
    coordinator.input(sighting(1));
    await settle(10);
    journal.append('step', ID, { input: { kind: 'nonsense' } });
    journal.append('step', ID, null);
    coordinator.input(sighting(2));
    await settle(10);
    const before = coordinator.book;
    await journal.close();
    const records = await open();
    expect(coordinator.replay(records)).toEqual({ steps: 2, refused: 2 });
    expect(coordinator.book).toEqual(before);
    expect(performed.filter((kind) => kind === 'alert')).toHaveLength(1);
  });

  test('what was decided under another configuration stays decided, in a journal that was rewritten too', async () => {
    coordinator.noteRules();
    for (let n = 0; n < 6; n++) journal.append('padding', null, 'x'.repeat(limits.journalRecordBytesMax - 1_000));
    await settle(10);
    expect(journal.bytes).toBeGreaterThan(limits.journalBytesMax);
    await coordinator.housekeep();
    expect(journal.bytes).toBeLessThan(limits.journalBytesMax);
    coordinator.input(sighting());
    await settle(10);
    await journal.close();
    // A spoke opens nothing by its own device's message; this incident is there all the same.
    const records = await open({ role: 'spoke', delayMs: 1_000 });
    coordinator.replay(records);
    expect(coordinator.book.incidents.map(({ stopAt, openedAt }) => stopAt - openedAt)).toEqual([18_000]);
  });

  test('a snapshot of an older version lacks what came since: the incident in it is taken up all the same', async () => {
    coordinator.input(sighting());
    await settle(10);
    const { arming: _arming, recurrences: _recurrences, dropped: _dropped, ...older } = coordinator.book;
    for (const part of snapshotParts(older as Book)) journal.append('snapshot', null, part);
    journal.append('step', ID, { input: { ...sighting(2), at: clock.monotonic(), wall: clock.wall() } });
    await settle(10);
    await journal.close();
    const records = await open();
    expect(coordinator.replay(records)).toEqual({ steps: 1, refused: 0 });
    expect(coordinator.book.incidents[0]!.flows).toHaveLength(2);
    coordinator.resume(clock.bootId);
    expect(errors).toEqual([]);
    await clock.advance(18_000);
    expect(performed).toContain('attempt-stop');
  });

  test('under another boot what was planned is due', async () => {
    coordinator.input(sighting());
    await settle(10);
    await journal.close();
    const records = await open();
    coordinator.replay(records);
    coordinator.resume('another-boot');
    expect(performed).toContain('attempt-stop');
  });

  test('under the same boot it is due at its time', async () => {
    coordinator.input(sighting());
    await settle(10);
    await journal.close();
    const records = await open();
    coordinator.replay(records);
    await clock.advance(10_000);
    coordinator.resume(clock.bootId);
    expect(performed).not.toContain('attempt-stop');
    await clock.advance(7_999);
    expect(performed).not.toContain('attempt-stop');
    await clock.advance(1);
    expect(performed).toContain('attempt-stop');
  });
});
