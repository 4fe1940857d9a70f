/** `peers[].page`: where a peer's sealed bundles are fetched from. Its keys and rules; used by schema.ts, rules.ts and assemble.ts. */
import type { PeerPageConfig } from './config.ts';
import type { FaultPath } from './faults.ts';
import { leaf, mapping, optional, Remedy, required } from './field-notes.ts';
import { readToken } from './page-fields.ts';
import type { Findings, Parts } from './rules.ts';
import { type SecretReader, type SecretRef, secret } from './secrets.ts';

const FORM = 'the address of its page, such as "https://spoke-agent.example.net:7423"';

const origin = () =>
  leaf('URL without a path', (raw) => {
    if (typeof raw !== 'string' || raw.length > 300 || !URL.canParse(raw)) return new Remedy(FORM);
    const url = new URL(raw);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return new Remedy(`${FORM}: only https and http are spoken`);
    if (url.username !== '' || url.password !== '') return new Remedy('a URL without user and password; give token: { file: … }');
    if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return new Remedy(`${FORM}, without a path`);
    return url.origin;
  });

const fingerprint = () =>
  leaf('"SHA256:AB:CD:…"', (raw) => {
    const hex =
      typeof raw === 'string' ? /^SHA-?256[:=]\s*((?:[0-9a-f]{2}:){31}[0-9a-f]{2}|[0-9a-f]{64})$/i.exec(raw)?.[1] : undefined;
    const pairs = hex?.replaceAll(':', '').toUpperCase().match(/../g);
    return pairs
      ? `SHA256:${pairs.join(':')}`
      : new Remedy('"SHA256:AB:CD:…", as openssl x509 -in FILE -noout -fingerprint -sha256 prints it');
  });

export const peerPage = () =>
  optional(
    mapping({
      url: required(origin(), 'Its page (`page.listen` there). `http:` on this host alone.'),
      fingerprint: optional(
        fingerprint(),
        'Of its certificate: this one is trusted and no other. `openssl x509 -in FILE -noout -fingerprint -sha256`.',
        'none: for `http:`',
      ),
      token: optional(secret(), 'Its `page.readToken`.', 'none'),
    }),
    'Where its sealed bundles are fetched from, so that reports are of both ends (page.md).',
    'none: they are not fetched',
  );

export interface SpelledPeerPage {
  readonly url: string;
  readonly fingerprint: string | null;
  readonly token: SecretRef | null;
}

/** Evidence and a token travel there: never in the clear, never to whoever shows another certificate. */
export function peerPagesPinned({ peers = [] }: Parts, { fault }: Findings): void {
  peers.forEach((peer, index) => {
    const page = peer?.page ?? null;
    if (page === null) return;
    const path: FaultPath = ['peers', index, 'page'];
    if (peer?.kind === 'eem') fault(path, 'a router’s applet has no page; leave it out');
    const { protocol, hostname } = new URL(page.url);
    const here = hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
    if (protocol === 'http:' && !here) fault([...path, 'url'], `${hostname} is not this host: https, with its fingerprint`);
    if (protocol === 'https:' && page.fingerprint === null)
      fault([...path, 'fingerprint'], 'whose certificate? openssl x509 -in FILE -noout -fingerprint -sha256 there prints it');
    if (protocol === 'http:' && page.fingerprint !== null)
      fault([...path, 'fingerprint'], 'http shows no certificate; https, or leave it out');
  });
}

export const assemblePeerPage = (spelled: SpelledPeerPage | null, index: number, reader: SecretReader): PeerPageConfig | null =>
  spelled === null
    ? null
    : {
        origin: spelled.url,
        fingerprint: spelled.fingerprint,
        token: spelled.token === null ? null : readToken(spelled.token, ['peers', index, 'page', 'token'], reader),
      };
