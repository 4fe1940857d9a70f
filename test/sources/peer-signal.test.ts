/** agent/sources/peer-signal.ts: what an authentic notification means, and which ones mean nothing. */
import { describe, expect, test } from 'vitest';
import type { PeerConfig } from '../../agent/config/config.ts';
import type { Notification } from '../../agent/net/signalling.ts';
import { hear } from '../../agent/sources/peer-signal.ts';
import { parseRange } from '../../shared/model/address.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import { defaultValues } from '../../shared/wire/signal.ts';

const ID = '01KKHMKS72E6R0P2GJR4R8GCJ9';
const NEW_ID = '01KKHMKS72E6R0P2GJR4R8GCJA';

const peer = (name: string, kind: PeerConfig['kind'], ...crypto: string[]): PeerConfig => ({
  name,
  kind,
  cryptoAddresses: crypto.map((text) => parseRange(text)!),
  send: [{ address: '198.51.100.1', port: 10_162 }],
  from: [parseRange('198.51.100.1')!],
  snmp: { version: '2c', community: 'c' },
  op: 'eq',
  root: 91,
  notify: 'inform',
  engineId: null,
  page: null,
  tags: {},
});
const peers = [peer('hub', 'spitrap', '213.163.222.7', '10.9.0.0/16'), peer('router', 'eem', '203.0.113.1')];

const notification = (change: Partial<Notification> = {}): Notification => ({
  peer: 'hub',
  from: { address: '198.51.100.1', port: 40_000 },
  version: 3,
  confirmed: true,
  root: 91,
  trapOid: '1.3.6.1.4.1.9.10.91.0.2',
  intData1: defaultValues.stop,
  intData2: 0,
  strData: `1 stop ${ID}`,
  policyName: 'spitrap hub',
  sysUpTimeMs: 1,
  varbinds: [],
  at: monotonic(5),
  wall: wall(6),
  respond: () => {},
  ...change,
});
const heard = (change: Partial<Notification>) => hear(notification(change), peers, defaultValues, () => NEW_ID);
const alert = (keys: string, intData2: number | null = 17_950) =>
  heard({ intData1: defaultValues.alert, intData2, strData: `1 alert ${ID} ${keys}` });
const FLOW = 'spi=0x68842105 src=11.1.1.3 dst=213.163.222.7';

describe('means nothing, and says why', () => {
  test.each<[title: string, change: Partial<Notification>, reason: string]>([
    ['another notification of the router', { root: null, trapOid: '1.3.6.1.6.3.1.1.5.3' }, 'not-a-signal'],
    ['a peer that is not configured', { peer: 'nobody' }, 'not-a-signal'],
    ['a value that nobody agreed on', { intData1: 2_323_299 }, 'value'],
    ['no value', { intData1: null }, 'value'],
    ['text that is torn', { strData: '1 stop' }, 'strdata-malformed'],
    ['a stop of a spitrap peer without its text', { strData: '' }, 'strdata-missing'],
    ['the value of a stop with the text of an alert', { strData: `1 alert ${ID}` }, 'phase-differs'],
    ['an alert of an EEM router', { peer: 'router', intData1: defaultValues.alert, strData: '' }, 'eem-phase'],
    ['a person who arms the pair', { intData1: defaultValues.arm, strData: '1 arm -' }, 'remote-arm'],
  ])('%s', (_title, change, reason) => {
    expect(heard(change)).toMatchObject({ kind: 'refused', reason });
  });
});

