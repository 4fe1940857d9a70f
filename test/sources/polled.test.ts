/** The sources that ask: a counter over SNMP, the QFP's drops over SSH, the event manager's history; what they tell, and when they can not. */
import { describe, expect, test } from 'vitest';
import type { PeerConfig } from '../../agent/config/config.ts';
import type { Notification } from '../../agent/net/signalling.ts';
import type { PolledRow, PolledValue, SnmpPolls, World } from '../../agent/ports.ts';
import { type EemHistoryConfig, eemHistory, newRows } from '../../agent/sources/eem-history.ts';
import { sourceKinds } from '../../agent/sources/index.ts';
import { type QfpDropsConfig, qfpDrops } from '../../agent/sources/qfp-drops.ts';
import { NO_SA_FAILS, type SnmpCounterConfig, snmpCounter } from '../../agent/sources/snmp-counter.ts';
import { SpitrapError } from '../../shared/errors.ts';
import type { Observation } from '../../shared/model/observation.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeDevice } from '../support/fake-device.ts';

const EVERY = 30_000;
const number = (value: number): PolledValue => ({ kind: 'number', value });
const unanswered = () =>
  new SpitrapError('SNMP_POLL_FAILED', 'SNMP 192.0.2.1:161: Request timed out; it is asked again at the next poll');

function watching(snmp: Partial<SnmpPolls> = {}) {
  const clock = new FakeClock();
  const seen: Observation[] = [];
  const polls: SnmpPolls = { get: async () => [], walk: async () => [], ...snmp };
  const world = { clock, snmp: polls } as unknown as World;
  const context = { world, emit: (o: Observation) => void seen.push(o), device: null };
  const symptoms = () => seen.flatMap((o) => (o.kind === 'symptom' ? [o] : []));
  const states = () => seen.flatMap((o) => (o.kind === 'source-state' ? [`${o.state}: ${o.detail}`] : []));
  const refusals = () => seen.flatMap((o) => (o.kind === 'refusal' ? [o.reason] : []));
  return { clock, seen, context, symptoms, states, refusals };
}

test('they stand on the shelf under their own names', () => {
  expect(sourceKinds['snmp-counter']).toBe(snmpCounter);
  expect(sourceKinds['qfp-drops']).toBe(qfpDrops);
  expect(sourceKinds['eem-history']).toBe(eemHistory);
});

describe('snmp-counter', () => {
  const config: SnmpCounterConfig = {
    kind: 'snmp-counter',
    name: 'fails',
    send: { address: '192.0.2.1', port: 161 },
    snmp: { version: '2c', community: 'public' },
    everyMs: EVERY,
    atLeast: 10,
    opens: true,
  };
  async function polled(answers: (n: number, upTicks: number) => readonly PolledValue[] | Error) {
    let n = 0;
    const asked: (readonly string[])[] = [];
    const w = watching({
      get: async (_target, oids) => {
        asked.push(oids);
        const answer = answers(n, 1_000_000 + n * (EVERY / 10));
        n++;
        if (answer instanceof Error) throw answer;
        return answer;
      },
    });
    const source = await snmpCounter.open('fails', config, w.context);
    return { ...w, source, asked };
  }
  test('a rise above what is normal is one symptom, with its figures; a steady rate none', async () => {
    const w = await polled((n, up) => [number(up), number(n < 8 ? n * 3 : n * 3 + 500)]);
    await w.clock.advance(10 * EVERY);
    expect(w.asked[0]).toEqual(['1.3.6.1.2.1.1.3.0', NO_SA_FAILS]);
    expect(w.symptoms()).toEqual([expect.objectContaining({ source: 'fails', cause: 'no-sa-fails', opens: true, remote: null })]);
    expect(w.symptoms()[0]!.detail).toBe(
      'cipSecGlobalNoSaFails of 192.0.2.1:161: 503 packets since the last look, 16 and more are above what is normal here',
    );
    await w.source.close();
    expect(w.clock.waiting).toEqual([]);
  });
  test('no answer is told once, and so is the next answer; a device without the counter says so', async () => {
    const w = await polled((n, up) => (n >= 2 && n < 6 ? unanswered() : [number(up), number(0)]));
    await w.clock.advance(10 * EVERY);
    expect(w.states().map((state) => state.split(':')[0])).toEqual(['open', 'interrupted', 'open']);
    const without = await polled((_n, up) => [number(up), { kind: 'absent' }]);
    await without.clock.advance(3 * EVERY);
    expect(without.states()).toEqual([
      'interrupted: the device does not have cipSecGlobalNoSaFails (CISCO-IPSEC-FLOW-MONITOR-MIB)',
    ]);
    await w.source.close();
    await without.source.close();
  });
  test.each([-1, 2 ** 32, 1e300])('a value that no Counter32 has (%d) is none', async (value) => {
    const w = await polled((_n, up) => [number(up), number(value)]);
    await w.clock.advance(EVERY);
    expect(w.states()[0]).toContain('does not have');
    await w.source.close();
  });
});

