/** `spitrap incidents` on a sealed incident: what a person reads, in 80 columns, with hostile text escaped. */
import { expect, test } from 'vitest';
import { incidentListText, incidentText } from '../../agent/cli/incident-text.ts';
import { fileMoment } from '../../agent/evidence/file-moment.ts';
import { pickIncident, type StoredIncident, storedVerdicts } from '../../agent/evidence/stored-incidents.ts';
import { noPaint } from '../../agent/status/text-layout.ts';
import { type IncidentFile, incidentFileSchema, parseIncidentFile } from '../../shared/bundle/incident-file.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import { FakeDisk } from '../support/fake-disk.ts';
import { incidentFacts } from '../support/incident-facts.ts';

const ID = '01HV5T0000000000000000000A';
const opened = { monotonic: monotonic(1_000_000), wall: wall(Date.UTC(2026, 2, 12, 18, 22, 10, 706)), bootId: 'boot' };
const at = (ms: number) => fileMoment({ ...opened, monotonic: monotonic(opened.monotonic + ms), wall: wall(opened.wall + ms) });

function incident(more: Partial<IncidentFile> = {}): IncidentFile {
  const capture = {
    round: 'first' as const,
    peer: null,
    session: 'capture',
    sent: at(100),
    tookMs: 20,
    bytes: 300,
    redacted: 0,
    file: 'commands/001.txt',
    late: false,
  };
  return incidentFileSchema.parse({
    schema: 1,
    ...incidentFacts(ID, opened),
    captures: [
      { ...capture, number: 1, command: 'show clock', status: 'ok', detail: null },
      {
        ...capture,
        number: 2,
        command: 'show dmvpn detail',
        status: 'refused',
        detail: "% Invalid input detected at '^' marker.",
      },
    ],
    log: {
      file: 'device.log',
      from: at(-600_000),
      to: at(28_000),
      bytes: 4_096,
      redacted: 0,
      skippedBytes: 0,
      holes: [],
      problems: [],
    },
    journalRecords: 40,
    journalRecordsNotKept: 0,
    redaction: { key: 'random', values: 0 },
    sealed: at(30_000),
    ...more,
  });
}

const stored = (one: IncidentFile): StoredIncident => ({
  id: one.id,
  folder: `/data/incidents/${one.id}`,
  state: 'sealed',
  why: null,
  incident: one,
});

test('one incident', () => {
  expect(incidentText(incident(), `/data/incidents/${ID}`, [], noPaint)).toMatchInlineSnapshot(`
    "incident 01HV5T0000000000000000000A
    outcome     complete
    opened      2026-03-12 18:22:10Z by a message, hub, mode act
    device      hub1 192.0.2.1 cisco-ios
    judged      unknown: not silent for long enough to tell
    message     %CRYPTO-4-RECVD_PKT_INV_SPI: …
    flow        11.1.1.3 -> 213.163.222.7 SPI 0x68842105, 1 times
    debugs      at the start: Crypto ISAKMP debugging is on
    off         verified; sent 2026-03-12 18:22:28Z, 18s after the message on
                session control, 1 attempt
    peer        spoke1: off verified, captured yes
    captured    1 of 2 commands with output, 1 refused
                refused: show dmvpn detail (% Invalid input detected at '^' marker.)
    log         4096 bytes, 2026-03-12 18:12:10Z to 2026-03-12 18:22:38Z, 0 holes
    bundle      /data/incidents/01HV5T0000000000000000000A
    manifest    verifies"
  `);
});

test('the list', () => {
  expect(incidentListText([stored(incident())], noPaint)).toMatchInlineSnapshot(`
    "01HV5T0000000000000000000A  2026-03-12 18:22:10Z  complete
      11.1.1.3 -> 213.163.222.7 SPI 0x68842105; debugs off: verified"
  `);
});

