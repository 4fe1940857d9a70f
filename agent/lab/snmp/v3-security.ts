/**
 * Who is believed over SNMPv3, and with whose keys the box speaks (RFC 3414 §3, RFC 3412 §7). Of traps the sender's engine is the
 * authority, of informs the receiver's: so local users sign our traps and others' informs, remote users the rest. Used by box-snmp.ts.
 */
import type { Monotonic } from '../../../shared/model/time.ts';
import type { BoxCore } from '../box-core.ts';
import type { Prng } from '../prng.ts';
import { authentic, openPdu, type V3Message, v3Message } from './message-v3.ts';
import { encodePdu, type IncomingVarbind, readPdu } from './pdu.ts';
import { findUser, type NotificationHost, type SnmpConfig, type SnmpSecurity, type SnmpUser } from './snmp-config.ts';
import { localizedKey, privacyKey, type UsmKeys } from './usm.ts';

export type V3Outcome =
  | { readonly kind: 'notification'; readonly varbinds: readonly IncomingVarbind[]; readonly answer: Buffer | null }
  | { readonly kind: 'response'; readonly requestId: number }
  /** A Report of an engine that we send informs to: its clock is known now, and the message may go again. */
  | { readonly kind: 'resynchronised'; readonly messageId: number }
  | { readonly kind: 'refused'; readonly report: Buffer | null };

interface EngineClock {
  readonly boots: number;
  readonly time: number;
  readonly at: Monotonic;
}

const TIME_WINDOW_SECONDS = 150;
const ORDER: readonly SnmpSecurity[] = ['noauth', 'auth', 'priv'];
/** usmStats of RFC 3414 §5, by their last arc. */
const STATS = '1.3.6.1.6.3.15.1.1';
const reports = {
  level: 1,
  window: 2,
  user: 3,
  engine: 4,
  digest: 5,
  decryption: 6,
} as const;

export class V3Security {
  private readonly core: BoxCore;
  private readonly config: SnmpConfig;
  private readonly prng: Prng;
  private readonly madeWith: string;
  private readonly bootsBefore: number;
  /** By engine id; the ids are those of the configuration. */
  private readonly clocks = new Map<string, EngineClock>();
  /** By user as configured: a line entered anew is another one. */
  private readonly keys = new WeakMap<SnmpUser, Map<string, UsmKeys>>();
  private readonly told = new Map<number, number>();

  constructor(core: BoxCore, config: SnmpConfig) {
    this.core = core;
    this.config = config;
    this.prng = core.prng.fork('snmp-v3');
    this.madeWith = `800000090300${this.prng.hex(12)}`;
    this.bootsBefore = this.prng.between(1, 40);
  }

  /** Hex. */
  get engineId(): string {
    return this.config.engineId ?? this.madeWith;
  }

  /** A trap or an inform for this host; null: a user, a key or an engine id is missing. */
  seal(host: NotificationHost, messageId: number, pdu: Buffer): Buffer | null {
    const engineId = host.informs ? this.config.remoteEngineIds.get(host.address) : this.engineId;
    const user = findUser(this.config, host.name, host.informs ? host.address : null);
    if (engineId === undefined || !user || host.security === null) return null;
    const keys = this.keysOf(user, engineId, host.security);
    if (keys === 'none') return null;
    const clock = host.informs ? this.clockOf(engineId) : this.ownClock();
    // An engine whose clock we do not know answers boots 0 with a Report that has it.
    const { boots, time } = clock ?? { boots: 0, time: 0 };
    const named = { messageId, reportable: host.informs, engineId, boots, time, user: user.name };
    return v3Message({ ...named, keys, salt: this.salt(), pdu });
  }

  receive(message: V3Message): V3Outcome {
    if (message.engineId === this.engineId) return this.receiveForUs(message);
    const remote = [...this.config.remoteEngineIds].find(([, id]) => id === message.engineId)?.[0];
    return remote === undefined ? this.refuse(message, 'engine') : this.receiveFrom(message, remote);
  }

  /** Informs: our clock counts, and what is wrong is reported so that the sender can put it right. */
  private receiveForUs(message: V3Message): V3Outcome {
    const user = findUser(this.config, message.user, null);
    if (!user) return this.refuse(message, 'user');
    const keys = this.keysOf(user, this.engineId, levelOf(message));
    if (keys === 'none' || !this.highEnough(message, user)) return this.refuse(message, 'level');
    if (keys && !authentic(message, keys)) return this.refuse(message, 'digest');
    const { boots, time } = this.ownClock();
    if (keys && (message.boots !== boots || Math.abs(message.time - time) > TIME_WINDOW_SECONDS))
      return this.refuse(message, 'window', { user, keys: { ...keys, priv: null } });
    const scoped = openPdu(message, keys);
    if (!scoped) return this.refuse(message, 'decryption');
    const read = readPdu(scoped.pdu);
    if (typeof read === 'string' || read.kind !== 'notification' || !read.answer) return REFUSED;
    const answer = v3Message({
      messageId: message.messageId,
      reportable: false,
      engineId: this.engineId,
      boots,
      time,
      user: user.name,
      keys,
      salt: this.salt(),
      context: scoped.context,
      pdu: read.answer,
    });
    return { kind: 'notification', varbinds: read.varbinds, answer };
  }