describe('qfp-drops', () => {
  const config: QfpDropsConfig = { kind: 'qfp-drops', name: 'drops', everyMs: EVERY, atLeast: 10, opens: false };
  const rows = (v4: number): string =>
    [
      `        4  IN_US_V4_PKT_SA_NOT_FOUND_SPI                            ${v4}`,
      '        7  IN_TRANS_V4_IPSEC_PKT_NOT_FOUND_SPI                          0',
      '       12  IN_US_V6_PKT_SA_NOT_FOUND_SPI                                 0',
    ].join('\n');
  async function polled(answer: (command: string, n: number) => string, platform = 'cisco-iosxe', asksDevice = true) {
    const w = watching();
    const device = new FakeDevice(w.clock);
    Object.assign(device, { platform: platformNamed(platform) });
    let n = 0;
    device.answer = (command) => answer(command, n++);
    const source = await qfpDrops.open('drops', config, { ...w.context, device }, { asksDevice });
    return { ...w, source, device };
  }
  test('the datapath’s counters of unknown SPIs, added up; a rise is one symptom', async () => {
    const w = await polled((_command, n) => rows(n < 8 ? 64_574 : 64_574 + 40));
    await w.clock.advance(10 * EVERY);
    expect(new Set(w.device.commands)).toEqual(
      new Set(['capture: show platform hardware qfp active feature ipsec datapath drops all | include SPI']),
    );
    expect(w.symptoms()).toHaveLength(1);
    expect(w.symptoms()[0]).toMatchObject({ cause: 'qfp-drops', opens: false, detail: expect.stringContaining(': 40 packets') });
    await w.source.close();
  });
  test('where the datapath shows none, the global statistics; the two are never compared with each other', async () => {
    const w = await polled((command, n) => (command.includes('datapath') ? '' : `IpsecInput   ${1_000 + n}   99`));
    await w.clock.advance(4 * EVERY);
    expect(w.states()[0]).toMatch(/^open/);
    expect(w.device.commands.filter((command) => command.includes('datapath'))).toHaveLength(1);
    await w.source.close();
  });
  test('a platform without them, or mode observe: nothing is asked, and it is said why', async () => {
    const ios = await polled(() => '', 'cisco-ios');
    const observing = await polled(() => rows(1), 'cisco-iosxe', false);
    for (const w of [ios, observing]) {
      await w.clock.advance(5 * EVERY);
      expect(w.device.commands).toEqual([]);
      expect(w.states()[0]).toMatch(/^interrupted: (platform cisco-ios has no drop counters|mode observe asks)/);
      await w.source.close();
    }
  });
});

