/** How one end of live/ is configured, and what its users send. */
import type { TunnelKind } from '../sa-model.ts';

export interface EndSettings {
  readonly kind: TunnelKind;
  readonly role: 'hub' | 'spoke';
  readonly ikeVersion: 1 | 2;
  readonly ikeLifetimeSeconds: number;
  readonly ipsecLifetimeSeconds: number;
  /** `crypto ipsec security-association lifetime kilobytes`; null: the default of 4608000. */
  readonly kilobytes: number | null;
  /** True: it counts its own lifetime, whatever the other end proposed (RFC 2407 §4.6.3.1 leaves that open). */
  readonly countsItsOwn: boolean;
  readonly dpdMode: 'periodic' | 'on-demand' | 'none';
  readonly dpdSeconds: number;
  readonly invalidSpiRecovery: boolean;
  /** Its configuration or NHRP names the peer: it can begin a negotiation. */
  readonly knowsPeer: boolean;
  readonly packetsPerSecond: number;
  readonly packetOctets: number;
  /** Its users only answer: nothing is sent while nothing is heard. */
  readonly answersOnly: boolean;
  /** `crypto logging session`. */
  readonly loggingSession: boolean;
  /** EIGRP over the tunnel. */
  readonly neighbour: boolean;
  /** It never begins a rekey: a dynamic map, `responder-only`. */
  readonly respondsOnly: boolean;
  /** As a responder it sends with the new SA before quick mode has ended (CSCty30063). */
  readonly sendsTooEarly: boolean;
  /** From the last message of quick mode to the SA in the data path. */
  readonly installMs: number;
  /** How long a rekeyed SA is kept for late packets. */
  readonly oldKeptMs: number;
  /** SPIs enter the Transient table when they are handed out, not when their SA ends: both were seen (facts.md §6). */
  readonly transientAtOnce: boolean;
}
