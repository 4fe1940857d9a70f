/** agent/wiring.ts: from the configuration to what the rooms need. */
import { expect, test } from 'vitest';
import { machineRules, signalSource } from '../../agent/wiring.ts';
import { emptyBook } from '../../shared/coordinate/book.ts';
import { step } from '../../shared/coordinate/step.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import { changed, load } from '../config/smallest-pair.ts';
import { arm } from '../coordinate/arming-given.ts';
import { at } from '../coordinate/given.ts';
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

test.each([
  ['cisco-ios', 'arm-refused'],
  ['linux-strongswan', 'arm-preflight'],
])('%s without a condition: %s, for a debug of every peer is refused only where conditions exist', (name, reason) => {
  const text = changed('role: hub', 'role: hub\nmode: act').replace('platform: cisco-ios', `platform: ${name}`);
  const { config } = load(text);
  const platform = platformNamed(name)!;
  const whole = machineRules(config, platform.debugOff.all, platform.arming.remedies);
  // On Linux there are none to begin with.
  expect(whole.arming.plan.conditions.length === 0).toBe(name === 'linux-strongswan');
  const rules = { ...whole, arming: { ...whole.arming, plan: { ...whole.arming.plan, conditions: [] } } };
  expect(step(rules, emptyBook, at(0, arm('person'))).reason).toBe(reason);
});
