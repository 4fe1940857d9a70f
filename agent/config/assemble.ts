/**
 * The spelled configuration as the program uses it: secrets read, computed defaults filled in, platform words of the file turned
 * into those of the wire. Called by load.ts, after the rules; reports what secrets lack.
 */
import { basename, dirname, extname, resolve } from 'node:path';
import type { DeviceMatch } from '../../shared/model/watch.ts';
import type { SnmpCredentials } from '../net/signalling.ts';
import { peerConditions } from './arming-fields.ts';
import type {
  AlarmChannelConfig,
  Config,
  DeviceConfig,
  FleetConfig,
  JumpConfig,
  PageConfig,
  PeerConfig,
  SourceConfig,
} from './config.ts';
import type { FaultPath } from './faults.ts';
import { assemblePeerPage } from './peer-page-field.ts';
import { hostRange, senders } from './rules.ts';
import type { Spelled, SpelledDevice, SpelledPeer } from './schema.ts';
import { readSecret, type SecretNeeds, type SecretReader, type SecretRef } from './secrets.ts';

export function assembleDevice(spelled: SpelledDevice, reader: SecretReader): DeviceConfig {
  const { hostKey, keepalive, match, jump, name, ...same } = spelled;
  return {
    ...same,
    name: name ?? spelled.address,
    user: spelled.user ?? '',
    ...loginSecrets(spelled, ['device'], reader),
    enablePassword: maybe(spelled.enablePassword, ['device', 'enablePassword'], {}, reader),
    hostKeys: hostKey,
    keepaliveMs: keepalive,
    jump: jump === null ? null : assembleJump(jump, reader),
    match: match ?? defaultMatch(spelled.address),
  };
}

const defaultMatch = (address: string): DeviceMatch[] => [{ kind: 'address', range: hostRange(address) }];

function assembleJump(spelled: NonNullable<SpelledDevice['jump']>, reader: SecretReader): JumpConfig {
  const { address, port, user, hostKey } = spelled;
  return { address, port, user, ...loginSecrets(spelled, ['device', 'jump'], reader), hostKeys: hostKey };
}

interface LoginRefs {
  readonly password: SecretRef | null;
  readonly privateKey: SecretRef | null;
  readonly passphrase: SecretRef | null;
}

function loginSecrets(refs: LoginRefs, path: FaultPath, reader: SecretReader) {
  return {
    password: maybe(refs.password, [...path, 'password'], {}, reader),
    privateKey: maybe(refs.privateKey, [...path, 'privateKey'], { manyLines: true }, reader),
    passphrase: maybe(refs.passphrase, [...path, 'passphrase'], {}, reader),
  };
}

function maybe(ref: SecretRef | null, path: FaultPath, needs: SecretNeeds, reader: SecretReader): string | null {
  return ref === null ? null : readSecret(ref, path, needs, reader);
}

export function assemblePeer(spelled: SpelledPeer, index: number, root: 91 | 134, reader: SecretReader): PeerConfig {
  const { name, kind, cryptoAddresses, send, engineId } = spelled;
  return {
    name,
    kind,
    cryptoAddresses,
    send,
    from: senders(spelled),
    snmp: credentials(spelled.snmp, ['peers', index, 'snmp'], reader),
    op: spelled.op,
    root: spelled.root ?? root,
    notify: spelled.notify ?? (kind === 'eem' ? 'trap' : 'inform'),
    engineId,
    page: assemblePeerPage(spelled.page, index, reader),
    tags: spelled.tags,
  };
}

const wirePriv = { aes: 'aes128', aes256: 'aes256', aes256c: 'aes256c' } as const;
/** RFC 3414 §11.2: keys are made from at least 8 characters. */
const USM_KEY: SecretNeeds = { charactersMin: 8 };

export function credentials(spelled: SpelledPeer['snmp'], path: FaultPath, reader: SecretReader): SnmpCredentials {
  if (spelled.version !== 3) {
    const version = spelled.version === 1 ? '1' : '2c';
    return { version, community: readSecret(spelled.community, [...path, 'community'], {}, reader) };
  }
  const { user, auth, priv } = spelled;
  return {
    version: 3,
    user,
    auth: { protocol: auth.protocol, key: readSecret(auth.key, [...path, 'auth', 'key'], USM_KEY, reader) },
    priv:
      priv === null
        ? null
        : { protocol: wirePriv[priv.protocol], key: readSecret(priv.key, [...path, 'priv', 'key'], USM_KEY, reader) },
  };
}

/** `spelled`: relative to the configuration file; null: named after it. */
export const dataDirOf = (spelled: string | null, file: string): string =>
  resolve(dirname(file), spelled ?? `spitrap-data/${basename(file, extname(file))}`);

export function assembleConfig(
  spelled: Spelled,
  parts: {
    readonly device: DeviceConfig;
    readonly peers: readonly PeerConfig[];
    readonly sources: readonly SourceConfig[];
    readonly alarms: readonly AlarmChannelConfig[];
    readonly page: PageConfig | null;
    readonly fleet: FleetConfig | null;
    readonly redactionKey: string | null;
  },
  file: string,
): Config {
  const { arming, capture, stop, signal, evidence } = spelled;
  return {
    role: spelled.role,
    mode: spelled.mode,
    hold: spelled.hold,
    dataDir: dataDirOf(spelled.dataDir, file),
    site: spelled.site,
    device: parts.device,
    sources: parts.sources,
    peers: parts.peers,
    trigger: spelled.trigger,
    alsoTrigger: spelled.alsoTrigger,
    capture: {
      maxUnscopedSas: capture.maxUnscopedSas,
      maxPeersCaptured: capture.maxPeersCaptured,
      commandTimeoutMs: capture.commandTimeout,
      commandBytesMax: capture.commandBytesMax,
    },
    arm: spelled.arm,
    arming: {
      debugs: arming.debugs,
      conditions: arming.conditions ?? peerConditions(parts.peers),
      leaseMs: arming.lease,
      maxDebugMs: arming.maxDebug,
      rearm: arming.rearm ?? { kind: spelled.arm === 'always' ? 'if-transient' : 'never' },
      deadMan: arming.deadMan,
      allowRemoteArm: arming.allowRemoteArm,
    },
    stop: { delayMs: stop.delay, mode: stop.mode ?? (spelled.arm === 'manual' ? 'all' : 'own'), maxDelayMs: stop.maxDelay },
    signal: {
      listen: signal.listen,
      root: signal.root,
      values: signal.values,
      engineId: signal.engineId,
      helloMs: signal.hello,
      eemWindowMs: signal.eemWindow,
    },
    evidence: {
      ringMaxAgeMs: evidence.ringMaxAge,
      ringMaxBytes: evidence.ringMaxBytes,
      beforeMs: evidence.before,
      afterMs: evidence.after,
      retainMaxAgeMs: evidence.retainMaxAge,
      retainMaxCount: evidence.retainMaxCount,
      retainMaxBytes: evidence.retainMaxBytes,
      redactionKey: parts.redactionKey,
      maxEventAgeMs: evidence.maxEventAge,
      holdDownMs: evidence.holdDown,
      messageIntervalMs: evidence.messageInterval,
    },
    alarms: parts.alarms,
    page: parts.page,
    fleet: parts.fleet,
    budgets: spelled.budgets,
    log: spelled.log,
  };
}
