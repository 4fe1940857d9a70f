/**
 * The SNMP process of one box: which notifications go where (`snmp-server …`), informs until they are answered, and what comes
 * in for `event snmp-notification`. Pure: datagrams leave through `onSend` and come in through `receive`; udp.ts is the socket.
 */
import type { Timer } from '../../../shared/clock.ts';
import type { Endpoint } from '../../ports.ts';
import type { BoxCore } from '../box-core.ts';
import type { BoxSnmp, SnmpCounters } from '../contract.ts';
import { labLimits } from '../lab-limits.ts';
import { answerTo, EventHistory, type Question, SYS_UP_TIME } from './answers.ts';
import { communityMessage, decodeMessage } from './message.ts';
import type { V3Message } from './message-v3.ts';
import { encodePdu, encodeTrapV1, type IncomingVarbind, type OutgoingVarbind } from './pdu.ts';
import type { Notification } from './policy-event.ts';
import { type NotificationHost, newSnmpConfig, type SnmpConfig } from './snmp-config.ts';
import { V3Security } from './v3-security.ts';

export interface ReceivedNotification {
  /** Where it says it comes from: the source address of its datagram. */
  readonly source: string;
  readonly varbinds: readonly IncomingVarbind[];
}

const TRAP_PORT = 162;
/** `snmp-server inform`: IOS sends four times in all, 30 s apart, and keeps 25 informs that wait for an answer. */
const INFORM_RETRIES = 3;
const INFORM_TIMEOUT_MS = 30_000;
const INFORMS_PENDING_MAX = 25;
const SNMP_TRAP_OID = '1.3.6.1.6.3.1.1.4.1.0';

interface PendingInform {
  readonly host: NotificationHost;
  readonly pdu: Buffer;
  left: number;
  /** Its engine's Report was heard since it was last sent. */
  resynchronised: boolean;
  timer: Timer;
}

/** Nothing sent, nothing received yet. */
export const newSnmpCounters = (): SnmpCounters => ({
  sent: 0,
  notEnabled: 0,
  noHost: 0,
  unsendable: 0,
  informsAnswered: 0,
  informsGivenUp: 0,
  received: 0,
  noManager: 0,
  malformed: 0,
  versionRefused: 0,
  securityRefused: 0,
  otherPdu: 0,
  whileHung: 0,
});

export class BoxSnmpProcess implements BoxSnmp {
  readonly config: SnmpConfig = newSnmpConfig();
  readonly counters: SnmpCounters = newSnmpCounters();
  /** A trap or an inform that the manager took. */
  onNotification: ((notification: ReceivedNotification) => void) | null = null;
  private readonly core: BoxCore;
  private readonly senders: ((bytes: Uint8Array, to: Endpoint) => void)[] = [];
  private readonly history = new EventHistory();
  private readonly pending = new Map<number, PendingInform>();
  readonly v3: V3Security;
  private requestId: number;

  constructor(core: BoxCore) {
    this.core = core;
    this.v3 = new V3Security(core, this.config);
    this.requestId = core.prng.fork('snmp').between(1, 0x3fff_ffff);
  }

  onSend(listener: (bytes: Uint8Array, to: Endpoint) => void): void {
    this.senders.push(listener);
  }

  /** To every host that wants notifications of this type. One of the event manager stands in its history, whoever wants it. */
  notify(type: string, notification: Notification): void {
    const { config, counters } = this;
    if (type === 'event-manager') this.history.add(notification.varbinds);
    if (!config.enabledTraps.has(type)) {
      counters.notEnabled += 1;
      return;
    }
    const hosts = config.hosts.filter((host) => host.types.length === 0 || host.types.includes(type));
    if (hosts.length === 0) counters.noHost += 1;
    for (const host of hosts) this.notifyHost(host, notification);
  }

  receive(bytes: Uint8Array, from: Endpoint): Uint8Array | null {
    const { counters } = this;
    counters.received += 1;
    if (this.core.strain.hung) {
      counters.whileHung += 1;
      return null;
    }
    if (bytes.length > labLimits.snmpDatagramBytes) {
      counters.malformed += 1;
      return null;
    }
    const message = decodeMessage(bytes);
    switch (message.kind) {
      case 'refused':
        if (message.why === 'malformed') counters.malformed += 1;
        else if (message.why === 'version') counters.versionRefused += 1;
        else counters.otherPdu += 1;
        return null;
      case 'response':
        this.answered(message.requestId);
        return null;
      case 'notification':
        return this.taken(message, from);
      case 'question':
        return this.answer(message.question);
      case 'v3':
        return this.receiveV3(message.message, from);
    }
  }

  close(): void {
    for (const { timer } of this.pending.values()) timer.cancel();
    this.pending.clear();
  }

