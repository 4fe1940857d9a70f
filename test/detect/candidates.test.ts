import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Candidate,
  emptyWrapState,
  findCandidates,
  flushCandidates,
  nextFlushAt,
  type WrapState,
  wrapWaitMs,
} from '../../shared/detect/candidates.ts';
import { limits } from '../../shared/limits.ts';
import type { LineChunk } from '../../shared/model/observation.ts';
import { monotonic } from '../../shared/model/time.ts';
import { bodies, chunkOf, headerForms, messageOf, noteA } from '../support/invalid-spi-lines.ts';

const note = bodies[0]!;
const NOISE =
  '<191>92: hub: *Mar 12 18:22:10.710: ISAKMP:(9577):deleting SA reason "No reason" state (R) QM_IDLE (peer 11.1.1.3)\n';

/** All candidates of the chunks, the waiting ones flushed at the end. */
function all(...chunks: LineChunk[]): Candidate[] {
  let state: WrapState = emptyWrapState;
  const found: Candidate[] = [];
  for (const chunk of chunks) {
    const step = findCandidates(state, chunk);
    state = step.state;
    found.push(...step.candidates);
  }
  const last = flushCandidates(state, monotonic(Number.MAX_SAFE_INTEGER));
  expect(nextFlushAt(last.state)).toBeNull();
  return [...found, ...last.candidates];
}

const messages = (candidates: Candidate[]) =>
  candidates.map((candidate) => (candidate.kind === 'message' ? candidate.message : candidate.fault));

const table = bodies.flatMap((body) => headerForms.map((form) => ({ body, form })));

describe('every text under every header', () => {
  test.each(table)('$body.name / $form.name', ({ body, form }) => {
    const line = `${form.header}${messageOf(body)}`;
    const chunk = chunkOf(`${NOISE}${line}\r\n${NOISE}`);
    const { state, candidates } = findCandidates(emptyWrapState, chunk);
    expect(state).toEqual(emptyWrapState);
    expect(candidates).toHaveLength(1);
    expect(candidates[0]).toMatchObject({
      kind: 'message',
      message: body.expected,
      raw: expect.stringContaining(body.body),
      header: { hostname: form.expected.hostname, relayHostname: form.expected.relayHostname, counters: form.expected.counters },
      source: 'syslog',
      from: '192.0.2.1',
      at: chunk.at,
    });
    expect(candidates[0]?.header.stamp?.text ?? null).toBe(form.expected.stamp);
  });

  test.each(headerForms)('glued to a message before and after it, without a newline: $name', ({ header, expected }) => {
    // Without a PRI of its own a glued message is known by its stamp only.
    const withPri = header.startsWith('<') ? header : `<188>${header}`;
    const [first, second, third] = [messageOf(bodies[0]!), messageOf(bodies[1]!), messageOf(bodies[2]!)];
    const found = all(chunkOf(`${withPri}${first}${withPri}${second}${withPri}%SYS-5-CONFIG_I: x${withPri}${third}\n`));
    expect(messages(found)).toEqual([bodies[0]!.expected, bodies[1]!.expected, bodies[2]!.expected]);
    for (const candidate of found) {
      expect(candidate.header.hostname).toBe(expected.hostname);
      expect(candidate.header.relayHostname).toBe(expected.relayHostname);
    }
  });

  test('glued by stamps alone', () => {
    expect(messages(all(chunkOf(`${noteA}*Mar 12 18:22:11.000: ${messageOf(bodies[1]!)}\n`)))).toEqual([
      bodies[0]!.expected,
      bodies[1]!.expected,
    ]);
  });

  test('behind a prompt and half a command', () => {
    expect(all(chunkOf(`hub#show cry${noteA}\n`))[0]).toMatchObject({
      message: note.expected,
      header: { unread: 'hub#show cry' },
    });
  });

  test('inside IOSXE PLATFORM', () => {
    const line = `<188>91: *Mar 12 18:22:10.706: %IOSXE-3-PLATFORM: R0/0: cpp_cp: QFP:0.0 Thread:000 TS:00000001 %IPSEC-3-RECVD_PKT_INV_SPI: ${note.body}`;
    expect(all(chunkOf(`${line}\n`))).toMatchObject([{ kind: 'message', message: note.expected, raw: line }]);
  });

  test("behind a relay that took the mnemonic for a program's name", () => {
    const line = `<188>1 2026-11-22T02:58:06.920716+00:00 192.0.2.1 %CRYPTO-4-${note.mnemonic} - - -  ${note.body}`;
    expect(all(chunkOf(`${line}\n`))).toMatchObject([
      { message: note.expected, header: { relayHostname: '192.0.2.1', unread: '' } },
    ]);
  });

  test('text that is not UTF-8 stays readable, UTF-8 stays UTF-8', () => {
    const latin1 = Buffer.from(`<188>91: Z\u00fcrich: ${noteA}\n`, 'latin1');
    expect(all(chunkOf(latin1))[0]).toMatchObject({ message: note.expected, header: { hostname: 'Z\u00fcrich' } });
    expect(all(chunkOf(`<188>91: Z\u00fcrich: ${noteA}\n`))[0]).toMatchObject({ header: { hostname: 'Z\u00fcrich' } });
  });
});