  /** Traps of another engine, and what it says to our informs: its clock counts. */
  private receiveFrom(message: V3Message, remote: string): V3Outcome {
    const user = findUser(this.config, message.user, remote);
    const keys = user ? this.keysOf(user, message.engineId, levelOf(message)) : 'none';
    if (!user || keys === 'none' || (keys && !authentic(message, keys))) return REFUSED;
    if (keys && !this.timely(message)) return REFUSED;
    const scoped = openPdu(message, keys);
    const read = scoped && readPdu(scoped.pdu);
    if (!read || typeof read === 'string') return REFUSED;
    switch (read.kind) {
      case 'report':
        return keys ? { kind: 'resynchronised', messageId: message.messageId } : REFUSED;
      case 'response':
        return this.highEnough(message, user) ? read : REFUSED;
      case 'notification':
        return read.answer === null && this.highEnough(message, user) ? read : REFUSED;
    }
  }

  /** RFC 3414 §3.2 step 7b: the latest time of that engine moves forward only. */
  private timely({ engineId, boots, time }: V3Message): boolean {
    const known = this.clockOf(engineId);
    if (known && (boots < known.boots || (boots === known.boots && time < known.time - TIME_WINDOW_SECONDS))) return false;
    if (!known || boots > known.boots || time > known.time)
      this.clocks.set(engineId, { boots, time, at: this.core.clock.monotonic() });
    return true;
  }

  private clockOf(engineId: string): { boots: number; time: number } | null {
    const known = this.clocks.get(engineId);
    if (!known) return null;
    return { boots: known.boots, time: known.time + Math.floor((this.core.clock.monotonic() - known.at) / 1_000) };
  }

  private ownClock(): { boots: number; time: number } {
    const { clock, bootedMonotonic } = this.core;
    return { boots: this.bootsBefore, time: Math.floor((clock.monotonic() - bootedMonotonic) / 1_000) };
  }

  /** Null: without keys, as the level has it. `none`: this user has none for the level. */
  private keysOf(user: SnmpUser, engineId: string, level: SnmpSecurity): UsmKeys | null | 'none' {
    if (level === 'noauth') return null;
    if (!user.usable || !user.auth || (level === 'priv' && !user.priv)) return 'none';
    const ofUser = this.keys.get(user) ?? new Map<string, UsmKeys>();
    this.keys.set(user, ofUser);
    let keys = ofUser.get(engineId);
    if (!keys) {
      const { name, password } = user.auth;
      const engine = Buffer.from(engineId, 'hex');
      const { priv } = user;
      keys = {
        auth: { name, key: localizedKey(name, password, engine) },
        priv: priv && { bits: priv.bits, key: privacyKey(name, priv.bits, priv.password, engine) },
      };
      ofUser.set(engineId, keys);
    }
    return level === 'priv' ? keys : { ...keys, priv: null };
  }

  /** `snmp-server group NAME v3 LEVEL`: nothing below the level of its group; without a group, below what the user could do. */
  private highEnough(message: V3Message, user: SnmpUser): boolean {
    const wanted = this.config.groups.get(user.group) ?? (user.priv ? 'priv' : user.auth ? 'auth' : 'noauth');
    return ORDER.indexOf(levelOf(message)) >= ORDER.indexOf(wanted);
  }

  private refuse(message: V3Message, why: keyof typeof reports, as: { user: SnmpUser; keys: UsmKeys } | null = null): V3Outcome {
    if (!message.reportable) return REFUSED;
    const arc = reports[why];
    const count = (this.told.get(arc) ?? 0) + 1;
    this.told.set(arc, count);
    const { boots, time } = this.ownClock();
    const pdu = encodePdu('report', 0, [{ oid: `${STATS}.${arc}.0`, value: { type: 'counter32', value: count } }]);
    const named = { messageId: message.messageId, reportable: false, engineId: this.engineId, boots, time };
    const keyed = { user: as?.user.name ?? message.user.slice(0, 32), keys: as?.keys ?? null, salt: this.salt() };
    return { kind: 'refused', report: v3Message({ ...named, ...keyed, pdu }) };
  }

  private salt(): Buffer {
    const salt = Buffer.alloc(8);
    salt.writeUInt32BE(this.prng.uint32(), 0);
    salt.writeUInt32BE(this.prng.uint32(), 4);
    return salt;
  }
}

const REFUSED: V3Outcome = { kind: 'refused', report: null };

const levelOf = ({ auth, priv }: V3Message): SnmpSecurity => (priv ? 'priv' : auth ? 'auth' : 'noauth');
