/**
 * The Reports of RFC 3414 §3.2 that let a peer find and resynchronise with our engine, with a budget that keeps us from being
 * anyone's amplifier. Used by snmp-receiver.ts; snmp-sender.ts reads the same OIDs.
 */
import { limits } from '../../shared/limits.ts';
import type { Monotonic } from '../../shared/model/time.ts';
import { encodeV3Message, openScopedPdu, type V3Message } from '../../shared/wire/snmp-v3-message.ts';
import type { LocalizedKeys } from '../../shared/wire/usm.ts';
import type { SnmpEngine } from './engine.ts';

/** usmStats of SNMP-USER-BASED-SM-MIB. */
export const usmStats = {
  unsupportedSecLevels: '1.3.6.1.6.3.15.1.1.1.0',
  notInTimeWindows: '1.3.6.1.6.3.15.1.1.2.0',
  unknownUserNames: '1.3.6.1.6.3.15.1.1.3.0',
  unknownEngineIDs: '1.3.6.1.6.3.15.1.1.4.0',
  wrongDigests: '1.3.6.1.6.3.15.1.1.5.0',
  decryptionErrors: '1.3.6.1.6.3.15.1.1.6.0',
} as const;
export type UsmStat = keyof typeof usmStats;

/** A token bucket for each (stat, address), and for discoveries: a flood of one kind cannot use up what another kind or another peer needs. */
class ReportBudget {
  private readonly buckets = new Map<string, { tokens: number; at: Monotonic }>();

  take(what: UsmStat | 'discovery', address: string, now: Monotonic): boolean {
    const name = `${what} ${address}`;
    let bucket = this.buckets.get(name);
    if (bucket === undefined) {
      if (this.buckets.size >= limits.snmpAddressesMax) this.buckets.clear();
      bucket = { tokens: limits.snmpReportsPerSecondMax, at: now };
      this.buckets.set(name, bucket);
    }
    const refill = ((now - bucket.at) / 1_000) * limits.snmpReportsPerSecondMax;
    bucket.tokens = Math.min(limits.snmpReportsPerSecondMax, bucket.tokens + refill);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

export class UsmReports {
  sent = 0;
  suppressed = 0;
  private readonly engine: SnmpEngine;
  private readonly budget = new ReportBudget();
  private readonly counts = new Map<UsmStat, number>();

  constructor(engine: SnmpEngine) {
    this.engine = engine;
  }

  /**
   * The Report to `message`, or null when it must not or may not have one. With `keys` it is authenticated, as notInTimeWindows has to
   * be (RFC 3414 §3.2 (7)): else anyone could set our peers' clocks.
   */
  answer(stat: UsmStat, message: V3Message, keys: LocalizedKeys | null, address: string, now: Monotonic): Buffer | null {
    const count = ((this.counts.get(stat) ?? 0) + 1) >>> 0;
    this.counts.set(stat, count);
    if (!message.reportable) return null;
    // A flood of foreign engine ids must not keep the peer, which forges of its address stand for, from finding ours after a restart.
    const what = stat === 'unknownEngineIDs' && message.engineId.length === 0 ? 'discovery' : stat;
    if (!this.budget.take(what, address, now)) {
      this.suppressed++;
      return null;
    }
    this.sent++;
    // Known only when the request was in the clear; RFC 3412 §7.1 (3) has 0 otherwise.
    const requestId = message.level === 'authPriv' ? 0 : (openScopedPdu(message, null)?.scoped.pdu.requestId ?? 0);
    return encodeV3Message({
      msgId: message.msgId,
      reportable: false,
      engineId: this.engine.id,
      stamp: this.engine.stamp(),
      user: message.user,
      level: keys === null ? 'noAuthNoPriv' : 'authNoPriv',
      keys,
      salt: Buffer.alloc(0),
      scoped: {
        contextEngineId: this.engine.id,
        contextName: Buffer.alloc(0),
        pdu: {
          type: 'report',
          requestId,
          errorStatus: 0,
          errorIndex: 0,
          varbinds: [{ oid: usmStats[stat], value: { type: 'counter32', value: count } }],
        },
      },
    });
  }
}
