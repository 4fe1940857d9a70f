/** What the rooms need of the configuration, each in its own terms. Called by app.ts alone, so that the wiring there stays readable. */
import type { Clock } from '../shared/clock.ts';
import type { ArmingRules, Rules } from '../shared/coordinate/rules.ts';
import type { DetectedEvent, GateContext } from '../shared/detect/gate.ts';
import { limits } from '../shared/limits.ts';
import { canonicalAddress, parseRange } from '../shared/model/address.ts';
import type { ArmPlan } from '../shared/model/arming.ts';
import type { Remedies } from '../shared/platforms/arming.ts';
import { platformNamed } from '../shared/platforms/index.ts';
import type { Config, DeviceConfig, PeerConfig } from './config/config.ts';
import { isSyslogListener } from './config/config.ts';
import type { DeliveryRoom } from './effects/send-signal.ts';
import type { Retention } from './evidence/retention.ts';
import type { RingBounds } from './evidence/ring.ts';
import type { SnmpPeer, SnmpReceiver, SnmpSender } from './net/signalling.ts';
import { type PreparedPeers, preparePeers } from './net/snmp-peers.ts';
import type { ShellTarget } from './ports.ts';

export function shellTarget(device: DeviceConfig, trustOnFirstUse: ((fingerprint: string) => void) | null): ShellTarget {
  const { address, port, user, password, privateKey, passphrase, hostKeys, legacy, keepaliveMs, jump } = device;
  const trust = trustOnFirstUse === null ? {} : { trustOnFirstUse };
  const credentials = secretsOf({ password, privateKey, passphrase });
  const through =
    jump === null
      ? {}
      : {
          jump: {
            address: jump.address,
            port: jump.port,
            user: jump.user,
            ...secretsOf(jump),
            hostKeys: jump.hostKeys,
            legacy: false,
            keepaliveMs,
            ...trust,
          },
        };
  const local = device.transport === 'local' ? { local: true } : {};
  return { address, port, user, ...credentials, hostKeys, legacy, keepaliveMs, ...trust, ...through, ...local };
}

/** Absent rather than null: the transport takes what is there. */
function secretsOf(
  of: Pick<DeviceConfig, 'password' | 'privateKey' | 'passphrase'>,
): Pick<ShellTarget, 'password' | 'privateKey' | 'passphrase'> {
  return {
    ...(of.password === null ? {} : { password: of.password }),
    ...(of.privateKey === null ? {} : { privateKey: of.privateKey }),
    ...(of.passphrase === null ? {} : { passphrase: of.passphrase }),
  };
}

/** An incident keeps those that it began with: they change while none is open (reload.ts). */
export function machineRules(config: Config, stopCommand: string, remedies: Remedies): Rules {
  return {
    role: config.role,
    mode: config.mode,
    device: { name: config.device.name, address: config.device.address },
    stopCommand,
    delayMs: config.stop.delayMs,
    maxDelayMs: config.stop.maxDelayMs,
    holdDownMs: config.evidence.holdDownMs,
    messageIntervalMs: config.evidence.messageIntervalMs,
    afterMs: config.evidence.afterMs,
    eemWindowMs: config.signal.eemWindowMs,
    incidentsPerHour: config.budgets.incidentsPerHour,
    maxPeersCaptured: config.capture.maxPeersCaptured,
    flowsPerIncidentMax: limits.flowsPerIncidentMax,
    heldFlowsMax: limits.heldFlowsMax,
    closedIdsMax: limits.closedIdsMax,
    stopMode: config.stop.mode,
    arming: armingRules(config, remedies),
    peers: config.peers.map(({ name, kind, cryptoAddresses, send }) => ({
      name,
      kind,
      where: cryptoAddresses[0]?.text ?? send[0]?.address ?? name,
    })),
  };
}

/** What is put on the device when it is armed. The on-box dead-man must not go off while an agent is well: twice the lease. */
export function armPlan({ device, arming: { conditions, debugs, deadMan, leaseMs } }: Config): ArmPlan {
  const { absent = [], onlyDebug } = platformNamed(device.platform)?.arming ?? {};
  return {
    conditions: absent.includes('conditions') ? [] : conditions,
    debugs: onlyDebug === undefined ? debugs : [onlyDebug],
    deadManS: deadMan && !absent.includes('dead-man') ? Math.ceil((2 * leaseMs) / 1_000) : null,
  };
}

