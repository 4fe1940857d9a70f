/** What an agent finds to tell: all that stands on its disk at a start, the report of both ends when it is there, a storm as the machine has it. */
import { describe, expect, test } from 'vitest';
import type { Config } from '../../agent/config/config.ts';
import { AgentEvents } from '../../agent/events.ts';
import { silentLog } from '../../agent/log.ts';
import { FleetDesk } from '../../agent/publish/fleet-desk.ts';
import { judge } from '../../shared/analyze/judge.ts';
import { reportJson } from '../../shared/analyze/report/json.ts';
import { type Book, emptyBook, type Incident } from '../../shared/coordinate/book.ts';
import { limits } from '../../shared/limits.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import type { IncidentId } from '../../shared/model/ulid.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import { statusSample } from '../status/status-sample.ts';
import { bundleOf } from '../support/bundle-of.ts';
import { caseOf } from '../support/case.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { textbook } from '../support/textbook-cases.ts';
import { cluster, engineOptions, records, upserted } from './publishing.ts';

const ID = '01KAX3S4C0000000000000000A' as IncidentId;
const OTHER = '01KAX3S4C0000000000000000B' as IncidentId;
const folder = (id: string): string => `/data/incidents/${id}`;

const report = (cause: 'rekey-transient' | 'receiver-restarted'): string => {
  const about = caseOf(textbook[cause]);
  return JSON.stringify(reportJson({ case: about, verdict: judge(about) }), null, 2);
};

const incidentJson = (id: string): string => {
  const version = 'Cisco IOS Software, 3800 Software (C3825-ADVENTERPRISEK9-M), Version 15.4(3)M, RELEASE SOFTWARE (fc1)\n';
  const captures = [{ command: 'show version | include uptime|reason|Software', afterMs: 100, output: version }];
  return JSON.stringify(bundleOf({ name: 'hub', id, openedMs: Date.UTC(2026, 2, 12, 18, 22, 10), captures, log: [] }).incident);
};

function sealedOn(disk: FakeDisk, id: string): void {
  disk.put(`${folder(id)}/incident.json`, incidentJson(id));
  disk.put(`${folder(id)}/verdict.json`, report('receiver-restarted'));
  const file = JSON.parse(incidentJson(id)) as { captures: { file: string }[] };
  disk.put(
    `${folder(id)}/${file.captures[0]!.file}`,
    'head\nCisco IOS Software, 3800 Software (C3825), Version 15.4(3)M, RELEASE SOFTWARE (fc1)\n',
  );
}

const config = {
  ...{ role: 'hub', mode: 'act', site: 'east', dataDir: '/data' },
  device: { name: 'hub1', address: '192.0.2.1', platform: 'cisco-ios', tags: { region: 'n' } },
  peers: [{ name: 'spoke1', tags: { carrier: 'north' } }],
} as unknown as Config;

async function desk(
  disk: FakeDisk,
  shown: { book: Book } = { book: emptyBook },
  clock = new FakeClock(),
  engines = cluster(clock),
) {
  const events = new AgentEvents();
  const made = new FleetDesk({
    ...{ config, events, log: silentLog, version: '1.0.0', clean: (text: string) => text, status: () => statusSample },
    fleet: { engine: engineOptions, bundles: false, heartbeatMs: 60_000, spoolBytesMax: 64 * 1024 * 1024 },
    platform: platformNamed('cisco-ios')!,
    world: { clock, disk, random: seededRandom(3), engines },
    coordinator: {
      get book() {
        return shown.book;
      },
    },
  });
  const starting = made.start();
  await clock.advance(1_000);
  await starting;
  return { made, events, engines, clock, told: () => upserted(records(engines)) };
}

