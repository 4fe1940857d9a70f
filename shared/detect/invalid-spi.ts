/**
 * The text of `%CRYPTO-4-RECVD_PKT_INV_SPI` and `%CRYPTO-4-RECV_PKT_INV_SPI` (Notes A and B, facts.md §2): fields, not a pattern,
 * because Note A's own pattern takes 11.1.1.30 for 11.1.1.3. Called by candidates.ts. Never throws; linear.
 */
import { canonicalAddress } from '../model/address.ts';
import type { Spi } from '../model/flow.ts';
import { parseSpi } from '../model/flow.ts';
import type { SyslogHeader } from '../wire/syslog.ts';

export interface InvalidSpi {
  /** Canonical. The end that encrypted. */
  readonly src: string;
  /** Canonical. The end that logged. */
  readonly dst: string;
  readonly spi: Spi;
  /** IP protocol number: 50 ESP, 51 AH. */
  readonly prot: number;
  readonly interface: string | null;
  /** `0x3EA71AED` with the device's own case and padding: what `show logging | include` must look for. */
  readonly spiAsReceived: string;
}

export type InvalidSpiField = 'destaddr' | 'prot' | 'spi' | 'srcaddr';

/** `spi-disagrees`: the number in brackets is not the hexadecimal one, so the line is damaged and neither can be believed. */
export type InvalidSpiFault = 'field-missing' | 'field-unreadable' | 'spi-disagrees';

export type InvalidSpiRead =
  | {
      readonly ok: true;
      readonly message: InvalidSpi;
      /** A comma, or `input interface=` without a name, ends the text: the rest stands on the next line. */
      readonly open: boolean;
    }
  | { readonly ok: false; readonly reason: InvalidSpiFault; readonly field: InvalidSpiField; readonly detail: string };

const FACILITIES: ReadonlySet<string> = new Set(['CRYPTO', 'IPSEC']);
const MNEMONICS: ReadonlySet<string> = new Set(['RECVD_PKT_INV_SPI', 'RECV_PKT_INV_SPI']);

/** What every spelling of the mnemonic ends in: the bytes to search for. */
export const invalidSpiAnchor = '_PKT_INV_SPI';

export const isInvalidSpi = (header: Pick<SyslogHeader, 'facilityName' | 'mnemonic'>): boolean =>
  FACILITIES.has(header.facilityName ?? '') && MNEMONICS.has(header.mnemonic ?? '');

/**
 * @param body what follows `…INV_SPI:`; several lines joined by LF when a console wrapped it, even inside a word.
 *
 *   decaps: rec'd IPSEC packet has invalid spi for destaddr=61.128.1.1, prot=50, spi=0x3EA71AED(1051138797), srcaddr=103.1.1.1, input interface=GigabitEthernet1
 *   decaps rec'd IPSEC packet has invalid spi for destaddr= 10.20.20.10 , prot=50, spi=0x24C58DD(38557917), srcaddr=10.10.10.10
 */
export function readInvalidSpi(body: string): InvalidSpiRead {
  // Without any white space a wrapped word is whole again, and `destaddr= x ,` is `destaddr=x,`.
  const compact = body.replace(/[\s\0]+/g, '');
  const dst = addressField(compact, 'destaddr');
  if (typeof dst !== 'string') return dst;
  const prot = protocolField(compact);
  if (typeof prot !== 'number') return prot;
  const spi = spiField(compact);
  if ('ok' in spi) return spi;
  const src = addressField(compact, 'srcaddr');
  if (typeof src !== 'string') return src;
  const tail = interfaceField(body);
  return {
    ok: true,
    message: { src, dst, spi: spi.spi, prot, interface: tail.name, spiAsReceived: spi.asReceived },
    open: tail.open,
  };
}

type Fault = Extract<InvalidSpiRead, { ok: false }>;

const missing = (field: InvalidSpiField): Fault => ({ ok: false, reason: 'field-missing', field, detail: `no ${field}=` });
const unreadable = (field: InvalidSpiField, value: string): Fault => ({
  ok: false,
  reason: 'field-unreadable',
  field,
  detail: `${field}=${value.slice(0, 64)}`,
});

