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

/** Types of condition, with the heading under which `show crypto debug-condition` lists their values. */
export const CONDITION_HEADINGS = {
  'peer ipv4': 'IKE peer IP address filters:',
  'peer ipv6': 'IKE peer IPv6 address filters:',
  'peer subnet': 'IKE peer subnet filters:',
  'peer hostname': 'IKE peer hostname filters:',
  'peer username': 'IKE peer username filters:',
  'peer group': 'IKE peer group filters:',
  fvrf: 'FVRF filters:',
  ivrf: 'IVRF filters:',
  connid: 'Connection-id filters:[connid:engine_id]',
  spi: 'SPI filters:',
} as const;

export type ConditionType = keyof typeof CONDITION_HEADINGS;
export const CONDITION_TYPES = Object.keys(CONDITION_HEADINGS) as ConditionType[];

export class Debugs {
  private readonly on = new Set<DebugName>();
  private readonly conditions = new Map<ConditionType, string[]>();
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

  flags(): DebugName[] {
    return ORDER.filter((name) => this.on.has(name));
  }

  anyCrypto(): boolean {
    return CRYPTO_DEBUGS.some((name) => this.on.has(name));
  }

  /** Conditions of all types. */
  conditionCount(): number {
    return [...this.conditions.values()].reduce((sum, values) => sum + values.length, 0);
  }

  conditioned(): boolean {
    return this.conditionCount() > 0;
  }

  values(type: ConditionType): readonly string[] {
    return this.conditions.get(type) ?? [];
  }

  /** A crypto debug is on and nothing says whose lines it may print. */
  flooding(): boolean {
    return this.anyCrypto() && !this.conditioned();
  }

  /** False: there are as many as a type takes, and this one was not added. */
  addCondition(type: ConditionType, value: string): boolean {
    const values = this.conditions.get(type) ?? [];
    if (values.includes(value)) return true;
    if (values.length >= labLimits.conditionValues) return false;
    this.conditions.set(type, [...values, value]);
    this.onChange();
    return true;
  }

  removeCondition(type: ConditionType, value: string): void {
    this.conditions.set(
      type,
      this.values(type).filter((each) => each !== value),
    );
    this.onChange();
  }

  resetConditions(): void {
    this.conditions.clear();
    this.unmatched.clear();
    this.onChange();
  }

  /** Is it a peer that a condition names? Conditions that are not about addresses match nothing that the lab has. */
  names(peer: string): boolean {
    return this.values('peer ipv4').includes(peer) || this.values('peer subnet').some((subnet) => inSubnet(peer, subnet));
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
    return this.names(peer);
  }
}

const bits = (address: string): number => address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0) >>> 0;

/** `10.1.1.0 255.255.255.0`. */
function inSubnet(address: string, subnet: string): boolean {
  const [network = '', mask = ''] = subnet.split(' ');
  return (bits(address) & bits(mask)) === (bits(network) & bits(mask));
}
