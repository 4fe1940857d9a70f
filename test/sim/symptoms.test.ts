/** Incidents that no message with an SPI opened, between two production agents in virtual time: a counter, a cut trap, the IKE twin. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Config, SourceConfig } from '../../agent/config/config.ts';
import { readBundle } from '../../agent/evidence/read-bundle.ts';
import { diagnose } from '../../shared/analyze/diagnose.ts';
import { parseRange } from '../../shared/model/address.ts';
import { platformNamed } from '../../shared/platforms/index.ts';
import { CLOG_MESSAGE_GENERATED } from '../../shared/wire/clog-trap.ts';
import { notificationVarbinds } from '../../shared/wire/event-manager.ts';
import { encodeCommunityMessage } from '../../shared/wire/snmp-message.ts';
import { type ClogFields, clogVarbinds } from '../support/clog-varbinds.ts';
import { addresses, SimPair } from './sim-pair.ts';

let sim: SimPair;
afterEach(() => sim.stop());

const armed = async (hub: (config: Config) => Config, more: ConstructorParameters<typeof SimPair>[0] = {}): Promise<void> => {
  sim = await SimPair.armed({ ...more, config: { hub } });
};

describe('drop counters where the message does not exist', () => {
  const drops = (opens: boolean): SourceConfig => ({ kind: 'qfp-drops', name: 'drops', everyMs: 30_000, atLeast: 1, opens });
  const iosxe =
    (opens: boolean) =>
    (config: Config): Config => ({
      ...config,
      device: { ...config.device, platform: 'cisco-iosxe' },
      sources: [drops(opens)],
    });
  test('the counter climbs: both ends are stopped, captured, sealed; the capture is of the whole device', async () => {
    await armed(iosxe(true), { box: { hub: { platform: 'cisco-iosxe' } } });
    await sim.clock.advance(300_000);
    expect(await sim.incidents('hub')).toEqual([]);
    sim.lab.desync();
    await sim.clock.advance(180_000);
    const hub = await sim.incidentOf('hub');
    const spoke = await sim.incidentOf('spoke');
    expect(hub).toMatchObject({ openedBy: 'symptom', flows: [], outcome: { kind: 'complete', reasons: [] } });
    expect(spoke).toMatchObject({ id: hub.id, openedBy: 'alert', outcome: { kind: 'complete' } });
    // It lost all its SAs: whoever is configured and has none is whom to look at.
    const told = hub.timeline.map(({ detail }) => detail).join('\n');
    expect(told).toContain(`to suspect: ${addresses.spoke.crypto}: `);
    expect(hub.event).toMatchObject({ source: 'drops', line: expect.stringMatching(/^qfp-drops: /) });
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
    expect(sim.received('hub', 'show crypto ipsec sa detail').length).toBeGreaterThan(0);
    expect(sim.status('hub').sources[0]).toMatchObject({ name: 'drops', symptoms: 1, state: 'open' });
    // The report reads bundles without a flow, too.
    const bundles = await Promise.all(
      (['hub', 'spoke'] as const).map((end) => readBundle(`/${end}/incidents/${hub.id}`, sim.stations[end].disk)),
    );
    for (const bundle of bundles) expect(bundle.problems).toEqual([]);
    expect(diagnose(bundles, platformNamed).case.ends).toHaveLength(2);
    // It goes on, and opens no other.
    await sim.clock.advance(1_200_000);
    expect(sim.status('hub').sources[0]!.symptoms).toBeGreaterThan(1);
    expect(await sim.incidents('hub')).toHaveLength(1);
  });
  test('the agent is killed in the middle of it: the journal brings it back, and both ends are stopped all the same', async () => {
    await armed(iosxe(true), { box: { hub: { platform: 'cisco-iosxe' } } });
    await sim.clock.advance(300_000);
    sim.lab.desync();
    for (let n = 0; n < 60 && sim.status('hub').incidents.length === 0; n++) await sim.clock.advance(1_000);
    expect(sim.status('hub').incidents[0]).toMatchObject({ openedBy: 'symptom' });
    await sim.clock.advance(3_000);
    await sim.kill('hub');
    await sim.clock.advance(2_000);
    await sim.startAgent('hub');
    await sim.clock.advance(120_000);
    expect(await sim.incidentOf('hub')).toMatchObject({ openedBy: 'symptom', flows: [] });
    expect(sim.boxes.hub.debugsOn()).toEqual([]);
    expect(sim.boxes.spoke.debugsOn()).toEqual([]);
  });
  test('without `opens` it is counted, and nothing else', async () => {
    await armed(iosxe(false), { box: { hub: { platform: 'cisco-iosxe' } } });
    await sim.clock.advance(300_000);
    sim.lab.desync();
    await sim.clock.advance(180_000);
    expect(await sim.incidents('hub')).toEqual([]);
    expect(sim.undebugs('hub')).toEqual([]);
    expect(sim.status('hub').sources[0]!.symptoms).toBeGreaterThan(0);
  });
});

describe('syslog as traps', () => {
  const PORT = 1_162;
  const trap: SourceConfig = {
    kind: 'snmp-trap',
    name: 'traps',
    listen: { address: addresses.hub.agent, port: PORT },
    from: [parseRange(addresses.hub.box)!],
    snmp: { version: '2c', community: 'public' },
    engineId: null,
    opens: [],
  };
  let requestId = 1;
  async function send(fields: ClogFields): Promise<void> {
    const varbinds = notificationVarbinds(1, CLOG_MESSAGE_GENERATED, clogVarbinds(fields));
    const pdu = { type: 'trap', requestId: requestId++, errorStatus: 0, errorIndex: 0, varbinds } as const;
    const bytes = encodeCommunityMessage({ version: '2c', community: Buffer.from('public'), pdu });
    const to = { address: addresses.hub.agent, port: PORT };
    sim.network.inject({ bytes, from: { address: addresses.hub.box, port: 50_000 }, to });
    await sim.clock.advance(0);
  }
  const text = (spi: number, ending: string): string =>
    `decaps: rec'd IPSEC packet has invalid spi for destaddr=${addresses.hub.crypto}, prot=50, spi=0x${spi.toString(16).toUpperCase()}(${spi})${ending}`;
  const cut = (spi: number): string => `${text(spi, '').padEnd(250)}, sr*`;
  const withTrap = (config: Config): Config => ({ ...config, sources: [trap] });
  const twoPeers = (config: Config): Config => ({
    ...config,
    sources: [trap],
    peers: [...config.peers, { ...config.peers[0]!, name: 'other', cryptoAddresses: [parseRange('203.0.113.77')!], send: [] }],
  });

  test('a whole one is the message: the device bears it out, and both ends stop', async () => {
    await armed(withTrap);
    const spi = sim.lab.desync();
    await sim.clock.advance(2_000);
    await send({ text: text(spi, `, srcaddr=${addresses.spoke.crypto}`) });
    await sim.clock.advance(60_000);
    expect(await sim.incidentOf('hub')).toMatchObject({ openedBy: 'message', outcome: { kind: 'complete' } });
    expect((await sim.incidentOf('hub')).flows[0]).toMatchObject({ src: addresses.spoke.crypto, corroboration: 'found' });
  });
  test('cut before its srcaddr, and one peer is configured: its address is taken', async () => {
    await armed(withTrap);
    const spi = sim.lab.desync();
    await sim.clock.advance(2_000);
    await send({ text: cut(spi) });
    await sim.clock.advance(60_000);
    expect((await sim.incidentOf('hub')).flows[0]).toMatchObject({ src: addresses.spoke.crypto, corroboration: 'found' });
    expect(sim.status('hub').sources[0]).toMatchObject({ cutMessages: 1 });
  });
  test('cut, and several peers: the device’s own log has the whole line', async () => {
    await armed(twoPeers);
    const spi = sim.lab.desync();
    await sim.clock.advance(2_000);
    await send({ text: cut(spi) });
    await sim.clock.advance(70_000);
    expect((await sim.incidentOf('hub')).flows[0]).toMatchObject({ src: addresses.spoke.crypto, corroboration: 'not-needed' });
  });
  test('cut, several peers, and the device’s log does not have it: over a community it is noted, and opens nothing', async () => {
    await armed(twoPeers);
    await send({ text: cut(0xdeadbeef) });
    await sim.clock.advance(70_000);
    expect(await sim.incidents('hub')).toEqual([]);
    expect(sim.status('hub').sources[0]).toMatchObject({ cutMessages: 1 });
    expect(sim.undebugs('hub')).toEqual([]);
  });
});

describe('%CRYPTO-4-IKMP_NO_SA as a trigger', () => {
  const LINE = `*Mar 12 18:22:10.706: %CRYPTO-4-IKMP_NO_SA: IKE message from ${addresses.spoke.crypto}        has no SA and is not an initialization offer\n`;
  const also = (config: Config): Config => ({ ...config, alsoTrigger: ['ikmp-no-sa'] });
  test('over a connection it opens an incident with that peer', async () => {
    await armed(also);
    sim.stations.hub.streams.deliver(Buffer.from(LINE));
    await sim.clock.advance(90_000);
    expect(await sim.incidentOf('hub')).toMatchObject({ openedBy: 'symptom', outcome: { kind: 'complete' } });
    expect(await sim.incidentOf('spoke')).toMatchObject({ openedBy: 'alert' });
  });
  test('over UDP the device’s log must hold it; without the setting it is a line like any other', async () => {
    await armed(also, { syslog: 'syslog-udp' });
    sim.sendUdp('hub', LINE.trimEnd());
    await sim.clock.advance(90_000);
    expect(await sim.incidents('hub')).toEqual([]);
    expect(sim.status('hub').sources[0]).toMatchObject({ symptoms: 1 });
    await sim.stop();
    await armed((config) => config);
    sim.stations.hub.streams.deliver(Buffer.from(LINE));
    await sim.clock.advance(90_000);
    expect(await sim.incidents('hub')).toEqual([]);
    expect(sim.status('hub').sources[0]).toMatchObject({ symptoms: 0 });
  });
});
