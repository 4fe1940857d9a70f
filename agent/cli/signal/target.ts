/**
 * Whom `spitrap signal send` speaks to and as whom: a peer of a configuration, or an address with credentials from files or the
 * environment. No secret is ever an argument: those are in everybody's process list.
 */
import { SpitrapError } from '../../../shared/errors.ts';
import { quoted } from '../../../shared/model/printable.ts';
import { type AgreedValues, defaultValues } from '../../../shared/wire/signal.ts';
import type { Config } from '../../config/config.ts';
import { parseEndpointText } from '../../config/fields.ts';
import { readSecret, type SecretNeeds, type SecretReader, type SecretRef } from '../../config/secrets.ts';
import type { authProtocols, privProtocols } from '../../config/snmp-fields.ts';
import type { SnmpCredentials } from '../../net/signalling.ts';
import type { Endpoint } from '../../ports.ts';
import { signalSource } from '../../wiring.ts';
import { configFrom } from '../config-from.ts';
import type { CliContext } from '../subcommand.ts';

export interface TargetOptions {
  readonly config?: string;
  readonly peer?: string;
  readonly to?: string;
  readonly snmp?: '1' | '2c' | '3';
  readonly communityFile?: string;
  readonly communityEnv?: string;
  readonly user?: string;
  readonly auth: (typeof authProtocols)[number];
  readonly authKeyFile?: string;
  readonly authKeyEnv?: string;
  readonly priv: (typeof privProtocols)[number];
  readonly privKeyFile?: string;
  readonly privKeyEnv?: string;
}

export interface Target {
  readonly name: string;
  readonly kind: 'spitrap' | 'eem';
  readonly paths: readonly Endpoint[];
  readonly credentials: SnmpCredentials;
  /** Where its answers may come from, besides where we sent to. */
  readonly from: readonly string[];
  readonly notify: 'inform' | 'trap';
  readonly root: 91 | 134;
  readonly values: AgreedValues;
  /** Our address as the peer knows it, when the configuration says which. */
  readonly source: { readonly v4?: string; readonly v6?: string };
  readonly config: Config | null;
  readonly warnings: readonly string[];
}

/** @throws SpitrapError as loadConfig does; USAGE; SECRET_UNREADABLE or CONFIG_INVALID for a secret that does not do. */
export function targetOf(options: TargetOptions, context: CliContext): Target {
  const to = options.to === undefined ? null : endpointOf(options.to);
  const warnings: string[] = [];
  if (options.config === undefined) {
    if (options.peer !== undefined) throw usage('--peer is a name in a configuration: give that too, with -c FILE');
    if (to === null) throw usage('to whom? Give -c FILE --peer NAME, or --to ADDRESS:PORT with --snmp and its credentials');
    const credentials = credentialsOf(options, context, warnings);
    return {
      name: options.to!,
      kind: 'spitrap',
      paths: [to],
      credentials,
      from: [],
      notify: credentials.version === '1' ? 'trap' : 'inform',
      root: 91,
      values: defaultValues,
      source: {},
      config: null,
      warnings,
    };
  }
  const loaded = configFrom(options.config, context);
  const { config } = loaded;
  const names = config.peers.map((peer) => peer.name).join(', ');
  if (options.peer === undefined) throw usage(`which peer? Give --peer NAME, one of: ${names}`);
  const peer = config.peers.find((known) => known.name === options.peer);
  if (peer === undefined) throw usage(`no peer ${quoted(options.peer)} in ${options.config}; there is: ${names}`);
  const own = options.snmp === undefined && givenCredentials(options).length === 0;
  const credentials = own ? peer.snmp : credentialsOf(options, context, warnings);
  const paths = to === null ? peer.send : [to];
  if (paths.length === 0)
    throw usage(`peers[].send of ${peer.name} is empty, so there is no address; give one with --to ADDRESS:PORT`);
  return {
    name: peer.name,
    kind: peer.kind,
    paths,
    credentials,
    from: peer.from.map((range) => range.text),
    notify: credentials.version === '1' ? 'trap' : peer.notify,
    root: peer.root,
    values: config.signal.values,
    source: signalSource(config.signal.listen.address),
    config,
    warnings: [...loaded.warnings, ...warnings],
  };
}

export const usage = (message: string): SpitrapError => new SpitrapError('USAGE', message);

export function endpointOf(text: string): Endpoint {
  const endpoint = parseEndpointText(text);
  if (endpoint === null) throw usage(`${quoted(text)} is no endpoint; write 198.51.100.9:10162 or [2001:db8::9]:10162`);
  return endpoint;
}

const givenCredentials = (options: TargetOptions): string[] =>
  (
    [
      'communityFile',
      'communityEnv',
      'user',
      'authKeyFile',
      'authKeyEnv',
      'privKeyFile',
      'privKeyEnv',
    ] as const satisfies readonly (keyof TargetOptions)[]
  ).filter((name) => options[name] !== undefined);

/** What secrets.ts adds for those that a configuration names. */
const OF_A_FILE = ' (relative paths start at the configuration file)';
/** RFC 3414 §11.2. */
const USM_KEY: SecretNeeds = { charactersMin: 8 };

function credentialsOf(options: TargetOptions, context: CliContext, warnings: string[]): SnmpCredentials {
  const read = (name: string, ref: SecretRef, needs: SecretNeeds): string => {
    const reader: SecretReader = {
      host: context.host,
      folder: '.',
      secrets: [],
      fault: (_path, remedy, code) => {
        throw new SpitrapError(code, `${name}: ${remedy.replace(OF_A_FILE, '')}; nothing was sent`);
      },
      warn: (message) => warnings.push(message),
    };
    return readSecret(ref, [name], needs, reader);
  };
  switch (options.snmp) {
    case '1':
    case '2c': {
      const ref = secretRef(options.communityFile, options.communityEnv, '--community');
      if (ref === null) throw usage(`--snmp ${options.snmp} needs the community: --community-file FILE or --community-env NAME`);
      return { version: options.snmp, community: read('--community', ref, {}) };
    }
    case '3': {
      const auth = secretRef(options.authKeyFile, options.authKeyEnv, '--auth-key');
      const priv = secretRef(options.privKeyFile, options.privKeyEnv, '--priv-key');
      if (options.user === undefined || auth === null)
        throw usage('--snmp 3 needs --user NAME and its key: --auth-key-file FILE or --auth-key-env NAME');
      return {
        version: 3,
        user: options.user,
        auth: { protocol: options.auth, key: read('--auth-key', auth, USM_KEY) },
        priv:
          priv === null
            ? null
            : { protocol: options.priv === 'aes' ? 'aes128' : options.priv, key: read('--priv-key', priv, USM_KEY) },
      };
    }
    default:
      throw usage('which version? Give --snmp 1, 2c or 3 with its credentials');
  }
}

function secretRef(file: string | undefined, env: string | undefined, option: string): SecretRef | null {
  if (file !== undefined && env !== undefined) throw usage(`either ${option}-file or ${option}-env, not both`);
  if (file !== undefined) return { kind: 'file', file };
  return env === undefined ? null : { kind: 'env', name: env };
}
