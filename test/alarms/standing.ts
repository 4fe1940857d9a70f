/** Alarms and ledger entries as they stand in a book, for the tests of this folder. */
import { type Entry, emptyLedger, type Following, factsOf, follow, type Ledger } from '../../agent/alarms/ledger.ts';
import type { AlarmFacts, Speaker } from '../../agent/alarms/notice.ts';
import type { Alarm } from '../../shared/coordinate/book.ts';
import { monotonic, wall } from '../../shared/model/time.ts';

/** 2026-03-12T18:22:40.706Z. */
export const SINCE = wall(Date.UTC(2026, 2, 12, 18, 22, 40, 706));
export const INCIDENT = '01KKHMKS72E6R0P2GJR4R8GCJ9';

export const speaker: Speaker = {
  device: { name: 'hub1', address: '192.0.2.1' },
  agent: { role: 'hub', mode: 'act', version: '0.1.0', host: 'agent1.example.net' },
};

export const alarm = (change: Partial<Alarm> = {}): Alarm => ({
  id: 'a3',
  key: `stop:${INCIDENT}`,
  text: 'debugs on hub1 (192.0.2.1) are not verified off: the device answered "% Authorization failed." to show debugging',
  remedy: 'log in to hub1 (192.0.2.1) and type: undebug all',
  incident: INCIDENT,
  since: monotonic(1_000_000),
  sinceWall: SINCE,
  acknowledged: false,
  ...change,
});

export const warning = (change: Partial<Alarm> = {}): Alarm =>
  alarm({ id: 'a4', key: 'cfg-differs:spoke1', text: 'spoke1 has other agreed values', remedy: null, incident: null, ...change });

export const facts = (change: Partial<AlarmFacts> = {}): AlarmFacts => {
  const { acknowledged: _acknowledged, since: _since, ...rest } = alarm();
  return { ...rest, severity: 'critical', ...change };
};

export const following = (atMs: number, more: Partial<Following> = {}): Following => ({
  at: monotonic(atMs),
  factsOf: (raised) => factsOf(raised, (text) => text),
  isOver: () => true,
  ...more,
});

export const ledgerOf = (alarms: readonly Alarm[], atMs = 1_000_000): Ledger => follow(emptyLedger, alarms, following(atMs));
export const onlyEntry = (ledger: Ledger): Entry => {
  const [entry, ...more] = Object.values(ledger.entries);
  if (entry === undefined || more.length > 0) throw new Error(`${more.length + (entry ? 1 : 0)} entries`);
  return entry;
};
