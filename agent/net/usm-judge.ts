/**
 * Whether a v3 message is to be believed: pair-protocol.md "Trust" over RFC 3414 §3.2, in the order level, engine, user, HMAC,
 * timeliness, and only then decryption. Called by snmp-receiver.ts with the peers that may speak from the sender's address.
 * Nothing costly happens before the HMAC, and no key is ever derived for an engine that is not ours or configured.
 */
import type { Monotonic } from '../../shared/model/time.ts';
import { openScopedPdu, type ScopedPdu, type V3Message } from '../../shared/wire/snmp-v3-message.ts';
import { type LocalizedKeys, macMatches } from '../../shared/wire/usm.ts';
import type { SnmpEngine } from './engine.ts';
import { EngineNotion, inOurWindow } from './engine-notion.ts';
import type { RefusalReason } from './signalling.ts';
import type { V3Peer } from './snmp-peers.ts';
import type { UsmStat } from './usm-reports.ts';

export type Verdict =
  | {
      readonly kind: 'authentic';
      readonly peer: V3Peer;
      readonly keys: LocalizedKeys;
      readonly scoped: ScopedPdu;
      readonly bytes: Buffer;
    }
  /** Asks for our engine id (RFC 3414 §4): no offence, answered with unknownEngineIDs. */
  | { readonly kind: 'discovery' }
  | {
      readonly kind: 'refused';
      readonly reason: RefusalReason;
      readonly detail: string;
      readonly peer: V3Peer | null;
      readonly report: UsmStat | null;
      /** For a Report that must be authenticated. */
      readonly reportKeys: LocalizedKeys | null;
    };

export class UsmJudge {
  private readonly engine: SnmpEngine;
  /** Clocks of the engines whose traps we take; as many as configured peers, since only authentic messages reach them. */
  private readonly notions = new Map<string, EngineNotion>();

  constructor(engine: SnmpEngine) {
    this.engine = engine;
  }

  judge(message: V3Message, here: readonly V3Peer[], now: Monotonic): Verdict {
    const ours = message.engineId.equals(this.engine.id);
    const ofEngine = ours ? here : here.filter((peer) => peer.engineId?.equals(message.engineId));
    const ofUser = ofEngine.filter((peer) => peer.user.equals(message.user));
    const ofLevel = ofUser.filter((peer) => peer.level === message.level);
    if (ofLevel.length === 0) return this.refuseUnknown(message, here, ofEngine.length > 0, ofUser.length > 0);

    // More than one only for peers behind one address with one user name: their keys tell them apart.
    for (const peer of ofLevel) {
      const keys = peer.keys.forEngine(message.engineId);
      if (macMatches(keys, message.bytes, message.mac, message.macOffset))
        return this.judgeAuthentic(message, peer, keys, ours, now);
    }
    return refused('hmac', 'the digest is wrong: another password, protocol or engine id', ofLevel[0]!, 'wrongDigests');
  }

  private refuseUnknown(message: V3Message, here: readonly V3Peer[], engineKnown: boolean, userKnown: boolean): Verdict {
    const report: UsmStat = !engineKnown ? 'unknownEngineIDs' : !userKnown ? 'unknownUserNames' : 'unsupportedSecLevels';
    if (message.level === 'noAuthNoPriv' && message.engineId.length === 0 && message.reportable) return { kind: 'discovery' };
    // The Report follows RFC 3414's order, the reason ours: a downgrade is named so, whatever else is wrong with it.
    if (!here.some((peer) => peer.level === message.level)) return refused('level', `${message.level} from here`, null, report);
    if (!engineKnown) return refused('engine', `engine id ${message.engineId.toString('hex') || '(empty)'}`, null, report);
    if (!userKnown) return refused('user', 'no peer at this address has this user', null, report);
    return refused('level', `${message.level} of a user configured otherwise`, null, report);
  }

  private judgeAuthentic(message: V3Message, peer: V3Peer, keys: LocalizedKeys, ours: boolean, now: Monotonic): Verdict {
    const timely = ours
      ? inOurWindow(this.engine.stamp(), message.stamp)
      : this.notionOf(message.engineId, now).accept(message.stamp, now);
    if (!timely) {
      const detail = `boots ${message.stamp.boots}, time ${message.stamp.timeS} s`;
      return { ...refused('not-in-time-window', detail, peer, ours ? 'notInTimeWindows' : null), reportKeys: keys };
    }
    const opened = openScopedPdu(message, keys);
    if (opened === null)
      return message.level === 'authPriv'
        ? refused(
            'decryption',
            'the contents do not parse: another privacy password or protocol',
            peer,
            ours ? 'decryptionErrors' : null,
          )
        : refused('malformed', 'the ScopedPDU does not parse', peer, null);
    const wanted = ours ? 'inform' : 'trap';
    if (opened.scoped.pdu.type !== wanted)
      return refused('notification-type', `a ${opened.scoped.pdu.type} PDU where ${wanted} belongs`, peer, null);
    return { kind: 'authentic', peer, keys, scoped: opened.scoped, bytes: opened.bytes };
  }

  private notionOf(engineId: Buffer, now: Monotonic): EngineNotion {
    const name = engineId.toString('hex');
    let notion = this.notions.get(name);
    if (notion === undefined) {
      notion = new EngineNotion(now);
      this.notions.set(name, notion);
    }
    return notion;
  }
}

function refused(
  reason: RefusalReason,
  detail: string,
  peer: V3Peer | null,
  report: UsmStat | null,
): Verdict & { kind: 'refused' } {
  return { kind: 'refused', reason, detail, peer, report, reportKeys: null };
}
