/**
 * What the simulated box answers when it is asked over SNMP v2c: sysUpTime and the event manager's history, ten rows as IOS keeps them.
 * GET and GETNEXT of RFC 3416 §4.2, on ber.ts and pdu.ts; message.ts reads the question, box-snmp.ts has the table. The island's own.
 */
import { encodeGroup, encodeInteger, type Tlv } from './ber.ts';
import { type AnsweredVarbind, berTags, type OutgoingVarbind, readAsked, varbindList } from './pdu.ts';

export interface Question {
  readonly community: string;
  /** GETNEXT. */
  readonly next: boolean;
  readonly requestId: number;
  readonly oids: readonly string[];
}

const GET = 0xa0;
const GET_NEXT = 0xa1;
const RESPONSE = 0xa2;
const { integer: INTEGER } = berTags;

export const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
/** `event manager history size traps`: its default. */
const HISTORY_ROWS = 10;

/** Null: malformed. */
export function readQuestion(pdu: Tlv, community: Uint8Array): Question | null {
  const asked = readAsked(pdu);
  return asked && { ...asked, community: Buffer.from(community).toString('latin1'), next: pdu.tag === GET_NEXT };
}

/** The Response-PDU; `objects` in any order. */
export function answerTo({ next, requestId, oids }: Question, objects: readonly OutgoingVarbind[]): Buffer {
  const sorted = [...objects].sort((a, b) => byArcs(a.oid, b.oid));
  const found = oids.map((oid): AnsweredVarbind => {
    if (!next) return sorted.find((object) => object.oid === oid) ?? { oid, value: { type: 'no-such-instance' } };
    return sorted.find((object) => byArcs(object.oid, oid) > 0) ?? { oid, value: { type: 'end-of-mib-view' } };
  });
  return encodeGroup(RESPONSE, [
    encodeInteger(INTEGER, requestId),
    encodeInteger(INTEGER, 0),
    encodeInteger(INTEGER, 0),
    varbindList(found),
  ]);
}

function byArcs(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let at = 0; at < Math.min(left.length, right.length); at++) if (left[at] !== right[at]) return left[at]! - right[at]!;
  return left.length - right.length;
}

/** ceemHistoryEventTable: the newest rows. A row without its column has nothing to tell of it. */
export class EventHistory {
  readonly #rows: (readonly OutgoingVarbind[])[] = [];

  add(row: readonly OutgoingVarbind[]): void {
    this.#rows.push(row);
    if (this.#rows.length > HISTORY_ROWS) this.#rows.shift();
  }

  objects(): readonly OutgoingVarbind[] {
    return this.#rows.flat().filter(({ value }) => value.type !== 'no-such-instance');
  }
}

export const isQuestion = (tag: number): boolean => tag === GET || tag === GET_NEXT;
