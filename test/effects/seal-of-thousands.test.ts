/** agent/effects/seal-bundle.ts with thousands of peers in one incident: the facts are made between two stops, so they may not take seconds. */
import { expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import { incidentFacts, type SealContext } from '../../agent/effects/seal-bundle.ts';
import type { JournalRecord } from '../../agent/journal/record.ts';
import { emptyBook } from '../../shared/coordinate/book.ts';
import { step } from '../../shared/coordinate/step.ts';
import { at, flowOf, hubRules, id, only, sighting, timer } from '../coordinate/given.ts';

function contextOf(count: number): { readonly context: SealContext; readonly read: () => number } {
  let read = 0;
  const counted = <T extends object, K extends keyof T>(of: T, key: K): T => {
    const value = of[key];
    return Object.defineProperty({ ...of }, key, {
      get: () => {
        read++;
        return value;
      },
    });
  };
  const peers = Array.from({ length: count }, (_, n) => ({
    name: `p${n}`,
    kind: 'spitrap' as const,
    where: `11.1.${n >> 8}.${n & 255}`,
  }));
  const rules = { ...hubRules, peers };
  const records: JournalRecord[] = [];
  let book = emptyBook;
  const inputs = peers.map(({ name, where }, n) => at(n, sighting({ id: id(n), flow: flowOf(n, where), peers: [name] })));
  for (const input of [...inputs, { ...at(18_000, timer('stop')), incident: id(0) }]) {
    const { book: next, reason, effects } = step(rules, book, input);
    book = next;
    const data = counted(
      { input, reason, effects: effects.map((effect) => ('peers' in effect ? counted(effect, 'peers') : effect)) },
      'effects',
    );
    records.push({ seq: 1, wall: input.wall, monotonic: input.at, bootId: 'b', kind: 'step', incident: id(0), data });
  }
  const incident = only(book);
  const device = { name: 'hub1', address: '192.0.2.1', platform: 'cisco-ios', user: 'spitrap', tags: {} };
  const config = { role: 'hub', mode: 'act', device, peers: peers.map((peer) => ({ ...peer, cryptoAddresses: [], tags: {} })) };
  const context: SealContext = {
    config: config as unknown as Config,
    incident: { ...incident, flows: incident.flows.map((flow) => counted(flow, 'peers')) },
    outcome: { kind: 'partial', reasons: [] },
    records,
    planned: [],
    device: { clock: null, hostname: null } as unknown as SealContext['device'],
    alarms: [],
    recurrences: [],
    clockOf: () => null,
    journalDegraded: null,
    bootId: 'b',
    version: '0.1.0',
  };
  return { context, read: () => read };
}

test('every record and flow is read a few times, not once for each peer', () => {
  const COUNT = 1_000;
  const { context, read } = contextOf(COUNT);
  const facts = incidentFacts(context);
  // Each peer: a record with its alert, and its flow.
  expect(read()).toBeLessThan(10 * COUNT);
  expect(facts.signals).toHaveLength(2 * COUNT);
  expect(facts.peers.every(({ recurrence }) => recurrence?.flowsInWeek === 1)).toBe(true);
  const alerts = facts.signals.filter(({ phase }) => phase === 'alert');
  expect(alerts.map(({ first, peer }) => [peer, first.monotonicMs]).slice(0, 3)).toEqual(
    [0, 1, 2].map((n) => [`p${n}`, context.records[n]!.monotonic]),
  );
  const stops = facts.signals.filter(({ phase }) => phase === 'stop');
  expect(new Set(stops.map(({ first }) => first.monotonicMs))).toEqual(new Set([context.records.at(-1)!.monotonic]));
});
