/** agent/wiring.ts: from the configuration to what the rooms need. */
import { expect, test } from 'vitest';
import { signalSource } from '../../agent/wiring.ts';
import { addresses, SimPair } from '../sim/sim-pair.ts';

test.each([
  ['198.51.100.1', { v4: '198.51.100.1' }],
  ['2001:DB8::1', { v6: '2001:db8::1' }],
  ['0.0.0.0', {}],
  ['::', {}],
])('signals of an agent that listens on %s leave from %o', (listen, source) => {
  expect(signalSource(listen)).toEqual(source);
});

test('both sockets of an agent are asked for on the address that it listens on', async () => {
  const sim = new SimPair();
  await sim.start();
  for (const end of ['hub', 'spoke'] as const) {
    const own = sim.network.asked.filter(({ host }) => host === addresses[end].agent).map(({ endpoint }) => endpoint.address);
    expect(own).toEqual([addresses[end].agent, addresses[end].agent]);
  }
  await sim.stop();
});
