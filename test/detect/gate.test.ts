import { describe, expect, test } from 'vitest';
import { type Candidate, emptyWrapState, findCandidates } from '../../shared/detect/candidates.ts';
import { emptyGate, type GateContext, type GateDecision, type GateState, gate } from '../../shared/detect/gate.ts';
import { limits } from '../../shared/limits.ts';
import { parseRange } from '../../shared/model/address.ts';
import type { LineChunk } from '../../shared/model/observation.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import type { Trigger } from '../../shared/model/watch.ts';
import { chunkOf, noteA } from '../support/invalid-spi-lines.ts';

const range = (text: string) => parseRange(text)!;

const context: GateContext = {
  match: [
    { kind: 'address', range: range('192.0.2.1') },
    { kind: 'relay', range: range('198.51.100.0/24'), hostname: 'Hub' },
  ],
  cryptoAddresses: [range('213.163.222.7'), range('2001:db8::7')],
  peers: [
    { name: 'spoke1', cryptoAddresses: [range('11.1.1.3')] },
    { name: 'nat-a', cryptoAddresses: [range('10.9.0.0/16')] },
    { name: 'nat-b', cryptoAddresses: [range('10.9.9.9')] },
  ],
  trigger: { kind: 'first' },
  maxEventAgeMs: 60_000,
  clock: null,
};

const at = (ms: number): Partial<LineChunk> => ({ at: monotonic(ms), wall: wall(ms) });

function candidateOf(line: string, over: Partial<LineChunk> = {}): Candidate {
  const [candidate, ...more] = findCandidates(emptyWrapState, chunkOf(`${line}\n`, over)).candidates;
  expect(more).toEqual([]);
  return candidate!;
}

const decide = (line: string, over: Partial<LineChunk> = {}, with_: Partial<GateContext> = {}): GateDecision =>
  gate(emptyGate, candidateOf(line, over), { ...context, ...with_ }).decision;

/** One message after the other through one gate; the reasons. */
function run(lines: readonly (readonly [line: string, over: Partial<LineChunk>])[], with_: Partial<GateContext> = {}) {
  let state: GateState = emptyGate;
  const decisions: GateDecision[] = [];
  for (const [line, over] of lines) {
    const step = gate(state, candidateOf(line, over), { ...context, ...with_ });
    state = JSON.parse(JSON.stringify(step.state)) as GateState; // plain data: it survives a snapshot at any moment
    decisions.push(step.decision);
  }
  return { state, decisions, reasons: decisions.map((decision) => decision.reason) };
}

const stamped = (time: string, sequence?: number): string =>
  noteA.replace('*Mar 12 18:22:10.706', `${sequence === undefined ? '' : `${sequence}: `}*Mar 12 ${time}`);

describe('the event', () => {
  test('carries all that the machine and the journal need', () => {
    expect(decide(noteA, { trust: 'spoofable', source: 'udp' })).toEqual({
      kind: 'event',
      reason: 'event',
      event: {
        flow: { src: '11.1.1.3', dst: '213.163.222.7', spi: 0x68842105 },
        peers: ['spoke1'],
        interface: 'Ethernet0/0',
        prot: 50,
        spiAsReceived: '0x68842105',
        header: expect.objectContaining({ mnemonic: 'RECVD_PKT_INV_SPI' }),
        trust: 'spoofable',
        source: 'udp',
        from: '192.0.2.1',
        at: 1_000,
        wall: Date.UTC(2026, 2, 12, 18, 22, 10),
        raw: noteA,
        occurrence: 1,
      },
    });
  });
  test('names every peer behind one NAT address', () => {
    expect(decide(noteA.replace('11.1.1.3', '10.9.9.9'))).toMatchObject({ kind: 'event', event: { peers: ['nat-a', 'nat-b'] } });
  });
  test('addresses are compared as addresses', () => {
    expect(decide(noteA.replace('213.163.222.7', '2001:DB8:0::0007'))).toMatchObject({ kind: 'event' });
  });
});