  private receiveV3(message: V3Message, from: Endpoint): Uint8Array | null {
    // As in v1 and v2c: without the manager process nobody reads port 162, but for the answers to our own informs.
    if (!this.config.manager && message.engineId === this.v3.engineId) {
      this.counters.noManager += 1;
      return null;
    }
    const outcome = this.v3.receive(message);
    switch (outcome.kind) {
      case 'notification':
        return this.taken(outcome, from);
      case 'response':
        this.answered(outcome.requestId);
        return null;
      case 'resynchronised':
        this.again(outcome.messageId);
        return null;
      case 'refused':
        this.counters.securityRefused += 1;
        return outcome.report;
    }
  }

  private taken(
    { varbinds, answer }: { varbinds: readonly IncomingVarbind[]; answer: Buffer | null },
    from: Endpoint,
  ): Uint8Array | null {
    if (!this.config.manager) {
      this.counters.noManager += 1;
      return null;
    }
    this.onNotification?.({ source: from.address, varbinds });
    return answer;
  }

  private answer(question: Question): Uint8Array | null {
    if (!this.config.communities.has(question.community)) {
      this.counters.securityRefused += 1;
      return null;
    }
    const upTime: OutgoingVarbind = { oid: SYS_UP_TIME, value: { type: 'time-ticks', value: this.upTimeTicks() } };
    return communityMessage('2c', question.community, answerTo(question, [upTime, ...this.history.objects()]));
  }

  /** TimeTicks turn over after 497 days. */
  private upTimeTicks(): number {
    const { clock, bootedMonotonic } = this.core;
    return Math.floor((clock.monotonic() - bootedMonotonic) / 10) % 0x1_0000_0000;
  }

  private notifyHost(host: NotificationHost, notification: Notification): void {
    const { options } = this.core;
    const upTimeTicks = this.upTimeTicks();
    if (host.version === '1') {
      const pdu = encodeTrapV1({ ...notification, agentAddress: options.cryptoAddress, upTimeTicks });
      this.send(communityMessage('1', host.name, pdu), host);
      return;
    }
    // Also the msgID of version 3: one number says what a Response or a Report is about.
    this.requestId = (this.requestId % 0x7fff_ffff) + 1;
    const pdu = encodePdu(host.informs ? 'inform' : 'trap', this.requestId, [
      { oid: SYS_UP_TIME, value: { type: 'time-ticks', value: upTimeTicks } },
      { oid: SNMP_TRAP_OID, value: { type: 'oid', value: notification.trapOid } },
      ...notification.varbinds,
    ]);
    if (host.informs) this.inform(this.requestId, host, pdu);
    else this.sealAndSend(this.requestId, host, pdu);
  }

  private sealAndSend(requestId: number, host: NotificationHost, pdu: Buffer): void {
    const bytes = host.version === '3' ? this.v3.seal(host, requestId, pdu) : communityMessage('2c', host.name, pdu);
    if (bytes) this.send(bytes, host);
    else this.counters.unsendable += 1;
  }

  private inform(requestId: number, host: NotificationHost, pdu: Buffer): void {
    if (this.pending.size >= INFORMS_PENDING_MAX) {
      this.counters.informsGivenUp += 1;
      return;
    }
    const wait = (): Timer => this.core.clock.timer('lab-snmp-inform', INFORM_TIMEOUT_MS, timedOut);
    const timedOut = (): void => {
      if (entry.left === 0) {
        this.pending.delete(requestId);
        this.counters.informsGivenUp += 1;
        return;
      }
      entry.left -= 1;
      entry.resynchronised = false;
      entry.timer = wait();
      this.sealAndSend(requestId, host, pdu);
    };
    const entry: PendingInform = { host, pdu, left: INFORM_RETRIES, resynchronised: false, timer: wait() };
    this.pending.set(requestId, entry);
    this.sealAndSend(requestId, host, pdu);
  }

  /** With the clock that the Report has told; once a try, or two engines could report to each other for ever. */
  private again(requestId: number): void {
    const entry = this.pending.get(requestId);
    if (!entry || entry.resynchronised) return;
    entry.resynchronised = true;
    this.sealAndSend(requestId, entry.host, entry.pdu);
  }

  private answered(requestId: number): void {
    const entry = this.pending.get(requestId);
    if (!entry) return;
    entry.timer.cancel();
    this.pending.delete(requestId);
    this.counters.informsAnswered += 1;
  }

  private send(bytes: Buffer, { address, udpPort }: NotificationHost): void {
    this.counters.sent += 1;
    for (const sender of [...this.senders]) sender(bytes, { address, port: udpPort ?? TRAP_PORT });
  }
}
