/**
 * How a fleet's engine (NATS with JetStream) is reached: the keys that an agent's `fleet` and the `engine` of a fleet process have in common,
 * the rules between them, and what the port takes (agent/fleet-ports.ts). Used by schema.ts, rules.ts, assemble.ts and agent/fleet/config.ts.
 */
import { isAbsolute, resolve } from 'node:path';
import type { EngineOptions } from '../fleet-ports.ts';
import type { FaultPath } from './faults.ts';
import { leaf, mapping, oneOrMany, optional, Remedy, required } from './field-notes.ts';
import * as kinds from './fields.ts';
import type { Findings } from './rules.ts';
import { errnoWords, readSecret, type SecretReader, type SecretRef, secret } from './secrets.ts';

/** A bundle of all well-known authorities is 220 KiB. */
const PEM_BYTES_MAX = 1024 * 1024;
const USUAL_PORT = 4_222;

const FORM = `an address such as "tls://nats1.example.net:${USUAL_PORT}"`;

/** Names are resolved here, other than those of devices and peers: nothing on an incident's path waits for it. */
const server = () =>
  leaf('URL: nats://host:port or tls://host:port', (raw) => {
    if (typeof raw !== 'string' || raw.length > 300) return new Remedy(FORM);
    const match = /^(nats|tls):\/\/(\[[0-9A-Fa-f:.]{2,45}\]|[\w.-]{1,253})(?::(\d{1,5}))?$/.exec(raw.trim());
    if (match === null) {
      if (/@/.test(raw)) return new Remedy(`${FORM}, without user and password; give user and password: { file: … }`);
      if (/^[\w.[\]:-]+$/.test(raw)) return new Remedy(`its kind is missing; write "nats://${raw}" or "tls://${raw}"`);
      return new Remedy(FORM);
    }
    const port = Number(match[3] ?? USUAL_PORT);
    return port > 0 && port <= 65_535 ? `${match[1]}://${match[2]}:${port}` : new Remedy('a port is 65535 at most');
  });

/** To be spread into a mapping. */
export const engineFields = () => ({
  servers: required(oneOrMany(server()), 'Servers of one cluster, any of which will do. `tls://`: nothing is said in the clear.'),
  user: optional(kinds.text('user name'), 'Login name. With `password`.'),
  password: optional(secret(), 'Its password.'),
  token: optional(secret(), 'A token in place of a login.'),
  creds: optional(secret(), 'A `.creds` file in place of a login: JWT and nkey seed, as `nsc` writes it.'),
  tls: optional(
    mapping({
      ca: optional(
        kinds.text('path'),
        'PEM file with the authorities that may sign the server’s certificate.',
        'the well-known ones',
      ),
      certificate: optional(kinds.text('path'), 'PEM file with our own certificate, where the server wants one.'),
      key: optional(secret(), 'Its private key, PEM, not encrypted.'),
    }),
    'What the server’s certificate is judged by, and what it judges us by.',
    'with `tls://` the well-known authorities',
  ),
});

export interface SpelledEngine {
  readonly servers: readonly string[];
  readonly user: string | null;
  readonly password: SecretRef | null;
  readonly token: SecretRef | null;
  readonly creds: SecretRef | null;
  readonly tls: { readonly ca: string | null; readonly certificate: string | null; readonly key: SecretRef | null } | null;
}

const LOOPBACK = /^nats:\/\/(?:127\.|localhost\b|\[::1\])/;

/** One login, and no password in the clear to another host. `at`: where the mapping stands. */
export function engineFits(engine: SpelledEngine, at: FaultPath, { fault, warn }: Findings): void {
  const { servers, user, password, token, creds, tls } = engine;
  const given = [user ?? password, token, creds].filter((one) => one !== null);
  if (given.length > 1) fault(at, 'one login: user with password, token, or creds');
  if (user !== null && password === null) fault([...at, 'user'], 'needs password: { file: … }');
  if (password !== null && user === null) fault([...at, 'password'], 'needs user');
  if (tls !== null && (tls.certificate === null) !== (tls.key === null))
    fault([...at, 'tls'], 'certificate and key stand together');
  const clear = servers.filter((one) => one.startsWith('nats:'));
  if (clear.length < servers.length && clear.length > 0)
    fault([...at, 'servers'], 'some are tls:// and some nats://; what is said to one of them in the clear is said in the clear');
  if (tls === null && clear.some((one) => !LOOPBACK.test(one)))
    warn(`${at.join('.')}.servers: ${clear[0]} is another host, in the clear: whoever is on the way reads along; write tls://`);
}

/** `name` is shown to the server's operator. */
export function assembleEngine(spelled: SpelledEngine, at: FaultPath, name: string, reader: SecretReader): EngineOptions {
  const { servers, user, password, token, creds, tls } = spelled;
  const read = (ref: SecretRef, key: string, manyLines = false): string => readSecret(ref, [...at, key], { manyLines }, reader);
  return {
    servers,
    name,
    tls:
      tls === null
        ? servers.some((one) => one.startsWith('tls:'))
          ? { ca: null, certificate: null, key: null }
          : null
        : {
            ca: tls.ca === null ? null : pem(tls.ca, [...at, 'tls', 'ca'], reader),
            certificate: tls.certificate === null ? null : pem(tls.certificate, [...at, 'tls', 'certificate'], reader),
            key: tls.key === null ? null : readSecret(tls.key, [...at, 'tls', 'key'], { manyLines: true }, reader),
          },
    login:
      user !== null && password !== null
        ? { kind: 'user', user, password: read(password, 'password') }
        : token !== null
          ? { kind: 'token', token: read(token, 'token') }
          : creds !== null
            ? { kind: 'creds', creds: read(creds, 'creds', true) }
            : { kind: 'none' },
  };
}

/** '' after a fault was reported. */
function pem(file: string, path: FaultPath, { host, folder, fault }: SecretReader): string {
  const absolute = isAbsolute(file) ? file : resolve(folder, file);
  try {
    const text = host.readFile(absolute, PEM_BYTES_MAX);
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
    fault(path, `${absolute} holds no certificate: PEM is expected (-----BEGIN CERTIFICATE-----)`, 'CONFIG_INVALID');
  } catch (error) {
    fault(path, `${absolute} can not be read: ${errnoWords(error)}`, 'CONFIG_INVALID');
  }
  return '';
}
