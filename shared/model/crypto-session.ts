/** Crypto sessions of one device, as `show crypto session [detail]` tells them: one for each interface and peer. Filled by the platforms' parsers, read by the analysis. `line`: place in the command's output, from 1. */

export interface CryptoSession {
  /** Of `Interface:`, or of `Peer:` for the second peer of an interface. */
  readonly line: number;
  readonly interface: string | null;
  readonly username: string | null;
  readonly profile: string | null;
  readonly group: string | null;
  /** Canonical. */
  readonly assignedAddress: string | null;
  /** Seconds, cut to the units printed (`7w0d` is exact to the day); null when not shown: down. */
  readonly uptimeSeconds: number | null;
  readonly uptimeResolutionSeconds: number | null;
  /** `UP-ACTIVE`, `UP-IDLE`, `UP-NO-IKE` (IPsec SAs without an IKE SA), `DOWN`, `DOWN-NEGOTIATING`. */
  readonly status: string | null;
  /** Of `Session status:`; null when not shown. */
  readonly statusLine: number | null;
  /** Canonical. */
  readonly peer: string | null;
  readonly peerPort: number | null;
  /** Null: `(none)` or not shown. So the next three. */
  readonly fvrf: string | null;
  readonly ivrf: string | null;
  readonly phase1Id: string | null;
  readonly description: string | null;
  readonly systemAddress: string | null;
  readonly ikeSas: readonly SessionIkeSa[];
  readonly flows: readonly SessionFlow[];
}

export interface SessionIkeSa {
  readonly line: number;
  /** Null: `IKE SA` of an old release, which is 1. */
  readonly version: 1 | 2 | null;
  readonly sessionId: number | null;
  readonly local: string | null;
  readonly localPort: number | null;
  readonly remote: string | null;
  readonly remotePort: number | null;
  /** `Active`, `Inactive`; null when cut off. */
  readonly status: string | null;
  /** Letters of the legend; empty for `(none)`, null without `detail`. */
  readonly capabilities: string | null;
  readonly connectionId: number | null;
  /** Seconds left. */
  readonly lifetimeSeconds: number | null;
}

export interface SessionFlow {
  readonly line: number;
  /** `permit 47 host 192.0.2.1 host 192.0.2.2`, blanks joined. */
  readonly flow: string;
  readonly activeSas: number | null;
  /** `crypto map`, `dynamic crypto map`. */
  readonly origin: string | null;
  readonly inbound: SessionTraffic | null;
  readonly outbound: SessionTraffic | null;
}

export interface SessionTraffic {
  readonly line: number;
  readonly packets: number;
  readonly dropped: number;
  /** Left; null when volume rekey is off. */
  readonly lifetimeKilobytes: number | null;
  /** Left. */
  readonly lifetimeSeconds: number | null;
}
