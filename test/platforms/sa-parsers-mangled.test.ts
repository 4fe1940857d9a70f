/** The parsers of SA outputs on samples that were cut, pasted without indents, prefixed, interleaved with other lines, or made to hurt: nothing throws or stalls, and what is whole still reads the same. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CryptoSockets } from '../../shared/model/crypto-socket.ts';
import type { QfpDrops, QfpIpsecSa, QfpIpsecState } from '../../shared/model/qfp.ts';
import type { SpiTables } from '../../shared/model/spi-tables.ts';
import { parseCryptoMaps } from '../../shared/platforms/cisco/crypto-map.ts';
import { parseCryptoSessions } from '../../shared/platforms/cisco/crypto-session.ts';
import { parseCryptoSockets } from '../../shared/platforms/cisco/crypto-sockets.ts';
import { parseIkev2Sas } from '../../shared/platforms/cisco/ikev2-sa.ts';
import { parseIpsecSas } from '../../shared/platforms/cisco/ipsec-sa.ts';
import { parseIsakmpSas } from '../../shared/platforms/cisco/isakmp-sa.ts';
import { parseQfpDrops } from '../../shared/platforms/cisco/qfp-drops.ts';
import { parseQfpIpsecDrops } from '../../shared/platforms/cisco/qfp-ipsec-drops.ts';
import { parseQfpIpsecSa } from '../../shared/platforms/cisco/qfp-ipsec-sa.ts';
import { parseQfpIpsecState } from '../../shared/platforms/cisco/qfp-ipsec-state.ts';
import { parseSpiLookup } from '../../shared/platforms/cisco/spi-lookup.ts';
import type { Parser } from '../../shared/platforms/platform.ts';

const SEEDED = { seed: 20_261_122, numRuns: 300 };

interface Subject {
  readonly name: string;
  readonly text: string;
  readonly parse: Parser<unknown>;
  /** The value as a list of what stands one below the other in the output. */
  readonly blocks: (value: unknown) => readonly unknown[];
}

function subject<T>(name: string, parse: Parser<T>, blocks: (value: T) => readonly unknown[]): Subject {
  const text = readFileSync(new URL(`fixtures/${name}.txt`, import.meta.url), 'utf8');
  return { name, text, parse, blocks: blocks as (value: unknown) => readonly unknown[] };
}

const list = (value: readonly unknown[]): readonly unknown[] => value;
const drops = (value: QfpDrops): readonly unknown[] => value.drops;

const subjects: readonly Subject[] = [
  ...['ipsec-sa', 'ipsec-sa-old', 'ipsec-sa-iosxe'].map((name) => subject(name, parseIpsecSas, list)),
  ...['isakmp-sa', 'isakmp-sa-slot', 'isakmp-sa-v6', 'isakmp-sa-detail'].map((name) => subject(name, parseIsakmpSas, list)),
  ...['ikev2-sa', 'ikev2-sa-detail'].map((name) => subject(name, parseIkev2Sas, list)),
  ...['crypto-session', 'crypto-session-detail'].map((name) => subject(name, parseCryptoSessions, list)),
  subject('crypto-sockets', parseCryptoSockets, ({ sockets, listening }: CryptoSockets) => [...sockets, ...listening]),
  subject('spi-lookup', parseSpiLookup, ({ active, transient }: SpiTables) => [...(active ?? []), ...(transient ?? [])]),
  subject('crypto-map', parseCryptoMaps, list),
  ...['qfp-drops', 'qfp-drops-history'].map((name) => subject(name, parseQfpDrops, drops)),
  subject('qfp-ipsec-drops', parseQfpIpsecDrops, list),
  subject('qfp-ipsec-sa', parseQfpIpsecSa, (value: QfpIpsecSa | null) => Object.entries(value?.fields ?? {})),
  subject('qfp-ipsec-state', parseQfpIpsecState, (value: QfpIpsecState | null) => value?.messages ?? []),
];
const anySubject = fc.constantFrom(...subjects);

