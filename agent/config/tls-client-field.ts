/** Which certificate of a sender may speak over TLS: a name, an address or a fingerprint (RFC 5425 §5). Used by source-fields.ts. */
import { canonicalAddress } from '../../shared/model/address.ts';
import type { TlsClientRule } from './config.ts';
import { leaf, Remedy } from './field-notes.ts';

const FORM = 'a name such as hub1.example.net, an address, "SHA256:AB:CD:…", or { certificate: one of these, as: address }';

export const tlsClient = () =>
  leaf('name, address, "SHA256:…", or { certificate: …, as: address }', (raw): TlsClientRule | Remedy => {
    if (typeof raw === 'string') return rule(raw, null);
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return new Remedy(FORM);
    const { certificate, as, ...others } = raw as Record<string, unknown>;
    if (Object.keys(others).length > 0 || typeof certificate !== 'string') return new Remedy(FORM);
    if (as === undefined) return rule(certificate, null);
    const address = typeof as === 'string' ? canonicalAddress(as) : null;
    return address === null
      ? new Remedy('as is the address of device.match that its lines count as sent from')
      : rule(certificate, address);
  });

function rule(text: string, as: string | null): TlsClientRule | Remedy {
  const fingerprint = /^SHA-?256[:=]\s*(?<hex>(?:[0-9a-f]{2}:){31}[0-9a-f]{2}|[0-9a-f]{64})$/i.exec(text)?.groups?.['hex'];
  if (fingerprint !== undefined) {
    const pairs = fingerprint.replaceAll(':', '').toUpperCase().match(/../g) ?? [];
    return { kind: 'fingerprint', value: `SHA256:${pairs.join(':')}`, as };
  }
  if (/^(?:sha|md5)/i.test(text) && text.includes(':'))
    return new Remedy('a fingerprint is SHA-256, 32 octets in hex: openssl x509 -in FILE -noout -fingerprint -sha256');
  const address = canonicalAddress(text);
  if (address !== null) return { kind: 'name', value: address, as };
  if (text.includes('*')) return new Remedy('no wildcards: it would speak for every device of that domain');
  if (/^[\w-]{1,63}(?:\.[\w-]{1,63}){0,9}$/.test(text)) return { kind: 'name', value: text, as };
  return new Remedy(FORM);
}
