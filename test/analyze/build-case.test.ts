/** Two bundles as one case: the ledger, the flows, the events, and what cannot be known. */
import { describe, expect, test } from 'vitest';
import { buildCase } from '../../shared/analyze/build-case.ts';
import type { Case, SaLife } from '../../shared/analyze/case.ts';
import { order } from '../../shared/analyze/order.ts';
import type { BundleText } from '../../shared/bundle/bundle-text.ts';
import { formatSpi } from '../../shared/model/flow.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import { createSa, deleteSa, invalidSpi, ipsecSa, stampAt } from './outputs.ts';
import { alertSent, BACK, HUB, hubBundle, LOST, OLD, SPOKE, spokeBundle, T0, type TwoEnds } from './two-ends.ts';

const caseOf = (...bundles: readonly BundleText[]): Case => buildCase(bundles, platformNamed);
const bothOf = (options: TwoEnds = {}): Case => caseOf(hubBundle({ hubFacts: alertSent(20), ...options }), spokeBundle(options));

function lifeOf(about: Case, spi: number): SaLife {
  const [life, ...more] = about.ledger.filter((one) => one.spi === spi);
  if (life === undefined || more.length > 0)
    throw new Error(`${about.ledger.length} lives, ${more.length + (life ? 1 : 0)} of this SPI`);
  return life;
}

describe('ends', () => {
  test('the hub is end 0, in whatever order the bundles are given', () => {
    const ends = [hubBundle(), spokeBundle()];
    for (const given of [ends, ends.toReversed()]) {
      const about = caseOf(...given);
      expect(about.ends.map(({ index, role, name }) => [index, role, name])).toEqual([
        [0, 'hub', 'hub'],
        [1, 'spoke', 'spoke'],
      ]);
      expect(about.opened).toMatchObject({ fromMs: T0, toMs: T0, clock: 'agent 0' });
    }
  });

  test('each has its own addresses', () => {
    expect(bothOf().ends.map(({ addresses }) => addresses)).toEqual([[HUB], [SPOKE]]);
  });

  test('a device’s clock is told against the axis, whatever its agent’s clock says', () => {
    const { ends } = bothOf({ hubDeviceMs: 4_000, spokeDeviceMs: -9_000, spokeAgentMs: 700 });
    for (const [index, ms] of [4_000, -9_000].entries()) {
      const { offsetMs, uncertaintyMs } = ends[index]!.deviceClock!;
      expect(uncertaintyMs).toBeLessThan(300);
      expect(Math.abs(offsetMs - ms)).toBeLessThanOrEqual(uncertaintyMs);
    }
  });

  test('the stops are compared on the axis', () => {
    const { stopSkew } = bothOf({ spokeAgentMs: 5_000 });
    // The spoke's 18 s began 12 ms later.
    expect(Math.abs(stopSkew!.ms - 12)).toBeLessThanOrEqual(stopSkew!.uncertaintyMs);
    expect(caseOf(hubBundle()).stopSkew).toBeNull();
  });
});

