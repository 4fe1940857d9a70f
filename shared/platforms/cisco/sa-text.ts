/**
 * The words in which debugs and event traces of IOS describe one SA and the two ends of it; several lines of a debug are joined by a
 * blank or LF first. Called by event-trace.ts and by the readers of log lines. Linear: each field is looked for on its own, and is bounded.
 */
import { canonicalAddress } from '../../model/address.ts';
import type { SaText } from '../../model/event-trace.ts';

// (sa) sa_dest= 30.1.1.1, sa_proto= 50, sa_spi= 0xC5C89787(3318257543), sa_trans= esp-aes esp-sha-hmac , sa_conn_id= 2023, sa_lifetime(k/sec)= (4608000/3600)
// (sa) sa_dest = 30.1.1.1, sa_proto = 50, sa_spi = 0xB820B40F(3089150991), …                      a blank before the =
// (sa) sa_dest= 2001:DB8::7, sa_prot= 50, sa_spi= 0x11C(284), …                                   older: sa_prot, not padded
const DESTINATION = /\bsa_dest ?= ?(?<address>[0-9A-Fa-f:.]{2,45})/;
const PROTOCOL = /\bsa_proto? ?= ?(?<prot>\d{1,3})\b/;
const SPI = /\bsa_spi ?= ?0x(?<hex>[0-9A-Fa-f]{1,8})(?:\((?<decimal>\d{1,10})\))?/;
const TRANSFORM = /\bsa_trans ?= ?(?<transform>[a-z0-9][a-z0-9 -]{1,120}?) ?,/;
const CONNECTION = /\bsa_conn_id ?= ?(?<id>\d{1,10})\b/;
// sa_lifetime(k/sec)= (4608000/3600)      sa_lifetime(k/sec)= (0/3600)      a volume of 0: not limited
const LIFETIME = /\bsa_lifetime\(k\/sec\) ?= ?\((?<kilobytes>\d{1,20})\/(?<seconds>\d{1,10})\)/;

/** Null: no SA is described, or its number in brackets is not the hexadecimal one (the line is damaged). */
export function readSaText(text: string): SaText | null {
  const spi = SPI.exec(text)?.groups;
  const destination = canonicalAddress(DESTINATION.exec(text)?.groups?.['address'] ?? '');
  if (!spi || destination === null) return null;
  const number = Number.parseInt(spi['hex']!, 16) >>> 0;
  if (spi['decimal'] !== undefined && Number(spi['decimal']) !== number) return null;
  const lifetime = LIFETIME.exec(text)?.groups;
  return {
    destination,
    prot: numberOr(PROTOCOL.exec(text)?.groups?.['prot']),
    spi: number,
    transform: TRANSFORM.exec(text)?.groups?.['transform']?.trim() ?? null,
    connectionId: numberOr(CONNECTION.exec(text)?.groups?.['id']),
    lifetimeKilobytes: numberOr(lifetime?.['kilobytes']),
    lifetimeSeconds: numberOr(lifetime?.['seconds']),
  };
}

// loc: 30.1.1.1, rem: 30.1.1.2, l_proxy: 0.0.0.0/0/256, r_proxy: 0.0.0.0/0/256
// loc: UNKNOWN, rem: UNKNOWN, port loc/rem: 0/0, prot: 0
const LOCAL = /\bloc: (?<address>[\w:.]{2,45}),/;
const REMOTE = /\brem: (?<address>[\w:.]{2,45})/;
const LOCAL_PROXY = /\bl_proxy: (?<proxy>[^\s,]{1,80})/;
const REMOTE_PROXY = /\br_proxy: (?<proxy>[^\s,]{1,80})/;
const PORTS = /\bport loc\/rem: (?<local>\d{1,5})\/(?<remote>\d{1,5})/;
const DOI = /\bprot: (?<prot>[\w-]{1,20})/;

export interface EndsText {
  readonly local: string | null;
  readonly remote: string | null;
  readonly localProxy: string | null;
  readonly remoteProxy: string | null;
  readonly localPort: number | null;
  readonly remotePort: number | null;
  readonly prot: string | null;
}

export function readEndsText(text: string): EndsText {
  const ports = PORTS.exec(text)?.groups;
  return {
    local: canonicalAddress(LOCAL.exec(text)?.groups?.['address'] ?? ''),
    remote: canonicalAddress(REMOTE.exec(text)?.groups?.['address'] ?? ''),
    localProxy: LOCAL_PROXY.exec(text)?.groups?.['proxy'] ?? null,
    remoteProxy: REMOTE_PROXY.exec(text)?.groups?.['proxy'] ?? null,
    localPort: numberOr(ports?.['local']),
    remotePort: numberOr(ports?.['remote']),
    prot: DOI.exec(text)?.groups?.['prot'] ?? null,
  };
}

const numberOr = (digits: string | undefined): number | null => (digits === undefined ? null : Number(digits));
