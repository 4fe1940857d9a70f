/** clogMessageGenerated as it is read: severity, cut, line; and what is no message. */
import { describe, expect, test } from 'vitest';
import { CLOG_MESSAGE_GENERATED, clogLine, readClogMessage, wholePart } from '../../shared/wire/clog-trap.ts';
import { headOfV1Trap } from '../../shared/wire/event-manager.ts';
import type { SnmpValue, Varbind } from '../../shared/wire/snmp-pdu.ts';
import { parseSyslog } from '../../shared/wire/syslog.ts';
import { clogVarbinds } from '../support/clog-varbinds.ts';

const BODY =
  "decaps: rec'd IPSEC packet has invalid spi for destaddr=213.163.222.7, prot=50, spi=0x68842105(1753489669), srcaddr=11.1.1.3, input interface=Ethernet0/0";

test('the line that IOS would have sent: severity one less, the index in the place of the counter', () => {
  const read = readClogMessage(clogVarbinds({ text: BODY, index: 91 }));
  expect(read).toEqual({
    ok: true,
    message: { facility: 'CRYPTO', severity: 4, name: 'RECVD_PKT_INV_SPI', text: BODY, cut: false, index: 91 },
  });
  if (!read.ok) return;
  const line = clogLine(read.message);
  expect(line).toBe(`<188>91: %CRYPTO-4-RECVD_PKT_INV_SPI: ${BODY}`);
  expect(parseSyslog(line)).toMatchObject({
    pri: 188,
    sequence: 91,
    facilityName: 'CRYPTO',
    mnemonic: 'RECVD_PKT_INV_SPI',
    unread: '',
  });
});

test.each(Array.from({ length: 8 }, (_, severity) => severity))('syslog severity %i comes as one more', (severity) => {
  const read = readClogMessage(clogVarbinds({ severity: severity + 1 }));
  expect(read.ok && read.message.severity).toBe(severity);
});

test('varbinds in any order, with strangers among them, and without a usable index', () => {
  const varbinds: Varbind[] = [
    { oid: '1.3.6.1.2.1.2.2.1.1.7', value: { type: 'integer', value: 5 } },
    ...clogVarbinds({ index: 0 }).reverse(),
  ];
  expect(readClogMessage(varbinds)).toMatchObject({ ok: true, message: { index: null } });
});

test('a v1 trap of enterprise 9.9.41.2, specific 1, is the same notification', () => {
  const trap = {
    type: 'trap-v1',
    enterprise: '1.3.6.1.4.1.9.9.41.2',
    specificTrap: 1,
    genericTrap: 6,
    agentAddress: '10.0.0.1',
    timeStamp: 5,
    varbinds: [],
  } as const;
  expect(headOfV1Trap(trap).trapOid).toBe(CLOG_MESSAGE_GENERATED);
});

describe('cut', () => {
  const long = (head: string): string => `${head.padEnd(254, 'x').slice(0, 254)}*`;
  test('255 octets that end in an asterisk; neither shorter ones nor others are', () => {
    const cut = (text: string) => {
      const read = readClogMessage(clogVarbinds({ text }));
      return read.ok && read.message.cut;
    };
    expect(cut(long('a'))).toBe(true);
    expect(cut(long('a').slice(1))).toBe(false);
    expect(cut('x'.repeat(255))).toBe(false);
    expect(cut(`${BODY}*`)).toBe(false);
  });
  test('what is whole ends before the last comma: any field may have lost its end', () => {
    expect(wholePart('for destaddr=213.163.222.7, prot=50, spi=0x1(1), srcaddr=11.1.1.1*')).toBe(
      'for destaddr=213.163.222.7, prot=50, spi=0x1(1)',
    );
    expect(wholePart('no comma at all*')).toBe('');
  });
});

describe('is no message', () => {
  const change = (column: number, value: SnmpValue | null): Varbind[] =>
    clogVarbinds({}).flatMap((bind) => {
      if (!bind.oid.includes(`.3.1.${column}.`)) return [bind];
      return value === null ? [] : [{ ...bind, value }];
    });
  const octets = (text: string): SnmpValue => ({ type: 'octets', value: Buffer.from(text, 'latin1') });
  test.each<[string, Varbind[]]>([
    ['nothing', []],
    ['no facility', change(2, null)],
    ['no severity', change(3, null)],
    ['no name', change(4, null)],
    ['no text', change(5, null)],
    ['severity 0', change(3, { type: 'integer', value: 0 })],
    ['severity 9', change(3, { type: 'integer', value: 9 })],
    ['a severity that is a text', change(3, octets('5'))],
    ['a facility that is a number', change(2, { type: 'integer', value: 4 })],
    ['a facility with a line end', change(2, octets('CRY\nPTO'))],
    ['a name with a blank', change(4, octets('INV SPI'))],
    ['an empty name', change(4, octets(''))],
    ['a name without an end', change(4, octets('A'.repeat(10_000)))],
    ['a text beyond 255 octets', change(5, octets('x'.repeat(256)))],
    ['a text that is not set', change(5, { type: 'no-such-instance' })],
  ])('%s', (_name, varbinds) => {
    expect(readClogMessage(varbinds).ok).toBe(false);
  });
  test('line ends and NUL in a text make no second line', () => {
    const read = readClogMessage(change(5, octets('one\r\n<188>%CRYPTO-4-RECVD_PKT_INV_SPI: two\0three')));
    expect(read.ok && clogLine(read.message)).not.toMatch(/[\r\n\0]/);
  });
});
