/**
 * The configured peers made ready for packets: ranges parsed, passwords turned into keys once. Used by snmp-receiver.ts (who may
 * send from this address?) and snmp-sender.ts (as whom do we send?).
 */
import { isDeepStrictEqual } from 'node:util';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { type AddressRange, parseRange, rangeContains } from '../../shared/model/address.ts';
import { passwordBytesMin, UserKeys } from '../../shared/wire/usm.ts';
import { parseEngineId } from './engine.ts';
import type { SnmpCredentials, SnmpPeer } from './signalling.ts';

interface PeerBasics {
  readonly name: string;
  readonly from: readonly AddressRange[];
}

export interface CommunityPeer extends PeerBasics {
  readonly version: '1' | '2c';
  readonly community: Buffer;
}

export interface V3Peer extends PeerBasics {
  readonly version: 3;
  readonly user: Buffer;
  readonly keys: UserKeys;
  /** Exactly this: neither downgraded by a sender nor upgraded. */
  readonly level: 'authNoPriv' | 'authPriv';
  /** Of its own traps. */
  readonly engineId: Buffer | null;
}

export type ReadyPeer = CommunityPeer | V3Peer;

/**
 * Of a reload, before anything changes: a peer's keys take some ms of CPU, so a pause comes after each that is new. Rejects with CONFIG_INVALID
 * as readyPeers throws it. `before`: a peer that did not change is as it was.
 */
export async function preparePeers(
  peers: readonly SnmpPeer[],
  before: PreparedPeers | null,
  pause: () => Promise<void>,
): Promise<PreparedPeers> {
  const known = new Map(before?.given.map((peer, index) => [peer.name, { peer, ready: before.ready[index]! }]));
  const ready: ReadyPeer[] = [];
  for (const peer of peers) {
    const same = known.get(peer.name);
    if (same !== undefined && isDeepStrictEqual(same.peer, peer)) ready.push(same.ready);
    else {
      ready.push(readyPeers([peer])[0]!);
      await pause();
    }
  }
  return { given: peers, ready };
}

export interface PreparedPeers {
  readonly given: readonly SnmpPeer[];
  /** In the same order. */
  readonly ready: readonly ReadyPeer[];
}

/** Throws CONFIG_INVALID naming the peer and the field, never a secret. */
export function readyPeers(peers: readonly SnmpPeer[]): ReadyPeer[] {
  return peers.map((peer) => {
    const from = peer.from.map(
      (text) => parseRange(text) ?? invalid(peer, `from ${JSON.stringify(text)} is no address or CIDR range`),
    );
    const { credentials } = peer;
    if (credentials.version !== 3)
      return { name: peer.name, from, version: credentials.version, community: Buffer.from(credentials.community, 'utf8') };
    checkPasswords(peer, credentials);
    const engineId = peer.engineId === null ? null : parseEngineId(peer.engineId);
    if (peer.engineId !== null && engineId === null) invalid(peer, 'engineId is not 5 to 32 octets of hex');
    return {
      name: peer.name,
      from,
      version: 3,
      user: Buffer.from(credentials.user, 'utf8'),
      keys: new UserKeys(credentials),
      level: credentials.priv === null ? 'authNoPriv' : 'authPriv',
      engineId,
    };
  });
}

function checkPasswords(peer: SnmpPeer, credentials: SnmpCredentials & { version: 3 }): void {
  const userBytes = Buffer.byteLength(credentials.user, 'utf8');
  if (userBytes < 1 || userBytes > 32) invalid(peer, `snmp.user of ${userBytes} octets, 1 to 32 are possible`);
  for (const [field, part] of [['auth', credentials.auth] as const, ['priv', credentials.priv] as const])
    if (part !== null && Buffer.byteLength(part.key, 'utf8') < passwordBytesMin)
      invalid(peer, `snmp.${field}.key is shorter than ${passwordBytesMin} octets (RFC 3414 §11.2)`);
}

function invalid(peer: SnmpPeer, what: string): never {
  throw new SpitrapError('CONFIG_INVALID', `peer ${JSON.stringify(peer.name)}: ${what}; correct it, nothing was started`, {
    context: { peer: peer.name },
  });
}

/** Which peers may speak from an address. The answer is remembered, so that a flood costs a look-up and no parsing. */
export class PeersByAddress {
  private readonly peers: readonly ReadyPeer[];
  private readonly known = new Map<string, readonly ReadyPeer[]>();

  constructor(peers: readonly ReadyPeer[]) {
    this.peers = peers;
  }

  at(address: string): readonly ReadyPeer[] {
    let found = this.known.get(address);
    if (found === undefined) {
      found = this.peers.filter((peer) => peer.from.some((range) => rangeContains(range, address)));
      if (this.known.size >= limits.snmpAddressesMax) this.known.clear();
      this.known.set(address, found);
    }
    return found;
  }
}
