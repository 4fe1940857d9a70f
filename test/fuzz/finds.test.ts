/** What `npm run fuzz` found, made small: each is now an input like any other. */
import { expect, test } from 'vitest';
import type { Notification } from '../../agent/net/signalling.ts';
import { hear } from '../../agent/sources/peer-signal.ts';
import { parseIncidentFile } from '../../shared/bundle/incident-file.ts';
import { cutMessages } from '../../shared/detect/glued.ts';
import { limits } from '../../shared/limits.ts';
import { parseDebugConditions } from '../../shared/platforms/cisco/debug-condition.ts';
import { parseDmvpn } from '../../shared/platforms/cisco/dmvpn.ts';
import { parseIsakmpSas } from '../../shared/platforms/cisco/isakmp-sa.ts';
import { defaultValues } from '../../shared/wire/signal.ts';

const ID = '01JD00000000000000000000AA';

test('show crypto isakmp sa: the method of authentication wrapped to a line of its own, and no row before it', () => {
  const { value, unread } = parseIsakmpSas('conn-id: Auth:\npsk');
  expect([value, unread.map(({ number }) => number)]).toEqual([[], [1, 2]]);
});

test('show crypto debug-condition: thousands of words behind a header are one line that was not understood, not thousands of values', () => {
  const { value, unread } = parseDebugConditions(`Connection-id filters: ${'filters: '.repeat(1_800)}`);
  expect([value.filters, unread.map(({ number }) => number)]).toEqual([[], [1]]);
});

test('incident.json: names as long as the file are quoted in a bounded reason', () => {
  const long = 'x'.repeat(20_000);
  const strange = [
    JSON.stringify({ schema: long }),
    JSON.stringify({ schema: 1, [long]: 1, peers: [{ [long]: { [long]: 1 } }] }),
    `{${long}`,
  ];
  const whys = strange.map((content) => {
    const read = parseIncidentFile(content);
    return read.kind === 'unreadable' ? read.why : '';
  });
  expect(whys.map((why) => why.startsWith('incident.json '))).toEqual([true, true, true]);
  for (const why of whys) expect(why.length).toBeLessThan(2_000);
});

test('hundreds of messages glued into one line: as many as the limit are cut out, and each of the rest is counted, unread', () => {
  const body =
    "decaps: rec'd IPSEC packet has invalid spi for destaddr=213.163.222.7, prot=50, spi=0x68842105(1753489669), srcaddr=11.1.1.3";
  const line = Array.from(
    { length: 300 },
    (_, i) => `<188>${100 + i}: *Mar 12 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI: ${body}`,
  ).join('');
  const { messages, dropped } = cutMessages(line, limits.gluedMessagesMax);
  expect([messages.length, messages.length + dropped]).toEqual([limits.gluedMessagesMax, 300]);
  // Other messages between them count too.
  const mixed = cutMessages(
    line.replaceAll(/CRYPTO-4-RECVD_PKT_INV_SPI: (.{40})/g, 'SYS-5-CONFIG_I: $1 %CRYPTO-4-RECVD_PKT_INV_SPI: '),
    4,
  );
  expect(mixed.messages.length + mixed.dropped).toBe(300);
});

test('a notification whose OID has a hundred arcs is named in a bounded reason', () => {
  const trapOid = `1.3.6.1.${Array.from({ length: 120 }, () => '4294967295').join('.')}`;
  const notification = { peer: 'hub', root: null, trapOid, strData: '', varbinds: [] } as unknown as Notification;
  const peers = [{ name: 'hub', kind: 'spitrap' }] as unknown as Parameters<typeof hear>[1];
  const heard = hear(notification, peers, defaultValues, () => ID as never);
  expect(heard.kind === 'refused' && heard.detail.length).toBeLessThan(200);
});

test('show dmvpn: thousands of spaces between an address and what is no status cost what they are, not their square', () => {
  const output = `Interface: Tunnel84, IPv4 NHRP Details\nIPv4 NHS:\n${' '.repeat(20)}10.0.0.8${' '.repeat(60_000)}UP    1d02h   DT1       10.9.0.0/24`;
  const began = process.cpuUsage();
  const { value } = parseDmvpn(output);
  const { user } = process.cpuUsage(began);
  expect(value.tunnels.map(({ nextHopServers }) => nextHopServers)).toEqual([[]]);
  // The square of it takes seconds.
  expect(user).toBeLessThan(1_500_000);
});
