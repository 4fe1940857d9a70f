/**
 * Who may ask what of the page. Called by web-server.ts before any route. Decides from where the listener is, what the Host header says (a
 * name that an attacker points at us makes a browser ask in our user's place: DNS rebinding), the bearer token and the client's
 * certificate. docs/page.md has each refusal.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { limits } from '../../shared/limits.ts';
import { canonicalAddress } from '../../shared/model/address.ts';
import { printable } from '../../shared/model/printable.ts';
import type { Monotonic } from '../../shared/model/time.ts';
import type { PageConfig } from '../config/config.ts';
import { WHO_CHARS_MAX } from '../control/protocol.ts';
import type { HttpAsked } from '../http-ports.ts';
import type { TlsClient } from '../ports.ts';
import { type Access, Refusal } from './route.ts';

const GUESS_WINDOW_MS = 60_000;
const BEARER = { 'www-authenticate': 'Bearer realm="spitrap"' } as const;

/** What a reverse proxy adds: whoever asks is not on this host, wherever the connection comes from. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

export class Gate {
  readonly #config: PageConfig;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #tokenHash: Buffer | null;
  readonly #readTokenHash: Buffer | null;
  /** Wrong tokens in the current minute, by address. */
  readonly #guesses = new Map<string, { count: number; readonly since: Monotonic }>();

  constructor(config: PageConfig, clock: Pick<Clock, 'monotonic'>) {
    this.#config = config;
    this.#clock = clock;
    this.#tokenHash = config.token === null ? null : sha256(config.token);
    this.#readTokenHash = config.readToken === null ? null : sha256(config.readToken);
  }

  /** Who asks, for the journal. @throws Refusal */
  admit(asked: HttpAsked, access: Access): string {
    this.#judgeHost(asked);
    const fetched = asked.headers['sec-fetch-site'];
    // A link into the page is followed, another site's script is not.
    if (
      access !== 'open' &&
      (fetched === 'cross-site' || fetched === 'same-site') &&
      asked.headers['sec-fetch-mode'] !== 'navigate'
    )
      throw new Refusal(403, 'cross-site', 'another site asks in the name of whoever looks at it; nothing is answered');
    const certified = this.#certified(asked.client);
    const who = named(asked, certified);
    if (access === 'open') return who;
    // What was brought is judged, also where nothing is needed: a wrong token is a mistake to be told.
    const token = this.#tokenOf(asked);
    if (token === 'acts') return who;
    if (access === 'act') throw this.#needsToken(token === 'reads' ? 'this acts, page.readToken does not:' : 'this acts', 'act');
    if (token === 'reads') return who;
    if (certified || this.#isOwnHost(asked)) return who;
    if (asked.client !== null && this.#config.tls?.clients !== null)
      throw new Refusal(
        403,
        'wrong-certificate',
        `the certificate is none of page.tls.clients (${asked.client.subject}; ${asked.client.fingerprint})`,
      );
    throw this.#needsToken('whoever is not on this host', 'read');
  }

  #needsToken(what: string, access: 'read' | 'act'): Refusal {
    const there = this.#tokenHash !== null || (access === 'read' && this.#readTokenHash !== null);
    return there
      ? new Refusal(401, 'no-token', `${what} needs the token: Authorization: Bearer TOKEN`, BEARER)
      : new Refusal(403, 'no-token-configured', `${what} needs the token, and page.token is not set: nobody has one`);
  }

  /** Null: none was brought. @throws Refusal for a wrong one. */
  #tokenOf({ headers, remote }: HttpAsked): 'acts' | 'reads' | null {
    const { authorization } = headers;
    if (authorization === undefined) return null;
    if (this.#tokenHash === null && this.#readTokenHash === null)
      throw new Refusal(403, 'no-token-configured', 'a token was sent, and page.token is not set: nobody has one');
    const address = guesserOf(remote.address);
    // Whoever guesses learns nothing more in this minute, not even that a guess was right.
    if (this.#guessesOf(address) >= limits.pageGuessesMax)
      throw new Refusal(429, 'too-many-guesses', 'too many wrong tokens from this address; wait a minute', {
        'retry-after': '60',
      });
    const token = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(authorization)?.[1];
    const hash = token === undefined ? null : sha256(token);
    const is = (known: Buffer | null): boolean => hash !== null && known !== null && timingSafeEqual(hash, known);
    if (is(this.#tokenHash)) return 'acts';
    if (is(this.#readTokenHash)) return 'reads';
    this.#noteGuess(address);
    throw new Refusal(401, 'wrong-token', 'the token is neither page.token nor page.readToken', BEARER);
  }

  #guessesOf(address: string): number {
    const known = this.#guesses.get(address);
    if (known === undefined) return 0;
    if (this.#clock.monotonic() - known.since < GUESS_WINDOW_MS) return known.count;
    this.#guesses.delete(address);
    return 0;
  }

  #noteGuess(address: string): void {
    const known = this.#guesses.get(address);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const [oldest] = this.#guesses.keys();
    if (oldest !== undefined && this.#guesses.size >= limits.pageGuessersMax) this.#guesses.delete(oldest);
    this.#guesses.set(address, { count: 1, since: this.#clock.monotonic() });
  }

  /** As in syslog over TLS: a pinned fingerprint needs no authority, a name needs one that signed it. */
  #certified(client: TlsClient | null): boolean {
    const { tls } = this.#config;
    if (client === null || tls === null) return false;
    if (tls.clients?.some((rule) => rule.kind === 'fingerprint' && rule.value === client.fingerprint)) return true;
    if (!client.trusted || tls.files.clientCa === null) return false;
    return tls.clients === null || tls.clients.some((rule) => rule.kind === 'name' && client.bears(rule.value));
  }

  /** Reads are free to whoever sits on this host, and to nobody whom a proxy on this host speaks for. */
  #isOwnHost({ remote, headers }: HttpAsked): boolean {
    return (
      this.#config.loopback === 'free' &&
      isLoopback(this.#config.listen.address) &&
      isLoopback(remote.address) &&
      FORWARDED.every((name) => headers[name] === undefined)
    );
  }

  #judgeHost({ headers }: HttpAsked): void {
    const host = hostOf(headers['host'] ?? '');
    if (host !== null && this.#knows(host)) return;
    throw new Refusal(
      421,
      'bad-host',
      `the Host header is none of this page's names (${printable(headers['host'] ?? 'absent', 80)}); add it to page.names if it is yours`,
    );
  }

  #knows(host: string): boolean {
    const { listen, names } = this.#config;
    const address = canonicalAddress(host);
    if (address === null) return host === 'localhost' || names.includes(host);
    // An address in the Host header was typed, not resolved: nobody can point it elsewhere.
    return isLoopback(address) || address === listen.address || isUnspecified(listen.address) || names.includes(address);
  }
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

export const isLoopback = (address: string): boolean => address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
const isUnspecified = (address: string): boolean => address === '0.0.0.0' || address === '::';

/** Without its port and in lower case; null: no host. */
function hostOf(header: string): string | null {
  const match = /^(?:\[(?<v6>[0-9a-fA-F:.]{2,45})\]|(?<name>[A-Za-z0-9._-]{1,253}))(?::\d{1,5})?$/.exec(header);
  const host = match?.groups?.['v6'] ?? match?.groups?.['name'] ?? null;
  return host === null ? null : host.toLowerCase().replace(/\.$/, '');
}

/** Whoever has one IPv6 address has 2^64 of them. */
const guesserOf = (address: string): string =>
  address.includes(':') ? `${address.split(':').slice(0, 4).join(':')}::/64` : address;

const named = ({ remote, client }: HttpAsked, certified: boolean): string =>
  printable(`page ${certified && client !== null ? client.subject : remote.address}`, 400).slice(0, WHO_CHARS_MAX);
