import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSyslog } from '../../shared/wire/syslog.ts';
import { headerForms } from '../support/invalid-spi-lines.ts';

describe('every header form of facts.md §2', () => {
  test.each(headerForms)('$name', ({ header, expected }) => {
    const read = parseSyslog(`${header}%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd`);
    const { stamp, mark, zone, year, timeOfDayMs, ...plain } = expected;
    expect(read).toMatchObject({
      ...plain,
      facility: plain.pri === null ? null : Math.floor(plain.pri / 8),
      severity: plain.pri === null ? null : plain.pri % 8,
      sequence: plain.counters.at(-1) ?? null,
      facilityName: 'CRYPTO',
      messageSeverity: 4,
      mnemonic: 'RECVD_PKT_INV_SPI',
      carrier: null,
      unread: '',
      body: "decaps: rec'd",
    });
    if (stamp === null) expect(read.stamp).toBeNull();
    else expect(read.stamp).toMatchObject({ text: stamp, mark, zone, year, timeOfDayMs, hasYear: year !== null });
  });

  test.each(headerForms)('$name, with CR, NUL and spaces at the end', ({ header }) => {
    const plain = parseSyslog(`${header}%SYS-5-RESTART: System restarted --`);
    expect(parseSyslog(`${header}%SYS-5-RESTART: System restarted -- \r\0`)).toEqual(plain);
  });
});

describe('times', () => {
  test('a year makes a local time', () => {
    expect(parseSyslog('2020 Mar  4 11:45:20.125: %A-1-B: c').stamp?.localMs).toBe(Date.UTC(2020, 2, 4, 11, 45, 20, 125));
    expect(parseSyslog('Mar  4 2020 11:45:20.125: %A-1-B: c').stamp?.localMs).toBe(Date.UTC(2020, 2, 4, 11, 45, 20, 125));
  });
  test.each([
    ['Feb 30 2020 11:45:20', null],
    ['Feb 29 2020 11:45:20', Date.UTC(2020, 1, 29, 11, 45, 20)],
    ['Feb 29 2021 11:45:20', null],
  ])('%s', (stamp, localMs) => {
    expect(parseSyslog(`${stamp}: %A-1-B: c`).stamp).toMatchObject({ text: stamp, localMs });
  });
  test.each([
    ['Oct 24 04:31:10.05', 50, 10],
    ['Oct 24 04:31:10.058', 58, 1],
    ['Oct 24 04:31:10.058999', 58, 1],
    ['Oct 24 04:31:10', 0, 1_000],
  ])('%s has its own resolution', (text, ms, resolutionMs) => {
    const { stamp } = parseSyslog(`${text}: %A-1-B: c`);
    expect(stamp).toMatchObject({ text, timeOfDayMs: 16_270_000 + ms, resolutionMs });
  });
  test('a week-long uptime stamp says so', () => {
    expect(parseSyslog('2y10w: %A-1-B: c').stamp).toMatchObject({ kind: 'uptime', resolutionMs: 7 * 86_400_000, localMs: null });
  });
  test.each(['Oct 24 25:31:10', 'Oct 24 04:61:10', 'Oct 32 04:31:10', 'Okt 24 04:31:10', 'Oct 24 04:31', 'Oct24 04:31:10'])(
    '%s is no stamp, and the message is still found',
    (text) => {
      expect(parseSyslog(`<188>91: ${text}: %A-1-B: c`)).toMatchObject({ stamp: null, mnemonic: 'B', body: 'c' });
    },
  );
});

