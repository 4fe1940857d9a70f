/** Alarms in the whole agent, in virtual time: a receiver that hangs moves no stop by a millisecond and no end of the agent beyond its bound. */
import { expect, test } from 'vitest';
import type { AlarmChannelConfig } from '../../agent/config/config.ts';
import { limits } from '../../shared/limits.ts';
import { answered, hanging } from '../support/fake-receivers.ts';
import { SimPair } from './sim-pair.ts';

const common = { severity: 'warning', repeatEveryMs: 15 * 60_000, timeoutMs: 60_000 } as const;
const channels: readonly AlarmChannelConfig[] = [
  { ...common, kind: 'webhook', name: 'hook', url: 'https://alerts.example.net/x', headers: {}, ca: null },
  { ...common, kind: 'command', name: 'page', run: ['/bin/page'] },
];
const told = (sim: SimPair) =>
  sim.stations.hub.receivers.ran.map(
    ({ environment }) => `${environment['SPITRAP_STATUS']} ${environment['SPITRAP_KEY']?.split(':')[0]}`,
  );

/** Armed, and then the spoke's agent dies: its silence is an alarm before the event, its stop that nobody takes another after it. */
async function widowed(alarms: readonly AlarmChannelConfig[], receive: (sim: SimPair) => void): Promise<SimPair> {
  const sim = await SimPair.armed({ config: { hub: (config) => ({ ...config, alarms }) } });
  receive(sim);
  await sim.kill('spoke');
  await sim.clock.advance(4 * 60_000);
  sim.lab.desync();
  await sim.clock.advance(20 * 60_000);
  return sim;
}

test('the stop leaves at the same moment whether nobody is told, or the receiver hangs and the disk of the ledger too', async () => {
  const without = await widowed([], () => {});
  const hung = await widowed(channels, ({ stations: { hub } }) => {
    hub.receivers.onRequest = (_request, signal) => hanging(signal);
    hub.receivers.onRun = async () => ({ exitCode: 0, killedBy: null, output: Buffer.alloc(0) });
    hub.disk.stall((_operation, path) => path.startsWith('/hub/alarms'));
  });
  expect(without.undebugs('hub')).toHaveLength(1);
  expect(hung.undebugs('hub')).toEqual(without.undebugs('hub'));
  expect(told(hung)).toEqual(expect.arrayContaining(['raised peer-silent', 'raised peer-stop', 'repeated peer-silent']));
  expect(hung.status('hub').alarmChannels.map(({ delivered, lastError }) => [delivered > 2, lastError !== null])).toEqual([
    [false, true],
    [true, false],
  ]);

  const stopping = hung.stations.hub.agent!.stop('end of test');
  hung.stations.hub.agent = null;
  let steps: Awaited<typeof stopping> | null = null;
  void stopping.then((ended) => (steps = ended));
  await hung.clock.advance(20_000);
  expect(steps!.find(({ name }) => name === 'alarms')).toMatchObject({ error: null });
  expect(steps!.find(({ name }) => name === 'alarms')!.tookMs).toBeLessThanOrEqual(2 * limits.alarmCloseMs);
  await without.stop();
  await hung.stop();
});

test('what could not be told before a kill and a reboot is told after it, once, and its end when a person takes it over', async () => {
  const sim = await widowed(channels, ({ stations: { hub } }) => {
    hub.receivers.onRequest = async () => answered(503);
  });
  await sim.reboot('hub');
  const { receivers } = sim.stations.hub;
  receivers.onRequest = async () => answered(200);
  const from = receivers.requests.length;
  await sim.startAgent('hub');
  await sim.clock.advance(10_000);
  const stop = () =>
    receivers.notices.slice(from).filter((notice) => (notice['alarm'] as { key: string }).key.startsWith('peer-stop:'));
  expect(stop()).toMatchObject([{ status: 'raised', agent: { host: 'agent-of-hub' }, alarm: { severity: 'critical' } }]);
  const { id } = stop()[0]!['alarm'] as { id: string };
  await sim.stations.hub.handlers!.ack(id);
  await sim.clock.advance(60 * 60_000);
  expect(stop().map((notice) => notice['status'])).toEqual(['raised', 'acknowledged']);
  await sim.stop();
});