describe('the ledger', () => {
  test('the SA that the hub lost and the spoke still uses', () => {
    const life = lifeOf(bothOf({ hubDeviceMs: 4_000, spokeDeviceMs: -9_000, spokeAgentMs: 700 }), LOST);
    expect(life).toMatchObject({
      src: SPOKE,
      dst: HUB,
      sender: 1,
      receiver: 0,
      reported: true,
      partner: BACK,
      previous: OLD,
      next: null,
    });
    expect(life.outboundAtSender).toMatchObject({
      first: 'yes',
      last: 'yes',
      current: 'yes',
      lifetimeSeconds: 3_540,
      packets: 120,
    });
    expect(life.inboundAtReceiver).toMatchObject({ first: 'no', last: 'no', packets: 0 });
    const marks = life.marks.map(({ what, end, quote }) => `${what} ${end} ${quote.file}:${quote.line}`);
    expect(marks).toEqual([
      expect.stringMatching(/^created [01] device\.log:/),
      expect.stringMatching(/^created [01] device\.log:/),
      'deleted 0 device.log:4',
      'refused 0 device.log:5',
      expect.stringMatching(/^seen 1 commands\/02-first/),
      expect.stringMatching(/^seen 1 commands\/03-stop/),
    ]);
  });

  test('quotes have the line of the file and its text', () => {
    const hub = hubBundle();
    const life = lifeOf(caseOf(hub), LOST);
    const deleted = life.marks.find(({ what }) => what === 'deleted')!;
    expect(deleted.quote).toEqual({ end: 0, file: 'device.log', line: 4, text: hub.log[3] });
    const spoke = spokeBundle();
    const seen = lifeOf(caseOf(spoke), LOST).marks.find(({ what }) => what === 'seen')!;
    const capture = spoke.captures[1]!;
    expect(capture.text.split('\n')[seen.quote.line - capture.firstLine]).toBe(seen.quote.text);
    expect(seen.quote.text).toContain('0x68842105');
  });

  test('with one end only the other is unknown, never no', () => {
    const alone = lifeOf(caseOf(hubBundle()), LOST);
    expect(alone).toMatchObject({ sender: null, receiver: 0, src: SPOKE });
    expect(alone.outboundAtSender).toMatchObject({ first: 'unknown', last: 'unknown', current: 'unknown', packets: null });
    const other = lifeOf(caseOf(spokeBundle()), LOST);
    expect(other).toMatchObject({ sender: 0, receiver: null });
    expect(other.inboundAtReceiver).toMatchObject({ first: 'unknown', last: 'unknown' });
  });

  test('a table that was cut off, limited to others, or refused, denies nothing', () => {
    const table = (status: 'timeout' | 'refused' | 'ok', peer: string) =>
      hubBundle({
        hub: {
          captures: [
            {
              command: `show crypto ipsec sa peer ${peer} detail`,
              status,
              text: status === 'refused' ? '% Authorization failed.\n' : '',
            },
          ],
        },
      });
    for (const hub of [table('timeout', SPOKE), table('refused', SPOKE), table('ok', '192.0.2.99')])
      expect(lifeOf(caseOf(hub, spokeBundle()), LOST).inboundAtReceiver.first).toBe('unknown');
    expect(lifeOf(caseOf(table('ok', SPOKE), spokeBundle()), LOST).inboundAtReceiver.first).toBe('no');
  });

  test('an empty table that is none (text that nobody understands) denies nothing', () => {
    const hub = hubBundle({
      hub: { captures: [{ command: `show crypto ipsec sa peer ${SPOKE} detail`, text: '% Something new went wrong here\n' }] },
    });
    expect(lifeOf(caseOf(hub), LOST).inboundAtReceiver.first).toBe('unknown');
  });

  test('counters that went back were cleared: no difference', () => {
    const captures = spokeBundle().captures.map(({ entry, text }) => ({
      command: entry.command,
      round: entry.round,
      text: entry.round === 'stop' ? text.replace('#pkts encaps: 620', '#pkts encaps: 3') : text,
    }));
    expect(lifeOf(caseOf(spokeBundle({ spoke: { captures } })), LOST).outboundAtSender.packets).toBeNull();
  });

  test('behind NAT the ends know each other by other addresses, and the SPI joins them', () => {
    const outside = '203.0.113.50';
    const inside = '10.9.9.9';
    const sas = { inbound: [{ spi: BACK, connection: 2_001 }], outbound: [{ spi: LOST, connection: 2_002 }] };
    const mirror = { inbound: [{ spi: LOST, connection: 11 }], outbound: [{ spi: BACK, connection: 12 }] };
    const hub = hubBundle({
      hubFacts: { peers: [], flows: [] },
      hub: {
        log: [],
        captures: [{ command: 'show crypto ipsec sa', text: ipsecSa({ local: HUB, remote: outside, ...mirror }) }],
      },
    });
    const spoke = spokeBundle({
      spokeFacts: { flows: [], peers: [] },
      spoke: { log: [], captures: [{ command: 'show crypto ipsec sa', text: ipsecSa({ local: inside, remote: HUB, ...sas }) }] },
    });
    const about = caseOf(hub, spoke);
    expect(lifeOf(about, LOST)).toMatchObject({ sender: 1, receiver: 0, partner: BACK });
    expect(lifeOf(about, BACK)).toMatchObject({ sender: 0, receiver: 1, partner: LOST });
    expect(about.ends[1]!.addresses).toContain(outside);
  });

  test('in a storm the hub may tell the spoke of another neighbour of its range: that address is not the spoke’s', () => {
    const other = '10.64.1.26';
    const sas = { inbound: [{ spi: BACK, connection: 2_001 }], outbound: [{ spi: LOST, connection: 2_002 }] };
    const told = (spi: string) => ({ ...spokeBundle().incident.flows[0]!, src: other, spi });
    const spoke = (spi: string) =>
      spokeBundle({
        spokeFacts: { flows: [told(spi)] },
        spoke: { log: [], captures: [{ command: 'show crypto ipsec sa', text: ipsecSa({ local: SPOKE, remote: HUB, ...sas }) }] },
      });
    const [peer] = hubBundle().incident.peers;
    const range = { peers: [{ ...peer!, cryptoAddresses: ['10.64.0.0/16'] }] };
    expect(caseOf(hubBundle({ hubFacts: range, hub: { log: [] } }), spoke('0x12345678')).ends[1]!.addresses).not.toContain(other);
    // Its own SPI: behind NAT that is how the hub sees it.
    expect(caseOf(hubBundle({ hubFacts: range, hub: { log: [] } }), spoke(formatSpi(LOST))).ends[1]!.addresses).toContain(other);
  });

  test('the same SPI at both ends as each one’s own inbound is two SAs', () => {
    const own = { inbound: [{ spi: LOST }], outbound: [] };
    const hub = hubBundle({
      hubFacts: { flows: [] },
      hub: { log: [], captures: [{ command: 'show crypto ipsec sa', text: ipsecSa({ local: HUB, remote: SPOKE, ...own }) }] },
    });
    const spoke = spokeBundle({
      spokeFacts: { flows: [] },
      spoke: { log: [], captures: [{ command: 'show crypto ipsec sa', text: ipsecSa({ local: SPOKE, remote: HUB, ...own }) }] },
    });
    expect(caseOf(hub, spoke).ledger.map(({ receiver }) => receiver)).toEqual([0, 1]);
  });

  test('generations of one tunnel by the lifetimes that are left', () => {
    const sas = {
      inbound: [
        { spi: OLD, seconds: 100, connection: 1 },
        { spi: LOST, seconds: 3_500, connection: 3 },
      ],
      outbound: [
        { spi: BACK - 1, seconds: 100, connection: 2 },
        { spi: BACK, seconds: 3_500, connection: 4 },
      ],
    };
    const hub = hubBundle({
      hub: { log: [], captures: [{ command: 'show crypto ipsec sa', text: ipsecSa({ local: HUB, remote: SPOKE, ...sas }) }] },
    });
    const about = caseOf(hub);
    expect(lifeOf(about, OLD)).toMatchObject({ next: LOST, previous: null, partner: BACK - 1 });
    expect(lifeOf(about, LOST)).toMatchObject({ next: null, previous: OLD, partner: BACK });
    expect(lifeOf(about, BACK).outboundAtSender.current).toBe('yes');
    expect(lifeOf(about, BACK - 1).outboundAtSender.current).toBe('no');
  });

  test('a debug names who decrypts alone: the other direction, made in the same breath, tells the rest', () => {
    const log = [
      `${stampAt(T0 - 9_000)}: ${createSa(HUB, OLD)}`,
      `${stampAt(T0 - 9_000)}: ${createSa(SPOKE, BACK)}`,
      `${stampAt(T0 - 2_000)}: ${createSa(HUB, 0x7777)}`,
    ];
    const about = caseOf(
      hubBundle({
        hubFacts: { flows: [], peers: [] },
        hub: { ...clockShown, log: [...log, `${stampAt(T0)}: ${invalidSpi(SPOKE, HUB, LOST)}`] },
      }),
    );
    expect(lifeOf(about, OLD)).toMatchObject({ src: SPOKE, receiver: 0, partner: BACK });
    expect(lifeOf(about, BACK)).toMatchObject({ dst: SPOKE, sender: 0, partner: OLD });
    expect(lifeOf(about, 0x7777)).toMatchObject({ src: null, partner: null, receiver: 0 });
  });

  test('a DELETE that names no SPI, and what is handed to deletion right behind it', () => {
    const log = [
      `${stampAt(T0 - 2_000)}: ISAKMP:(1001):processing DELETE payload. message ID = 1592840211`,
      `${stampAt(T0 - 1_999)}: ISAKMP: (1001): Enqueued KEY_MGR_DELETE_SAS for IPSEC SA (SPI:0x${OLD.toString(16)})`,
    ];
    const { marks } = lifeOf(caseOf(hubBundle(), spokeBundle({ spoke: { log } })), OLD);
    expect(marks.filter(({ end }) => end === 1).map(({ what, quote }) => `${what} ${quote.line}`)).toEqual([
      'delete-received 1',
      'deleted 2',
    ]);
  });

  test('what is handed to deletion later than right behind a DELETE, or of another IKE SA, was not asked for by it', () => {
    const handedOver = (afterMs: number, ike: number): string[] => {
      const log = [
        `${stampAt(T0 - 9_000)}: ISAKMP:(1001):processing DELETE payload. message ID = 1592840211`,
        `${stampAt(T0 - 9_000 + afterMs)}: ISAKMP: (${ike}): Enqueued KEY_MGR_DELETE_SAS for IPSEC SA (SPI:0x${OLD.toString(16)})`,
      ];
      const { marks } = lifeOf(caseOf(hubBundle(), spokeBundle({ spoke: { log } })), OLD);
      return marks.filter(({ end }) => end === 1).map(({ what }) => what);
    };
    expect(handedOver(900, 1_001)).toEqual(['delete-received', 'deleted']);
    expect(handedOver(5_000, 1_001)).toEqual(['deleted']);
    expect(handedOver(900, 1_002)).toEqual(['deleted']);
  });

  test('of a list whose directions are not equally long, the ids of connections say which two are a pair', () => {
    const sas = {
      inbound: [
        { spi: OLD, seconds: 100, connection: 1 },
        { spi: LOST, seconds: 3_500, connection: 3 },
      ],
      outbound: [{ spi: BACK, seconds: 3_500, connection: 4 }],
    };
    const text = ipsecSa({ local: HUB, remote: SPOKE, ...sas });
    const about = caseOf(hubBundle({ hub: { log: [], captures: [{ command: 'show crypto ipsec sa', text }] } }));
    expect([LOST, BACK, OLD].map((spi) => lifeOf(about, spi).partner)).toEqual([BACK, LOST, null]);
  });

  test('a line that contradicts a table is misread, or lost its neighbour: the table knows whose number it is', () => {
    const spoke = spokeBundle({ spoke: { log: [`${stampAt(T0 - 2_000)}: ${createSa(HUB, BACK)}`] } });
    expect(lifeOf(caseOf(hubBundle({ hubFacts: alertSent(20) }), spoke), BACK)).toMatchObject({ receiver: 1, sender: 0 });
  });

  test('of several peers at once nobody says whose is whose', () => {
    const other = '11.1.1.77';
    const log = [createSa(HUB, 0x1001), createSa(HUB, 0x1002), createSa(SPOKE, 0x2001), createSa(other, 0x2002)];
    const about = caseOf(hubBundle({ hub: { ...clockShown, log: log.map((line) => `${stampAt(T0 - 2_000)}: ${line}`) } }));
    for (const spi of [0x1001, 0x1002]) expect(lifeOf(about, spi)).toMatchObject({ src: null, partner: null });
  });

  test('tunnels between the same two ends are kept apart', () => {
    const ident = (network: string, spi: number, seconds: number) => ({
      local: HUB,
      remote: SPOKE,
      localIdent: `10.0.0.0/255.255.255.0/0/0`,
      remoteIdent: `${network}/255.255.255.0/0/0`,
      inbound: [{ spi, seconds, connection: spi }],
    });
    const text = ipsecSa(ident('10.1.1.0', 0x1001, 3_000), ident('10.1.2.0', 0x2001, 1_000));
    const about = caseOf(
      hubBundle({ hubFacts: { flows: [] }, hub: { log: [], captures: [{ command: 'show crypto ipsec sa', text }] } }),
    );
    expect(about.ledger.map(({ next, previous }) => [next, previous])).toEqual([
      [null, null],
      [null, null],
    ]);
  });
});

