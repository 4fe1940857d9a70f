/** The configuration as the program uses it: validated, defaults filled in, secrets read. Written by load.ts from the schema; docs/configuration.md lists every key. */
import type { AddressRange } from '../../shared/model/address.ts';
import type { ArmWhen, DebugName } from '../../shared/model/arming.ts';
import type { DurationMs } from '../../shared/model/time.ts';
import type { DeviceMatch, Mode, Role, Trigger } from '../../shared/model/watch.ts';
import type { AgreedValues } from '../../shared/wire/signal.ts';
import type { EngineOptions } from '../fleet-ports.ts';
import type { PollCredentials, SnmpCredentials } from '../net/signalling.ts';
import type { Endpoint } from '../ports.ts';
import type { Tags } from './tags-field.ts';

export interface Config {
  readonly role: Role;
  readonly mode: Mode;
  /** No new incident acts. Also set at run time by `spitrap hold` and by a file HOLD in dataDir. */
  readonly hold: boolean;
  /** Absolute. */
  readonly dataDir: string;
  /** One word of the subjects that a fleet reads: letters, digits, `_` and `-`, 64 at most. */
  readonly site: string;
  readonly device: DeviceConfig;
  readonly sources: readonly SourceConfig[];
  readonly peers: readonly PeerConfig[];
  readonly trigger: Trigger;
  /** Messages without a flow that open an incident too. */
  readonly alsoTrigger: readonly AlsoTrigger[];
  readonly capture: CaptureConfig;
  readonly arm: ArmWhen;
  readonly arming: ArmingConfig;
  readonly stop: StopConfig;
  readonly signal: SignalConfig;
  readonly evidence: EvidenceConfig;
  /** Whom alarms are told to. Empty: log, status and `spitrap ack` alone have them. */
  readonly alarms: readonly AlarmChannelConfig[];
  /** Null: nothing is served. */
  readonly page: PageConfig | null;
  /** Null: nobody is told. */
  readonly fleet: FleetConfig | null;
  readonly budgets: { readonly incidentsPerHour: number };
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly format: 'json' | 'pretty' | 'auto' };
}

export interface FleetConfig {
  readonly engine: EngineOptions;
  /** Sealed bundles go into the object store too. */
  readonly bundles: boolean;
  readonly heartbeatMs: DurationMs;
  readonly spoolBytesMax: number;
}

export interface DeviceConfig {
  /** For people: log, file names, alarms. Default: the address. */
  readonly name: string;
  readonly address: string;
  /** `local`: the device is this host. */
  readonly transport: 'ssh' | 'local';
  readonly port: number;
  readonly platform: string;
  /** With `transport: local` nobody logs in: empty. */
  readonly user: string;
  readonly password: string | null;
  readonly privateKey: string | null;
  readonly passphrase: string | null;
  readonly enablePassword: string | null;
  readonly hostKeys: readonly string[];
  readonly legacy: boolean;
  readonly keepaliveMs: DurationMs;
  readonly jump: JumpConfig | null;
  /** Whose lines are this device's: its own sender addresses, or a relay plus the host name in the line. */
  readonly match: readonly DeviceMatch[];
  /** Addresses on which this device terminates IPsec, HSRP and NAT addresses included. */
  readonly cryptoAddresses: readonly AddressRange[];
  readonly tags: Tags;
}

export interface JumpConfig {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | null;
  readonly privateKey: string | null;
  readonly passphrase: string | null;
  readonly hostKeys: readonly string[];
}