describe('what names the message and is not it', () => {
  test.each([
    ['quoted', `*Mar 12 18:22:10.727: %HA_EM-6-LOG: command_hub: ${messageOf(note)}`],
    ['quoted', `*Mar 12 18:22:10.727: %HA_EM-6-LOG: command_hub: ${noteA}`],
    ['quoted', '<189>93: *Mar 12 18:22:10.727: %SYS-5-X: see %CRYPTO-4-RECVD_PKT_INV_SPI'],
    [
      'not-the-message',
      '<189>93: %PARSER-5-CFGLOG_LOGGEDCMD: User:x  logged command:event syslog pattern "CRYPTO-4-RECVD_PKT_INV_SPI.*srcaddr=11.1.1.3"',
    ],
    [
      'not-the-message',
      '<189>93: CRYPTO-4-RECVD_PKT_INV_SPI: decaps: destaddr=213.163.222.7, prot=50, spi=0x1(1), srcaddr=11.1.1.3',
    ],
    ['field-missing', '<188>93: *Mar 12 18:22:10.727: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: suppressed 12 messages'],
    ['spi-disagrees', noteA.replace('669)', '668)')],
  ])('%s: %s', (fault, line) => {
    const found = all(chunkOf(`${NOISE}${line}\n${NOISE}`));
    expect(found).toMatchObject([{ kind: 'unreadable', fault, raw: line }]);
  });

  // Strangers write user names and IKE identities, and those stand in our device's lines.
  test.each([
    [
      'an IKE identity in a debug line',
      `<191>92: hub: *Mar 12 18:22:10.700: ISAKMP:(0): ID payload FQDN name: ${messageOf(note)}`,
    ],
    ['one with a stamp', `<191>92: hub: *Mar 12 18:22:10.700: ISAKMP:(0): ID payload FQDN name: ${noteA}`],
    ['one with a PRI and a stamp', `<191>92: hub: *Mar 12 18:22:10.700: ISAKMP:(0): ID payload FQDN name: <188>${noteA}`],
    ['one with another host', `<191>92: hub: *Mar 12 18:22:10.700: ISAKMP:(0): name: <188>93: hub2: ${noteA}`],
    ['one with a counter of its own', `<191>92: hub: *Mar 12 18:22:10.700: ISAKMP:(0): name: <188>7: hub: ${noteA}`],
    [
      'a user name',
      `<188>92: hub: *Mar 12 18:22:10.700: %SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: <188>${noteA}] [Source: 203.0.113.9]`,
    ],
    ['a user name, no PRI', `<188>92: hub: *Mar 12 18:22:10.700: %SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: ${noteA}]`],
    ['a user name without stamps', `%SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: ${messageOf(note)}]`],
    ['a debug without stamps', `ISAKMP:(0): ID payload FQDN name: ${messageOf(note)}`],
  ])('%s is no event', (_why, line) => {
    const found = all(chunkOf(`${line}\n`));
    expect(found).toMatchObject([{ kind: 'unreadable', fault: 'quoted' }]);
  });
  test('the next message of the same device, glued to a debug line, is one', () => {
    const line = `${NOISE.trimEnd()}<188>93: hub: ${noteA}`;
    expect(all(chunkOf(`${line}\n`))).toMatchObject([{ kind: 'message', message: note.expected, raw: `<188>93: hub: ${noteA}` }]);
  });

  test('the anchor many times in one line: a bounded number of candidates, the rest counted', () => {
    const count = limits.gluedMessagesMax + 5;
    const { state, candidates } = findCandidates(emptyWrapState, chunkOf(`${`<188>${noteA}`.repeat(count)}\n`));
    expect(candidates).toHaveLength(limits.gluedMessagesMax);
    expect(state.gluedDropped).toBe(5);
  });

  test('what is kept of an endless line is bounded', () => {
    const found = all(chunkOf(`<188>%CRYPTO-4-RECVD_PKT_INV_SPI: ${'x'.repeat(60_000)}\n`));
    expect(found).toHaveLength(1);
    expect(JSON.stringify(found).length).toBeLessThan(4 * limits.candidateCharsMax);
  });
});