describe('events', () => {
  test('one that came over two sources, and stands in the buffer too, is one', () => {
    const line = (count: number) => `<188>${count}: 000005: ${stampAt(T0)}: ${invalidSpi(SPOKE, HUB, LOST)}`;
    const buffer = `000005: ${stampAt(T0)}: ${invalidSpi(SPOKE, HUB, LOST)}\n000004: ${stampAt(T0 - 5_000)}: ${deleteSa(HUB, LOST)}\n`;
    const about = caseOf(
      hubBundle({
        hub: {
          log: [line(5), line(5), line(900)],
          captures: [{ command: 'show logging | include CRYPTO|IPSEC|ISAKMP|IKEV2', text: buffer }],
        },
      }),
    );
    const [end] = about.ends;
    expect(end!.events.map(({ event, quote }) => [event.kind, quote.file])).toEqual([
      ['sa-deleted', 'commands/01-first-show-logging-include-CRYPTO-IPSEC-ISAKMP-IKEV2.txt'],
      ['invalid-spi', 'device.log'],
    ]);
  });

  test('the message a minute later is another one', () => {
    const line = (ms: number) => `<188>1: ${stampAt(T0 + ms)}: ${invalidSpi(SPOKE, HUB, LOST)}`;
    const about = caseOf(hubBundle({ hub: { log: [line(0), line(60_000)] } }));
    expect(about.ends[0]!.events).toHaveLength(2);
  });

  test('a line without a stamp lies between its neighbours', () => {
    const log = [
      `${stampAt(T0 - 8_000)}: ${createSa(HUB, OLD)}`,
      `%CRYPTO-5-SESSION_STATUS: Crypto tunnel is DOWN.  Peer ${SPOKE}:500       Id: ${SPOKE}`,
      `${stampAt(T0)}: ${invalidSpi(SPOKE, HUB, LOST)}`,
    ];
    const about = caseOf(hubBundle({ hub: { ...clockShown, log } }));
    const down = about.ends[0]!.events.find(({ event }) => event.kind === 'session-down')!;
    expect(down.at!.fromMs).toBeGreaterThan(T0 - 12_000);
    expect(down.at!.toMs).toBeLessThan(T0 + 3_000);
    expect(down.at!.toMs - down.at!.fromMs).toBeGreaterThan(7_000);
  });

  test('a log without any stamp: somewhere within its window', () => {
    const log = Array.from({ length: 3_000 }, (_, index) => createSa(HUB, 0x20000000 + index));
    const { events } = caseOf(hubBundle({ hub: { ...clockShown, log } })).ends[0]!;
    expect(events).toHaveLength(3_000);
    expect(events[7]!.at).toMatchObject({ fromMs: T0 - 600_000, toMs: T0 + 28_000, trusted: false });
    expect(order(events[7]!, events[8]!)).toBe('before');
  });

  test('our own user’s configuration is our own work', () => {
    const line = (user: string, count: number) =>
      `<189>${count}: ${stampAt(T0 + count)}: %SYS-5-CONFIG_I: Configured from console by ${user} on vty0 (192.0.2.77)`;
    const about = caseOf(hubBundle({ hub: { log: [line('spitrap', 1), line('anna', 2)] } }));
    expect(about.ends[0]!.events.map(({ event }) => event.detail['user'])).toEqual(['anna']);
  });

  test('a clock that nobody sets begins anew with a reload', () => {
    const log = [
      `*Mar 10 11:00:00.000: ${deleteSa(HUB, OLD)}`,
      `*Mar  1 00:00:20.000: %SYS-5-RESTART: System restarted --`,
      `*Mar  1 00:00:50.000: ${invalidSpi(SPOKE, HUB, LOST)}`,
    ];
    const captures = [{ command: 'show clock', text: '*00:00:50.250 UTC Sun Mar 1 2026\n', sentMs: 200 }];
    const { events } = caseOf(hubBundle({ hub: { captures, log } })).ends[0]!;
    const [deleted, restart, message] = events;
    expect(events.map(({ event }) => event.kind)).toEqual(['sa-deleted', 'restart', 'invalid-spi']);
    expect(deleted!.at!.clock).not.toBe(restart!.at!.clock);
    expect(deleted!.at!.toMs).toBeLessThanOrEqual(T0 + 28_000);
    expect(message!.at!.fromMs).toBeCloseTo(T0, -3);
    expect(order(deleted!, restart!)).toBe('before');
  });

  test('stamps of a clock that was set meanwhile: their own order stands, their time does not', () => {
    const log = [
      `*Mar  1 00:10:00.000: ${deleteSa(HUB, OLD)}`,
      `*Mar  1 00:10:05.000: ${deleteSa(HUB, LOST)}`,
      `${stampAt(T0 - 5_000)}: %SYS-6-CLOCKUPDATE: System clock has been updated from 00:10:07 UTC Sun Mar 1 2026 to 18:22:05 UTC Thu Mar 12 2026, configured from NTP.`,
      `${stampAt(T0)}: ${invalidSpi(SPOKE, HUB, LOST)}`,
    ];
    const { events } = caseOf(hubBundle({ hub: { ...clockShown, log } })).ends[0]!;
    const [first, second, , message] = events;
    expect(events.map(({ event }) => event.kind)).toEqual(['sa-deleted', 'sa-deleted', 'clock-changed', 'invalid-spi']);
    expect(first!.at).toMatchObject({ trusted: false });
    expect(first!.at!.fromMs).toBeLessThanOrEqual(T0 - 12_000);
    expect(first!.at!.clock).toBe(second!.at!.clock);
    expect(first!.at!.clock).not.toBe(message!.at!.clock);
    expect(order(first!, second!)).toBe('before');
    expect(message!.at).toMatchObject({ trusted: true });
  });
});