/** The value with every line number moved; `null`: without them. */
function moved(node: unknown, by: number | null): unknown {
  if (Array.isArray(node)) return node.map((item) => moved(item, by));
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]): [string, unknown] => {
    const isLine = /^line$|Line$/.test(key) && typeof value === 'number';
    const isLines = key === 'counterLines';
    if (isLine) return [key, by === null ? null : value + by];
    if (isLines)
      return [
        key,
        by === null ? null : Object.fromEntries(Object.entries(value).map(([name, line]) => [name, Number(line) + by])),
      ];
    return [key, moved(value, by)];
  });
  return Object.fromEntries(entries);
}

describe.each(subjects)('$name', ({ text, parse, blocks }) => {
  const { value, unread } = parse(text);

  test('is read in full, in several blocks', () => {
    expect(unread).toEqual([]);
    expect(blocks(value).length).toBeGreaterThan(0);
  });

  test('with CRLF it reads the same', () => {
    expect(parse(text.replaceAll('\n', '\r\n'))).toEqual({ value, unread: [] });
  });

  test('without indents it reads the same', () => {
    expect(parse(text.replace(/^[ \t]+/gm, ''))).toEqual({ value, unread: [] });
  });

  test('without indents, blank lines and line ends of its own it reads the same', () => {
    const bare = text
      .replace(/^[ \t]+/gm, '')
      .replace(/\n{2,}/g, '\n')
      .replaceAll('\n', ' \r\n');
    const read = parse(bare);
    expect(moved(read.value, null)).toEqual(moved(value, null));
    expect(read.unread).toEqual([]);
  });

  test('behind the preamble of `exec prompt timestamp` it reads the same, two lines down', () => {
    const preamble =
      'Load for five secs: 2%/1%; one minute: 9%; five minutes: 8%\nTime source is NTP, 07:47:11.317 EST Thu Sep 8 2016\n';
    expect(parse(preamble + text)).toEqual({ value: moved(value, 2), unread: [] });
    const trusted = `hub#show whatever\nLoad for five secs: 2%/1%; one minute: 9%; five minutes: 8%\nNo time source, *18:57:38.347 UTC Mon Oct 19 2015\n${text}hub#\n`;
    expect(parse(trusted)).toEqual({ value: moved(value, 3), unread: [] });
  });

  test('empty output is a stated value', () => {
    const nothing = parse('');
    expect(nothing.unread).toEqual([]);
    expect(nothing.value).not.toBeUndefined();
    expect(blocks(nothing.value)).toEqual([]);
    expect(parse('\r\n \n')).toEqual(nothing);
  });
});

