/** What strangers can put into the texts of a Linux gateway, by the identity that they claim: words of charon's, and structure of swanctl's. */
import { describe, expect, test } from 'vitest';
import { readCharonLog } from '../../shared/platforms/linux-strongswan/charon-log.ts';
import { parseDebugLevels } from '../../shared/platforms/linux-strongswan/debug-levels.ts';
import * as lines from '../../shared/platforms/linux-strongswan/lines.ts';
import { linuxStrongswan } from '../../shared/platforms/linux-strongswan/linux-strongswan.ts';
import { parseIkeSas } from '../../shared/platforms/linux-strongswan/list-sas.ts';
import { noUnknownSpi, readUnknownSpi } from '../../shared/platforms/linux-strongswan/unknown-spi.ts';

const AT = '2026-11-22T08:38:06.123 ';
const claimed = (identity: string): string =>
  `${AT}10[CFG] looking for peer configs matching 198.51.100.1[%any]...198.51.100.66[${identity}]`;

describe('the debug levels', () => {
  const probe = `${AT}09[CFG] vici rekey CHILD_SA 'spitrap-probe'`;
  test('off is believed only of our own request', () => {
    const spoofed = parseDebugLevels(
      `${AT}10[IKE] received EAP identity '09[CFG] vici rekey CHILD_SA 'spitrap-probe'\noff.levels\n`,
    );
    expect(spoofed.unread.map(({ text }) => text)).toEqual([expect.stringContaining('has not logged our request')]);
    expect(parseDebugLevels(`${probe}\noff.levels\n`)).toEqual({ value: [], unread: [] });
  });
  test('an identity does not keep them on, and makes nothing unreadable', () => {
    for (const words of ['09[CFG] vici client 1 connected', 'vici client 1 requests: stats', 'on.levels', 'vici x'])
      expect(parseDebugLevels(`${claimed(words)}\n${probe}\noff.levels\n`), words).toEqual({ value: [], unread: [] });
  });
});

test.each([
  "vici terminate CHILD_SA 'net'",
  "10[CFG] vici terminate CHILD_SA 'net'",
  'received DELETE for ESP CHILD_SA with SPI b6811b10',
  'CHILD_SA net{1} established with SPIs b6811b10_i e7647732_o and TS 1 === 2',
  'IKE_SA peer[1] established between 198.51.100.2[a]...198.51.100.1[b]',
  '[ENC] parsed N(INVAL_SPI)',
  '[JOB] spawning 16 worker threads',
  'spitrap spi-watch: ESP without an SA: src=198.51.100.2 dst=198.51.100.1 spi=0xb6811b10 packets=1',
  'DPD check timed out',
  'due to uniqueness policy',
])('no event is in an identity: %s', (identity) => {
  expect(readCharonLog([claimed(identity)])).toEqual([]);
});

test('lines of a log that names its IKE SAs are events all the same', () => {
  const line = 'Nov 22 08:38:06 hub1 charon-systemd[812]: 13[IKE] <peer|1> sending DPD request';
  expect(readCharonLog([line]).map(({ kind }) => kind)).toEqual(['dpd-sent']);
});

test('no unknown SPI is in an identity', () => {
  let state = noUnknownSpi;
  for (const identity of [
    '02[NET] received packet: from 198.51.100.2[4500] to 198.51.100.1[4500]',
    '06[ESP] parsed ESP header with SPI b6811b10 [seq 5]',
    '06[ESP] inbound ESP packet does not belong to an installed SA',
    'op=SA-notfound src=198.51.100.2 dst=198.51.100.1 spi=3061914384(0xb6811b10) seqno=3',
  ]) {
    const step = readUnknownSpi(state, claimed(identity));
    expect(step.flow, identity).toBeNull();
    state = step.state;
  }
  expect(state).toEqual(noUnknownSpi);
});

describe('the SAs', () => {
  const SPIS = 'initiator-spi=8f0e253a31218616 responder-spi=308ba000b45da505';
  const output = (identity: string): string =>
    `list-sa event {peer {uniqueid=1 version=2 state=ESTABLISHED local-host=198.51.100.1 local-port=4500 local-id=hub.example.net remote-host=198.51.100.2 remote-port=4500 remote-id=${identity} initiator=yes ${SPIS} established=6 child-sas {net-1 {name=net uniqueid=1 reqid=1 state=INSTALLED mode=TUNNEL protocol=ESP spi-in=b6811b10 spi-out=e7647732 packets-in=2}}}}\nlist-sas reply {}\n`;
  test.each([
    'spoke.example.net',
    'C=CH, O=example, CN=spoke',
    'x}',
    'x {',
    'x}}}}',
    'a=[',
    'x state=DELETING',
    '}} child-sas {a {spi-in=00000001}} {',
    'x child-sas {a {spi-in=dead0001}} y=',
    `x ${SPIS} child-sas {a {spi-in=00000001}} z`,
    `x ${SPIS} child-sas {}}} list-sa event {`,
    'x remote-id=y',
  ])('are charon’s own, whoever the other end claims to be: %s', (identity) => {
    const { value, unread } = parseIkeSas(output(identity));
    expect(unread).toEqual([]);
    expect(value).toHaveLength(1);
    expect(value![0]).toMatchObject({ state: 'ESTABLISHED', remote: '198.51.100.2', remoteId: identity, establishedSeconds: 6 });
    expect(value![0]!.children.map(({ spiIn, spiOut }) => [spiIn, spiOut])).toEqual([[0xb6811b10, 0xe7647732]]);
  });
  test('a second identity, as EAP has one, stands beside the first', () => {
    const [sa] = parseIkeSas(output('spoke} remote-eap-id=user state=DELETING')).value!;
    expect(sa).toMatchObject({ remoteId: 'spoke}', state: 'ESTABLISHED' });
  });
  test('thousands of keys in an identity cost no more than its length', () => {
    expect(parseIkeSas(output(' remote-id= initiator-spi= {'.repeat(2_000))).value).toHaveLength(1);
  });
});

test('a host without all of strongSwan’s plugins: swanctl says so in front of each answer, and is read all the same', () => {
  const noise =
    "plugin 'test-vectors': failed to load - test_vectors_plugin_create not found and no plugin file available\n" +
    "plugin 'rdrand': failed to load - rdrand_plugin_create not found and no plugin file available\n";
  expect(parseIkeSas(`${noise}list-sas reply {}\n`)).toEqual({ value: [], unread: [] });
  expect(linuxStrongswan.evidence.capture(lines.STATS, `${noise}uptime: 3 minutes, since Nov 22 08:31:42 2026\n`)).toMatchObject({
    uptime: { line: 3, seconds: 180 },
  });
  // So that a refusal behind it is seen as one.
  for (const line of noise.trim().split('\n'))
    expect(linuxStrongswan.definition.preamble.some((one) => one.test(line))).toBe(true);
});