describe('eem-history', () => {
  const STOP = 2323232;
  const config: EemHistoryConfig = {
    kind: 'eem-history',
    name: 'history',
    peer: 'router',
    send: { address: '203.0.113.1', port: 161 },
    snmp: { version: '2c', community: 'public' },
    everyMs: 5_000,
  };
  const column = (root: 91 | 134, number_: number) => `1.3.6.1.4.1.9.10.${root}.1.2.3.1.${number_}`;
  async function polled(
    table: () => Partial<Record<91 | 134, readonly (readonly [index: number, value: number])[]>> | Error,
    { op = 'eq', rowsAnswer = true } = {},
  ) {
    const heard: Notification[] = [];
    const w = watching({
      get: async (_target, oids) =>
        oids.map((oid) => {
          if (!rowsAnswer && oid.includes('.1.2.3.1.')) throw unanswered();
          return oid.includes('.1.2.3.1.7.')
            ? { kind: 'text', value: 'command_hub' }
            : oid.includes('.1.1.3.')
              ? number(5)
              : { kind: 'absent' };
        }),
      walk: async (_target, prefix): Promise<PolledRow[]> => {
        const now = table();
        if (now instanceof Error) throw now;
        const root = prefix === column(91, 9) ? 91 : 134;
        return (now[root] ?? []).map(([index, value]) => ({ oid: `${prefix}.${index}`, value: number(value) }));
      },
    });
    const peer = { name: 'router', kind: 'eem', op } as unknown as PeerConfig;
    const source = await eemHistory.open('history', config, {
      ...w.context,
      onSignal: (notification) => void heard.push(notification),
      peer,
      stopValue: STOP,
      eemWindowMs: 60_000,
    });
    return { ...w, source, heard };
  }
  test.each([91, 134] as const)(
    'root %i: what stood there at the start is old; a new row with the agreed value is heard once',
    async (root) => {
      let rows: (readonly [number, number])[] = [
        [1, STOP],
        [2, 7],
      ];
      const w = await polled(() => ({ [root]: rows }));
      await w.clock.advance(6_000);
      expect(w.heard).toEqual([]);
      rows = [...rows, [3, 99], [4, STOP]];
      await w.clock.advance(20_000);
      expect(w.heard).toHaveLength(1);
      expect(w.heard[0]).toMatchObject({
        peer: 'router',
        root,
        intData1: STOP,
        intData2: null,
        strData: '',
        policyName: 'command_hub',
      });
      expect(w.heard[0]!.trapOid).toBe(`1.3.6.1.4.1.9.10.${root}.0.2`);
      await w.source.close();
    },
  );
  test('a table that was not read for longer than the window: its rows may be of any age, and end nothing', async () => {
    let now: Parameters<typeof polled>[0] = () => ({ 91: [[1, STOP]] });
    const w = await polled(() => now());
    await w.clock.advance(6_000);
    now = unanswered;
    await w.clock.advance(90_000);
    now = () => ({
      91: [
        [1, STOP],
        [2, STOP],
      ],
    });
    await w.clock.advance(6_000);
    expect(w.heard).toEqual([]);
    expect(w.refusals()).toEqual(['history-too-old']);
    expect(w.states().map((state) => state.split(':')[0])).toEqual(['open', 'interrupted', 'open']);
    await w.source.close();
  });
  test('a new row of which no more than its value could be read: with eq that is the event, else it may be anybody’s', async () => {
    for (const [op, heard] of [
      ['eq', [[STOP, '']]],
      ['ge', []],
    ] as const) {
      let rows: (readonly [number, number])[] = [[1, 7]];
      const w = await polled(() => ({ 91: rows }), { op, rowsAnswer: false });
      await w.clock.advance(6_000);
      rows = [...rows, [2, STOP]];
      await w.clock.advance(20_000);
      expect(w.heard.map(({ intData1, policyName }) => [intData1, policyName])).toEqual(heard);
      expect(w.refusals()).toEqual(op === 'eq' ? [] : ['history-unread']);
      await w.source.close();
    }
  });
  test('a table that is empty at one look and back at the next brings nothing anew', async () => {
    const old = [
      [4, STOP],
      [5, STOP],
    ] as const;
    let rows: readonly (readonly [number, number])[] = old;
    const w = await polled(() => ({ 91: rows }));
    await w.clock.advance(6_000);
    for (const next of [[], old, [], [[1, STOP]] as const]) {
      rows = next;
      await w.clock.advance(6_000);
    }
    // The last is of a table that began anew.
    expect(w.heard).toHaveLength(1);
    await w.source.close();
  });
  test('new rows, by index; a table that began anew is all new; nothing is before the first look', () => {
    const row = (index: number, root: 91 | 134 = 91) => ({ root, index, intData1: STOP });
    expect(newRows(null, [row(1)])).toEqual([]);
    expect(newRows({ 91: 5, 134: 0 }, [row(4), row(5), row(6)])).toEqual([row(6)]);
    expect(newRows({ 91: 5, 134: 0 }, [row(1), row(2)])).toEqual([row(1), row(2)]);
    expect(newRows({ 91: 5, 134: 0 }, [row(5), row(1, 134)])).toEqual([row(1, 134)]);
    expect(newRows({ 91: 5, 134: 0 }, [])).toEqual([]);
  });
});
