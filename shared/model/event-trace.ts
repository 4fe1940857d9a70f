/** `show monitor event-trace crypto …`: what IOS XE keeps of crypto events without any debug. Filled by the platforms' parser, read by the analysis. */
import type { IosStamp } from '../wire/ios-timestamp.ts';
import type { Spi } from './flow.ts';

/** An SA as debugs and event traces describe it: `(sa) sa_dest= 30.1.1.1, sa_proto= 50, sa_spi= 0xC5C89787(3318257543), …`. */
export interface SaText {
  /** Canonical. The end that decrypts: our own address for an inbound SA. */
  readonly destination: string;
  /** IP protocol number: 50 ESP, 51 AH; null when the block does not say. */
  readonly prot: number | null;
  readonly spi: Spi;
  readonly transform: string | null;
  readonly connectionId: number | null;
  readonly lifetimeKilobytes: number | null;
  readonly lifetimeSeconds: number | null;
}

export interface TraceEntry {
  /** Of its first line, from 1. */
  readonly line: number;
  readonly stamp: IosStamp;
  /** `ipsec_event`, from the heading above or, in a merged trace, from the line itself; null: not said. */
  readonly trace: string | null;
  /** `IPSEC-EVENT:IPSEC-DELETE-SA`; null when the entry names no such type. */
  readonly type: string | null;
  /** What follows stamp and type; further lines joined by LF. */
  readonly message: string;
  /** `1#3c67… :AAAACD000000+B371FD8 …`; null: none. */
  readonly traceback: string | null;
  /** Of `sa create` and `sa delete`. */
  readonly action: 'create' | 'delete' | null;
  readonly sa: SaText | null;
  /** `loc: 30.1.1.1, rem: 30.1.1.2`; canonical, null for UNKNOWN. */
  readonly local: string | null;
  readonly remote: string | null;
  readonly localProxy: string | null;
  readonly remoteProxy: string | null;
  readonly sessionId: number | null;
  /** Messages between IKE and IPsec: `KMI Received: Crypto IKMP->IPSEC key engine:KEY_MGR_DELETE_SAS`. */
  readonly kmi: {
    readonly direction: 'Sent' | 'Received';
    readonly from: string;
    readonly to: string;
    readonly type: string;
  } | null;
  readonly localPort: number | null;
  readonly remotePort: number | null;
  /** `DOI-3`, `3`, as printed. */
  readonly prot: string | null;
}

export interface EventTrace {
  /** Traces by name, in order, with what the device says of each; `off` is its reason, null while the trace runs. */
  readonly traces: readonly { readonly name: string; readonly off: string | null }[];
  /** Tracing as a whole is off: the command named one trace. */
  readonly off: string | null;
  readonly entries: readonly TraceEntry[];
  /** `interrupt context allocation count = 0`; null: not shown. */
  readonly interruptAllocations: number | null;
}
