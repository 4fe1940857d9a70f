/**
 * Boxes with tunnels between them: the pair of the two notes, and nets of several hubs and spokes (every spoke with every hub, as
 * in a DMVPN of one cloud). `createLabPair` and `createLabNet` are what scenarios and test/sim call; a tunnel's life is tunnel.ts.
 */
import { SimulatedBox } from './box.ts';
import type { BothLost, Box, BoxOptions, LabNet, LabPair, LabTunnel, LostFlow, PairOptions } from './contract.ts';
import { OtherPeers } from './other-peers.ts';
import type { TunnelSettings } from './pair-end.ts';
import { Prng } from './prng.ts';
import { Storm } from './storm.ts';
import { NamedTimers } from './timers.ts';
import { SimulatedTunnel, type TunnelSite } from './tunnel.ts';

const CLOUD = '172.16.0.';
const FIRST_HUB = 1;
const FIRST_SPOKE = 11;
const STORM_NETWORK = '10.64.0.0';

const DEFAULTS: TunnelSettings = {
  ikeVersion: 1,
  packetsPerSecond: 20,
  ikeLifetimeSeconds: 86_400,
  ipsecLifetimeSeconds: 3_600,
  dpdSeconds: 0,
  otherPeers: 2,
};

/** A hub and what only it has: spokes without boxes, and their storm. */
interface HubSite extends TunnelSite {
  readonly others: OtherPeers;
  readonly storm: Storm;
}

export class SimulatedNet implements LabNet {
  readonly hubs: readonly Box[];
  readonly spokes: readonly Box[];
  private readonly settings: TunnelSettings;
  private readonly stormNetwork: string;
  private readonly hubSites: readonly HubSite[];
  private readonly tunnels: readonly (readonly SimulatedTunnel[])[];
  private readonly timers: NamedTimers;
  private started = false;

  constructor(hubs: readonly BoxOptions[], spokes: readonly BoxOptions[], options: PairOptions) {
    const { stormNetwork, ...settings } = options;
    this.settings = { ...DEFAULTS, ...settings };
    this.stormNetwork = stormNetwork ?? STORM_NETWORK;
    this.timers = new NamedTimers(hubs[0]!.clock);
    const prng = new Prng(hubs[0]!.seed ^ (spokes[0]!.seed << 1));
    const secrets = { preSharedKey: `lab-${prng.hex(8).toLowerCase()}`, nhrpKey: `nh${prng.hex(6).toLowerCase()}` };
    const common = { ...this.settings, ...secrets };
    const hubSites = hubs.map((each, index) => {
      const site = siteOf(each, FIRST_HUB + index);
      const cloud = { own: site.tunnelAddress, firstOther: FIRST_SPOKE + spokes.length };
      const others = new OtherPeers(site.box.core, this.settings, cloud, prng.fork(`others ${index}`), this.timers);
      return { ...site, others, storm: new Storm(site.box.core, prng.fork(`storm ${index}`), this.timers) };
    });
    const spokeSites = spokes.map((each, index) => siteOf(each, FIRST_SPOKE + index));
    const nhs = hubSites.map(({ box, tunnelAddress }) => ({ tunnelAddress, nbma: box.core.options.cryptoAddress }));
    for (const { box, tunnelAddress } of hubSites) box.core.config.tunnel = { ...common, role: 'hub', tunnelAddress, hubs: [] };
    for (const { box, tunnelAddress } of spokeSites)
      box.core.config.tunnel = { ...common, role: 'spoke', tunnelAddress, hubs: nhs };
    this.hubSites = hubSites;
    this.hubs = hubSites.map(({ box }) => box);
    this.spokes = spokeSites.map(({ box }) => box);
    this.tunnels = hubSites.map((hub, row) =>
      spokeSites.map((spoke, column) => new SimulatedTunnel(hub, spoke, this.settings, prng.fork(`tunnel ${row} ${column}`))),
    );
  }

  start(): void {
    if (this.started) return;
    this.started = true;
    for (const { others } of this.hubSites) others.start();
    for (const tunnel of this.tunnels.flat()) tunnel.start();
  }

  tunnel(hub = 0, spoke = 0): LabTunnel {
    const found = this.tunnels[hub]?.[spoke];
    if (!found) throw new RangeError(`the net has no tunnel between hub ${hub} and spoke ${spoke}`);
    return found;
  }

  storm(flows: number, hub = 0): readonly LostFlow[] {
    const { others, storm } = this.hubSites[hub]!;
    const known = [...this.tunnels[hub]!.map((tunnel) => tunnel.loseHub()), ...others.lose()];
    return [...known, ...storm.begin(flows - known.length, this.stormNetwork)];
  }

  repair(): void {
    for (const { storm, others } of this.hubSites) {
      storm.end();
      others.restore();
    }
    for (const tunnel of this.tunnels.flat()) tunnel.repair();
  }

  close(): void {
    this.timers.close();
    for (const tunnel of this.tunnels.flat()) tunnel.close();
    for (const box of [...this.hubs, ...this.spokes]) box.close();
  }
}

export class SimulatedPair implements LabPair {
  readonly hub: Box;
  readonly spoke: Box;
  private readonly net: SimulatedNet;
  private readonly tunnel: LabTunnel;

  constructor(net: SimulatedNet) {
    this.net = net;
    this.tunnel = net.tunnel();
    this.hub = this.tunnel.hub;
    this.spoke = this.tunnel.spoke;
  }

  start(): void {
    this.net.start();
  }

  desync(): number {
    return this.tunnel.desync();
  }

  blackHole(): number {
    return this.tunnel.blackHole();
  }

  rekeyTransient(): number {
    return this.tunnel.rekeyTransient();
  }

  bothDetect(): BothLost {
    return this.tunnel.bothDetect();
  }

  storm(flows: number): readonly LostFlow[] {
    return this.net.storm(flows);
  }

  repair(): void {
    this.net.repair();
  }

  close(): void {
    this.net.close();
  }
}

function siteOf(options: BoxOptions, host: number): TunnelSite {
  return { box: new SimulatedBox(options), tunnelAddress: `${CLOUD}${host}` };
}

export const createLabNet = (hubs: readonly BoxOptions[], spokes: readonly BoxOptions[], options: PairOptions = {}): LabNet =>
  new SimulatedNet(hubs, spokes, options);

export const createLabPair = (hub: BoxOptions, spoke: BoxOptions, options: PairOptions = {}): LabPair =>
  new SimulatedPair(new SimulatedNet([hub], [spoke], options));