describe('messages', () => {
  test('the real mnemonic of a packet processor is the second token', () => {
    const line =
      '<187>91: hub: *Mar 12 18:22:10.706: %IOSXE-3-PLATFORM: R0/0: cpp_cp: QFP:0.0 Thread:000 TS:00000001 %IPSEC-3-HMAC_ERROR: IPSec SA receives HMAC error, DP Handle 3';
    expect(parseSyslog(line)).toMatchObject({
      hostname: 'hub',
      facilityName: 'IPSEC',
      messageSeverity: 3,
      mnemonic: 'HMAC_ERROR',
      carrier: { facilityName: 'IOSXE', mnemonic: 'PLATFORM', text: 'R0/0: cpp_cp: QFP:0.0 Thread:000 TS:00000001' },
      body: 'IPSec SA receives HMAC error, DP Handle 3',
      unread: '',
    });
  });
  test('a second token in any other message is its text', () => {
    expect(parseSyslog('*Mar 12 18:22:10.727: %HA_EM-6-LOG: applet: %CRYPTO-4-RECVD_PKT_INV_SPI: x')).toMatchObject({
      facilityName: 'HA_EM',
      mnemonic: 'LOG',
      body: 'applet: %CRYPTO-4-RECVD_PKT_INV_SPI: x',
    });
  });
  test('a facility may hold hyphens', () => {
    expect(parseSyslog('foo: 00:01:01: %SYSMGR-STANDBY-3-SHUTDOWN_START: The')).toMatchObject({
      facilityName: 'SYSMGR-STANDBY',
      messageSeverity: 3,
      mnemonic: 'SHUTDOWN_START',
      hostname: 'foo',
    });
  });
  test.each([
    ['<191>91: hub: *Mar 12 18:22:10.706: ISAKMP: (1001):deleting SA', 'hub', 'ISAKMP: (1001):deleting SA'],
    ['<191>91: *Mar 12 18:22:10.706: ISAKMP:(9577):deleting SA', null, 'ISAKMP:(9577):deleting SA'],
    ['*Mar 12 18:22:10.706: IPSEC(create_sa): sa created,', null, 'IPSEC(create_sa): sa created,'],
    ['ISAKMP: received ke message (1/1)', null, 'ISAKMP: received ke message (1/1)'],
    ['100% CPU %-3-X %A-9-B %A-3-', null, '100% CPU %-3-X %A-9-B %A-3-'],
    ['', null, ''],
  ])('a debug line has a body and no mnemonic: %s', (line, hostname, body) => {
    expect(parseSyslog(line)).toMatchObject({ mnemonic: null, facilityName: null, hostname, body });
  });
  test('behind a console prompt the stamp is found, and the prompt is told', () => {
    expect(parseSyslog('hub#show cr*Mar 12 18:22:10.706: %SYS-5-CONFIG_I: Configured')).toMatchObject({
      unread: 'hub#show cr',
      stamp: { text: '*Mar 12 18:22:10.706' },
      mnemonic: 'CONFIG_I',
    });
  });
  test('PRI has at most three digits and ends at 191', () => {
    expect(parseSyslog('<191>%A-1-B: c').pri).toBe(191);
    for (const bad of ['<192>', '<0000>', '<>', '<1a>', '<188']) {
      expect(parseSyslog(`${bad}%A-1-B: c`)).toMatchObject({ pri: null, mnemonic: 'B', unread: bad });
    }
  });
  test('UTF-8 stays what it is', () => {
    expect(parseSyslog('<188>91: Zürich-hub: *Mar 12 18:22:10.706: %SYS-5-CONFIG_I: von „Jürgen“')).toMatchObject({
      hostname: 'Zürich-hub',
      body: 'von „Jürgen“',
    });
  });
});

describe('hostile lines', () => {
  test('nothing throws and nothing is invented', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (line) => {
        const read = parseSyslog(line);
        for (const part of [read.body, read.unread, read.hostname ?? '', read.stamp?.text ?? '']) expect(line).toContain(part);
      }),
    );
  });
  test('a header cut anywhere is read without harm, and what is behind the cut is still found', () => {
    const form = fc.constantFrom(...headerForms.map(({ header }) => header));
    fc.assert(
      fc.property(form, fc.nat(200), (header, cut) => {
        expect(parseSyslog(header.slice(0, cut))).toBeDefined();
        expect(parseSyslog(`${header.slice(cut)}%SYS-5-RESTART: x`)).toMatchObject({ mnemonic: 'RESTART', body: 'x' });
      }),
    );
  });

  // Not a time but a ratio: eight times the line may cost some eight times as much, and a quadratic scanner 64 times.
  test.each([
    ['percent signs', '%'],
    ['half tokens', '%A-'],
    ['tokens without an end', '%A-4'],
    ['colons', ': '],
    ['digits', '1'],
    ['counters', '1: '],
    ['PRIs', '<188>'],
    ['stamps', '*Mar 12 18:22:10.706 '],
    ['labels', 'a: '],
    ['open structured data', '<188>1 - - - - - [a b="'],
    ['structured data without an end', '<188>1 - - - - - [a b="\\"'],
    ['spaces', ' '],
  ])('%s cost time in proportion to the length', (_name, unit) => {
    const cost = (bytes: number): number => {
      const line = `${unit.repeat(Math.ceil(bytes / unit.length))}%`;
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 7; round++) {
        const started = process.hrtime.bigint();
        for (let i = 0; i < 20; i++) parseSyslog(line);
        best = Math.min(best, Number(process.hrtime.bigint() - started));
      }
      return best;
    };
    cost(8 * 1024);
    // A floor of 1 ms for 20 runs keeps the noise of a busy machine out of the ratio.
    expect(cost(64 * 1024) / Math.max(cost(8 * 1024), 1e6)).toBeLessThan(32);
  });
});