export type SourceConfig =
  | {
      readonly kind: 'syslog-udp' | 'syslog-tcp';
      readonly name: string;
      readonly listen: Endpoint;
      readonly allow: readonly AddressRange[];
    }
  | {
      readonly kind: 'file';
      readonly name: string;
      /** Absolute. */
      readonly path: string;
      /** Who wrote it, as an address: what `device.match` knows it by. */
      readonly relay: string;
      /** Absolute; where the source keeps how far it has read. */
      readonly positionFile: string;
    }
  | { readonly kind: 'terminal-monitor'; readonly name: string }
  | { readonly kind: 'spi-watch'; readonly name: string; readonly everyMs: DurationMs }
  | {
      readonly kind: 'syslog-tls';
      readonly name: string;
      readonly listen: Endpoint;
      readonly allow: readonly AddressRange[];
      readonly files: TlsFiles;
      /** Null: every certificate that `files.clientCa` vouches for; with neither none is asked for. */
      readonly clients: readonly TlsClientRule[] | null;
    }
  | {
      readonly kind: 'snmp-trap';
      readonly name: string;
      readonly listen: Endpoint;
      readonly from: readonly AddressRange[];
      readonly snmp: SnmpCredentials;
      /** Hex. */
      readonly engineId: string | null;
      readonly opens: readonly SymptomTrap[];
    }
  | {
      readonly kind: 'qfp-drops';
      readonly name: string;
      readonly everyMs: DurationMs;
      readonly atLeast: number;
      readonly opens: boolean;
    }
  | {
      readonly kind: 'snmp-counter';
      readonly name: string;
      readonly send: Endpoint;
      readonly snmp: PollCredentials;
      readonly everyMs: DurationMs;
      readonly atLeast: number;
      readonly opens: boolean;
    }
  | {
      readonly kind: 'eem-history';
      readonly name: string;
      readonly peer: string;
      readonly send: Endpoint;
      readonly snmp: PollCredentials;
      readonly everyMs: DurationMs;
    };

type SyslogListener = Extract<SourceConfig, { readonly kind: 'syslog-udp' | 'syslog-tcp' | 'syslog-tls' }>;

/** Where the device's `logging host` may point at. */
export const isSyslogListener = (source: SourceConfig): source is SyslogListener =>
  source.kind === 'syslog-udp' || source.kind === 'syslog-tcp' || source.kind === 'syslog-tls';

/** `ikmp-no-sa`: `%CRYPTO-4-IKMP_NO_SA`. */
export const alsoTriggers = ['ikmp-no-sa'] as const;
export type AlsoTrigger = (typeof alsoTriggers)[number];

/** `ciscoEnhIpsecFlowBadSa` (9.9.432.0.5) and `cipSecNoSa` (9.9.171.2.0.7). */
export const symptomTraps = ['bad-sa', 'no-sa'] as const;
export type SymptomTrap = (typeof symptomTraps)[number];

/** Absolute paths; read at open, and anew when they change. */
export interface TlsFiles {
  readonly certificate: string;
  /** `value`: PEM, from the environment. */
  readonly key: { readonly file: string } | { readonly value: string };
  readonly clientCa: string | null;
}

export interface TlsClientRule {
  readonly kind: 'name' | 'fingerprint';
  /** A DNS name, a canonical address, or `SHA256:AB:CD:…`. */
  readonly value: string;
  /** Whose lines its lines are: an address of `device.match`; null: where it connects from. */
  readonly as: string | null;
}

export interface PeerConfig {
  readonly name: string;
  readonly kind: 'spitrap' | 'eem';
  /** Addresses of its tunnels: what stands in srcaddr at the hub. Never the same field as its agent's addresses. */
  readonly cryptoAddresses: readonly AddressRange[];
  /** Every path, used in parallel. */
  readonly send: readonly Endpoint[];
  /** Addresses its signals come from. */
  readonly from: readonly AddressRange[];
  /** Which agreed values it acts on; an `eem` peer has the stop alone. */
  readonly snmp: SnmpCredentials;
  /** How IntData1 of a bare stop compares with the agreed value (`event snmp-notification … op`); other than `eq` only of an `eem` peer. */
  readonly op: StopOperator;
  /** Of the event-manager MIB, in what we send to it. */
  readonly root: 91 | 134;
  /** `inform` (default for spitrap) or `trap`. */
  readonly notify: 'inform' | 'trap';
  /** Hex. Of its v3 traps. */
  readonly engineId: string | null;
  /** Where its agent's sealed bundles are fetched from; null: they are not. */
  readonly page: PeerPageConfig | null;
  /** What incidents with it are counted by: carrier, region. */
  readonly tags: Tags;
}

