import { describe, expect, test } from 'vitest';
import { type EndRecords, incidentAt, mergeIncident } from '../../shared/fleet/merge.ts';
import type { FleetRecord } from '../../shared/fleet/record.ts';
import { incidentRecord, iso, verdictRecord } from '../support/fleet-records.ts';

const AT = Date.UTC(2026, 10, 20, 3, 12);

/** As the index keeps it. */
function ends(...records: readonly FleetRecord[]): EndRecords[] {
  const found = new Map<string, EndRecords>();
  for (const record of records) {
    const { about: id, site, device } = record;
    const key = `${id} ${site} ${device}`;
    const end = found.get(key) ?? { id, site, device, incident: null, verdict: null, bundle: null };
    found.set(key, { ...end, [record.kind]: { ...record, storedAtMs: AT + 1_000 } });
  }
  return [...found.values()];
}

const spokeEnd = (of: Parameters<typeof incidentRecord>[0] = {}) =>
  incidentRecord({
    device: 'branch-1',
    site: 'bonn',
    ...of,
    body: { role: 'spoke', peers: [{ name: 'hub-2', tags: {} }], ...of.body },
  });

describe('the state of an incident', () => {
  type Row = [
    what: string,
    sealed: boolean,
    machine: 'transient' | 'persistent' | 'unknown',
    report: {
      harm: 'transient' | 'persistent' | 'unknown';
      kind: 'healed' | 'at' | 'never' | 'unknown' | 'not-applicable';
    } | null,
    before: string,
    afterHour: string,
  ];
  test.each<Row>([
    ['nobody is done', false, 'persistent', null, 'open', 'open'],
    ['over, the machine: transient', true, 'transient', null, 'healed', 'healed'],
    ['over, the machine: persistent', true, 'persistent', null, 'black-holed', 'black-holed'],
    ['over, the machine does not know', true, 'unknown', null, 'not-known', 'not-known'],
    ['the report: healed, against the machine', true, 'persistent', { harm: 'persistent', kind: 'healed' }, 'healed', 'healed'],
    ['the report: transient', true, 'persistent', { harm: 'transient', kind: 'unknown' }, 'healed', 'healed'],
    ['the report: persistent, until a moment', true, 'unknown', { harm: 'persistent', kind: 'at' }, 'black-holed', 'healed'],
    ['the report: persistent, never', true, 'unknown', { harm: 'persistent', kind: 'never' }, 'black-holed', 'black-holed'],
    [
      'the report: persistent, when is not known',
      true,
      'transient',
      { harm: 'persistent', kind: 'unknown' },
      'black-holed',
      'black-holed',
    ],
    [
      'the report does not know the harm: never',
      true,
      'unknown',
      { harm: 'unknown', kind: 'never' },
      'black-holed',
      'black-holed',
    ],
    ['the report does not know the harm: a moment', true, 'unknown', { harm: 'unknown', kind: 'at' }, 'not-known', 'healed'],
    [
      'the report does not know, the machine does',
      true,
      'persistent',
      { harm: 'unknown', kind: 'unknown' },
      'black-holed',
      'black-holed',
    ],
    ['nothing to heal, harm not known', true, 'unknown', { harm: 'unknown', kind: 'not-applicable' }, 'not-known', 'not-known'],
    ['a report of one that is not done', false, 'unknown', { harm: 'transient', kind: 'unknown' }, 'healed', 'healed'],
  ])('%s', (_what, sealed, machine, report, before, afterHour) => {
    const at = report?.kind === 'at' ? iso(AT + 1_800_000) : null;
    const merged = mergeIncident(
      'X',
      ends(
        incidentRecord({ about: 'X', body: { sealedAt: sealed ? iso(AT + 60_000) : null, harm: machine } }),
        ...(report === null
          ? []
          : [verdictRecord({ about: 'X', body: { harm: report.harm, healing: { kind: report.kind, at } } })]),
      ),
    )!;
    expect(incidentAt(merged, AT + 120_000).state).toBe(before);
    expect(incidentAt(merged, AT + 3_600_000).state).toBe(afterHour);
    expect(incidentAt(merged, AT + 120_000).ends[0]!.state).toBe(before);
  });
});

