/** The `page` of the configuration: its keys, how they fit together, and what the program makes of them. Used by schema.ts, rules.ts and load.ts. */
import { isAbsolute, resolve } from 'node:path';
import { canonicalAddress } from '../../shared/model/address.ts';
import type { PageConfig } from './config.ts';
import type { FaultPath } from './faults.ts';
import { leaf, mapping, oneOrMany, optional, Remedy, required, withDefault } from './field-notes.ts';
import * as kinds from './fields.ts';
import type { Findings, Parts } from './rules.ts';
import type { Spelled } from './schema.ts';
import { readSecret, type SecretReader, type SecretRef, secret } from './secrets.ts';
import { tlsClient } from './tls-client-field.ts';

/** 7423 stands for nothing else (IANA). */
const USUAL_PORT = 7_423;
/** 16 characters of a good dice can not be guessed at ten a minute. */
const TOKEN_CHARACTERS_MIN = 16;

const hostName = () =>
  leaf('host name or address, without a port', (raw) => {
    if (typeof raw !== 'string') return new Remedy('a host name or an address, in quotes');
    const address = canonicalAddress(raw.replace(/^\[(.*)\]$/, '$1'));
    if (address !== null) return address;
    if (/^[\w-]{1,63}(?:\.[\w-]{1,63}){0,9}$/.test(raw)) return raw.toLowerCase();
    return new Remedy('a host name such as spitrap.example.net, without http:// and without a port');
  });

export const pageField = () =>
  optional(pageMapping(USUAL_PORT), 'A page and a JSON API to watch and to act (page.md).', 'none: nothing is served');

/** Of an agent's page, and of a fleet's. */
export const pageMapping = (usualPort: number) =>
  mapping({
    listen: withDefault(
      kinds.endpoint(usualPort, 'listen'),
      `127.0.0.1:${usualPort}`,
      'Where it is served (TCP). Any other address than loopback needs `tls`, and `token` or a client’s certificate.',
    ),
    token: optional(
      secret(),
      'What actions need, and whoever reads from elsewhere: `Authorization: Bearer …`. 16 characters or more, no spaces: `openssl rand -hex 32`.',
      'none: nothing can be done from the page',
    ),
    readToken: optional(
      secret(),
      'A second token, for whoever may look and do nothing: the other end’s agent (`peers[].page`), Prometheus.',
    ),
    loopback: withDefault(
      kinds.word(['free', 'token']),
      'free',
      'Whether whoever is on this host may read without the token. `token` where others than operators log in, or a proxy on this host speaks for others.',
    ),
    tls: optional(
      mapping({
        certificate: required(
          kinds.text('path'),
          'PEM file with this server’s certificate, then its chain; relative to this file. Read anew when it changes.',
        ),
        key: required(secret(), 'Its private key, PEM, not encrypted. From a file it is read anew when it changes.'),
        clientCa: optional(
          kinds.text('path'),
          'PEM file with the authorities that sign clients’ certificates: whoever shows one of them may read.',
          'none: no certificate is asked for',
        ),
        clients: optional(
          oneOrMany(tlsClient()),
          'Which certificates may read: a name in it (exactly; no wildcards), an address in it, or its fingerprint "SHA256:AB:CD:…", which needs no authority.',
          'every certificate that an authority in `clientCa` signed',
        ),
      }),
      'HTTPS.',
      'none: HTTP, on loopback alone',
    ),
    names: withDefault(
      oneOrMany(hostName(), 0),
      [],
      'Names that browsers ask for it by, beside its address and `localhost`; a request by any other is refused (DNS rebinding).',
    ),
  });

export type SpelledPage = NonNullable<Spelled['page']>;

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1)$/;

/** What is reached from elsewhere is never read in the clear, and never without a credential. */
export function pageGuarded({ page }: Pick<Parts, 'page'>, { fault }: Findings): void {
  if (!page) return;
  const { tls, token, readToken } = page;
  const far = !LOOPBACK.test(page.listen.address);
  const elsewhere = `is not loopback: whoever reaches it could`;
  if (far && tls === null)
    fault(
      ['page', 'listen'],
      `${elsewhere} read along; add tls: { certificate: FILE, key: { file: FILE } }, or listen on 127.0.0.1:${page.listen.port}`,
    );
  if (far && token === null && readToken === null && (tls === null || (tls.clientCa === null && tls.clients === null)))
    fault(
      ['page', 'listen'],
      `${elsewhere} read everything; add token: { file: FILE } (openssl rand -hex 32), or tls.clientCa and tls.clients`,
    );
  if (tls === null) return;
  tls.clients?.forEach((rule, index) => {
    const path: FaultPath = ['page', 'tls', 'clients', index];
    if (rule.as !== null) fault(path, '`as` is for senders of log lines; a name or a fingerprint alone');
    if (rule.kind === 'name' && tls.clientCa === null)
      fault(path, 'a name counts only in a certificate that somebody vouches for; add clientCa, or give the fingerprint');
  });
}

/** Null where nothing is served, and after a fault was reported. */
export function assemblePage(spelled: SpelledPage | null, reader: SecretReader): PageConfig | null {
  if (spelled === null) return null;
  const { listen, loopback, tls, names } = spelled;
  const absolute = (file: string): string => (isAbsolute(file) ? file : resolve(reader.folder, file));
  return {
    listen,
    loopback,
    names,
    token: spelled.token === null ? null : readToken(spelled.token, ['page', 'token'], reader),
    readToken: spelled.readToken === null ? null : readToken(spelled.readToken, ['page', 'readToken'], reader),
    tls:
      tls === null
        ? null
        : {
            files: {
              certificate: absolute(tls.certificate),
              key: keyOf(tls.key, absolute, reader),
              clientCa: tls.clientCa === null ? null : absolute(tls.clientCa),
            },
            clients: tls.clients,
          },
  };
}

/** Of a page, this one or a peer's. */
export function readToken(ref: SecretRef, path: FaultPath, reader: SecretReader): string {
  const token = readSecret(ref, path, {}, reader);
  if (token !== '' && !/^[\x21-\x7e]{16,512}$/.test(token))
    reader.fault(
      path,
      `a token has ${TOKEN_CHARACTERS_MIN} to 512 characters, none of them a space or beyond ASCII; openssl rand -hex 32 makes one`,
      'CONFIG_INVALID',
    );
  return token;
}

/** Read here too: what is wrong with a key is a fault of the configuration, and it must never be logged. */
function keyOf(
  key: NonNullable<SpelledPage['tls']>['key'],
  absolute: (file: string) => string,
  reader: SecretReader,
): { readonly file: string } | { readonly value: string } {
  const value = readSecret(key, ['page', 'tls', 'key'], { manyLines: true }, reader);
  return key.kind === 'file' ? { file: absolute(key.file) } : { value };
}