const clockShown: NonNullable<TwoEnds['hub']> = {
  captures: [{ command: 'show clock', text: '18:22:10.956 UTC Thu Mar 12 2026\n', sentMs: 200 }],
};

describe('flows', () => {
  test('whose it is, what was judged since, and where it stands', () => {
    const judged = {
      added: {},
      record: {
        kind: 'judged',
        verdict: 'persistent',
        flows: [{ flow: { src: SPOKE, dst: HUB, spi: LOST }, verdict: 'persistent', grounds: ['again-after-a-minute'] }],
      },
    };
    const about = caseOf(hubBundle({ hub: { addenda: [judged, '{torn'] }, hubFacts: alertSent(20) }), spokeBundle());
    expect(about.flows).toHaveLength(1);
    expect(about.flows[0]).toMatchObject({ receiver: 0, sender: 1, judged: 'persistent', foreign: 'no', sa: { spi: LOST } });
    expect(about.flows[0]!.quote).toMatchObject({ file: 'device.log', line: 5 });
  });

  test('the message again after the seal', () => {
    const again = (count: number, ms: number) => ({
      added: {},
      record: { kind: 'seen-again', flow: { src: SPOKE, dst: HUB, spi: LOST }, count, atWall: T0 + ms, persistent: true },
    });
    const [flow] = caseOf(
      hubBundle({ hub: { addenda: [again(2, 61_000), again(3, 122_000), { record: { kind: 'seen-again', flow: null } }] } }),
    ).flows;
    expect(flow).toMatchObject({ count: 3, last: { fromMs: T0 + 122_000, clock: 'agent 0', trusted: true } });
  });

  test('a neighbour of the spoke in the same range is not the spoke', () => {
    const range = { name: 'spoke', kind: 'spitrap', cryptoAddresses: ['11.1.0.0/16'], recurrence: null, clock: null, tags: {} };
    const flow = { ...hubBundle().incident.flows[0]!, src: '11.1.9.9', peers: ['spoke'] };
    const about = caseOf(hubBundle({ hubFacts: { peers: [range], flows: [flow], ...alertSent(20) } }), spokeBundle());
    expect(about.flows.find(({ flow: one }) => one.src === '11.1.9.9')).toMatchObject({ receiver: 0, sender: null });
    const anybody = { ...range, cryptoAddresses: ['0.0.0.0/0'] };
    const stranger = caseOf(
      hubBundle({ hubFacts: { peers: [anybody], flows: [flow] } }),
      spokeBundle({ spoke: { captures: [] } }),
    );
    expect(stranger.flows.find(({ flow: one }) => one.src === '11.1.9.9')).toMatchObject({ sender: null });
  });

  test('an address of nobody is foreign only where all tunnels were shown', () => {
    const flow = { ...hubBundle().incident.flows[0]!, src: '198.51.100.66', peers: [] };
    const shown = (command: string) =>
      caseOf(
        hubBundle({
          hubFacts: { flows: [flow] },
          hub: { log: [], captures: [{ command, text: ipsecSa({ local: HUB, remote: SPOKE }) }] },
        }),
      );
    expect(shown('show crypto ipsec sa').flows[0]).toMatchObject({ foreign: 'yes', sender: null });
    expect(shown(`show crypto ipsec sa peer ${SPOKE}`).flows[0]).toMatchObject({ foreign: 'unknown' });
  });
});

