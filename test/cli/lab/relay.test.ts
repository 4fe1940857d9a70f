import { afterEach, describe, expect, test } from 'vitest';
import { type Relay, type RelayEvent, startRelay } from '../../../agent/cli/lab/relay.ts';
import { findScenario } from '../../../agent/cli/lab/scenarios.ts';
import { signalReader } from '../../../agent/cli/lab/signal-reader.ts';
import { createClock } from '../../../agent/clock.ts';
import { udpDatagrams } from '../../../agent/net/datagram.ts';
import type { SnmpCredentials } from '../../../agent/net/signalling.ts';
import type { DatagramSocket, Endpoint } from '../../../agent/ports.ts';
import { notificationVarbinds, policyEventTrapOid, policyEventVarbinds } from '../../../shared/wire/event-manager.ts';
import { defaultValues, encodeSignalText, type Phase } from '../../../shared/wire/signal.ts';
import type { Pdu } from '../../../shared/wire/snmp-pdu.ts';
import { encodeV3Message } from '../../../shared/wire/snmp-v3-message.ts';
import { UserKeys } from '../../../shared/wire/usm.ts';

const credentials = {
  version: 3,
  user: 'pair',
  auth: { protocol: 'sha256', key: 'authentication' },
  priv: { protocol: 'aes128', key: 'privacy of it' },
} satisfies SnmpCredentials;
const keys = new UserKeys(credentials);
const engineId = Buffer.from('80001f8804aabbccdd', 'hex');
const incident = '01KA0000000000000000000000';

function v3(type: Pdu['type'], id: number, varbinds: Pdu['varbinds'], good = keys): Buffer {
  return encodeV3Message({
    msgId: id,
    reportable: type === 'inform',
    engineId,
    stamp: { boots: 3, timeS: 77 },
    user: Buffer.from(credentials.user),
    level: 'authPriv',
    keys: good.forEngine(engineId),
    salt: Buffer.from('00000000000000aa', 'hex'),
    scoped: {
      contextEngineId: engineId,
      contextName: Buffer.alloc(0),
      pdu: { type, requestId: id + 1000, errorStatus: 0, errorIndex: 0, varbinds },
    },
  });
}

function signal(phase: Phase, id: number): Buffer {
  const event = {
    policyPath: '',
    policyName: 'spitrap',
    intData1: defaultValues[phase],
    intData2: 0,
    strData: encodeSignalText({ phase, incident, keys: {} }),
  };
  return v3('inform', id, notificationVarbinds(1, policyEventTrapOid(91), policyEventVarbinds(91, 1, event)));
}

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0)) await thing.close();
});

interface Agent {
  readonly socket: DatagramSocket;
  readonly got: { readonly bytes: Buffer; readonly from: Endpoint }[];
}

async function agent(address: string): Promise<Agent> {
  const socket = await udpDatagrams.bind({ address, port: 0 }, { receiveBufferBytes: 65_536 });
  opened.push(socket);
  const got: Agent['got'] = [];
  socket.onMessage((bytes, from) => got.push({ bytes: Buffer.from(bytes), from }));
  return { socket, got };
}

async function setUp(scenario: string): Promise<{ hub: Agent; spoke: Agent; relay: Relay; events: RelayEvent[] }> {
  const hub = await agent('127.0.0.21');
  const spoke = await agent('127.0.0.22');
  const events: RelayEvent[] = [];
  const relay = await startRelay({
    datagrams: udpDatagrams,
    clock: createClock(),
    address: '127.0.0.31',
    agents: { hub: hub.socket.local, spoke: spoke.socket.local },
    read: signalReader(credentials, defaultValues),
    drops: findScenario(scenario).loses,
    onEvent: (event) => events.push(event),
  });
  opened.push(relay);
  return { hub, spoke, relay, events };
}

describe('the relay between the lab’s agents', () => {
  test('a signal arrives as it was sent, from the relay’s address, and its Response finds back to the socket that asked', async () => {
    const { hub, spoke, relay, events } = await setUp('desync');
    const other = await agent('127.0.0.21');
    const bytes = signal('alert', 5);
    other.socket.send(bytes, relay.front.hub);
    await expect.poll(() => spoke.got.length).toBe(1);
    expect(spoke.got[0]?.bytes.equals(bytes)).toBe(true);
    expect(spoke.got[0]?.from.address).toBe('127.0.0.31');

    const response = v3('response', 5, []);
    spoke.socket.send(response, spoke.got[0]!.from);
    await expect.poll(() => other.got.length).toBe(1);
    expect(other.got[0]?.from).toEqual(relay.front.hub);
    expect(hub.got).toEqual([]);
    expect(events).toEqual([
      { kind: 'signal', at: expect.any(Number), from: 'hub', phase: 'alert', incident, dropped: false },
      { kind: 'answer', at: expect.any(Number), from: 'hub', phase: 'alert', roundTripMs: expect.any(Number) },
    ]);
  });

  test.each([
    ['lost-stop', 'stop'],
    ['lost-alert', 'alert'],
  ] as const)('%s loses every %s, in both directions, and nothing else', async (scenario, lost) => {
    const { hub, spoke, relay, events } = await setUp(scenario);
    for (const phase of ['hello', 'alert', 'stop', 'done'] as const) {
      hub.socket.send(signal(phase, 10), relay.front.hub);
      spoke.socket.send(signal(phase, 11), relay.front.spoke);
    }
    await expect.poll(() => spoke.got.length + hub.got.length).toBe(6);
    expect(
      events.flatMap((event) => (event.kind === 'signal' && event.dropped ? [[event.from, event.phase]] : [])).sort(),
    ).toEqual([
      ['hub', lost],
      ['spoke', lost],
    ]);
    expect(relay.dropped()).toBe(2);
  });

  test('what it cannot read passes: discovery, Reports, garbage, other keys', async () => {
    const { hub, spoke, relay, events } = await setUp('lost-stop');
    const stranger = new UserKeys({
      auth: { protocol: 'sha256', key: 'someone else' },
      priv: { protocol: 'aes128', key: 'someone else' },
    });
    hub.socket.send(Buffer.from('ff', 'hex'), relay.front.hub);
    hub.socket.send(v3('inform', 3, [], stranger), relay.front.hub);
    hub.socket.send(v3('get', 4, []), relay.front.hub);
    await expect.poll(() => spoke.got.length).toBe(3);
    expect(events).toEqual([]);
  });

  test('more sockets than it keeps ways for: the newest are served', async () => {
    const { spoke, relay } = await setUp('desync');
    const many: Agent[] = [];
    for (let i = 0; i < 70; i++) {
      const one = await agent('127.0.0.21');
      many.push(one);
      one.socket.send(signal('hello', i), relay.front.hub);
      await expect.poll(() => spoke.got.length, { interval: 2 }).toBe(i + 1);
    }
    spoke.socket.send(v3('response', 69, []), spoke.got[69]!.from);
    await expect.poll(() => many[69]!.got.length).toBe(1);
  });
});