describe('who it is of', () => {
  test('both told: by their own names, whatever the other calls them', () => {
    const merged = mergeIncident(
      'X',
      ends(incidentRecord({ about: 'X', body: { peers: [{ name: 'bonn', tags: {} }] } }), spokeEnd({ about: 'X' })),
    );
    expect(merged).toMatchObject({ hub: 'hub-2', spoke: 'branch-1', hubs: ['hub-2'], spokes: ['branch-1'] });
  });
  test('the hub alone told: the spoke by the name that it has there', () => {
    expect(mergeIncident('X', ends(incidentRecord({ about: 'X' })))).toMatchObject({ hub: 'hub-2', spoke: 'branch-1' });
  });
  test('the spoke alone told, of no peer', () => {
    expect(mergeIncident('X', ends(spokeEnd({ about: 'X', body: { role: 'spoke', peers: [] } })))).toMatchObject({
      hub: null,
      spoke: 'branch-1',
    });
  });
  test('a hub of three spokes of which one told', () => {
    const peers = ['branch-1', 'branch-2', 'branch-3'].map((name) => ({ name, tags: {} }));
    const merged = mergeIncident('X', ends(incidentRecord({ about: 'X', body: { peers } }), spokeEnd({ about: 'X' })))!;
    expect(merged.spokes).toEqual(['branch-1', 'branch-2', 'branch-3']);
    expect(merged.pairs).toHaveLength(3);
  });
  test('each spoke in its own state, where it told', () => {
    const peers = ['branch-1', 'branch-2'].map((name) => ({ name, tags: {} }));
    const merged = mergeIncident(
      'X',
      ends(
        incidentRecord({ about: 'X', body: { peers, harm: 'transient' } }),
        spokeEnd({ about: 'X', body: { role: 'spoke', harm: 'persistent' } }),
      ),
    )!;
    expect(merged.pairs.map(({ state }) => state)).toEqual(['black-holed', 'black-holed']);
  });
  test('nobody told of an incident: a report alone is none', () => {
    expect(mergeIncident('X', ends(verdictRecord({ about: 'X' })))).toBeNull();
  });
});

describe('the cause is that of the report that counts', () => {
  const of = (device: string, body: Parameters<typeof verdictRecord>[0] & object) => [
    device === 'hub-2' ? incidentRecord({ about: 'X' }) : spokeEnd({ about: 'X' }),
    verdictRecord({ about: 'X', device, site: device === 'hub-2' ? 'fra' : 'bonn', ...body }),
  ];
  test.each([
    [
      'two ends before one',
      { twoEnded: false, cause: 'failover', confidence: 'certain' },
      { twoEnded: true, cause: 'replay', confidence: 'possible' },
      'replay',
    ],
    ['the surer', { cause: 'failover', confidence: 'possible' }, { cause: 'replay', confidence: 'likely' }, 'replay'],
    ['one that can tell', { cause: 'cannot-tell', confidence: 'certain' }, { cause: 'replay', confidence: 'possible' }, 'replay'],
    ["of equals the hub's", { cause: 'failover', confidence: 'likely' }, { cause: 'replay', confidence: 'likely' }, 'failover'],
    [
      'a word for sureness of another version comes last',
      { cause: 'failover', confidence: 'sure' },
      { cause: 'replay', confidence: 'possible' },
      'replay',
    ],
  ])('%s', (_what, hub, spoke, cause) => {
    expect(mergeIncident('X', ends(...of('hub-2', { body: hub }), ...of('branch-1', { body: spoke })))!.cause).toBe(cause);
  });
  test('without a report it is not judged', () => {
    expect(mergeIncident('X', ends(incidentRecord({ about: 'X' })))).toMatchObject({ cause: 'not-judged', confidence: null });
  });
});

test('a device that told under an id that became an alias tells once, by its newer word', () => {
  const old = incidentRecord({ about: 'B', atMs: AT, body: { harm: 'persistent' } });
  const fresh = incidentRecord({ about: 'A', atMs: AT - 5_000, body: { harm: 'transient', aliases: ['B'] } });
  for (const order of [ends(old, fresh), ends(fresh, old)]) {
    const merged = mergeIncident('A', order)!;
    expect(merged.ends).toHaveLength(1);
    expect(merged).toMatchObject({ harm: 'transient', aliases: ['B'] });
  }
});

test('tags of both ends count, its own and those that it gives its peers', () => {
  const merged = mergeIncident(
    'X',
    ends(
      incidentRecord({ about: 'X', body: { peers: [{ name: 'branch-1', tags: { carrier: 'Telia' } }] } }),
      spokeEnd({ about: 'X', body: { role: 'spoke', tags: { carrier: 'Telia', region: 'north' } } }),
    ),
  )!;
  expect(merged.tags).toEqual([
    ['carrier', 'Telia'],
    ['region', 'north'],
  ]);
});

test('a clock that is days ahead of the engine is not believed', () => {
  const merged = mergeIncident('X', ends(incidentRecord({ about: 'X', body: { openedAt: iso(AT + 3 * 86_400_000) } })))!;
  expect(merged.openedAtMs).toBe(AT + 1_000);
});