describe('what cannot be known', () => {
  test('one end', () => {
    expect(caseOf(hubBundle()).unknowns.join('\n')).toMatch(/Only the bundle of hub is here: .* spoke1 /);
  });

  test('clocks without a common measure', () => {
    const about = caseOf(hubBundle({ hubFacts: { signals: [] } }), spokeBundle());
    expect(about.ends[1]!.agentClock).toBeNull();
    expect(about.unknowns.join('\n')).toMatch(/clocks of the two agents cannot be compared/);
    const [hub, spoke] = about.ends.map(({ events }) => events[0]!);
    expect(order(hub!, spoke!)).toBe('unordered');
  });

  test('clocks that were never set', () => {
    expect(bothOf({ mark: '*' }).unknowns.join('\n')).toMatch(/The clock of hub was never set/);
  });

  test('two incidents, one device twice, three bundles, none', () => {
    const other = { ...spokeBundle(), incident: { ...spokeBundle().incident, id: '01KN5X3Q9ZJ8T4V2W6Y0ZZZZZZ' } };
    expect(caseOf(hubBundle(), other).unknowns.join('\n')).toMatch(/bundles are of two incidents/);
    expect(caseOf(hubBundle(), hubBundle()).unknowns.join('\n')).toMatch(/Both bundles are of hub/);
    expect(caseOf(hubBundle(), spokeBundle(), hubBundle()).unknowns.join('\n')).toMatch(/1 more bundles were not looked at/);
    expect(caseOf().unknowns).toEqual(['No bundle was given.']);
  });

  test('commands that failed, holes, damage, a platform without readers', () => {
    const at = hubBundle().incident.opened;
    const about = caseOf(
      hubBundle({
        hub: {
          captures: [{ command: 'show crypto isakmp sa detail', text: '', status: 'timeout', detail: 'no prompt in 30 s' }],
          holes: [{ from: at, to: null, source: null, reason: 'ring-full', detail: null, lostLines: 5, lostBytes: null }],
          problems: ['device.log was changed'],
        },
        hubFacts: { debugsAtStart: { kind: 'read', flags: [], detail: null } },
      }),
    );
    expect(about.ends[0]!.missing).toEqual([
      { command: 'show crypto isakmp sa detail', why: 'cut off, no answer in time: no prompt in 30 s' },
    ]);
    const told = about.unknowns.join('\n');
    for (const words of [
      /hub is damaged: device.log was changed/,
      /has 1 hole/,
      /No crypto debugs were on at hub/,
      /No table of IPsec SAs of hub/,
    ])
      expect(told).toMatch(words);
    const strange = hubBundle();
    const unread = { ...strange, incident: { ...strange.incident, device: { ...strange.incident.device, platform: 'vax-vms' } } };
    expect(caseOf(unread).unknowns.join('\n')).toMatch(/No reader for outputs of platform vax-vms/);
  });
});

