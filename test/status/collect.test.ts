/** agent/status/collect.ts: what status says of incidents and alarms; that it never throws, whatever a damaged record left in the book. */
import { describe, expect, test } from 'vitest';
import { describeAlarm, incidentSummaries } from '../../agent/status/collect.ts';
import {
  type Alarm,
  type Book,
  type ClosedIncident,
  emptyBook,
  type Incident,
  type StopProgress,
} from '../../shared/coordinate/book.ts';
import { monotonic, wall } from '../../shared/model/time.ts';

const at = wall(Date.UTC(2026, 2, 12, 18, 22, 10));
/** Made at 2026-03-12T18:23:16.706Z. */
const OLD = '01KKHMKS72E6R0P2GJR4R8GCJ9';
const attempt = { via: 'control', sentAt: monotonic(1), sentAtWall: at, result: 'unreadable', detail: '', appeared: [] } as const;

const open = (change: Partial<Incident> = {}): Incident => ({
  id: OLD,
  aliases: [],
  openedBy: 'message',
  openedAt: monotonic(1_000),
  openedAtWall: at,
  mode: 'act',
  onHold: false,
  flows: [],
  flowsNotKept: 0,
  peers: [{ peer: 'spoke', alert: { kind: 'unsent' }, stop: { kind: 'unsent' }, done: null }],
  signallers: [],
  captureScope: [],
  debugsAtStart: { kind: 'unread' },
  stop: { kind: 'planned', waiting: false },
  stopAt: monotonic(19_000),
  stopPassed: false,
  onlyOurs: false,
  captures: [],
  tailKept: false,
  sealing: 'no',
  outcome: null,
  ...change,
});
const closed = (change: Partial<ClosedIncident> = {}): ClosedIncident => ({
  id: OLD,
  aliases: [],
  openedBy: 'alert',
  closedAt: monotonic(50_000),
  closedAtWall: wall(at + 50_000),
  stoppedAt: monotonic(19_000),
  outcome: { kind: 'complete', reasons: [] },
  peers: [],
  signallers: [{ peer: 'hub', id: OLD }],
  dones: [],
  ...change,
});
const summary = (book: Partial<Book>) => incidentSummaries({ ...emptyBook, ...book }, monotonic(2_000), '/data')[0]!;

describe('an open incident', () => {
  const running: StopProgress = { kind: 'running', startedAt: monotonic(1), attempt: 0, attemptAt: monotonic(1), last: null };
  test.each<[title: string, change: Partial<Incident>, phase: string, debugsOff: string]>([
    ['before the stop', {}, 'alerted', 'pending'],
    ['that only observes', { mode: 'observe', stop: { kind: 'not-planned', why: 'observe' } }, 'observing', 'not-sent'],
    ['whose stop is under way', { stopPassed: true, stop: running }, 'stopping', 'pending'],
    [
      'whose stop found no session yet',
      { stopPassed: true, stop: { ...running, last: { ...attempt, sentAt: null } } },
      'stopping',
      'failed',
    ],
    [
      'whose stop was sent and not read back',
      { stopPassed: true, stop: { ...running, last: attempt } },
      'stopping',
      'unverified',
    ],
    [
      'that waits for captures and done',
      {
        stopPassed: true,
        stop: { kind: 'verified', startedAt: monotonic(1), at: monotonic(2), nothingOn: false, last: attempt },
      },
      'collecting',
      'verified',
    ],
    ['being sealed', { stopPassed: true, sealing: 'requested' }, 'sealing', 'pending'],
    ['whose seal failed', { stopPassed: true, sealing: 'failed' }, 'sealing', 'pending'],
    [
      'sealed, still attempted',
      { stopPassed: true, sealing: 'sealed', stop: { ...running, last: attempt } },
      'sealed',
      'unverified',
    ],
  ])('%s', (_title, change, phase, debugsOff) => {
    expect(summary({ incidents: [open(change)] })).toMatchObject({ phase, debugsOff });
  });

  test('says how long until the stop, and where its outputs are', () => {
    expect(summary({ incidents: [open()] })).toMatchObject({
      stopInMs: 17_000,
      bundle: `/data/incidents/${OLD}.open`,
      peers: ['spoke'],
    });
    expect(summary({ incidents: [open({ sealing: 'sealed' })] }).bundle).toBe(`/data/incidents/${OLD}`);
  });
});

describe('a closed incident', () => {
  test('was opened when its id was made, not when it was closed', () => {
    expect(summary({ closed: [closed()] }).openedAt).toBe('2026-03-12T18:23:16.706Z');
  });

  test.each<[title: string, change: Partial<ClosedIncident>, debugsOff: string]>([
    ['stopped and read back', {}, 'verified'],
    ['never stopped', { stoppedAt: null }, 'not-sent'],
    [
      'given to a person who acknowledged it',
      { outcome: { kind: 'partial', reasons: ['debugs-not-verified-off'] } },
      'unverified',
    ],
  ])('%s', (_title, change, debugsOff) => {
    expect(summary({ closed: [closed(change)] }).debugsOff).toBe(debugsOff);
  });
});

test('a closed incident names its flow for as long as it is held down', () => {
  const flow = { src: '11.1.1.3', dst: '213.163.222.7', spi: 0x68842105 };
  const held = [
    { flow, incident: closed().id },
    { flow: { ...flow, spi: 1 }, incident: 'another' },
  ] as unknown as Book['held'];
  expect(summary({ closed: [closed()], held })).toMatchObject({ flows: 1, firstFlow: expect.stringContaining('0x68842105') });
  expect(summary({ closed: [closed()] })).toMatchObject({ flows: 0, firstFlow: null });
});

test('the newest is first, and what is open before what is closed', () => {
  const ids = (book: Partial<Book>) =>
    incidentSummaries({ ...emptyBook, ...book }, monotonic(0), '/data').map((one) => one.id.at(-1));
  const id = (last: string) => OLD.slice(0, -1) + last;
  expect(
    ids({
      closed: [closed({ id: id('1') }), closed({ id: id('2') })],
      incidents: [open({ id: id('3') }), open({ id: id('4') })],
    }),
  ).toEqual(['4', '3', '2', '1']);
});

test('of the closed only the last twenty', () => {
  const many = Array.from({ length: 30 }, () => closed());
  expect(incidentSummaries({ ...emptyBook, closed: many }, monotonic(0), '/data')).toHaveLength(20);
});

test.each([Number.NaN, 1e300, Number.POSITIVE_INFINITY])('a time of %d in a record is no reason to throw', (time) => {
  const alarm: Alarm = {
    id: 'a1',
    key: 'k',
    text: 't',
    remedy: null,
    incident: null,
    since: monotonic(0),
    sinceWall: wall(time),
    acknowledged: false,
  };
  expect(describeAlarm(alarm).since).toBe('1970-01-01T00:00:00.000Z');
  expect(summary({ incidents: [open({ openedAtWall: wall(time) })] }).openedAt).toBe('1970-01-01T00:00:00.000Z');
});
