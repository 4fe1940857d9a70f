/**
 * The kinds of value that the configuration knows, each as a zod schema with the remedy for its usual mistakes.
 * schema.ts puts them together; shared/model settles what addresses and durations are.
 */
import { type AddressRange, canonicalAddress, parseRange } from '../../shared/model/address.ts';
import { formatDuration, parseDuration } from '../../shared/model/time.ts';
import type { DeviceMatch } from '../../shared/model/watch.ts';
import type { Endpoint } from '../ports.ts';
import { nearest } from './did-you-mean.ts';
import { leaf, Remedy } from './field-notes.ts';

const TEXT_CHARACTERS_MAX = 255;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

export const text = (spelled = 'text') =>
  leaf(spelled, (raw) => {
    if (typeof raw === 'number') return new Remedy(`is a number to YAML; put it in quotes`);
    if (typeof raw !== 'string') return new Remedy(`give it as ${spelled}`);
    if (raw.trim() === '') return new Remedy(`is empty; give it as ${spelled}`);
    if (raw.length > TEXT_CHARACTERS_MAX) return new Remedy(`is longer than ${TEXT_CHARACTERS_MAX} characters`);
    if (CONTROL.test(raw)) return new Remedy('holds a control character or a line break; remove it');
    return raw;
  });

/** A name for log lines, file names and alarms. */
export const plainName = () =>
  leaf('name (letters, digits, . _ -)', (raw) =>
    typeof raw === 'string' && /^[A-Za-z0-9][\w.-]{0,62}$/.test(raw)
      ? raw
      : new Remedy('letters, digits, dot, underscore and hyphen only, at most 63 (it becomes part of file names and alarms)'),
  );

/** One of a closed list; `notYet` answers words that people know from elsewhere and this version does not take. */
export const word = <const W extends string>(words: readonly W[], notYet: Readonly<Record<string, string>> = {}) =>
  leaf(words.join(' | '), (raw) => {
    const known = words.find((candidate) => candidate === raw);
    if (known !== undefined) return known;
    if (typeof raw === 'string' && Object.hasOwn(notYet, raw)) return new Remedy(notYet[raw]!);
    const near = typeof raw === 'string' ? nearest(raw, words) : null;
    const choice = words.length === 1 ? `only ${words[0]} is possible` : `one of ${words.join(', ')}`;
    return new Remedy(near ? `${choice}; did you mean ${near}?` : choice);
  });

export const flag = () =>
  leaf('true | false', (raw) => (typeof raw === 'boolean' ? raw : new Remedy('true or false, without quotes')));

export const count = (least: number, most: number) =>
  leaf(`whole number, ${least} to ${most}`, (raw) =>
    typeof raw === 'number' && Number.isInteger(raw) && raw >= least && raw <= most
      ? raw
      : new Remedy(`a whole number from ${least} to ${most}${typeof raw === 'string' ? ', without quotes' : ''}`),
  );

/** Milliseconds. */
export const duration = (leastMs: number, mostMs: number) =>
  leaf(`duration, ${formatDuration(leastMs)} to ${formatDuration(mostMs)}`, (raw) => {
    if (typeof raw === 'number') return new Remedy(`a bare number has no unit; write ${raw}s, ${raw}m or ${raw}ms`);
    const ms = typeof raw === 'string' ? parseDuration(raw) : null;
    if (ms === null) return new Remedy('a duration such as 250ms, 18s, 5m, 24h or 7d');
    if (ms < leastMs || ms > mostMs) return new Remedy(`from ${formatDuration(leastMs)} to ${formatDuration(mostMs)}`);
    return ms;
  });

/** Milliseconds, 0 for `off`. */
export const durationOrOff = (leastMs: number, mostMs: number) =>
  leaf(`off, or a duration, ${formatDuration(leastMs)} to ${formatDuration(mostMs)}`, (raw) => {
    if (raw === 'off' || raw === false) return 0;
    const ms = typeof raw === 'string' ? parseDuration(raw) : null;
    if (ms === null || ms < leastMs || ms > mostMs)
      return new Remedy(`off, or a duration from ${formatDuration(leastMs)} to ${formatDuration(mostMs)}`);
    return ms;
  });

const UNIT_BYTES: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };

/** Bytes. */
export const size = (leastBytes: number, mostBytes: number) =>
  leaf(`size, ${formatSize(leastBytes)} to ${formatSize(mostBytes)}`, (raw) => {
    const match = typeof raw === 'string' ? /^(\d{1,6}(?:\.\d{1,2})?)\s*(KiB|MiB|GiB|TiB)$/.exec(raw.trim()) : null;
    if (!match) return new Remedy('a size such as 512KiB, 64MiB or 1GiB (binary units, spelled so)');
    const bytes = Math.round(Number(match[1]) * UNIT_BYTES[match[2]!]!);
    if (bytes < leastBytes || bytes > mostBytes) return new Remedy(`from ${formatSize(leastBytes)} to ${formatSize(mostBytes)}`);
    return bytes;
  });

export function formatSize(bytes: number): string {
  for (const [unit, unitBytes] of Object.entries(UNIT_BYTES).reverse())
    if (bytes >= unitBytes) return `${Number((bytes / unitBytes).toFixed(1))}${unit}`;
  return `${bytes} bytes`;
}

/** Canonical. Names are not resolved: DNS may be behind the very tunnel that broke. */
export const address = () =>
  leaf('IPv4 or IPv6 address', (raw) => {
    const canonical = typeof raw === 'string' ? canonicalAddress(raw) : null;
    return canonical ?? new Remedy(addressRemedy(raw));
  });

