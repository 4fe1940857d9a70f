/**
 * The configured peers made ready for packets: ranges parsed, passwords turned into keys once. Used by snmp-receiver.ts (who may
 * send from this address?) and snmp-sender.ts (as whom do we send?).
 */
import { isDeepStrictEqual } from 'node:util';
import { SpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { type AddressRange, parseRange } from '../../shared/model/address.ts';
import { AddressIndex } from '../../shared/model/address-index.ts';
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
 * Of a reload, before anything changes. Rejects with CONFIG_INVALID as readyPeers throws it. `before`: a peer that did not change is as it
 * was, with its keys. Of one that is new the keys take some ms of CPU, so a pause comes after each; of many they are made when each is first
 * needed, as at a start.
 */
export async function preparePeers(
  peers: readonly SnmpPeer[],
  before: PreparedPeers | null,
  pause: () => Promise<void>,
): Promise<PreparedPeers> {
  const known = new Map(before?.given.map((peer, index) => [peer.name, { peer, ready: before.ready[index]! }]));
  const ready: ReadyPeer[] = [];
  const fresh: ReadyPeer[] = [];
  for (const peer of peers) {
    const same = known.get(peer.name);
    if (same !== undefined && isDeepStrictEqual(same.peer, peer)) ready.push(same.ready);
    else {
      const [made] = readyPeers([peer]);
      ready.push(made!);
      fresh.push(made!);
    }
  }
  if (fresh.length <= limits.usmPreparedMax)
    for (const peer of fresh) {
      if (peer.version === 3) peer.keys.prepare();
      await pause();
    }
  return { given: peers, ready };
}

/** Of a start. Throws as readyPeers. */
export const startPeers = (peers: readonly SnmpPeer[]): PreparedPeers => ({ given: peers, ready: readyPeers(peers) });

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

/** Which peers may speak from an address: a look-up, so that a flood costs no more, whoever it is from and however many peers there are. */
export class PeersByAddress {
  private readonly index: AddressIndex<ReadyPeer>;

  constructor(peers: readonly ReadyPeer[]) {
    this.index = new AddressIndex(peers.flatMap((peer) => peer.from.map((range) => [range, peer] as const)));
  }

  at(address: string): readonly ReadyPeer[] {
    return this.index.at(address);
  }
}
