import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SyslogFramer } from '../../agent/net/framing.ts';
import { limits } from '../../shared/limits.ts';

const counted = (message: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${Buffer.byteLength(message)} `), Buffer.from(message as string)]);

interface Result {
  text: string;
  cutLines: number;
  lostBytes: number;
}

function frame(reads: readonly (string | Buffer)[], lineBytesMax?: number): Result {
  const framer = new SyslogFramer(lineBytesMax);
  const pieces: Buffer[] = [];
  let cutLines = 0;
  let lostBytes = 0;
  for (const framed of [...reads.map((read) => framer.push(Buffer.from(read as string))), framer.end()]) {
    for (const run of framed.runs) {
      expect(run.at(-1), 'whole lines only').toBe(10);
      pieces.push(Buffer.from(run));
    }
    cutLines += framed.cutLines;
    lostBytes += framed.lostBytes;
  }
  return { text: Buffer.concat(pieces).toString('latin1'), cutLines, lostBytes };
}

const A = '<188>91: hub: *Mar 12 18:22:10.706: %SYS-5-A: a';
const B = '<191>92: hub: *Mar 12 18:22:10.707: ISAKMP:(9577):deleting SA';

describe('framing', () => {
  test.each<[why: string, stream: string, text: string]>([
    ['LF', `${A}\n${B}\n`, `${A}\n${B}\n`],
    ['CRLF, kept as it came', `${A}\r\n${B}\r\n`, `${A}\r\n${B}\r\n`],
    ['NUL', `${A}\0${B}\0`, `${A}\n${B}\n`],
    ['CRLF and NUL', `${A}\r\n\0${B}\r\n\0`, `${A}\r\n${B}\r\n`],
    ['a last line without a trailer', `${A}\n${B}`, `${A}\n${B}\n`],
    ['octet counting', `${counted(A)}${counted(B)}`, `${A}\n${B}\n`],
    ['octet counting of lines that end in LF themselves', `${counted(`${A}\n`)}${counted(`${B}\n`)}`, `${A}\n${B}\n`],
    ['octet counting with an LF that is not counted', `${counted(A)}\n${counted(B)}\n`, `${A}\n${B}\n`],
    ['octet counting of several lines', `${counted(`${A}\n  more`)}${counted(B)}`, `${A}\n  more\n${B}\n`],
    [
      'octet counting of a line without a PRI',
      `${counted('*Mar 12 18:22:10.706: %SYS-5-A: a')}${counted(B)}`,
      `*Mar 12 18:22:10.706: %SYS-5-A: a\n${B}\n`,
    ],
    ['both, frame by frame', `${A}\n${counted(B)}${A}\n${counted(A)}${counted(B)}${B}\n`, `${A}\n${B}\n${A}\n${A}\n${B}\n${B}\n`],
    ['a year is no count', `2020 Mar  4 11:45:20: %SYS-5-A: a\n${B}\n`, `2020 Mar  4 11:45:20: %SYS-5-A: a\n${B}\n`],
    [
      'a sequence number is no count',
      `30: foo: *Mar  4 11:45:20: %SYS-5-A: a\n${B}\n`,
      `30: foo: *Mar  4 11:45:20: %SYS-5-A: a\n${B}\n`,
    ],
    ['an uptime is no count', `1 2: %SYS-5-A: a\n${B}\n`, `1 2: %SYS-5-A: a\n${B}\n`],
    ['a zero at the front is no count', `047 ${A}\n${B}\n`, `047 ${A}\n${B}\n`],
    [
      'a count that no frame can have',
      `${'9'.repeat(limits.frameHeaderBytesMax)} ${A}\n${B}\n`,
      `${'9'.repeat(limits.frameHeaderBytesMax)} ${A}\n${B}\n`,
    ],
    ['a frame that the connection cut', `${counted(A)}99 ${B}`, `${A}\n${B}\n`],
    ['a header that the connection cut', `${A}\n48`, `${A}\n48\n`],
    ['empty lines are no lines', `\n\n${A}\n\n\n${B}\n\0`, `${A}\n${B}\n`],
    ['nothing', '', ''],
  ])('%s', (_why, stream, text) => {
    expect(frame([stream])).toEqual({ text, cutLines: 0, lostBytes: 0 });
    // However the network cuts it, byte by byte included.
    expect(frame([...Buffer.from(stream)].map((byte) => Buffer.from([byte])))).toEqual({ text, cutLines: 0, lostBytes: 0 });
    for (let cut = 0; cut <= stream.length; cut++) {
      expect(frame([stream.slice(0, cut), stream.slice(cut)]), `cut at ${cut}`).toEqual({ text, cutLines: 0, lostBytes: 0 });
    }
  });

  test('whole lines of a read go on as the same memory', () => {
    const read = Buffer.from(`${A}\n${B}\n${A}`);
    const framed = new SyslogFramer().push(read);
    expect(framed.runs.map((run) => [run.buffer === read.buffer, run.byteOffset])).toEqual([[true, read.byteOffset]]);
    expect(framed.runs.join('')).toBe(`${A}\n${B}\n`);
  });
});

describe('a line that two reads share', () => {
  const many = `${B}\n`.repeat(200);
  const framedAs = (first: string, second: string): string[] => {
    const framer = new SyslogFramer();
    return [framer.push(Buffer.from(first)), framer.push(Buffer.from(second)), framer.end()].flatMap(({ runs }) =>
      runs.map((run) => run.toString()),
    );
  };

  test('stands alone before a long read, of which nothing is copied', () => {
    const framer = new SyslogFramer();
    framer.push(Buffer.from(A.slice(0, 10)));
    const read = Buffer.from(`${A.slice(10)}\n${many}${A}`);
    const [line, rest] = framer.push(read).runs;
    expect(line?.toString()).toBe(`${A}\n`);
    expect(rest?.buffer === read.buffer && rest.toString() === many).toBe(true);
  });

  test('is one run with a short read', () => {
    expect(framedAs(A.slice(0, 10), `${A.slice(10)}\n${B}\n`)).toEqual([`${A}\n${B}\n`]);
  });

  test.each([
    ['a NUL', '\0'],
    ['an LF', '\n'],
  ])('ends with %s: no run begins inside a line', (_name, trailer) => {
    expect(framedAs(A.slice(0, 10), `${A.slice(10)}${trailer}${many}`)).toEqual([`${A}\n`, many]);
  });

  test('a long frame in two reads is one run, whatever it holds', () => {
    const frame = `<191>${'x'.repeat(5_000)}\n${'y'.repeat(5_000)}\n`;
    const whole = `${frame.length} ${frame}`;
    for (const cut of [3, 6, 20, 5_000, 9_000]) expect(framedAs(whole.slice(0, cut), whole.slice(cut))).toEqual([frame]);
    expect(framedAs(`${whole.slice(0, 20)}`, `${whole.slice(20)}${many}`)).toEqual([frame, many]);
  });
});

describe('lines that are too long', () => {
  const max = 64;
  test.each<[why: string, stream: Buffer | string, result: Result]>([
    [
      'exactly as long as allowed',
      `${'x'.repeat(max)}\n${A}\n`,
      { text: `${'x'.repeat(max)}\n${A}\n`, cutLines: 0, lostBytes: 0 },
    ],
    ['one byte more', `${'x'.repeat(max + 1)}\n${A}\n`, { text: `${'x'.repeat(max)}\n${A}\n`, cutLines: 1, lostBytes: 1 }],
    [
      'much more, ended by NUL',
      `${'x'.repeat(1000)}\0${A}\n`,
      { text: `${'x'.repeat(max)}\n${A}\n`, cutLines: 1, lostBytes: 936 },
    ],
    [
      'in the middle of others',
      `${A}\n${'x'.repeat(1000)}\n${A}\n`,
      { text: `${A}\n${'x'.repeat(max)}\n${A}\n`, cutLines: 1, lostBytes: 936 },
    ],
    ['never ended', `${A}\n${'x'.repeat(1000)}`, { text: `${A}\n${'x'.repeat(max)}\n`, cutLines: 1, lostBytes: 936 }],
    [
      'octet-counted',
      Buffer.concat([counted(`<1>${'x'.repeat(997)}`), counted(A)]),
      { text: `<1>${'x'.repeat(max - 3)}\n${A}\n`, cutLines: 1, lostBytes: 936 },
    ],
    [
      'octet-counted and never ended',
      `9999 <1>${'x'.repeat(997)}`,
      { text: `<1>${'x'.repeat(max - 3)}\n`, cutLines: 1, lostBytes: 936 },
    ],
    [
      'not inside a character',
      `${'x'.repeat(max - 1)}é${'x'.repeat(10)}\n`,
      { text: `${'x'.repeat(max - 1)}\n`, cutLines: 1, lostBytes: 12 },
    ],
  ])('%s', (_why, stream, result) => {
    const bytes = Buffer.from(stream as string);
    expect(frame([bytes], max)).toEqual(result);
    for (let cut = 0; cut <= bytes.length; cut += 7)
      expect(frame([bytes.subarray(0, cut), bytes.subarray(cut)], max)).toEqual(result);
  });

  test('10 MB without a newline, in reads as they come, then the next line', () => {
    const read = Buffer.alloc(64 * 1024, 'x');
    const reads = Array.from({ length: 160 }, () => read);
    const result = frame([...reads, `\n${A}\n`]);
    expect(result.cutLines).toBe(1);
    expect(result.lostBytes).toBe(160 * read.length - limits.lineBytesMax);
    expect(result.text).toBe(`${'x'.repeat(limits.lineBytesMax)}\n${A}\n`);
  });

  test('10 MB in one octet-counted frame, then the next frame', () => {
    const bytes = 10 * 1024 * 1024;
    const result = frame([`${bytes} <1>`, Buffer.alloc(bytes - 3, 'x'), counted(A)]);
    expect(result).toMatchObject({ cutLines: 1, lostBytes: bytes - limits.lineBytesMax });
    expect(result.text.endsWith(`x\n${A}\n`)).toBe(true);
  });
});

describe('hostile streams', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(A, `${A}\n`, '\0', '\r\n', '12 <', '99999999 ', '5 <1>ab', '1', ' ', '\n').map((text) => Buffer.from(text)),
  );
  test('any bytes in any reads: whole lines, bounded, the same however they are cut', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(600), { maxLength: 8 }), (pieces, cuts) => {
        const stream = Buffer.concat(pieces);
        const places = [...new Set(cuts.filter((cut) => cut < stream.length))].sort((a, b) => a - b);
        const reads = [0, ...places].map((start, i) => stream.subarray(start, places[i] ?? stream.length));
        const whole = frame([stream], 64);
        expect(frame(reads, 64)).toEqual(whole);
        expect(whole.text.length).toBeLessThanOrEqual(stream.length + pieces.length + 1);
      }),
    );
  });

  test.each([
    ['NULs', '\0'],
    ['newlines', '\n'],
    ['lines ended by NUL', 'ab\0'],
    ['digits', '1'],
    ['counts', '12 '],
    ['empty frames', '1 <'],
    ['nothing that ends', 'x'],
  ])('%s cost time in proportion to the length', (_name, unit) => {
    const cost = (bytes: number): number => {
      const read = Buffer.from(unit.repeat(Math.floor(bytes / unit.length)));
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 5; round++) {
        const framer = new SyslogFramer();
        const started = process.hrtime.bigint();
        for (let i = 0; i < 4; i++) framer.push(read);
        best = Math.min(best, Number(process.hrtime.bigint() - started));
      }
      return best;
    };
    cost(8 * 1024);
    expect(cost(64 * 1024) / Math.max(cost(8 * 1024), 1e6)).toBeLessThan(32);
  });
});