describe('what is turned away', () => {
  test.each<[reason: string, line: string, over: Partial<LineChunk>]>([
    ["Note A's own pattern would take this peer", noteA.replace('11.1.1.3,', '11.1.1.30,'), {}],
    ['a dot is no wildcard', noteA.replace('11.1.1.3,', '11.101.1.3,'), {}],
  ])('unknown-peer: %s', (_why, line, over) => {
    expect(decide(line, over)).toMatchObject({ kind: 'unknown-peer', reason: 'unknown-peer' });
  });
  test.each<[why: string, line: string, over: Partial<LineChunk>, own: boolean]>([
    ['its own address', noteA, { from: '192.0.2.1' }, true],
    ['a stranger', noteA, { from: '192.0.2.2' }, false],
    ['a stranger with the right name', `<188>9: hub: ${noteA}`, { from: '192.0.2.2' }, false],
    ['a relay and the device named by itself', `<188>9: hub: ${noteA}`, { from: '198.51.100.9' }, true],
    ['a relay and the device named by the relay', `<188>Oct 24 04:31:11 HUB ${noteA}`, { from: '198.51.100.9' }, true],
    ['a relay and another device', `<188>9: hub2: ${noteA}`, { from: '198.51.100.9' }, false],
    ['a relay and no name', noteA, { from: '198.51.100.9' }, false],
    ['a relay and the long form of the name', `<188>9: hub.example.net: ${noteA}`, { from: '198.51.100.9' }, false],
    ['a name in the text is no host name', `<188>9: hub2: ${noteA} hub: hub`, { from: '198.51.100.9' }, false],
  ])('%s', (_why, line, over, own) => {
    expect(decide(line, over).kind).toBe(own ? 'event' : 'foreign-device');
  });
  test('another destination, even of a known peer', () => {
    expect(decide(noteA.replace('213.163.222.7', '213.163.222.70'))).toMatchObject({ kind: 'foreign-destination' });
  });
  test('unreadable, with its fault; a foreign unreadable line is foreign', () => {
    const broken = noteA.replace('669)', '668)');
    expect(decide(broken)).toMatchObject({ kind: 'unreadable', reason: 'unreadable', fault: 'spi-disagrees', raw: broken });
    expect(decide(broken, { from: '192.0.2.2' })).toMatchObject({ kind: 'foreign-device' });
  });
  test('a backlog is stale whatever its stamp', () => {
    expect(decide(noteA, { backlog: true })).toMatchObject({
      kind: 'stale',
      reason: 'stale-backlog',
      lagMs: null,
      peers: ['spoke1'],
    });
  });
  test('everything is counted by its reason', () => {
    const { state } = run([
      [noteA, {}],
      [noteA, {}],
      [noteA, { from: '192.0.2.2' }],
      [noteA.replace('11.1.1.3', '11.1.1.30'), {}],
      [noteA.replace('11.1.1.3', '11.1.1.30'), {}],
    ]);
    expect(state.counts).toEqual({
      ...emptyGate.counts,
      event: 1,
      'duplicate-same-source': 1,
      'foreign-device': 1,
      'unknown-peer': 2,
    });
  });
});

