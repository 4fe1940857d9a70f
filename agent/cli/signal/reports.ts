/**
 * What came back to a signal sent by hand, in words with what to do: the Reports of RFC 3414 §3.2 that one end's configuration earns at
 * the other. Used by send.ts on what wire-tap.ts heard.
 */
import { elapsedMs } from '../../../shared/model/time.ts';
import { decodeMessage } from '../../../shared/wire/snmp-message.ts';
import { openScopedPdu } from '../../../shared/wire/snmp-v3-message.ts';
import { type UsmStat, usmStats } from '../../net/usm-reports.ts';
import type { TappedDatagram } from './wire-tap.ts';

export interface Heard {
  /** `Report unknownEngineIDs`, `Response`, `not SNMP (…)`. */
  readonly what: string;
  readonly stat: UsmStat | null;
  readonly afterMs: number;
  /** Part of every exchange: nothing needs to be done. */
  readonly ordinary: boolean;
  readonly meaning: string;
}

const statOfOid = new Map(Object.entries(usmStats).map(([stat, oid]) => [oid as string, stat as UsmStat]));

/** Of one attempt, in order. The first notInTimeWindows and the answer to a discovery are how two engines find each other. */
export function readHeard(datagrams: readonly TappedDatagram[]): Heard[] {
  const discoveries = new Set<number>();
  let firstSent: TappedDatagram | null = null;
  let resynchronised = false;
  const heard: Heard[] = [];
  for (const datagram of datagrams) {
    const decoded = decodeMessage(datagram.bytes);
    if (datagram.direction === 'sent') {
      firstSent ??= datagram;
      if (decoded.ok && decoded.message.version === 3 && decoded.message.engineId.length === 0)
        discoveries.add(decoded.message.msgId);
      continue;
    }
    const afterMs = firstSent === null ? 0 : elapsedMs(firstSent.at, datagram.at);
    if (!decoded.ok) {
      heard.push({ ...plain(`not SNMP that is meant for us (${decoded.why})`), afterMs });
      continue;
    }
    const { message } = decoded;
    if (message.version !== 3) {
      heard.push({ ...plain(message.pdu.type === 'response' ? 'Response' : `${message.pdu.type} PDU`), afterMs });
      continue;
    }
    if (message.level === 'authPriv') {
      heard.push({ ...plain('Response, encrypted'), afterMs });
      continue;
    }
    const pdu = openScopedPdu(message, null)?.scoped.pdu;
    if (pdu?.type !== 'report') {
      heard.push({ ...plain(pdu?.type === 'response' ? 'Response' : 'a message that is no answer'), afterMs });
      continue;
    }
    const stat = statOfOid.get(pdu.varbinds[0]?.oid ?? '') ?? null;
    const found = stat === 'unknownEngineIDs' && discoveries.has(message.msgId);
    const dated = stat === 'notInTimeWindows' && !resynchronised;
    if (dated) resynchronised = true;
    const meaning =
      stat === null
        ? 'a Report of no counter of RFC 3414'
        : found
          ? `its engine id is ${message.engineId.toString('hex')}`
          : dated
            ? 'its clock, by which the inform is dated and sent again'
            : remedies[stat];
    heard.push({ what: `Report ${stat ?? 'unknown'}`, stat, afterMs, ordinary: found || dated, meaning });
  }
  return heard;
}

const plain = (what: string): Omit<Heard, 'afterMs'> => ({ what, stat: null, ordinary: true, meaning: '' });

/** Nobody signs these Reports (RFC 3414 §3.2), so they are hints. Keys are those of the configuration at either end. */
export const remedies: Readonly<Record<UsmStat, string>> = {
  unknownUserNames:
    'it has no such user for our address: compare snmp.user at both ends, and its peers[].from with the address that we send from; on a router: snmp-server user … v3',
  wrongDigests:
    'the digest is wrong there: compare snmp.auth.protocol and the authentication key at both ends (a file may end in another character)',
  unsupportedSecLevels: 'it has this user at another level: give snmp.priv at both ends, or at neither',
  decryptionErrors: 'it authenticates us and cannot read us: compare snmp.priv.protocol and the privacy key at both ends',
  notInTimeWindows: 'its clock is more than 150 s from what it told us a moment ago: two engines may answer at that address',
  unknownEngineIDs:
    'it is another engine than the one that was found there: two agents may answer at that address, or it has just restarted; try again',
};
