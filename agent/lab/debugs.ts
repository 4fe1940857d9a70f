/**
 * Debug flags and crypto conditions of one box: what `debug …`, `undebug all`, `show debugging` and
 * `show crypto debug-condition` work on, and which debug lines may be printed. IOS "Crypto Conditional Debug Support".
 */
import { labLimits } from './lab-limits.ts';

export type CryptoDebug = 'isakmp' | 'ipsec' | 'engine' | 'ikev2';
export type DebugName = CryptoDebug | 'ikev2-error' | 'nhrp' | 'tunnel' | 'icmp' | 'ip-packet';

interface DebugKind {
  readonly subsystem: string;
  /** As `show debugging` prints it, before ` is on`. */
  readonly title: string;
}

/** In the order in which `show debugging` lists them. */
export const DEBUG_KINDS: Readonly<Record<DebugName, DebugKind>> = {
  icmp: { subsystem: 'Generic IP', title: 'ICMP packet debugging' },
  'ip-packet': { subsystem: 'Generic IP', title: 'IP packet debugging' },
  isakmp: { subsystem: 'Cryptographic Subsystem', title: 'Crypto ISAKMP debugging' },
  engine: { subsystem: 'Cryptographic Subsystem', title: 'Crypto Engine debugging' },
  ipsec: { subsystem: 'Cryptographic Subsystem', title: 'Crypto IPSEC debugging' },
  'ikev2-error': { subsystem: 'IKEV2', title: 'IKEv2 error debugging' },
  ikev2: { subsystem: 'IKEV2', title: 'IKEv2 default debugging' },
  nhrp: { subsystem: 'NHRP', title: 'NHRP protocol debugging' },
  tunnel: { subsystem: 'Tunnel', title: 'Tunnel Interface debugging' },
};

const ORDER = Object.keys(DEBUG_KINDS) as DebugName[];
export const CRYPTO_DEBUGS: readonly CryptoDebug[] = ['isakmp', 'ipsec', 'engine', 'ikev2'];
export type UnmatchedContext = 'isakmp' | 'ipsec' | 'engine';

export class Debugs {
  private readonly on = new Set<DebugName>();
  readonly peerConditions: string[] = [];
  readonly unmatched = new Set<UnmatchedContext>();
  private readonly engineHeedsConditions: boolean;
  private readonly onChange: () => void;

  constructor(engineHeedsConditions: boolean, onChange: () => void) {
    this.engineHeedsConditions = engineHeedsConditions;
    this.onChange = onChange;
  }

  enable(name: DebugName): void {
    this.on.add(name);
    this.onChange();
  }

  disable(name: DebugName): void {
    this.on.delete(name);
    this.onChange();
  }

  /** `undebug all`: conditions survive it. */
  disableAll(): void {
    this.on.clear();
    this.onChange();
  }

  isOn(name: DebugName): boolean {
    return this.on.has(name);
  }

  names(): DebugName[] {
    return ORDER.filter((name) => this.on.has(name));
  }

  anyCrypto(): boolean {
    return CRYPTO_DEBUGS.some((name) => this.on.has(name));
  }

  conditioned(): boolean {
    return this.peerConditions.length > 0;
  }

  /** A crypto debug is on and nothing says whose lines it may print. */
  flooding(): boolean {
    return this.anyCrypto() && !this.conditioned();
  }

  /** False: there are as many as a type takes, and this one was not added. */
  addPeerCondition(address: string): boolean {
    if (this.peerConditions.includes(address)) return true;
    if (this.peerConditions.length >= labLimits.conditionValues) return false;
    this.peerConditions.push(address);
    this.onChange();
    return true;
  }

  removePeerCondition(address: string): boolean {
    const index = this.peerConditions.indexOf(address);
    if (index < 0) return false;
    this.peerConditions.splice(index, 1);
    this.onChange();
    return true;
  }

  resetConditions(): void {
    this.peerConditions.length = 0;
    this.unmatched.clear();
    this.onChange();
  }

  setUnmatched(context: UnmatchedContext | null, on: boolean): void {
    const contexts: UnmatchedContext[] = context ? [context] : ['isakmp', 'ipsec', 'engine'];
    for (const each of contexts) {
      if (on) this.unmatched.add(each);
      else this.unmatched.delete(each);
    }
    this.onChange();
  }

  /** May a line of this debug about this peer be printed? Peer null: an event without a peer context. */
  admits(name: CryptoDebug, peer: string | null): boolean {
    if (!this.on.has(name)) return false;
    if (!this.conditioned()) return true;
    if (name === 'engine' && !this.engineHeedsConditions) return true;
    if (peer === null) return this.unmatched.has(name === 'ikev2' ? 'isakmp' : name);
    return this.peerConditions.includes(peer);
  }
}