/** The value behind `field=`, up to the first character that cannot be part of it; null when the field is not there. */
function fieldText(compact: string, field: InvalidSpiField, charset: (code: number) => boolean): string | null {
  const key = compact.indexOf(`${field}=`);
  if (key === -1) return null;
  const start = key + field.length + 1;
  let end = start;
  while (end < compact.length && charset(compact.charCodeAt(end))) end++;
  return compact.slice(start, end);
}

const isDecimal = (code: number): boolean => code >= 48 && code <= 57;
const isHex = (code: number): boolean => isDecimal(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
const isAddressChar = (code: number): boolean => isHex(code) || code === 46 || code === 58;

function addressField(compact: string, field: 'destaddr' | 'srcaddr'): string | Fault {
  const text = fieldText(compact, field, isAddressChar);
  if (text === null) return missing(field);
  return (text.length <= 45 ? canonicalAddress(text) : null) ?? unreadable(field, text);
}

function protocolField(compact: string): number | Fault {
  const text = fieldText(compact, 'prot', isDecimal);
  if (text === null) return missing('prot');
  return text.length > 0 && text.length <= 3 && Number(text) <= 255 ? Number(text) : unreadable('prot', text);
}

function spiField(compact: string): { readonly spi: Spi; readonly asReceived: string } | Fault {
  const text = fieldText(compact, 'spi', (code) => isHex(code) || code === 120 || code === 88); // x X
  if (text === null) return missing('spi');
  const spi = parseSpi(text);
  if (spi === null) return unreadable('spi', text);
  const after = compact.indexOf(`spi=${text}`) + 4 + text.length;
  if (compact[after] !== '(') return { spi, asReceived: text };
  let end = after + 1;
  while (isDecimal(compact.charCodeAt(end))) end++;
  const decimal = compact.slice(after + 1, end);
  if (compact[end] !== ')') return unreadable('spi', `${text}(${decimal}`);
  return decimal.length <= 10 && Number(decimal) === spi
    ? { spi, asReceived: text }
    : { ok: false, reason: 'spi-disagrees', field: 'spi', detail: `spi=${text}(${decimal.slice(0, 20)})` };
}

const INTERFACE_CHARS_MAX = 64;
/** IOS interface names: `GigabitEthernet0/0/0.100`, `Virtual-Access2`, `Dialer1`, `Cellular0/2/0`, `Port-channel1:2`. */
const isInterfaceChar = (code: number): boolean =>
  isDecimal(code) ||
  (code >= 65 && code <= 90) ||
  (code >= 97 && code <= 122) ||
  (code >= 45 && code <= 47) ||
  code === 58 ||
  code === 95;

/** The name ends at white space, a line end apart: a console may break it. `body` and not its compact form, which would glue what follows. */
function interfaceField(body: string): { readonly name: string | null; readonly open: boolean } {
  const text = body.replace(/[\r\0]+/g, '').replace(/\n[ \t]*/g, '');
  const afterSource = text.slice(Math.max(0, text.lastIndexOf('srcaddr')));
  const key = afterSource.indexOf('interface');
  const rest = key === -1 ? '' : afterSource.slice(key + 'interface'.length).trimStart();
  if (!rest.startsWith('=')) return { name: null, open: endsOpen(afterSource) };
  const value = rest.slice(1).trimStart();
  let end = 0;
  while (end < INTERFACE_CHARS_MAX && isInterfaceChar(value.charCodeAt(end))) end++;
  return end === 0 ? { name: null, open: value === '' } : { name: value.slice(0, end), open: false };
}

/** `…srcaddr=11.1.1.3,`, `…, input`, `…, input interf`: cut before the interface's name. */
function endsOpen(afterSource: string): boolean {
  const comma = afterSource.indexOf(',');
  if (comma === -1) return false;
  const rest = afterSource.slice(comma + 1).replace(/\s+/g, '');
  return 'inputinterface='.startsWith(rest);
}
