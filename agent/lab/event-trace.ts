/**
 * `monitor event-trace crypto ipsec event`: what the key engine of IOS XE remembers of its SAs, whether debugs are on or not. The
 * oldest are forgotten; a reload forgets all. Written by live/, shown by render/event-trace.ts.
 */
import type { Wall } from '../../shared/model/time.ts';
import { spiBoth } from './box-time.ts';
import { labLimits } from './lab-limits.ts';

export interface TraceEntry {
  readonly at: Wall;
  readonly text: string;
}

/** The engine's own messages, as KMI: to and from IKE. */
export type EngineMessage =
  | 'KEY_ENG_REQUEST_SAS'
  | 'KEY_ENG_DELETE_SAS'
  | 'KEY_MGR_CREATE_IPSEC_SAS'
  | 'KEY_MGR_DELETE_SAS'
  | 'KEY_MGR_CLEAR_ENDPT_SAS'
  | 'KEY_MGR_SESSION_CLOSED';

export interface TracedSa {
  readonly destination: string;
  readonly spi: number;
  readonly connId: number;
  readonly lifetimeSeconds: number;
  readonly lifetimeKilobytes: number;
}

export class EventTrace {
  /** False: `monitor event-trace crypto ipsec event disable`. */
  enabled = true;
  private readonly now: () => Wall;
  private entries: TraceEntry[] = [];

  constructor(now: () => Wall) {
    this.now = now;
  }

  list(): readonly TraceEntry[] {
    return this.entries;
  }

  restart(): void {
    this.entries = [];
  }

  /** SAs made or taken down, each direction a line. */
  sa(
    what: 'create' | 'delete',
    { destination, spi, connId, lifetimeSeconds, lifetimeKilobytes }: TracedSa,
    at: Wall = this.now(),
  ): void {
    // IOS XE spells the two alike but for the blanks before the equals signs.
    const is = what === 'create' ? '=' : ' =';
    this.add(
      `IPSEC-EVENT:IPSEC-${what.toUpperCase()}-SA:  SESSION ID:0, sa ${what} : (sa) sa_dest${is} ${destination}, sa_proto${is} 50, ` +
        `sa_spi${is} ${spiBoth(spi)}, sa_trans${is} esp-256-aes esp-sha-hmac , sa_conn_id${is} ${connId}, sa_lifetime(k/sec)${is} (${lifetimeKilobytes}/${lifetimeSeconds})`,
      at,
    );
  }

  engine(message: EngineMessage, local: string, remote: string, port: number): void {
    const sent = message.startsWith('KEY_ENG_');
    const way = sent ? 'KMI Sent: IPSEC key engine->Crypto IKMP' : 'KMI Received: Crypto IKMP->IPSEC key engine';
    this.add(
      `IPSEC-EVENT:IPSEC-${sent ? 'SEND' : 'RECV'}-KMI:  SESSION ID:0, ${way}:${message}, loc: ${local}, rem: ${remote}, port loc/rem: ${sent ? 0 : port}/${port}, prot: DOI-3`,
      this.now(),
    );
  }

  private add(text: string, at: Wall): void {
    if (!this.enabled) return;
    this.entries.push({ at, text });
    if (this.entries.length > labLimits.traceEntries) this.entries.shift();
  }
}
