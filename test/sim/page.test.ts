/** The page of an agent in virtual time: what is asked of it goes through the same decisions, and the journal says who asked. */
import { afterEach, expect, test } from 'vitest';
import type { HttpAsked, HttpReply, HttpServers } from '../../agent/http-ports.ts';
import { addresses, SimPair } from './sim-pair.ts';

const TOKEN = 'a-token-of-more-than-16-characters';
let sim: SimPair;
afterEach(() => sim.stop());

/** Takes the place of the listener: requests are handed in. */
function handedIn(): {
  readonly servers: HttpServers;
  ask(method: string, target: string, more?: Partial<HttpAsked>): Promise<unknown>;
} {
  let onRequest: (asked: HttpAsked) => Promise<HttpReply> = async () => Promise.reject(new Error('nobody listens'));
  return {
    servers: {
      listen: async (local, _credentials, options) => {
        onRequest = options.onRequest;
        return { local, connections: 0, renew: () => {}, close: async () => {} };
      },
    },
    async ask(method, target, more = {}) {
      const remote = { address: '127.0.0.1', port: 1 };
      const headers = { host: 'localhost', authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
      const reply = await onRequest({
        method,
        target,
        headers,
        remote,
        tls: false,
        client: null,
        body: async () => Buffer.from(''),
        ...more,
      });
      return JSON.parse(Buffer.from(reply.body as Uint8Array).toString('utf8'));
    },
  };
}

test('a hold and a capture from the page: journaled with who, seen in the status, shown in the list when sealed', async () => {
  const page = handedIn();
  const { log, lines } = told();
  sim = new SimPair({
    log: { hub: log },
    config: {
      hub: (config) => ({
        ...config,
        page: {
          listen: { address: '127.0.0.1', port: 7423 },
          token: TOKEN,
          readToken: null,
          loopback: 'free',
          tls: null,
          names: [],
        },
      }),
    },
    host: (end, world) => (end === 'hub' ? { ...world, httpServers: page.servers } : world),
  });
  await sim.start();
  sim.armByHand();
  await sim.clock.advance(61_000);
  const json = (value: unknown) => ({ body: async () => Buffer.from(JSON.stringify(value)) });

  const held = page.ask('POST', '/api/v1/hold', json({ on: true }));
  await sim.clock.advance(100);
  expect(await held).toMatchObject({ on: true, by: 'command' });
  const refused = page.ask('POST', '/api/v1/capture', json({ pair: true }));
  await sim.clock.advance(100);
  expect(await refused).toMatchObject({ error: { code: 'CAPTURE_REFUSED' } });
  const lifted = page.ask('POST', '/api/v1/hold', json({ on: false }));
  await sim.clock.advance(100);
  await lifted;
  expect(lines.join('\n')).toContain('on hold, by page 127.0.0.1: no new incident acts');

  const begun = page.ask('POST', '/api/v1/capture', json({ pair: true }));
  await sim.clock.advance(100);
  const { incident: id } = (await begun) as { incident: string };
  expect(await page.ask('GET', `/api/v1/incidents/${id}`)).toMatchObject({
    summary: { id, phase: 'collecting', bundle: false },
    incident: null,
    timeline: expect.arrayContaining([
      expect.objectContaining({ reason: 'capture-asked', text: expect.stringContaining('page 127.0.0.1') }),
    ]),
  });
  await sim.clock.advance(120_000);
  expect(await page.ask('GET', '/api/v1/incidents')).toMatchObject({
    incidents: [{ id, phase: 'sealed', outcome: 'captured', bundle: true, debugsOff: 'not-sent' }],
  });
  expect((await sim.incidentOf('hub')).event).toMatchObject({ source: 'person', line: 'asked by page 127.0.0.1' });
  expect(sim.boxes.hub.debugsOn().length).toBeGreaterThan(0);
  const far = { remote: { address: addresses.spoke.agent, port: 1 }, headers: { host: 'localhost' } };
  expect(await page.ask('GET', '/api/v1/status', far)).toMatchObject({ error: { code: 'no-token' } });
  expect(sim.status('hub')).toMatchObject({
    page: { url: 'http://127.0.0.1:7423' },
    refusals: { 'page-CAPTURE_REFUSED': 1, 'page-no-token': 1 },
  });
});

function told() {
  const lines: string[] = [];
  const say = (_fields: unknown, text?: string): void => void lines.push(text ?? '');
  return { lines, log: { debug: say, info: say, warn: say, error: say } };
}
