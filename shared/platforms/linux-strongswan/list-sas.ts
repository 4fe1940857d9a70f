/**
 * `swanctl --list-sas --raw`: the IKE and IPsec SAs as charon has them. With kernel ESP it still shows an SA that somebody deleted in the
 * kernel; with kernel-libipsec it is the only truth. Shapes: IpsecIdent in ../../model/sa.ts, ViciIkeSa here.
 */
import { canonicalAddress } from '../../model/address.ts';
import type { Spi } from '../../model/flow.ts';
import { type IpsecIdent, type IpsecSa, unshownIdent, unshownSa } from '../../model/sa.ts';
import type { Line, Parser } from '../platform.ts';
import { dataLines } from './output-lines.ts';
import { readViciLine, type ViciSection } from './vici-raw.ts';

export interface ViciIkeSa {
  /** In the output, from 1: all of an IKE SA stands in one line. */
  readonly line: number;
  /** Of the connection: `peer`. */
  readonly name: string;
  /** Of this IKE SA, as `--ike-id` takes it; null: not shown. */
  readonly uniqueId: string | null;
  readonly version: 1 | 2 | null;
  /** `ESTABLISHED`, `DELETING`, `CONNECTING`. */
  readonly state: string | null;
  readonly local: string | null;
  readonly remote: string | null;
  readonly remotePort: number | null;
  readonly localId: string | null;
  readonly remoteId: string | null;
  readonly establishedSeconds: number | null;
  readonly rekeySeconds: number | null;
  readonly children: readonly ViciChildSa[];
}

export interface ViciChildSa {
  readonly name: string;
  /** `INSTALLED`, `REKEYED`, `DELETING`. */
  readonly state: string | null;
  readonly spiIn: Spi | null;
  readonly spiOut: Spi | null;
  /** Does this end encapsulate it in UDP? */
  readonly encap: boolean | null;
  readonly mode: string | null;
  /** `AES_CBC-256 HMAC_SHA2_256_128`; null: not shown. */
  readonly transform: string | null;
  readonly packetsIn: number | null;
  readonly packetsOut: number | null;
  readonly lifetimeSeconds: number | null;
  readonly installedSeconds: number | null;
  readonly localTs: readonly string[];
  readonly remoteTs: readonly string[];
}

/** Null: the answer is not whole, so that an SPI that is missing in it may be there. */
export const parseIkeSas: Parser<readonly ViciIkeSa[] | null> = (output) => {
  const sas: ViciIkeSa[] = [];
  const unread: Line[] = [];
  let whole = false;
  for (const line of dataLines(output)) {
    const read = readViciLine(line.text);
    if (read?.name === 'list-sas') whole = true;
    else if (read?.name === 'list-sa') sas.push(...read.section.sections.map((one) => ikeSa(one.name, one.section, line.number)));
    else unread.push(line);
  }
  return { value: whole && unread.length === 0 ? sas : null, unread };
};

export const parseIpsecSas: Parser<IpsecIdent[]> = (output) => {
  const sas: ViciIkeSa[] = [];
  const unread: Line[] = [];
  for (const line of dataLines(output)) {
    const read = readViciLine(line.text);
    if (read === null) unread.push(line);
    else sas.push(...read.section.sections.map((one) => ikeSa(one.name, one.section, line.number)));
  }
  return { value: sas.flatMap((sa) => sa.children.map((child) => identOf(sa, child))), unread };
};

function ikeSa(name: string, section: ViciSection, line: number): ViciIkeSa {
  const { values } = section;
  const version = values.get('version');
  const children = section.sections.find((inner) => inner.name === 'child-sas')?.section.sections ?? [];
  return {
    line,
    name,
    uniqueId: values.get('uniqueid') ?? null,
    version: version === '1' ? 1 : version === '2' ? 2 : null,
    state: values.get('state') ?? null,
    local: canonicalAddress(values.get('local-host') ?? ''),
    remote: canonicalAddress(values.get('remote-host') ?? ''),
    remotePort: numberOf(values.get('remote-port')),
    localId: values.get('local-id') ?? null,
    remoteId: values.get('remote-id') ?? null,
    establishedSeconds: numberOf(values.get('established')),
    rekeySeconds: numberOf(values.get('rekey-time')),
    children: children.map(({ section: child }) => childSa(child)),
  };
}

function childSa({ values, lists }: ViciSection): ViciChildSa {
  return {
    name: values.get('name') ?? '',
    state: values.get('state') ?? null,
    spiIn: spiOf(values.get('spi-in')),
    spiOut: spiOf(values.get('spi-out')),
    encap: values.has('encap') ? values.get('encap') === 'yes' : null,
    mode: values.get('mode') ?? null,
    transform: transformOf(values),
    packetsIn: numberOf(values.get('packets-in')),
    packetsOut: numberOf(values.get('packets-out')),
    lifetimeSeconds: numberOf(values.get('life-time')),
    installedSeconds: numberOf(values.get('install-time')),
    localTs: lists.get('local-ts') ?? [],
    remoteTs: lists.get('remote-ts') ?? [],
  };
}

/** Counters in the spelling that the agent compares by (shared/coordinate/flow-sample.ts), which is IOS's. What charon does not say is null. */
export function identOf(sa: ViciIkeSa, child: ViciChildSa): IpsecIdent {
  const counters: Record<string, number> = {};
  if (child.packetsOut !== null) counters['pkts encaps'] = child.packetsOut;
  if (child.packetsIn !== null) counters['pkts decaps'] = child.packetsIn;
  return {
    line: sa.line,
    ...unshownIdent,
    localAddress: sa.local,
    localIdent: child.localTs.join(' ') || null,
    remoteIdent: child.remoteTs.join(' ') || null,
    peer: sa.remote,
    peerPort: sa.remotePort,
    localEndpoint: sa.local,
    remoteEndpoint: sa.remote,
    currentOutboundSpi: child.state === 'INSTALLED' ? child.spiOut : null,
    currentOutboundSpiLine: child.state === 'INSTALLED' ? sa.line : null,
    counters,
    counterLines: Object.fromEntries(Object.keys(counters).map((name) => [name, sa.line])),
    sas: [...half(sa, child, 'inbound', child.spiIn), ...half(sa, child, 'outbound', child.spiOut)],
  };
}

function half({ line }: ViciIkeSa, child: ViciChildSa, direction: IpsecSa['direction'], spi: Spi | null): IpsecSa[] {
  if (spi === null) return [];
  const settings = [child.mode, child.encap === true ? 'UDP-Encaps' : null].filter((setting) => setting !== null);
  return [
    {
      line,
      protocol: 'esp',
      direction,
      spi,
      ...unshownSa,
      transform: child.transform,
      settings,
      lifetimeSeconds: child.lifetimeSeconds,
      lifetimeResolutionSeconds: child.lifetimeSeconds === null ? null : 1,
      status: child.state,
    },
  ];
}

function transformOf(values: ReadonlyMap<string, string>): string | null {
  const [cipher, bits, mac] = ['encr-alg', 'encr-keysize', 'integ-alg'].map((key) => values.get(key));
  if (cipher === undefined) return null;
  return [bits === undefined ? cipher : `${cipher}-${bits}`, mac].filter((word) => word !== undefined).join(' ');
}

//   spi-in=b6811b10          always eight digits
const spiOf = (text: string | undefined): Spi | null =>
  text !== undefined && /^[0-9a-f]{1,8}$/i.test(text) ? Number.parseInt(text, 16) >>> 0 : null;

const numberOf = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
