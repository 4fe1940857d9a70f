/** Our polls against answers that nobody should give: garbage, mutations, other objects, a table that goes backwards or never ends, silence. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { createClock } from '../../agent/clock.ts';
import { snmpPolls } from '../../agent/net/snmp-poll.ts';
import type { SnmpTarget } from '../../agent/ports.ts';
import { isSpitrapError } from '../../shared/errors.ts';
import { decodeMessage, encodeCommunityMessage } from '../../shared/wire/snmp-message.ts';
import type { Pdu, SnmpValue } from '../../shared/wire/snmp-pdu.ts';
import { Dice } from '../support/dice.ts';

const polls = snmpPolls(createClock());
const UP = '1.3.6.1.2.1.1.3.0';
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) await new Promise<void>((resolve) => socket.close(() => resolve()));
});

/** An agent that answers each question as `answer` says; null: not at all. */
async function agent(answer: (asked: Pdu, n: number) => Buffer | readonly Buffer[] | null, timeoutMs = 150): Promise<SnmpTarget> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  let n = 0;
  socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
    const decoded = decodeMessage(bytes);
    if (!decoded.ok || decoded.message.version === 3 || decoded.message.pdu.type === 'trap-v1') return;
    const said = answer(decoded.message.pdu, n++);
    for (const each of said === null ? [] : Buffer.isBuffer(said) ? [said] : said) socket.send(each, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const to = { address: '127.0.0.1', port: socket.address().port };
  return { to, credentials: { version: '2c', community: 'public' }, timeoutMs };
}
const response = (asked: Pdu, oid: string, value: SnmpValue, more: Partial<Pdu> = {}): Buffer =>
  encodeCommunityMessage({
    version: '2c',
    community: Buffer.from('public'),
    pdu: { ...asked, type: 'response', varbinds: [{ oid, value }], ...more },
  });
const ticks: SnmpValue = { type: 'time-ticks', value: 5 };
const failed = (error: unknown): boolean => isSpitrapError(error, 'SNMP_POLL_FAILED');

describe('get', () => {
  test('each type that is asked for, and what is absent', async () => {
    const values: readonly [SnmpValue, unknown][] = [
      [
        { type: 'counter32', value: 4_294_967_295 },
        { kind: 'number', value: 4_294_967_295 },
      ],
      [
        { type: 'integer', value: -1 },
        { kind: 'number', value: -1 },
      ],
      [
        { type: 'octets', value: Buffer.from([0x63, 0xe9]) },
        { kind: 'text', value: 'c\xe9' },
      ],
      [{ type: 'no-such-instance' }, { kind: 'absent' }],
      [{ type: 'no-such-object' }, { kind: 'absent' }],
      [{ type: 'null' }, { kind: 'absent' }],
      [{ type: 'oid', value: '1.3' }, { kind: 'absent' }],
    ];
    for (const [value, expected] of values)
      expect(await polls.get(await agent((asked) => response(asked, UP, value)), [UP])).toEqual([expected]);
  });
  test.each<[string, Parameters<typeof agent>[0]]>([
    ['silence', () => null],
    ['garbage', () => Buffer.from('not SNMP at all')],
    ['nothing', () => Buffer.alloc(0)],
    ['another object', (asked) => response(asked, '1.3.6.1.2.1.1.5.0', ticks)],
    ['no object', (asked) => response(asked, UP, ticks, { varbinds: [] })],
    ['an error', (asked) => response(asked, UP, ticks, { errorStatus: 5, errorIndex: 1 })],
    ['another request’s answer', (asked) => response(asked, UP, ticks, { requestId: asked.requestId ^ 1 })],
    ['a question back', (asked) => response(asked, UP, ticks, { type: 'get' })],
  ])('%s: it fails with a code, and says where', async (_name, answer) => {
    const target = await agent(answer);
    await expect(polls.get(target, [UP])).rejects.toSatisfy(failed);
    await expect(polls.get(target, [UP])).rejects.toThrow(`SNMP 127.0.0.1:${target.to.port}: `);
  });
});

describe('walk', () => {
  const PREFIX = '1.3.6.1.4.1.9.10.91.1.2.3.1.9';
  test('a table that never ends is read to its bound', async () => {
    const target = await agent((asked, n) => response(asked, `${PREFIX}.${n + 1}`, { type: 'integer', value: n }));
    expect(await polls.walk(target, PREFIX, 7)).toHaveLength(7);
  });
  test('one that goes backwards, or stands still, ends there', async () => {
    const still = await agent((asked) => response(asked, `${PREFIX}.5`, { type: 'integer', value: 1 }));
    expect(await polls.walk(still, PREFIX, 50)).toHaveLength(1);
    const back = await agent((asked, n) => response(asked, `${PREFIX}.${9 - n}`, { type: 'integer', value: 1 }));
    expect(await polls.walk(back, PREFIX, 50)).toHaveLength(1);
  });
  test('it ends at the end of the column and of the tree', async () => {
    const next = await agent((asked, n) =>
      response(asked, n === 0 ? `${PREFIX}.1` : `${PREFIX}1.1`, { type: 'integer', value: 1 }),
    );
    expect(await polls.walk(next, PREFIX, 50)).toHaveLength(1);
    const end = await agent((asked) => response(asked, PREFIX, { type: 'end-of-mib-view' }));
    expect(await polls.walk(end, PREFIX, 50)).toEqual([]);
  });
});

test('mutated answers, a thousand of them: each question ends, nothing is thrown past it', async () => {
  const dice = new Dice(23);
  const target = await agent((asked) => {
    const whole = response(asked, UP, ticks);
    return Array.from({ length: 10 }, () => {
      const bytes = Buffer.from(whole);
      for (let hit = dice.upTo(3); hit >= 0; hit--) bytes[dice.upTo(bytes.length - 1)] = dice.upTo(255);
      return dice.percent() < 20 ? bytes.subarray(0, dice.upTo(bytes.length)) : bytes;
    });
  }, 60);
  let settled = 0;
  for (let round = 0; round < 10; round++) {
    const asked = Array.from({ length: 10 }, () => polls.get(target, [UP]));
    for (const outcome of await Promise.allSettled(asked)) {
      settled++;
      if (outcome.status === 'rejected') expect(outcome.reason).toSatisfy(failed);
    }
  }
  expect(settled).toBe(100);
});