describe('means an input', () => {
  test('a stop, with its id and a fresh one in case that it opens the incident', () => {
    expect(heard({})).toEqual({
      kind: 'input',
      input: { kind: 'stop', id: ID, newId: NEW_ID, peer: 'hub', scope: ['213.163.222.7'], flow: null },
    });
  });

  test('a bare stop of an EEM router, whatever its text', () => {
    expect(heard({ peer: 'router', strData: 'anything' })).toEqual({
      kind: 'input',
      input: { kind: 'stop', id: null, newId: NEW_ID, peer: 'router', scope: ['203.0.113.1'] },
    });
  });

  test('a stop that names its flow: if no alert came, the captures know what to look for', () => {
    expect(heard({ strData: `1 stop ${ID} ${FLOW}` })).toMatchObject({
      input: { kind: 'stop', flow: { src: '11.1.1.3', dst: '213.163.222.7', spi: 0x68842105 } },
    });
  });

  test.each<[title: string, keys: string, intData2: number | null, input: object]>([
    [
      'with its flow, scoped to the end that the flow names',
      FLOW,
      17_950,
      { delayMs: 17_950, act: true, scope: ['213.163.222.7'] },
    ],
    ['of an address inside a configured range', FLOW.replace('213.163.222.7', '10.9.1.1'), 1, { scope: ['10.9.1.1'] }],
    [
      'of an address that is none of the peer’s: its configured ones',
      FLOW.replace('213.163.222.7', '192.0.2.99'),
      1,
      { scope: ['213.163.222.7'] },
    ],
    ['for a capture only', `act=no ${FLOW}`, 1, { act: false }],
    ['without a flow', '', 1, { flow: null, scope: ['213.163.222.7'] }],
    ['with a flow that is no flow', 'spi=0x1;reload src=a|b dst=213.163.222.7', 1, { flow: null }],
    ['without a delay', FLOW, null, { delayMs: null }],
    ['with a delay before now', FLOW, -5, { delayMs: -5 }],
  ])('an alert %s', (_title, keys, intData2, input) => {
    expect(alert(keys, intData2)).toMatchObject({ kind: 'input', input: { kind: 'alert', id: ID, peer: 'hub', ...input } });
  });

  test('an alert’s flow is parsed anew', () => {
    expect(alert(FLOW)).toMatchObject({ input: { flow: { src: '11.1.1.3', dst: '213.163.222.7', spi: 0x68842105 } } });
  });

  test('a done, with its bits and words', () => {
    expect(heard({ intData1: defaultValues.done, intData2: 15, strData: `1 done ${ID} off=verified cap=4/4` })).toMatchObject({
      input: { kind: 'done', id: ID, peer: 'hub', bits: 15, keys: { off: 'verified', cap: '4/4' } },
    });
  });
});

describe('an operator other than eq (event snmp-notification … op)', () => {
  const STOP = defaultValues.stop;
  const compared = (op: PeerConfig['op'], intData1: number | null, strData = '') =>
    hear(
      notification({ peer: 'router', intData1, strData }),
      [{ ...peer('router', 'eem', '203.0.113.1'), op }],
      defaultValues,
      () => NEW_ID,
    );

  test.each<[op: PeerConfig['op'], below: boolean, equal: boolean, above: boolean]>([
    ['eq', false, true, false],
    ['ne', true, false, true],
    ['gt', false, false, true],
    ['ge', false, true, true],
    ['lt', true, false, false],
    ['le', true, true, false],
  ])('%s', (op, below, equal, above) => {
    const kinds = [STOP - 100, STOP, STOP + 100].map((value) => compared(op, value).kind === 'input');
    expect(kinds).toEqual([below, equal, above]);
    expect(compared(op, null)).toMatchObject({ kind: 'refused', reason: 'value' });
  });

  test('counts for a bare notification alone: no word of an agent is taken for a stop', () => {
    const done = compared('ge', defaultValues.done, `1 done ${ID} off=verified`);
    expect(done).toMatchObject({ kind: 'refused', reason: 'eem-phase' });
    expect(compared('ge', STOP, '1 torn')).toMatchObject({ kind: 'refused', reason: 'eem-phase' });
    expect(compared('ge', defaultValues.done)).toMatchObject({ input: { kind: 'stop', id: null } });
  });
});

test('a hello is for the heartbeat, with the moment at which it came', () => {
  expect(heard({ intData1: defaultValues.hello, strData: '1 hello - mode=act armed=yes t=12' })).toMatchObject({
    kind: 'hello',
    peer: 'hub',
    keys: { mode: 'act', armed: 'yes', t: '12' },
    at: 5,
    wall: 6,
  });
});