export interface PeerPageConfig {
  /** `https://spoke-agent:7423`, without a path; http: on this host alone. */
  readonly origin: string;
  /** `SHA256:AB:CD:…` of its certificate; null with http. */
  readonly fingerprint: string | null;
  /** Its `page.readToken` or `page.token`. */
  readonly token: string | null;
}

/** Spelled as IOS does. */
export const stopOperators = ['eq', 'ne', 'gt', 'ge', 'lt', 'le'] as const;
export type StopOperator = (typeof stopOperators)[number];

export interface CaptureConfig {
  readonly maxUnscopedSas: number;
  readonly maxPeersCaptured: number;
  readonly commandTimeoutMs: DurationMs;
  readonly commandBytesMax: number;
}

export interface ArmingConfig {
  readonly debugs: readonly DebugName[];
  /** Canonical; at most ten. */
  readonly conditions: readonly string[];
  readonly leaseMs: DurationMs;
  readonly maxDebugMs: DurationMs;
  readonly rearm: Rearm;
  readonly deadMan: boolean;
  readonly allowRemoteArm: boolean;
}

/** After an incident. */
export type Rearm = { readonly kind: 'never' | 'if-transient' } | { readonly kind: 'after'; readonly afterMs: DurationMs };

export interface StopConfig {
  /** From the message to `undebug all`: 18 s, Note A's. */
  readonly delayMs: DurationMs;
  readonly mode: 'all' | 'own';
  /** IntData2 of an alert is clamped to it. */
  readonly maxDelayMs: DurationMs;
}

export interface SignalConfig {
  readonly listen: Endpoint;
  readonly root: 91 | 134;
  readonly values: AgreedValues;
  /** Hex; null: made once and kept in dataDir. */
  readonly engineId: string | null;
  readonly helloMs: DurationMs;
  readonly eemWindowMs: DurationMs;
}

export interface EvidenceConfig {
  readonly ringMaxAgeMs: DurationMs;
  readonly ringMaxBytes: number;
  /** How much log before the event a bundle holds. */
  readonly beforeMs: DurationMs;
  /** How much log after the stop. */
  readonly afterMs: DurationMs;
  readonly retainMaxAgeMs: DurationMs;
  readonly retainMaxCount: number;
  readonly retainMaxBytes: number;
  /** Shared by both ends, so that redacted values can be compared; null: random per run. */
  readonly redactionKey: string | null;
  readonly maxEventAgeMs: DurationMs;
  readonly holdDownMs: DurationMs;
  /** Of the device's limit on the message. */
  readonly messageIntervalMs: DurationMs;
}

export interface PageConfig {
  readonly listen: Endpoint;
  /** Null: nobody can act. */
  readonly token: string | null;
  /** Reads, and nothing else: the other end's agent, a collector of metrics. */
  readonly readToken: string | null;
  /** Reads from this host: without the token or with it. */
  readonly loopback: 'free' | 'token';
  /** Null: HTTP. `clients` null: every certificate that `files.clientCa` vouches for. */
  readonly tls: { readonly files: TlsFiles; readonly clients: readonly TlsClientRule[] | null } | null;
  /** Host names in lower case and canonical addresses, beside its own address. */
  readonly names: readonly string[];
}

export interface AlarmChannelCommon {
  readonly name: string;
  /** The least severe alarms that are told. */
  readonly severity: 'warning' | 'critical';
  readonly repeatEveryMs: DurationMs;
  readonly timeoutMs: DurationMs;
}

export type AlarmFacility = 'user' | 'daemon' | 'auth' | 'syslog' | 'cron' | `local${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7}`;

export type AlarmChannelConfig =
  | (AlarmChannelCommon & {
      readonly kind: 'webhook';
      /** Its path may be a secret. */
      readonly url: string;
      /** Names in lower case; values are secrets. */
      readonly headers: Readonly<Record<string, string>>;
      /** PEM. */
      readonly ca: string | null;
    })
  | (AlarmChannelCommon & {
      readonly kind: 'syslog';
      readonly send: Endpoint;
      readonly transport: 'udp' | 'tcp';
      readonly format: 'rfc5424' | 'rfc3164';
      readonly facility: AlarmFacility;
    })
  | (AlarmChannelCommon & { readonly kind: 'command'; readonly run: readonly string[] });