/** As a console of `width` columns breaks the line, inside words. */
const wrap = (line: string, width: number): string[] => line.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];

describe('messages that a console wrapped', () => {
  const wide = [...Array(60).keys()].map((i) => i + 75);

  test.each(wide)('at %i columns, inside words, in one chunk', (width) => {
    const lines = wrap(noteA, width);
    expect(lines.length).toBeLessThanOrEqual(limits.wrappedLinesMax);
    expect(messages(all(chunkOf(`${NOISE}${lines.join('\r\n')}\r\n${NOISE}`)))).toEqual([note.expected]);
  });

  test.each(wide)('at %i columns, a line a chunk', (width) => {
    const chunks = wrap(noteA, width).map((line, i) => chunkOf(`${line}\r\n`, { at: monotonic(1_000 + i) }));
    const found = all(...chunks, chunkOf(NOISE));
    expect(messages(found)).toEqual([note.expected]);
    // t0 is the arrival of its first bytes.
    expect(found[0]?.at).toBe(1_000);
  });

  test('between words, as Note A prints it', () => {
    const printed = `*Mar 12 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet
has invalid spi for destaddr=213.163.222.7, prot=50, spi=0x68842105(1753489669),
srcaddr=11.1.1.3, input interface=Ethernet0/0
`;
    expect(messages(all(chunkOf(printed)))).toEqual([note.expected]);
  });

  test('the end of an address is not lost at a line end', () => {
    const thirty = noteA.replace('11.1.1.3', '11.1.1.30');
    const cut = thirty.indexOf('11.1.1.30') + '11.1.1.3'.length;
    expect(messages(all(chunkOf(`${thirty.slice(0, cut)}\n${thirty.slice(cut)}\n`)))).toEqual([
      { ...note.expected, src: '11.1.1.30' },
    ]);
    // A narrow console broke it twice, both lines full, the second break inside the address, and nothing but the last figure follows.
    const even = cut % 2 === 0 ? thirty : thirty.slice(1);
    const half = (cut - (thirty.length - even.length)) / 2;
    const lines = [even.slice(0, half), even.slice(half, 2 * half), '0'];
    expect(lines[1]).toMatch(/srcaddr=11\.1\.1\.3$/);
    expect(messages(all(...lines.map((line) => chunkOf(`${line}\n`))))).toEqual([
      { ...note.expected, src: '11.1.1.30', interface: null },
    ]);
  });

  test('a whole message is never held back', () => {
    for (const body of bodies) {
      const { state, candidates } = findCandidates(emptyWrapState, chunkOf(`*Mar 12 18:22:10.706: ${messageOf(body)}\n`));
      expect(candidates).toHaveLength(1);
      expect(state.tails).toEqual({});
    }
  });

  test('the next line with a header of its own is another message', () => {
    const half = noteA.slice(0, 90);
    for (const next of [NOISE, `${noteA}\n`, '000093: *Mar 12 18:22:10.710: ISAKMP: x\n', '\n', '%SYS-5-CONFIG_I: x\n']) {
      const found = all(chunkOf(`${half}\n${next}`));
      expect(found[0]).toMatchObject({ kind: 'unreadable', fault: 'field-missing', raw: half });
    }
  });

  test('a text that starts with a figure is not taken for the end of the address', () => {
    const found = all(chunkOf(`${noteA.replace(/, input.*/, '')}\n1 packet dropped\n`));
    expect(messages(found)).toEqual([{ ...note.expected, interface: null }]);
  });

  test('the rest is taken from the same source and sender only', () => {
    const [first, second] = [`${noteA.slice(0, 100)}\n`, `${noteA.slice(100)}\n`];
    const start = findCandidates(emptyWrapState, chunkOf(first));
    const stranger = findCandidates(start.state, chunkOf(second, { from: '192.0.2.99' }));
    const otherSource = findCandidates(stranger.state, chunkOf(second, { source: 'other' }));
    expect([...start.candidates, ...stranger.candidates, ...otherSource.candidates]).toEqual([]);
    expect(findCandidates(otherSource.state, chunkOf(second)).candidates).toMatchObject([{ message: note.expected }]);
  });

  test('what does not come is given up after a while, with its reason', () => {
    const { state } = findCandidates(emptyWrapState, chunkOf(`${noteA.slice(0, 100)}\n`));
    expect(nextFlushAt(state)).toBe(1_000 + wrapWaitMs);
    expect(flushCandidates(state, monotonic(1_000 + wrapWaitMs - 1))).toEqual({ state, candidates: [] });
    const given = flushCandidates(state, monotonic(1_000 + wrapWaitMs));
    expect(given.candidates).toMatchObject([{ kind: 'unreadable', fault: 'field-missing' }]);
    expect(given.state).toEqual(emptyWrapState);
  });

  test('a message that lacks nothing but the interface counts without it', () => {
    const found = all(chunkOf(`${noteA.replace(/input.*/, '')}\n`));
    expect(messages(found)).toEqual([{ ...note.expected, interface: null }]);
  });

  test('senders that wait are bounded; the oldest is concluded, not dropped', () => {
    let state: WrapState = emptyWrapState;
    const found: Candidate[] = [];
    for (let i = 0; i <= limits.wrappedSendersMax; i++) {
      const step = findCandidates(state, chunkOf(`${noteA.slice(0, 100)}\n`, { from: `10.0.0.${i}`, at: monotonic(i) }));
      state = step.state;
      found.push(...step.candidates);
    }
    expect(Object.keys(state.tails)).toHaveLength(limits.wrappedSendersMax);
    expect(found).toMatchObject([{ from: '10.0.0.0', kind: 'unreadable' }]);
  });

  test('the state is plain data', () => {
    const { state } = findCandidates(emptyWrapState, chunkOf(`${noteA.slice(0, 100)}\n`));
    const revived = JSON.parse(JSON.stringify(state)) as WrapState;
    expect(messages([...findCandidates(revived, chunkOf(`${noteA.slice(100)}\n`)).candidates])).toEqual([note.expected]);
  });
});