test('a verdict that was revised, a peer that comes again, a delay that is too short', () => {
  const base = incident();
  const recurrence = { incidentsInDay: 3, incidentsInWeek: 5, flowsInWeek: 7 };
  const text = incidentText(
    incident({
      peers: [{ ...base.peers[0]!, recurrence }],
      flows: [{ ...base.flows[0]!, verdict: 'persistent', grounds: ['again-after-a-minute'] }],
      atStop: {
        windowMs: 2_000,
        backgroundLines: 0,
        startLines: 60,
        beforeLines: 40,
        afterLines: 12,
        hint: 'debug lines were still arriving at the stop: 40 in the 2s before it',
      },
    }),
    '/data',
    [],
    noPaint,
    [{ verdict: 'persistent', grounds: ['again-after-a-minute'], added: '2026-03-12T18:24:00.000Z' }],
  );
  expect(text.replace(/\n {12}/g, ' ').split('\n')).toEqual(
    expect.arrayContaining([
      'judged      persistent: the same flow came again after its minute: its traffic is black-holed (at the seal: unknown)',
      'flow        11.1.1.3 -> 213.163.222.7 SPI 0x68842105, 1 times, persistent',
      'hint        debug lines were still arriving at the stop: 40 in the 2s before it',
      'again       with spoke1: number 3 in 24 hours, number 5 in 7 days, 7 flows',
    ]),
  );
});

test('verdicts of addenda are read back; torn lines and other records are passed over', async () => {
  const disk = new FakeDisk();
  await disk.makeFolder('/i');
  const record = {
    kind: 'judged',
    verdict: 'transient',
    flows: [{ flow: {}, verdict: 'transient', grounds: ['silent'] }],
    more: 0,
  };
  const lines = [
    { added: 'x', record: { kind: 'done' } },
    { added: 'now', record },
  ].map((line) => JSON.stringify(line));
  const file = await disk.open(`/i/${ID}.addendum.jsonl`, 'create');
  await file.append(Buffer.from(`${lines.join('\n')}\n{"added":`));
  expect(await storedVerdicts(`/i/${ID}`, disk)).toEqual([{ verdict: 'transient', grounds: ['silent'], added: 'now' }]);
  expect(await storedVerdicts('/i/other', disk)).toEqual([]);
});

test('a bundle of the first release, without verdicts, is read', () => {
  const { verdict, atStop, ...old } = incident();
  const flows = old.flows.map(({ verdict: _v, grounds: _g, ...flow }) => flow);
  const peers = old.peers.map(({ recurrence: _r, ...peer }) => peer);
  const read = parseIncidentFile(JSON.stringify({ ...old, flows, peers }));
  expect(read).toMatchObject({ kind: 'incident', incident: { verdict: 'unknown', atStop: null, peers: [{ recurrence: null }] } });
});

test('hostile and endless text stays on the page, and a damaged bundle says so', () => {
  const long = `\u001b[2J\u202e${'x'.repeat(5_000)}`;
  const base = incident();
  const text = incidentText(
    incident({
      device: { ...base.device, name: long },
      event: { ...base.event!, line: long },
      alarms: [{ key: 'k', text: long, remedy: long, since: at(0) }],
      flows: Array.from({ length: 50 }, () => base.flows[0]!),
    }),
    '/data',
    ['device.log does not match the manifest'],
    noPaint,
  );
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(text).toContain('and 40 more flows in incident.json');
  expect(text).toContain('DAMAGED     device.log does not match the manifest');
});

test.each<[asked: string, id: string | null]>([
  [ID, ID],
  ['01hv5t', ID],
  ['01H', null],
  ['01HV5T0000000000000000000C', ID],
  ['nothing', null],
])('%s is found as %s', (asked, id) => {
  const one = stored(incident({ aliases: ['01HV5T0000000000000000000C'] }));
  if (id === null) expect(() => pickIncident([one], asked)).toThrow(/no incident/);
  else expect(pickIncident([one], asked).id).toBe(id);
});
