/**
 * From an agent's configuration to the routers that `spitrap eem export` writes for: which end is without an agent, who is at the other
 * end of it, what signals come from and go to (docs/eem.md). Called by export.ts.
 */
import { type OtherEnd, placeholder, type RouterPlan } from '../../../shared/eem/export-plan.ts';
import { SpitrapError } from '../../../shared/errors.ts';
import { type AddressRange, parseRange } from '../../../shared/model/address.ts';
import { quoted } from '../../../shared/model/printable.ts';
import type { Config, PeerConfig } from '../../config/config.ts';

export const ends = ['hub', 'spoke', 'both'] as const;
export type Ends = (typeof ends)[number];

export interface PlanOptions {
  /** Null: the end without an agent: that of the `eem` peers; without any, the device's own. */
  readonly ends: Ends | null;
  /** Null: every router. */
  readonly router: string | null;
  readonly withSecrets: boolean;
  /** As routers see it; null: `signal.listen`. */
  readonly agentAddress: string | null;
  /** Of the agent; null: none was made yet. */
  readonly engineIdHex: string | null;
}

const SNMP_PORT = 162;

/** @throws SpitrapError USAGE: what an applet can not be told (ranges, IPv6 senders), or is not known. */
export function routerPlans(config: Config, options: PlanOptions): RouterPlan[] {
  const eemPeers = config.peers.filter(({ kind }) => kind === 'eem');
  const device: Ends = config.role === 'spoke' ? 'spoke' : 'hub';
  const opposite: Ends = device === 'hub' ? 'spoke' : 'hub';
  const wanted = options.ends ?? (eemPeers.length > 0 ? opposite : device);
  const alone = wanted === 'both';
  // Where agents stay, an agent's peers are not given applets beside it.
  const theirs = !alone && eemPeers.length > 0 ? eemPeers : config.peers;
  const plans = [
    ...(alone || wanted === device ? [deviceRouter(config, alone, options)] : []),
    ...(alone || wanted === opposite ? theirs.map((peer) => peerRouter(config, peer, alone, options)) : []),
  ];
  const found = options.router === null ? plans : plans.filter(({ name }) => name === options.router);
  if (found.length === 0)
    throw new SpitrapError(
      'USAGE',
      options.router === null
        ? 'the configuration has no peer: an applet needs one'
        : `--router ${quoted(options.router)}: the routers of ${wanted === 'both' ? 'both ends' : `the ${wanted}`} are ${plans.map(({ name }) => name).join(', ')}`,
    );
  return found;
}

const common = ({ stop, signal, arming }: Config) => ({
  waitS: Math.max(1, Math.ceil(stop.delayMs / 1_000)),
  stopValue: signal.values.stop,
  debugs: arming.debugs,
  maxDebugS: Math.ceil(arming.maxDebugMs / 1_000),
});

function deviceRouter(config: Config, alone: boolean, options: PlanOptions): RouterPlan {
  const { role, device, peers } = config;
  return {
    ...common(config),
    name: word(device.name),
    detects: role !== 'spoke',
    stopped: role !== 'hub',
    eemUser: device.user,
    others: peers.map((peer): OtherEnd => {
      const cryptoAddresses = hosts(peer.cryptoAddresses, `peer ${quoted(peer.name)} cryptoAddresses`);
      const shared = { name: word(peer.name), cryptoAddresses, root: peer.root, snmp: credentials(peer, options) };
      if (alone) return { ...shared, ...router(peer.name, cryptoAddresses) };
      return {
        ...shared,
        kind: peer.kind === 'eem' ? 'router' : 'agent',
        takesAt: peer.send.map(({ address, port }) => ({ address: v4(address, `peer ${quoted(peer.name)} send`), port })),
        sendsFrom: hosts(peer.from, `peer ${quoted(peer.name)} from`).map((address) =>
          v4(address, `peer ${quoted(peer.name)} from`),
        ),
        // A router that is told of an inform must know who asks; v1 has none.
        informs: peer.notify === 'inform' && peer.snmp.version !== '1',
        informsUs: false,
        enginePort: peer.send[0]?.port ?? SNMP_PORT,
        engineId:
          peer.engineId?.toUpperCase() ?? placeholder(`engine id of ${word(peer.name)}, which spitrap check prints there`),
      };
    }),
  };
}