describe('hostile and cut chunks', () => {
  test('the same lines cut into chunks anywhere between lines give the same messages', () => {
    const lines = [
      NOISE,
      `${noteA}\r\n`,
      NOISE,
      ...wrap(noteA, 80).map((l) => `${l}\n`),
      NOISE,
      `<188>${noteA}<188>${noteA}\n`,
      NOISE,
    ];
    fc.assert(
      fc.property(fc.subarray([...lines.keys()]), (cuts) => {
        const chunks: LineChunk[] = [];
        let start = 0;
        for (const cut of [...cuts, lines.length]) {
          if (cut > start) chunks.push(chunkOf(lines.slice(start, cut).join('')));
          start = cut;
        }
        expect(messages(all(...chunks))).toEqual([note.expected, note.expected, note.expected, note.expected]);
      }),
    );
  });

  test('arbitrary bytes around the anchor never throw and never make a flow', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom(
          '_PKT_INV_SPI',
          '%CRYPTO-4-RECVD_PKT_INV_SPI: ',
          '\n',
          '<188>',
          'destaddr=1.2.3.4',
          '*Mar 12 18:22:10.706: ',
        )
        .map((s) => Buffer.from(s)),
    );
    fc.assert(
      fc.property(fc.array(fc.array(piece, { maxLength: 20 }), { maxLength: 4 }), (chunks) => {
        const found = all(...chunks.map((pieces) => chunkOf(Buffer.concat(pieces))));
        for (const candidate of found) expect(candidate.kind).toBe('unreadable');
      }),
    );
  });

  test.each([
    ['anchors', '_PKT_INV_SPI'],
    ['messages', '%CRYPTO-4-RECVD_PKT_INV_SPI: '],
    ['stamped messages', '*Mar 12 18:22:10.706: %CRYPTO-4-RECVD_PKT_INV_SPI: '],
    ['messages with a PRI', '<1>%CRYPTO-4-RECVD_PKT_INV_SPI:'],
    ['PRIs', '<1>'],
    ['anchor lines', '_PKT_INV_SPI\n'],
    ['half messages, a line each', '%CRYPTO-4-RECVD_PKT_INV_SPI:\n'],
  ])('%s cost time in proportion to the length', (_name, unit) => {
    const cost = (bytes: number): number => {
      const chunk = chunkOf(`${unit.repeat(Math.floor(bytes / unit.length))}_PKT_INV_SPI\n`);
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 5; round++) {
        const started = process.hrtime.bigint();
        for (let i = 0; i < 4; i++) findCandidates(emptyWrapState, chunk);
        best = Math.min(best, Number(process.hrtime.bigint() - started));
      }
      return best;
    };
    cost(8 * 1024);
    expect(cost(64 * 1024) / Math.max(cost(8 * 1024), 1e6)).toBeLessThan(32);
  });
});