describe('the timeline', () => {
  test('has both ends’ events and their agents’ acts, in order of their middles', () => {
    const about = bothOf({ hubDeviceMs: 2_000, spokeDeviceMs: -3_000 });
    const kinds = about.timeline.map(({ kind, end }) => `${kind} ${end}`);
    for (const entry of [
      'sa-created 0',
      'sa-created 1',
      'invalid-spi 0',
      'message 0',
      'alert-sent 0',
      'alert-received 1',
      'stop-sent 0',
      'stop-sent 1',
      'sealed 0',
    ])
      expect(kinds).toContain(entry);
    expect(kinds.indexOf('alert-sent 0')).toBeLessThan(kinds.indexOf('alert-received 1'));
    expect(kinds.indexOf('sa-deleted 0')).toBeLessThan(kinds.indexOf('invalid-spi 0'));
    const middles = about.timeline.map(({ at }) => (at!.fromMs + at!.toMs) / 2);
    expect(middles).toEqual(middles.toSorted((a, b) => a - b));
  });

  test('entries of the agents quote incident.json', () => {
    const hub = hubBundle({ hubFacts: alertSent(20) });
    for (const { quote } of caseOf(hub).timeline.filter(({ quote }) => quote?.file === 'incident.json'))
      expect(hub.incidentLines[quote!.line - 1]).toBe(quote!.text);
  });
});