describe('one message seen twice', () => {
  const tcp = { source: 'tcp' };
  const udp = { source: 'udp' };
  test.each<[why: string, lines: [string, Partial<LineChunk>][], reasons: string[]]>([
    [
      'another source within 5 s',
      [
        [noteA, { ...tcp, ...at(0) }],
        [noteA, { ...udp, ...at(5_000) }],
      ],
      ['event', 'duplicate-other-source'],
    ],
    [
      'another source after 5 s, and no stamp to tell by',
      [
        [noteA.slice(noteA.indexOf('%')), { ...tcp, ...at(0) }],
        [noteA.slice(noteA.indexOf('%')), { ...udp, ...at(5_001) }],
      ],
      ['event', 'event'],
    ],
    [
      'another source after 5 s, another stamp',
      [
        [noteA, { ...tcp, ...at(0) }],
        [stamped('18:22:11.000'), { ...udp, ...at(5_001) }],
      ],
      ['event', 'event'],
    ],
    [
      'a copy that lags for a minute, by its stamp; each host counts for itself',
      [
        [stamped('18:22:10.706', 91), { ...tcp, ...at(0) }],
        [stamped('18:22:10.706', 12), { source: 'file', ...at(61_000) }],
        [stamped('18:23:12.000', 13), { source: 'file', ...at(61_001) }],
      ],
      ['event', 'duplicate-other-source', 'event'],
    ],
    [
      'an uptime in weeks by another source: it stands still for the next message too',
      [
        [`2y10w: ${noteA.slice(noteA.indexOf('%'))}`, { ...tcp, ...at(0) }],
        [`2y10w: ${noteA.slice(noteA.indexOf('%'))}`, { ...udp, ...at(61_000) }],
      ],
      ['event', 'event'],
    ],
    [
      'another source whose line looks different',
      [
        [noteA, { ...tcp, ...at(0) }],
        [`<188>7: ${stamped('18:22:11.000')}`, { ...udp, ...at(900) }],
      ],
      ['event', 'duplicate-other-source'],
    ],
    [
      'the same source, the same stamp, a minute later',
      [
        [noteA, at(0)],
        [noteA, at(60_000)],
      ],
      ['event', 'duplicate-same-source'],
    ],
    [
      'the same source, another stamp at once',
      [
        [noteA, at(0)],
        [stamped('18:22:10.707'), at(1)],
      ],
      ['event', 'event'],
    ],
    [
      'the same source, the same sequence, another stamp',
      [
        [stamped('18:22:10.706', 91), at(0)],
        [stamped('18:22:10.900', 91), at(10)],
      ],
      ['event', 'duplicate-same-source'],
    ],
    [
      'the same source, another sequence, the same stamp',
      [
        [stamped('18:22:10.706', 91), at(0)],
        [stamped('18:22:10.706', 92), at(10)],
      ],
      ['event', 'duplicate-same-source'],
    ],
    [
      'no stamp and no sequence proves nothing',
      [
        [noteA.slice(noteA.indexOf('%')), at(0)],
        [noteA.slice(noteA.indexOf('%')), at(10)],
      ],
      ['event', 'event'],
    ],
    [
      'an uptime in weeks stands still: the next minute is another message',
      [
        [`2y10w: ${noteA.slice(noteA.indexOf('%'))}`, at(0)],
        [`2y10w: ${noteA.slice(noteA.indexOf('%'))}`, at(10)],
        [`2y10w: ${noteA.slice(noteA.indexOf('%'))}`, at(60_000)],
      ],
      ['event', 'duplicate-same-source', 'event'],
    ],
    [
      'two messages by two sources pair up in order',
      [
        [stamped('18:22:10.000'), { ...tcp, ...at(0) }],
        [stamped('18:22:12.000'), { ...tcp, ...at(2_000) }],
        [stamped('18:22:10.000'), { ...udp, ...at(2_100) }],
        [stamped('18:22:12.000'), { ...udp, ...at(2_200) }],
        [stamped('18:22:14.000'), { ...udp, ...at(4_000) }],
      ],
      ['event', 'event', 'duplicate-other-source', 'duplicate-other-source', 'event'],
    ],
    [
      'another SPI is another flow',
      [
        [noteA, at(0)],
        [noteA.replace('0x68842105(1753489669)', '0x68842106'), at(1)],
      ],
      ['event', 'event'],
    ],
    [
      'a stale line is not the first of two',
      [
        [noteA, { ...at(0), backlog: true }],
        [noteA, at(1)],
      ],
      ['stale-backlog', 'event'],
    ],
  ])('%s', (_why, lines, reasons) => {
    expect(run(lines).reasons).toEqual(reasons);
  });

  test('a duplicate names the message that it repeats and who else saw it', () => {
    const { decisions } = run([
      [noteA, { ...tcp, ...at(10) }],
      [noteA, { ...udp, ...at(20) }],
      [noteA, { source: 'monitor', ...at(30) }],
    ]);
    expect(decisions[2]).toMatchObject({ kind: 'duplicate', firstAt: 10, firstSource: 'tcp', alsoSeenBy: ['udp', 'monitor'] });
  });

  test('a storm is remembered up to a bound, and what is forgotten is counted', () => {
    let state = emptyGate;
    const base = candidateOf(noteA);
    if (base.kind !== 'message') throw new Error('unreadable fixture');
    const flows = limits.rememberedFlowsMax * 2;
    for (let spi = 1; spi <= flows; spi++)
      state = gate(state, { ...base, message: { ...base.message, spi }, at: monotonic(spi) }, context).state;
    const remembered = state.flows.shards.reduce((sum, shard) => sum + Object.keys(shard).length, 0);
    expect(remembered).toBeLessThanOrEqual(Math.ceil(limits.rememberedFlowsMax / 64) * 64);
    expect(remembered).toBeGreaterThan(limits.rememberedFlowsMax / 2);
    expect(state.flowsForgotten).toBe(flows - remembered);
  });
});