describe('at a start', () => {
  test('all that stands on disk is told, and nothing twice at the next', async () => {
    const disk = new FakeDisk();
    sealedOn(disk, ID);
    sealedOn(disk, OTHER);
    disk.put(`${folder('01KAX3S4C0000000000000000C')}.open/captures.jsonl`, '');
    const first = await desk(disk);
    await first.clock.advance(5_000);
    expect([...first.told().keys()].filter((key) => !key.includes('alarm')).sort()).toEqual(
      [`hub1 incident ${ID}`, `hub1 incident ${OTHER}`, `hub1 verdict ${ID}`, `hub1 verdict ${OTHER}`].sort(),
    );
    expect(first.told().get(`hub1 incident ${ID}`)).toMatchObject({
      body: { software: 'IOS 15.4(3)M', outcome: expect.any(String), peers: [{ name: 'spoke1' }] },
    });
    const closing = first.made.close();
    await first.clock.advance(5_000);
    await closing;
    const count = records(first.engines).length;
    const second = await desk(disk, undefined, first.clock, first.engines);
    await second.clock.advance(5_000);
    expect(records(second.engines)).toHaveLength(count);
  });

  test('the report of both ends takes the place of one end’s, at once and at a start', async () => {
    const disk = new FakeDisk();
    sealedOn(disk, ID);
    const { made, told, clock } = await desk(disk);
    await clock.advance(2_000);
    expect(told().get(`hub1 verdict ${ID}`)).toMatchObject({ body: { cause: 'receiver-restarted', twoEnded: false } });
    disk.put(`${folder(ID)}.peers/verdict.json`, report('rekey-transient'));
    made.noteBothEnds(ID);
    await clock.advance(2_000);
    expect(told().get(`hub1 verdict ${ID}`)).toMatchObject({ body: { cause: 'rekey-transient', twoEnded: true } });
  });

  test('an alarm that was told and no longer stands is over', async () => {
    const disk = new FakeDisk();
    const alarm = {
      ...{ id: 'A1', key: 'peer-silent:spoke1', text: 'spoke1 is silent', remedy: null, incident: null, acknowledged: false },
      ...{ since: monotonic(0), sinceWall: wall(Date.UTC(2026, 2, 12)) },
    };
    const shown: { book: Book } = { book: { ...emptyBook, alarms: [alarm] } };
    const first = await desk(disk, shown);
    await first.clock.advance(2_000);
    expect(first.told().get('hub1 alarm peer-silent:spoke1')).toMatchObject({
      body: { state: 'raised', text: 'spoke1 is silent' },
    });
    const closing = first.made.close();
    await first.clock.advance(5_000);
    await closing;
    const second = await desk(disk, { book: emptyBook }, first.clock, first.engines);
    await second.clock.advance(2_000);
    expect(second.told().get('hub1 alarm peer-silent:spoke1')).toMatchObject({ body: { state: 'cleared' } });
  });
});

test('a storm, whose incident.json is too large to be read beside everything else, is told as the machine has it', async () => {
  const flow = (index: number) => ({
    ...{
      flow: { src: `11.1.${index >> 8}.${index & 255}`, dst: '213.163.222.7', spi: index + 1 },
      count: 1,
      interface: null,
      sources: [],
    },
    ...{ first: monotonic(0), firstWall: wall(0), last: monotonic(0), lastWall: wall(0), peers: ['spoke1'], late: false },
    corroboration: 'not-needed' as const,
  });
  const incident = {
    ...{
      id: ID,
      aliases: [],
      openedBy: 'message',
      openedAt: monotonic(0),
      openedAtWall: wall(Date.UTC(2026, 2, 12)),
      mode: 'act',
    },
    ...{ onHold: false, flows: Array.from({ length: 5_000 }, (_, index) => flow(index)), flowsNotKept: 3, captures: [] },
    ...{ peers: [{ peer: 'spoke1' }], signallers: [], sealing: 'requested', outcome: null },
    stop: { kind: 'verified', startedAt: monotonic(0), at: monotonic(1), nothingOn: false, last: null },
  } as unknown as Incident;
  const shown: { book: Book } = { book: { ...emptyBook, incidents: [incident] } };
  const disk = new FakeDisk();
  const { events, told, clock } = await desk(disk, shown);
  await clock.advance(1_000);
  expect(told().get(`hub1 incident ${ID}`)).toMatchObject({ body: { sealedAt: null, flows: 5_003 } });
  disk.put(`${folder(ID)}/incident.json`, Buffer.alloc(limits.pageIncidentBytesMax + 1, ' '));
  disk.put(`${folder(ID)}/verdict.json`, report('receiver-restarted'));
  const before = shown.book;
  shown.book = emptyBook;
  const outcome = { kind: 'complete-one-ended', reasons: ['no-done:spoke1'] } as const;
  const input = { kind: 'sealed', incident: ID, outcome, at: monotonic(0), wall: wall(0) } as const;
  events.emit('decided', { input, reason: 'sealed', incident: ID, effects: [], moved: true } as never, before);
  await clock.advance(2_000);
  expect(told().get(`hub1 incident ${ID}`)).toMatchObject({
    body: {
      sealedAt: expect.any(String),
      outcome: 'complete-one-ended',
      reasons: ['no-done:spoke1'],
      debugsOff: 'verified',
      flows: 5_003,
    },
  });
  expect(told().get(`hub1 verdict ${ID}`)).toMatchObject({ body: { cause: 'receiver-restarted' } });
});