function armingRules(config: Config, remedies: Remedies): ArmingRules {
  const { arm, arming, sources } = config;
  const { leaseMs, maxDebugMs, rearm } = arming;
  return {
    when: arm,
    plan: armPlan(config),
    unconditional: platformNamed(config.device.platform)?.arming.absent?.includes('conditions') === true,
    leaseMs,
    maxDebugMs,
    rearm,
    ourHosts: listenAddresses(sources),
    terminalMonitor: sources.some((source) => source.kind === 'terminal-monitor'),
    remedies,
  };
}

/** Where the device's `logging host` may point at; a source that listens on every address says nothing about it. */
function listenAddresses(sources: Config['sources']): string[] {
  const addresses = sources.flatMap((source) => (isSyslogListener(source) ? [source.listen.address] : []));
  return addresses.some((address) => address === '0.0.0.0' || address === '::') ? [] : [...new Set(addresses)];
}

export const retentionOf = ({ evidence }: Config): Retention => ({
  maxAgeMs: evidence.retainMaxAgeMs,
  maxCount: evidence.retainMaxCount,
  maxBytes: evidence.retainMaxBytes,
});

/** `config` as it is at the moment: whom a signal goes to is looked up when it is sent. */
export const deliveryRoom = (room: Omit<DeliveryRoom, 'receivers' | 'values'>, config: Config): DeliveryRoom => ({
  ...room,
  get receivers() {
    return config.peers;
  },
  get values() {
    return config.signal.values;
  },
});

export const snmpPeer = ({ name, from, snmp, engineId }: PeerConfig): SnmpPeer => ({
  name,
  from: from.map((range) => range.text),
  credentials: snmp,
  engineId,
});

/** At a reload: the keys of new peers are made one by one, with a turn of the event loop between; then both rooms have them in one. */
export function peersTaker(
  clock: Clock,
  started: PreparedPeers,
  rooms: readonly Pick<SnmpSender & SnmpReceiver, 'changePeers'>[],
): (next: Config) => Promise<() => void> {
  let prepared = started;
  return async ({ peers }) => {
    const next = await preparePeers(peers.map(snmpPeer), prepared, () => clock.sleep('keys of a peer', 0));
    const { ready } = next;
    return () => {
      prepared = next;
      for (const room of rooms) room.changePeers(ready);
    };
  };
}

/** Lines of a terminal monitor come from the address that we log in to, which `match` need not name. */
export function ownLines(device: DeviceConfig): Config['device']['match'] {
  const range = parseRange(device.address);
  return range === null ? device.match : [...device.match, { kind: 'address', range }];
}

/** As of now: the device's clock reading changes. */
export const gateContext = (config: Config, match: GateContext['match'], clock: GateContext['clock']): GateContext => ({
  match,
  cryptoAddresses: config.device.cryptoAddresses,
  peers: config.peers,
  trigger: config.trigger,
  maxEventAgeMs: config.evidence.maxEventAgeMs,
  clock,
});

/** Signals leave from the address that we listen on, when it is one: the peer expects them from there. Any address: the routes decide. */
export function signalSource(listen: string): { readonly v4?: string; readonly v6?: string } {
  const address = canonicalAddress(listen);
  if (address === null || address === '0.0.0.0' || address === '::') return {};
  return address.includes(':') ? { v6: address } : { v4: address };
}

/** What the machine needs to know of an event. */
export const sighting = (event: DetectedEvent) => ({
  flow: event.flow,
  peers: event.peers,
  interface: event.interface,
  source: event.source,
  spoofable: event.trust === 'spoofable',
  spiAsReceived: event.spiAsReceived,
  line: event.raw,
});

export const ringBounds = ({ ringMaxAgeMs, ringMaxBytes }: Config['evidence']): RingBounds => ({
  maxAgeMs: ringMaxAgeMs,
  maxBytes: ringMaxBytes,
});
