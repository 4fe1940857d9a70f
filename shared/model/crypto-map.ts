/** The crypto maps of one device, as `show crypto map` tells them, those of tunnel protection included. Filled by the platforms' parsers, read by the analysis, which asks whether invalid SPI recovery could work here (Note B). `line`: place in the command's output, from 1. */

export interface CryptoMapEntry {
  readonly line: number;
  readonly name: string;
  readonly sequence: number;
  /** Null on old releases, which know IPv4 alone. */
  readonly family: 'IPv4' | 'IPv6' | null;
  /** `ipsec-isakmp`, `ipsec-manual`, `gdoi`; null for a template. */
  readonly kind: string | null;
  /** `Crypto Map Template`: an entry of a dynamic map. */
  readonly template: boolean;
  /** `Map is a PROFILE INSTANCE.`: made by tunnel protection for one peer. */
  readonly profileInstance: boolean;
  /** `Dynamic map template tag:`, the dynamic map that this entry stands for. */
  readonly dynamicTemplate: string | null;
  /** `This crypto map is in an incomplete state!` */
  readonly incomplete: boolean;
  /** Canonical, or a name. */
  readonly peers: readonly string[];
  readonly currentPeer: string | null;
  /** `Profile name:`, the IPsec profile. */
  readonly profile: string | null;
  /** `ISAKMP Profile:`, `IKEv2 Profile:`. */
  readonly ikeProfile: string | null;
  /** Number or name; null when none is set. */
  readonly accessList: string | null;
  /** `permit gre host 192.0.2.1 host 192.0.2.2` */
  readonly accessRules: readonly string[];
  readonly accessListDynamic: boolean | null;
  /** As configured; null when not shown or disabled. */
  readonly lifetimeKilobytes: number | null;
  readonly lifetimeSeconds: number | null;
  readonly idleSeconds: number | null;
  readonly dualstack: boolean | null;
  readonly responderOnly: boolean | null;
  readonly pfs: boolean | null;
  readonly dhGroup: string | null;
  /** `Disabled`, `Enabled`. */
  readonly mixedMode: string | null;
  readonly transformSets: readonly { readonly name: string; readonly transforms: readonly string[] }[];
  /** Of the whole map: printed with its last entry. */
  readonly interfaces: readonly string[];
  /** Other settings as printed, such as `Always create SAs`, `Reverse Route Injection Enabled`. */
  readonly settings: readonly string[];
}
