/**
 * clogMessageGenerated (CISCO-SYSLOG-MIB): a syslog message as an SNMP notification, v1 to v3. Read by sources/snmp-trap.ts, which
 * hands the message on as the line that it was. Pure; every field is hostile.
 */
import type { SnmpValue, Varbind } from './snmp-pdu.ts';

export const CLOG_MESSAGE_GENERATED = '1.3.6.1.4.1.9.9.41.2.0.1';
/** clogHistoryEntry: facility 2, severity 3, name 4, text 5, timestamp 6; the instance is clogHistIndex. */
const ENTRY = '1.3.6.1.4.1.9.9.41.1.2.3.1';

export interface ClogMessage {
  readonly facility: string;
  /** Syslog's, 0 to 7: clogHistSeverity is one more. */
  readonly severity: number;
  readonly name: string;
  /** One line. */
  readonly text: string;
  /** The device cut the text to 254 octets and put `*`. */
  readonly cut: boolean;
  /** clogHistIndex: counts the messages of the device's history. */
  readonly index: number | null;
}

export type ClogRead = { readonly ok: true; readonly message: ClogMessage } | { readonly ok: false; readonly detail: string };

/** Octets of clogHistMsgText; beyond them the device cuts. */
const TEXT_OCTETS_MAX = 255;
const FACILITY = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\*?$/;

/** Of a notification that is one by its OID. Varbinds are found by their column, with any index and at any place. */
export function readClogMessage(varbinds: readonly Varbind[]): ClogRead {
  const facility = octets(find(varbinds, 2)?.value);
  const severity = find(varbinds, 3)?.value;
  const name = octets(find(varbinds, 4)?.value);
  const textBind = find(varbinds, 5);
  const text = octets(textBind?.value);
  if (facility === null || name === null || text === null) return wrong('facility, name or text is missing');
  if (severity?.type !== 'integer' || !Number.isInteger(severity.value) || severity.value < 1 || severity.value > 8)
    return wrong('the severity is none of 1 to 8');
  if (!FACILITY.test(latin1(facility)) || !NAME.test(latin1(name))) return wrong('facility or name is not spelled as one');
  if (text.length > TEXT_OCTETS_MAX) return wrong(`a text of ${text.length} octets`);
  return {
    ok: true,
    message: {
      facility: latin1(facility),
      severity: severity.value - 1,
      name: latin1(name),
      // A line end inside would make a second line, in anybody's name.
      text: latin1(text)
        .replace(/[\0\r\n]+/g, ' ')
        .trim(),
      cut: text.length === TEXT_OCTETS_MAX && text.at(-1) === ASTERISK,
      index: indexOf(textBind),
    },
  };
}

const ASTERISK = 0x2a;
const latin1 = (bytes: Buffer): string => bytes.toString('latin1');
const wrong = (detail: string): ClogRead => ({ ok: false, detail });
const octets = (value: SnmpValue | undefined): Buffer | null => (value?.type === 'octets' ? value.value : null);

const find = (varbinds: readonly Varbind[], column: number): Varbind | undefined =>
  varbinds.find(({ oid }) => oid.startsWith(`${ENTRY}.${column}.`));

function indexOf(bind: Varbind | undefined): number | null {
  const last = bind?.oid.slice(`${ENTRY}.5.`.length) ?? '';
  return /^\d{1,10}$/.test(last) && Number(last) > 0 ? Number(last) : null;
}

/** IOS sends syslog as local7 unless told otherwise; the priority of a trap is not known but for its severity. */
const LOCAL7 = 23 * 8;

/** `<188>91: %CRYPTO-4-RECVD_PKT_INV_SPI: decaps: …`: as IOS would have sent it to a logging host, its history's index in the place of the counter. */
export const clogLine = ({ facility, severity, name, text, index }: ClogMessage): string =>
  `<${LOCAL7 + severity}>${index === null ? '' : `${index}: `}%${facility}-${severity}-${name}: ${text}`;

/**
 * What of a cut message is whole: what stands before the last comma, since any field may have lost its end (`srcaddr=10.1.1.1*` may have been
 * 10.1.1.100). Only the interface may be missing after it.
 */
export function wholePart(text: string): string {
  const comma = text.lastIndexOf(',');
  return comma === -1 ? '' : text.slice(0, comma);
}
