/** Syslog as anyone sends it: the stream's framing, headers, relays' headers, counters, the message and the flow in it, up to a candidate. */
import { type Framed, SyslogFramer } from '../../agent/net/framing.ts';
import { emptyWrapState, findCandidates, flushCandidates } from '../../shared/detect/candidates.ts';
import { cutLine } from '../../shared/detect/glued.ts';
import { readInvalidSpi } from '../../shared/detect/invalid-spi.ts';
import { readLineCounters } from '../../shared/detect/line-counters.ts';
import { limits } from '../../shared/limits.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import { noUnknownSpi, readUnknownSpi } from '../../shared/platforms/linux-strongswan/unknown-spi.ts';
import { readRfc3164, readRfc5424 } from '../../shared/wire/relay-header.ts';
import { parseSyslog } from '../../shared/wire/syslog.ts';
import type { Dice } from '../support/dice.ts';
import { filesOf, invalidSpiBodies, outputsOf, syslogLines } from './fixtures.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { mutateText } from './mutate-text.ts';
import type { Target } from './target.ts';

const lines = syslogLines.map((line) => Buffer.from(line));
const network = { kind: 'network', mutate: mutateText, seeds: lines } as const;

export const syslogTargets = (): Target[] => [
  { ...network, name: 'syslog-framing', mutate: mutateFraming, seeds: lines.map(framed), run: readStream },
  { ...network, name: 'syslog-header', run: (bytes) => void parseSyslog(bytes.toString('utf8')) },
  { ...network, name: 'invalid-spi-message', seeds: invalidSpiBodies.map((body) => Buffer.from(body)), run: readBody },
  { ...network, name: 'relay-header', run: readRelay },
  { ...network, name: 'line-counters', run: (bytes) => void readLineCounters(bytes, 0, bytes.length) },
  {
    ...network,
    name: 'candidates',
    seeds: [...lines, Buffer.concat(lines), ...outputsOf('logging', 'show-logging')],
    run: readCandidates,
  },
  {
    ...network,
    name: 'linux-unknown-spi',
    seeds: [...filesOf('test/platforms/fixtures', 'xfrm.txt'), ...linuxLines().map((line) => Buffer.from(line))],
    run: readLinux,
  },
];

const framed = (line: Buffer, i: number): Buffer =>
  i % 3 === 0
    ? Buffer.concat([line, Buffer.from('\n')])
    : i % 3 === 1
      ? Buffer.concat([Buffer.from(`${line.length} `), line])
      : Buffer.concat([line, Buffer.from('\r\n\0')]);

/** Frames with counts that are right, wrong, huge or torn, between trailers of every kind. */
function mutateFraming(input: Buffer, other: Buffer, dice: Dice): Buffer {
  const parts: Buffer[] = [];
  for (let frames = 1 + dice.upTo(4); frames > 0; frames -= 1) {
    const line = dice.percent() < 50 ? mutateText(input, other, dice) : dice.pick([input, other]);
    const count = dice.pick([
      line.length,
      line.length + 1,
      line.length - 1,
      0,
      1,
      99_999_999,
      999_999_999,
      65_536,
      dice.upTo(5_000),
    ]);
    if (dice.percent() < 50) parts.push(Buffer.from(`${count}${dice.percent() < 90 ? ' ' : ''}`));
    parts.push(line, Buffer.from(dice.pick(['\n', '\r\n', '\0', '', '\n\n', '\r\n\0'])));
  }
  const stream = Buffer.concat(parts);
  return dice.percent() < 20 ? mutateBytes(stream, other, dice) : stream;
}

/** However the reads are cut the lines are the same, bounded, and the memory too. The cuts come from the input itself. */
function readStream(bytes: Buffer): void {
  const whole = linesOf(bytes, () => bytes.length);
  const cut = linesOf(bytes, (at) => 1 + (bytes[at]! % 29));
  if (!whole.equals(cut)) throw new Error('the lines depend on how the stream was cut');
}

function linesOf(bytes: Buffer, next: (at: number) => number): Buffer {
  const framer = new SyslogFramer(LINE_MAX);
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const to = Math.min(bytes.length, at + next(at));
    out.push(...wholeLines(framer.push(Buffer.from(bytes.subarray(at, to)))));
    if (framer.pendingBytes > LINE_MAX + limits.frameHeaderBytesMax) throw new Error(`${framer.pendingBytes} bytes are kept`);
    at = to;
  }
  return Buffer.concat([...out, ...wholeLines(framer.end())]);
}

function wholeLines({ runs }: Framed): readonly Buffer[] {
  if (runs.some((run) => run.at(-1) !== LF)) throw new Error('a run ends inside a line');
  return runs;
}
const LF = 10;
const LINE_MAX = 4_096;

function readBody(bytes: Buffer): void {
  readInvalidSpi(bytes.toString('utf8'));
}

function readRelay(bytes: Buffer): void {
  const text = bytes.toString('utf8');
  for (let at = 0; at < 12; at += 4) {
    readRfc5424(text, at);
    readRfc3164(text, at);
  }
}

let wrap = emptyWrapState;
let at = 0;
function readCandidates(bytes: Buffer): void {
  const found = findCandidates(wrap, {
    kind: 'lines',
    source: 'syslog',
    trust: 'spoofable',
    bytes: bytes.at(-1) === 10 ? bytes : Buffer.concat([bytes, Buffer.from('\n')]),
    from: `192.0.2.${at % 200}`,
    at: monotonic(at),
    wall: wall(at),
    backlog: false,
  });
  at += 1;
  wrap = at % 50 === 0 ? flushCandidates(found.state, monotonic(at + 1_000)).state : found.state;
  if (Object.keys(wrap.tails).length > limits.wrappedSendersMax) throw new Error('tails without bound');
  for (const { raw } of found.candidates) if (raw.length > limits.candidateCharsMax) throw new Error('a candidate without bound');
  cutLine(bytes.toString('utf8'), limits.gluedMessagesMax);
}

let linux = noUnknownSpi;
function readLinux(bytes: Buffer): void {
  for (const line of bytes.toString('utf8').split('\n')) linux = readUnknownSpi(linux, line).state;
}

function linuxLines(): string[] {
  return [
    'audit: type=1415 audit(1790000000.123:77): op=SA-notfound src=198.51.100.2 dst=198.51.100.1 spi=3061914384(0xb6811b10) seqno=3',
    '02[NET] received packet: from 198.51.100.2[4500] to 198.51.100.1[4500]\n06[ESP] parsed ESP header with SPI b6811b10 [seq 5]\n06[ESP] inbound ESP packet does not belong to an installed SA',
  ];
}