function peerRouter(config: Config, peer: PeerConfig, alone: boolean, options: PlanOptions): RouterPlan {
  const { role, device, signal } = config;
  const cryptoAddresses = hosts(device.cryptoAddresses, 'device.cryptoAddresses');
  const shared = { name: word(device.name), cryptoAddresses, root: peer.root, snmp: credentials(peer, options) };
  const agent = (): OtherEnd => {
    const address = agentAddress(config, options);
    return {
      ...shared,
      kind: 'agent',
      takesAt: [{ address, port: signal.listen.port }],
      sendsFrom: [address],
      // A trap of v3 is judged by the router's engine, which the agent knows only when it was given; of an inform ours counts.
      informs: peer.snmp.version === 3 && peer.engineId === null,
      informsUs: peer.notify === 'inform',
      enginePort: signal.listen.port,
      engineId:
        (signal.engineId ?? options.engineIdHex)?.toUpperCase() ??
        placeholder('engine id of the agent, which spitrap check prints'),
    };
  };
  return {
    ...common(config),
    name: word(peer.name),
    detects: role !== 'hub',
    stopped: role !== 'spoke',
    eemUser: null,
    others: [alone ? { ...shared, ...router(device.name, cryptoAddresses) } : agent()],
  };
}

/** Two routers and no agent: as in Note A, both speak from and to their tunnel addresses. */
function router(name: string, cryptoAddresses: readonly string[]): Omit<OtherEnd, 'name' | 'cryptoAddresses' | 'root' | 'snmp'> {
  const addresses = cryptoAddresses.map((address) => v4(address, `the tunnel of ${quoted(name)}`));
  return {
    kind: 'router',
    takesAt: addresses.slice(0, 1).map((address) => ({ address, port: SNMP_PORT })),
    sendsFrom: addresses,
    informs: false,
    informsUs: false,
    enginePort: SNMP_PORT,
    engineId: placeholder(`engine id of ${word(name)}, by show snmp engineID there`),
  };
}

function agentAddress({ signal }: Config, { agentAddress: given }: PlanOptions): string {
  const address = given ?? signal.listen.address;
  if (address === '0.0.0.0' || address === '::')
    throw new SpitrapError('USAGE', `signal.listen is ${address}: which address does the router see? Give it: --agent-address`);
  return v4(address, given === null ? 'signal.listen' : '--agent-address');
}

function v4(address: string, where: string): string {
  if (parseRange(address)?.family === 4) return address;
  throw new SpitrapError('USAGE', `${where}: ${quoted(address)} is no IPv4 address; src-ip-address of an applet takes no other`);
}

function hosts(ranges: readonly AddressRange[], where: string): string[] {
  return ranges.map((range) => {
    if (range.bits === (range.family === 4 ? 32 : 128)) return range.base;
    throw new SpitrapError('USAGE', `${where}: ${quoted(range.text)} is a range; an applet needs each address`);
  });
}

/** In comments and in quoted texts of applets. */
const word = (name: string): string => name.replace(/[^A-Za-z0-9_.-]/g, '_');

/** IOS ends a word at a blank, and takes ? for help. */
const TYPEABLE = /^[!#->@-~]+$/;

function secret(value: string, what: string, { withSecrets }: PlanOptions): string {
  if (!withSecrets) return placeholder(what);
  if (TYPEABLE.test(value)) return value;
  throw new SpitrapError(
    'USAGE',
    `--with-secrets: the ${what} has a character that can not be typed into an IOS line (a blank, ", ? or one beyond ASCII); choose another, or leave the option out`,
  );
}

const BITS = { aes128: 128, aes256: 256, aes256c: 256 } as const;

function credentials({ name, snmp }: PeerConfig, options: PlanOptions): OtherEnd['snmp'] {
  if (snmp.version !== 3)
    return { version: snmp.version, community: secret(snmp.community, `community of ${word(name)}`, options) };
  const { user, auth, priv } = snmp;
  return {
    version: 3,
    user,
    auth: { protocol: auth.protocol, key: secret(auth.key, `authentication password of ${word(name)}`, options) },
    priv:
      priv === null ? null : { bits: BITS[priv.protocol], key: secret(priv.key, `privacy password of ${word(name)}`, options) },
  };
}
