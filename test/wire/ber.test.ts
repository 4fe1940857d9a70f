import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BerReader,
  berCounter64,
  berInteger,
  berOctets,
  berOid,
  berSequence,
  berTlv,
  berUnsigned,
  tags,
} from '../../shared/wire/ber.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('known encodings (X.690 8.3, 8.19; RFC 3417 §8)', () => {
  test.each<[what: string, bytes: Buffer, expected: string]>([
    ['0', berInteger(0), '020100'],
    ['127', berInteger(127), '02017f'],
    ['128', berInteger(128), '02020080'],
    ['-1', berInteger(-1), '0201ff'],
    ['-129', berInteger(-129), '0202ff7f'],
    ['-2^31', berInteger(-0x8000_0000), '020480000000'],
    ["Note A's stop value", berInteger(2323232), '0203237320'],
    ['Unsigned32 2^32-1', berUnsigned(0xffff_ffff, tags.unsigned32), '420500ffffffff'],
    ['Counter64 2^64-1', berCounter64(0xffff_ffff_ffff_ffffn), '460900ffffffffffffffff'],
    ['1.3.6.1.4.1.9.10.91', berOid('1.3.6.1.4.1.9.10.91'), '06082b060104010 90a5b'],
    ['an arc of two octets', berOid('1.3.6.1.4.1.9.10.134'), '06092b06010401090a8106'],
    ['2.999', berOid('2.999'), '06028837'],
    ['0.0', berOid('0.0'), '060100'],
    ['a length of one more octet', berOctets(Buffer.alloc(128)).subarray(0, 3), '048180'],
    ['a length of two more octets', berOctets(Buffer.alloc(256)).subarray(0, 4), '04820100'],
  ])('%s', (_what, bytes, expected) => {
    expect(bytes.toString('hex')).toBe(expected.replaceAll(' ', ''));
  });
});

describe('what is read is what was written', () => {
  const arc = fc.integer({ min: 0, max: 0xffff_ffff });
  const oid = fc
    .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 39 }), fc.array(arc, { maxLength: 126 }))
    .map(([first, second, rest]) => [first, second, ...rest].join('.'));

  test('Integer32', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        const reader = new BerReader(berInteger(value));
        expect([reader.integer(), reader.fault, reader.more]).toEqual([value, null, false]);
      }),
    );
  });
  test('Unsigned32', () => {
    fc.assert(
      fc.property(arc, (value) => {
        const reader = new BerReader(berUnsigned(value, tags.timeTicks));
        expect([reader.unsigned(tags.timeTicks), reader.fault]).toEqual([value, null]);
      }),
    );
  });
  test('Counter64', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }), (value) => {
        const reader = new BerReader(berCounter64(value));
        expect([reader.counter64(), reader.fault]).toEqual([value, null]);
      }),
    );
  });
  test('object identifiers', () => {
    fc.assert(
      fc.property(oid, (value) => {
        const reader = new BerReader(berOid(value));
        expect([reader.oid(), reader.fault, reader.more]).toEqual([value, null, false]);
      }),
    );
  });
  test('octets of any length, in nested sequences', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70_000 }), (value) => {
        const reader = new BerReader(berSequence(berSequence(berOctets(value))));
        const outer = reader.enter(tags.sequence);
        const inner = reader.enter(tags.sequence);
        const read = reader.octets();
        reader.leave(inner);
        reader.leave(outer);
        expect(reader.fault).toBeNull();
        expect(read.equals(value)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

describe('what is not BER as SNMP uses it is a fault, never a throw', () => {
  test.each<[what: string, bytes: string, read: (reader: BerReader) => unknown, fault: RegExp]>([
    ['nothing', '', (r) => r.integer(), /end of data at octet 0/],
    ['a tag alone', '02', (r) => r.integer(), /end of data/],
    ['an indefinite length', '3080 0000', (r) => r.enter(tags.sequence), /length in a form/],
    ['a length of five octets', '048500 00000001 00', (r) => r.octets(), /length in a form/],
    ['a length of 4 GiB', '0484ffffffff', (r) => r.octets(), /length beyond the end/],
    ['a length that stops half way', '048201', (r) => r.octets(), /end of data/],
    ['another tag', '040100', (r) => r.integer(), /tag 0x4 where 0x2 belongs/],
    ['an integer of no octets', '0200', (r) => r.integer(), /impossible size/],
    ['an integer of five octets', '02050100000000', (r) => r.integer(), /impossible size/],
    ['an unsigned of five octets above 2^32', '42050100000000', (r) => r.unsigned(tags.unsigned32), /impossible size/],
    ['a negative TimeTicks', '4301ff', (r) => r.unsigned(tags.timeTicks), /negative/],
    ['a Counter64 of nine octets above 2^64', '4609010000000000000000', (r) => r.counter64(), /impossible size/],
    ['an empty object identifier', '0600', (r) => r.oid(), /empty object identifier/],
    ['an unfinished arc', '06022b81', (r) => r.oid(), /unfinished/],
    ['a padded arc', '06032b8001', (r) => r.oid(), /padded/],
    ['an arc above 2^32-1', '06062b9f80808000', (r) => r.oid(), /above 2\^32-1/],
    ['129 arcs', `0681 80 ${'01'.repeat(128)}`, (r) => r.oid(), /128 arcs/],
    ['a NULL with contents', '050100', (r) => r.empty(tags.null), /contents in a NULL/],
  ])('%s', (_what, bytes, read, fault) => {
    const reader = new BerReader(hex(bytes));
    read(reader);
    expect(reader.fault).toMatch(fault);
  });

  test('unread octets inside a sequence', () => {
    const reader = new BerReader(hex('3006 020101 020102'));
    const outer = reader.enter(tags.sequence);
    reader.integer();
    reader.leave(outer);
    expect(reader.fault).toMatch(/unread octets/);
  });

  test('a child may not reach beyond its parent', () => {
    const reader = new BerReader(hex('3003 0404ff ffffff'));
    reader.enter(tags.sequence);
    reader.octets();
    expect(reader.fault).toMatch(/beyond the end/);
  });

  test('the first fault sticks and later reads are empty', () => {
    const reader = new BerReader(hex('0401ff'));
    reader.integer();
    expect([reader.octets().length, reader.oid(), reader.integer(), reader.more]).toEqual([0, '', 0, false]);
    expect(reader.fault).toMatch(/^tag 0x4 where 0x2/);
  });

  test('an Unsigned32 whose leading zero is missing is read as unsigned', () => {
    expect(new BerReader(hex('4204ffffffff')).unsigned(tags.unsigned32)).toBe(0xffff_ffff);
  });

  test('an old agent may pad: lengths in the long form', () => {
    const reader = new BerReader(berTlv(tags.sequence, hex('0282000105')));
    const outer = reader.enter(tags.sequence);
    expect(reader.integer()).toBe(5);
    reader.leave(outer);
    expect(reader.fault).toBeNull();
  });
});