describe('all of them', () => {
  test('cut anywhere: whatever stands whole before the cut reads the same', () => {
    fc.assert(
      fc.property(anySubject, fc.double({ min: 0, max: 1, noNaN: true }), ({ text, parse, blocks }, part) => {
        const read = blocks(parse(text.slice(0, Math.floor(text.length * part))).value);
        const whole = read.slice(0, -1);
        expect(whole).toEqual(blocks(parse(text).value).slice(0, whole.length));
      }),
      { ...SEEDED, numRuns: 1_000 },
    );
  });

  test('cut, without indents, with CRLF and preamble at once: the same', () => {
    const preamble =
      'hub#show it\r\nLoad for five secs: 2%/1%; one minute: 9%; five minutes: 8%\r\nNo time source, *18:57:38.347 UTC Mon Oct 19 2015\r\n';
    fc.assert(
      fc.property(anySubject, fc.double({ min: 0, max: 1, noNaN: true }), ({ text, parse }, part) => {
        // Only whole lines: half of one may mean another thing without its indent.
        const cut = text.slice(0, text.lastIndexOf('\n', Math.floor(text.length * part)) + 1);
        const mangled = preamble + cut.replace(/^[ \t]+/gm, '').replaceAll('\n', '\r\n');
        expect(parse(mangled)).toEqual({ value: moved(parse(cut).value, 3), unread: [] });
      }),
      SEEDED,
    );
  });

  test('beginning anywhere: nothing throws, and each line is read or named at its own number', () => {
    fc.assert(
      fc.property(anySubject, fc.double({ min: 0, max: 1, noNaN: true }), ({ text, parse }, part) => {
        const rest = text.slice(Math.floor(text.length * part));
        const lines = rest.split('\n');
        for (const { number, text: unread } of parse(rest).unread) expect(lines[number - 1]!.trimEnd()).toBe(unread);
      }),
      SEEDED,
    );
  });

  test('lines of the log in between are named, and change nothing', () => {
    const foreign = [
      "*Mar 12 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for destaddr=203.0.113.1, prot=50, spi=0x68842105(1753489669), srcaddr=198.51.100.7",
      '.Mar 12 18:22:11.101: ISAKMP:(1011):deleting SA reason "No reason" state (I) QM_IDLE',
      '~~~ ### ===',
      '%SYS-5-CONFIG_I: Configured from console by spitrap on vty0 (192.0.2.9)',
    ];
    const places = fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.constantFrom(...foreign)), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(anySubject, places, ({ text, parse }, inserts) => {
        const lines = text.split('\n');
        for (const [part, line] of inserts) lines.splice(Math.floor(lines.length * part), 0, line);
        const read = parse(lines.join('\n'));
        expect(read.unread.map((line) => line.text).sort()).toEqual(inserts.map(([, line]) => line).sort());
        expect(moved(read.value, null)).toEqual(moved(parse(text).value, null));
      }),
      SEEDED,
    );
  });

  test('lines of all samples in any order, with changed characters, through every parser', () => {
    const pool = subjects.flatMap(({ text }) => text.split('\n'));
    const line = fc
      .tuple(fc.constantFrom(...pool), fc.nat(120), fc.string({ unit: 'binary', maxLength: 3 }))
      .map(([text, at, change]) => (change === '' ? text : text.slice(0, at) + change + text.slice(at + change.length)));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
        const text = lines.join('\n');
        const shown = text.split('\n').length;
        for (const { parse } of subjects)
          for (const { number } of parse(text).unread) expect(number <= shown && number > 0).toBe(true);
      }),
      { ...SEEDED, numRuns: 100 },
    );
  });

  test('anything at all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        for (const { parse } of subjects) expect(Array.isArray(parse(text).unread)).toBe(true);
      }),
      SEEDED,
    );
  });
});

/** One line made of a piece again and again: what a pattern that goes back over itself would not survive. The timeout is the claim: a square of 128 Ki steps takes many times as long. */
describe('malice stalls none', () => {
  const SIZE = 1 << 17;
  const filled = (piece: string, size: number): string => piece.repeat(Math.ceil(size / piece.length)).slice(0, size);
  const parsers = new Map(subjects.map((subject) => [subject.parse, subject]));

  test.each(subjects)(
    '$name: its own lines, again and again in one',
    ({ text, parse }) => {
      for (const line of new Set(text.split('\n').filter((line) => line.trim() !== ''))) {
        const middle = line.length >> 1;
        for (const end of [
          filled(line, SIZE),
          line + filled(' ', SIZE),
          line.slice(0, middle) + filled(line.at(middle) ?? ' ', SIZE),
        ])
          parse(`${text}\n${end}~`);
      }
    },
    10_000,
  );

  test.each([...parsers.values()])(
    '$name: characters and words, again and again, in one line and in many',
    ({ text, parse }) => {
      for (const piece of [' ', ' a', '1', '1 ', ', ', ': ', '(', '"', ' - ', 'dst: ', 'Auth: ', '1.1.1.1 ', '::', '-']) {
        parse(`${text}\n${filled(piece, SIZE)}~`);
        parse(text + filled(`${piece}\n`, SIZE / 8));
      }
    },
    10_000,
  );

  test.each([...parsers.values()])(
    '$name: a megabyte of itself',
    ({ text, parse, blocks }) => {
      expect(blocks(parse(filled(text, 1 << 20)).value).length).toBeGreaterThan(0);
    },
    10_000,
  );
});
