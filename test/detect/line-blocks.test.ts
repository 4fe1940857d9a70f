/** shared/detect/line-blocks.ts: however a file is cut into pieces, the same lines and the same messages come out of it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyWrapState, findCandidates, flushCandidates } from '../../shared/detect/candidates.ts';
import { countNewlines, LineBlocks } from '../../shared/detect/line-blocks.ts';
import { limits } from '../../shared/limits.ts';
import { monotonic } from '../../shared/model/time.ts';
import { chunkOf, noteA } from '../support/invalid-spi-lines.ts';

function cut(text: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...[...at].map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
  return places.slice(1).map((end, index) => text.subarray(places[index], end));
}

/** `room` bytes before each piece, in memory of its own, that are written over. */
function read(pieces: readonly Buffer[], room = 0) {
  const blocks = new LineBlocks();
  const out: Buffer[] = [];
  for (const piece of pieces) {
    const memory = Buffer.alloc(room + piece.length, '#');
    piece.copy(memory, room);
    out.push(Buffer.from(blocks.push(memory.subarray(room), room) ?? Buffer.alloc(0)));
  }
  out.push(blocks.end() ?? Buffer.alloc(0));
  let state = emptyWrapState;
  const messages: string[] = [];
  for (const bytes of out) {
    const found = findCandidates(state, chunkOf(bytes));
    state = found.state;
    messages.push(...found.candidates.map(({ kind, raw }) => `${kind} ${raw}`));
  }
  const rest = flushCandidates(state, monotonic(Number.POSITIVE_INFINITY)).candidates;
  messages.push(...rest.map(({ kind, raw }) => `${kind} ${raw}`));
  return { blocks, bytes: Buffer.concat(out), messages };
}

const places = fc.array(fc.nat(), { maxLength: 12 });
const wrapped = `${noteA.slice(0, 80)}\n${noteA.slice(80, 160)}\n${noteA.slice(160)}\n`;
const withoutInterface = `${noteA.slice(0, noteA.indexOf(', input'))}`;
const aLine = fc.constantFrom(
  `${noteA}\n`,
  `${noteA}\r\n`,
  wrapped,
  `${withoutInterface}\n`,
  `${withoutInterface},\n input interface=Tunnel1\n`,
  'Mar 12 18:22:10.706: ISAKMP:(9577):deleting SA\n',
  '\n',
  'é%_PKT_INV_SPI\n',
);

describe('a file in pieces', () => {
  test('gives the bytes, the lines and the messages of the whole', () => {
    fc.assert(
      fc.property(
        fc.array(aLine, { maxLength: 12 }),
        fc.boolean(),
        places,
        fc.constantFrom(0, 100, 5_000),
        (lines, unended, at, room) => {
          const text = Buffer.from(lines.join('') + (unended ? noteA : ''));
          const whole = read([text]);
          const pieced = read(cut(text, at), room);
          expect(pieced.bytes).toEqual(text);
          expect(pieced.blocks.lines).toBe(lines.join('').split('\n').length - 1 + (unended ? 1 : 0));
          expect(pieced.messages).toEqual(whole.messages);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('blocks end at line ends', () => {
    const blocks = new LineBlocks();
    expect(blocks.push(Buffer.from('a\nb'))?.toString()).toBe('a\n');
    expect(blocks.push(Buffer.from('c'))).toBeNull();
    expect(blocks.push(Buffer.from('\n'))?.toString()).toBe('bc\n');
    expect(blocks.end()).toBeNull();
  });
});

test('a line without end is cut, counted once, and what follows it is found', () => {
  const blocks = new LineBlocks();
  let kept = 0;
  for (let n = 0; n < 50; n++) kept += blocks.push(Buffer.alloc(10_000, 'x'))?.length ?? 0;
  const last = blocks.push(Buffer.from(`xx\n${noteA}\nend\nend\nend\nend\n`));
  expect(last?.toString()).toContain(noteA);
  expect([kept, blocks.lines, blocks.cutLines]).toEqual([limits.lineBytesMax + 1, 6, 1]);
});

test('newlines are counted exactly, whatever stands beside them and wherever the buffer begins', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 3_000 }),
      fc.constantFrom(0x0a, 0x0b, 0x8a, 0x00),
      fc.nat(7),
      (bytes, many, offset) => {
        const all = Buffer.concat([Buffer.alloc(offset), Buffer.from(bytes), Buffer.alloc(1_100, many)]).subarray(offset);
        expect(countNewlines(all)).toBe([...all].filter((byte) => byte === 0x0a).length);
      },
    ),
  );
});