function addressRemedy(raw: unknown): string {
  if (typeof raw === 'string' && parseEndpointText(raw)) return 'an address alone; the port has a field of its own';
  if (typeof raw === 'string' && raw.includes('/')) return 'one address, not a range';
  if (typeof raw === 'string' && /^[a-z][\w.-]*$/i.test(raw))
    return 'an address, not a host name: names are not resolved, because DNS may be behind the tunnel that broke';
  return 'an IPv4 or IPv6 address such as 192.0.2.1 or 2001:db8::1';
}

export const range = () =>
  leaf('address or CIDR', (raw): AddressRange | Remedy => {
    const parsed = typeof raw === 'string' ? parseRange(raw) : null;
    if (parsed) return parsed;
    if (typeof raw === 'string' && raw.includes('-')) return new Remedy('an address or a CIDR such as 192.0.2.0/24, not a span');
    if (typeof raw === 'string' && raw.includes('/')) return new Remedy('not a CIDR; write it as 192.0.2.0/24 or 2001:db8::/32');
    return new Remedy(addressRemedy(raw));
  });

/** `192.0.2.1:514`, `[2001:db8::1]:514`; null when it is not of that form. */
export function parseEndpointText(endpoint: string): Endpoint | null {
  const match = /^(?:\[(?<v6>[0-9A-Fa-f:.%\w]{2,64})\]|(?<v4>[0-9.]{7,15})):(?<port>\d{1,5})$/.exec(endpoint.trim());
  const found = match && canonicalAddress(match.groups?.['v6'] ?? match.groups?.['v4'] ?? '');
  const port = Number(match?.groups?.['port']);
  return found && port <= 65_535 ? { address: found, port } : null;
}

export const formatEndpoint = ({ address: host, port }: Endpoint): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** `usualPort` stands in the remedies only: a port is never guessed. */
export const endpoint = (usualPort: number, use: 'listen' | 'send') =>
  leaf('endpoint "address:port" or "[address]:port"', (raw) => {
    const parsed = typeof raw === 'string' ? parseEndpointText(raw) : null;
    if (parsed && (use === 'listen' || parsed.port > 0)) return parsed;
    if (parsed) return new Remedy('port 0 can not be sent to');
    if (typeof raw === 'number') return new Remedy(`an address and a port in quotes: "0.0.0.0:${raw}"`);
    if (typeof raw !== 'string') return new Remedy(`an address and a port in quotes: "192.0.2.1:${usualPort}"`);
    if (/^:\d+$/.test(raw)) return new Remedy(`the address is missing; for all of IPv4 write "0.0.0.0${raw}"`);
    const bare = canonicalAddress(raw.replace(/^\[(.*)\]$/, '$1'));
    if (bare) return new Remedy(`the port is missing; write "${formatEndpoint({ address: bare, port: usualPort })}"`);
    const v6 = /^(.*):(\d{1,5})$/.exec(raw);
    if (v6 && canonicalAddress(v6[1]!)?.includes(':')) return new Remedy(`IPv6 needs brackets; write "[${v6[1]}]:${v6[2]}"`);
    if (/:\d{5,}$/.test(raw)) return new Remedy('a port is 65535 at most');
    return new Remedy(`an address and a port such as "192.0.2.1:${usualPort}" (names are not resolved)`);
  });

/** `192.0.2.1`, `192.0.2.0/24`, or `{ relay: 10.0.0.5, hostname: hub1 }`. */
export const deviceMatch = () =>
  leaf('address, CIDR, or { relay: address, hostname: name }', (raw): DeviceMatch | Remedy => {
    if (typeof raw === 'string') {
      const parsed = parseRange(raw);
      return parsed ? { kind: 'address', range: parsed } : new Remedy(addressRemedy(raw));
    }
    const form = 'an address, a CIDR, or { relay: address, hostname: name } for lines that a relay passes on';
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return new Remedy(form);
    const { relay, hostname, ...others } = raw as Record<string, unknown>;
    const [other] = Object.keys(others);
    const parsed = typeof relay === 'string' ? parseRange(relay) : null;
    if (other !== undefined) return new Remedy(form);
    if (!parsed) return new Remedy('relay is an address or CIDR: { relay: 10.0.0.5, hostname: hub1 }');
    if (typeof hostname !== 'string' || !/^[\w.:-]{1,255}$/.test(hostname))
      return new Remedy('a relay passes on the lines of many devices; say whose: { relay: 10.0.0.5, hostname: hub1 }');
    return { kind: 'relay', range: parsed, hostname };
  });

export const hostKey = () =>
  leaf('"SHA256:…" as ssh-keygen -l prints it', (raw) => {
    if (typeof raw === 'string' && /^SHA256:[^\s\u0000-\u001f]{1,64}$/.test(raw)) return raw;
    const how = 'ssh-keyscan HOST | ssh-keygen -lf - prints it; compare it with the device itself';
    if (typeof raw === 'string' && /^(MD5:)?([0-9a-f]{2}:){15}[0-9a-f]{2}$/i.test(raw))
      return new Remedy(`an MD5 fingerprint; give the SHA-256 one (${how})`);
    return new Remedy(`a fingerprint such as "SHA256:…" (${how})`);
  });

/** RFC 3411 SnmpEngineID: 5 to 32 octets. Lower-case hex without separators. */
export const engineId = () =>
  leaf('engine id in hex, 5 to 32 octets', (raw) => {
    const hex = typeof raw === 'string' ? raw.replace(/^0x/i, '').replace(/[:\s]/g, '').toLowerCase() : '';
    if (/^([0-9a-f]{2}){5,32}$/.test(hex) && !/^(00)+$|^(ff)+$/.test(hex)) return hex;
    return new Remedy('5 to 32 octets in hex and in quotes (RFC 3411), such as "80000009030011223344550000"');
  });
