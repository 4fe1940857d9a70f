/**
 * The SNMP process of one box: which notifications go where (`snmp-server …`), informs until they are answered, and what comes
 * in for `event snmp-notification`. Pure: datagrams leave through `onSend` and come in through `receive`; udp.ts is the socket.
 */
import type { Timer } from '../../../shared/clock.ts';
import type { Endpoint } from '../../ports.ts';
import type { BoxCore } from '../box-core.ts';
import type { BoxSnmp, SnmpCounters } from '../contract.ts';
import { labLimits } from '../lab-limits.ts';
import { decodeMessage, encodeTrapV1, encodeV2, type IncomingVarbind } from './message.ts';
import type { Notification } from './policy-event.ts';
import { type NotificationHost, newSnmpConfig, type SnmpConfig } from './snmp-config.ts';

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
const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
const SNMP_TRAP_OID = '1.3.6.1.6.3.1.1.4.1.0';

interface PendingInform {
  readonly bytes: Buffer;
  readonly to: Endpoint;
  left: number;
  timer: Timer;
}

export class BoxSnmpProcess implements BoxSnmp {
  readonly config: SnmpConfig = newSnmpConfig();
  readonly counters: SnmpCounters = {
    sent: 0,
    notEnabled: 0,
    noHost: 0,
    versionNotBuilt: 0,
    informsAnswered: 0,
    informsGivenUp: 0,
    received: 0,
    noManager: 0,
    malformed: 0,
    versionRefused: 0,
    otherPdu: 0,
    whileHung: 0,
  };
  /** A trap or an inform that the manager took. */
  onNotification: ((notification: ReceivedNotification) => void) | null = null;
  private readonly core: BoxCore;
  private readonly senders: ((bytes: Uint8Array, to: Endpoint) => void)[] = [];
  private readonly pending = new Map<number, PendingInform>();
  private requestId: number;

  constructor(core: BoxCore) {
    this.core = core;
    this.requestId = core.prng.fork('snmp').between(1, 0x3fff_ffff);
  }

  onSend(listener: (bytes: Uint8Array, to: Endpoint) => void): void {
    this.senders.push(listener);
  }

  /** To every host that wants notifications of this type. */
  notify(type: string, notification: Notification): void {
    const { config, counters } = this;
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
        // Without the manager process nobody reads port 162.
        if (!this.config.manager) {
          counters.noManager += 1;
          return null;
        }
        this.onNotification?.({ source: from.address, varbinds: message.varbinds });
        return message.answer;
    }
  }

  close(): void {
    for (const { timer } of this.pending.values()) timer.cancel();
    this.pending.clear();
  }

  private notifyHost(host: NotificationHost, { varbinds, ...notification }: Notification): void {
    const { clock, bootedMonotonic, options } = this.core;
    const agentAddress = options.cryptoAddress;
    const to: Endpoint = { address: host.address, port: host.udpPort ?? TRAP_PORT };
    // TimeTicks turn over after 497 days.
    const upTimeTicks = Math.floor((clock.monotonic() - bootedMonotonic) / 10) % 0x1_0000_0000;
    const community = host.name;
    if (host.version === '3') {
      this.counters.versionNotBuilt += 1;
      return;
    }
    if (host.version === '1') {
      this.send(encodeTrapV1({ community, agentAddress, upTimeTicks, varbinds, ...notification }), to);
      return;
    }
    this.requestId = (this.requestId % 0x7fff_ffff) + 1;
    const all = [
      { oid: SYS_UP_TIME, value: { type: 'time-ticks', value: upTimeTicks } as const },
      { oid: SNMP_TRAP_OID, value: { type: 'oid', value: notification.trapOid } as const },
      ...varbinds,
    ];
    const bytes = encodeV2({ community, confirmed: host.informs, requestId: this.requestId, varbinds: all });
    if (host.informs) this.inform(this.requestId, bytes, to);
    else this.send(bytes, to);
  }

  private inform(requestId: number, bytes: Buffer, to: Endpoint): void {
    if (this.pending.size >= INFORMS_PENDING_MAX) {
      this.counters.informsGivenUp += 1;
      return;
    }
    const retry = (): Timer => this.core.clock.timer('lab-snmp-inform', INFORM_TIMEOUT_MS, again);
    const again = (): void => {
      if (entry.left === 0) {
        this.pending.delete(requestId);
        this.counters.informsGivenUp += 1;
        return;
      }
      entry.left -= 1;
      entry.timer = retry();
      this.send(bytes, to);
    };
    const entry: PendingInform = { bytes, to, left: INFORM_RETRIES, timer: retry() };
    this.pending.set(requestId, entry);
    this.send(bytes, to);
  }

  private answered(requestId: number): void {
    const entry = this.pending.get(requestId);
    if (!entry) return;
    entry.timer.cancel();
    this.pending.delete(requestId);
    this.counters.informsAnswered += 1;
  }

  private send(bytes: Buffer, to: Endpoint): void {
    this.counters.sent += 1;
    for (const sender of [...this.senders]) sender(bytes, to);
  }
}