describe('trigger: repeat', () => {
  const trigger: Trigger = { kind: 'repeat', count: 3, withinMs: 300_000 };
  const minute = (n: number): [string, Partial<LineChunk>] => [stamped(`18:2${n}:10.706`), at(n * 60_000)];

  test('waits for the nth message of the same flow within the window', () => {
    const { reasons, decisions } = run([minute(0), minute(1), minute(2), minute(3)], { trigger });
    expect(reasons).toEqual(['waiting', 'waiting', 'event', 'event']);
    expect(decisions[1]).toMatchObject({ event: { occurrence: 2 }, needed: 3, withinMs: 300_000 });
  });
  test('a duplicate is no second message', () => {
    expect(run([minute(0), [minute(0)[0], { ...minute(0)[1], source: 'udp' }], minute(1)], { trigger }).reasons).toEqual([
      'waiting',
      'duplicate-other-source',
      'waiting',
    ]);
  });
  test('messages outside the window do not count', () => {
    const { reasons } = run([minute(0), minute(1), minute(6), minute(7), minute(8)], { trigger });
    expect(reasons).toEqual(['waiting', 'waiting', 'waiting', 'waiting', 'event']);
  });
  test('the memory reaches as far as the trigger looks', () => {
    const wide: Trigger = { kind: 'repeat', count: limits.sightingsPerFlowMax + 4, withinMs: 86_400_000 };
    const lines = Array.from({ length: limits.sightingsPerFlowMax + 4 }, (_, i): [string, Partial<LineChunk>] => [
      stamped('18:22:10.706', i),
      { ...at(i * 3_600_000) },
    ]).map(([line, over], i): [string, Partial<LineChunk>] => [line.replace('10.706', `10.${100 + i}`), over]);
    expect(run(lines, { trigger: wide }).reasons.at(-1)).toBe('event');
    expect(run(lines.slice(1), { trigger: wide }).reasons.at(-1)).toBe('waiting');
  });
});

describe('stale by its stamp', () => {
  /** `show clock` said 18:00:00 on 12 March 2026 in the device's zone; the message comes 100 s later. */
  const reading = (zone: string, offsetHours: number, mark: '' | '*' | '.' = '', wallErrorMs = 0) => {
    const localMs = Date.UTC(2026, 2, 12, 18);
    return {
      reading: { text: `18:00:00.000 ${zone} Thu Mar 12 2026`, localMs, zone, year: 2026, mark },
      at: monotonic(1_000_000),
      wall: wall(localMs - offsetHours * 3_600_000 + wallErrorMs),
    };
  };
  const utc = reading('UTC', 0);
  const cet = reading('CET', 1);
  const line = (stamp: string) => noteA.replace('*Mar 12 18:22:10.706', stamp);

  test.each<[why: string, stamp: string, clock: GateContext['clock'], reason: string]>([
    ['exactly at the limit', 'Mar 12 18:00:40.000', utc, 'event'],
    ['just over the limit', 'Mar 12 18:00:39.999', utc, 'stale-stamp'],
    ['hours old', 'Mar 12 12:00:39.999', utc, 'stale-stamp'],
    ['from the future', 'Mar 12 19:00:00.000', utc, 'event'],
    ['no reading', 'Mar 12 12:00:00.000', null, 'event'],
    ['clock never set', '*Mar 12 12:00:00.000', utc, 'event'],
    ['clock not in sync', '.Mar 12 12:00:00.000', utc, 'event'],
    ['reading not in sync', 'Mar 12 12:00:00.000', reading('UTC', 0, '.'), 'event'],
    ['an uptime says nothing', '2y10w', utc, 'event'],
    ['a year of its own', '2025 Mar 12 18:01:40.000', utc, 'stale-stamp'],
    ['zone and clock agree', 'Mar 12 18:01:40.000 CET', cet, 'event'],
    ['zone and clock agree, old', 'Mar 12 17:01:40.000 CET', cet, 'stale-stamp'],
    ['zones without regard to case', 'Mar 12 17:01:40.000 cet', cet, 'stale-stamp'],
    ['stamps in UTC (no localtime), clock in CET', 'Mar 12 17:01:40.000', cet, 'event'],
    ['stamps in local time without a zone, clock in CET', 'Mar 12 18:01:40.000', cet, 'event'],
    ['old by either reading', 'Mar 12 15:30:00.000', cet, 'stale-stamp'],
    ['stamps say UTC, clock in CET, old', 'Mar 12 16:50:00.000 UTC', cet, 'stale-stamp'],
    ['stamps say UTC, clock in CET, fresh', 'Mar 12 17:01:00.000 UTC', cet, 'event'],
    ['a zone that nothing tells of', 'Mar 12 05:00:00.000 PST', cet, 'event'],
    ['clocks too far apart to know the zone', 'Mar 12 15:30:00.000', reading('CET', 1, '', 400_000), 'event'],
  ])('%s', (_why, stamp, clock, reason) => {
    expect(decide(line(stamp), at(1_100_000), { clock }).reason).toBe(reason);
  });

  test('the year is the one that brings the stamp nearest', () => {
    const newYear = { ...utc, reading: { ...utc.reading, localMs: Date.UTC(2027, 0, 1, 0, 0, 5), year: 2027 } };
    expect(decide(line('Dec 31 23:59:50.000'), at(1_000_000), { clock: newYear }).reason).toBe('event');
    expect(decide(line('Dec 31 23:50:00.000'), at(1_000_000), { clock: newYear })).toMatchObject({
      reason: 'stale-stamp',
      lagMs: 605_000,
    });
  });
});
