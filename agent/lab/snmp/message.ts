/**
 * The envelope of v1 and v2c (RFC 1157, RFC 1901) of the simulated box, and the first look at any datagram. Used by box-snmp.ts; version
 * 3 goes on in message-v3.ts. The island's own: a codec shared with the agent would share its bugs.
 */
import { isQuestion, type Question, readQuestion } from './answers.ts';
import { decodeAll, decodeInteger, encodeGroup, encodeInteger, encodeTlv } from './ber.ts';
import { readV3, type V3Message } from './message-v3.ts';
import { berTags, type IncomingVarbind, readPdu, readTrapV1, TRAP_V1 } from './pdu.ts';

export type Incoming =
  | {
      readonly kind: 'notification';
      readonly varbinds: readonly IncomingVarbind[];
      /** Of an inform: the whole message that answers it. */
      readonly answer: Buffer | null;
    }
  | { readonly kind: 'response'; readonly requestId: number }
  | { readonly kind: 'question'; readonly question: Question }
  | { readonly kind: 'v3'; readonly message: V3Message }
  | { readonly kind: 'refused'; readonly why: 'malformed' | 'version' | 'pdu-type' };

const V1 = 0;
const V2C = 1;
const V3 = 3n;

export const communityMessage = (version: '1' | '2c', community: string, pdu: Buffer): Buffer =>
  envelope(version === '1' ? V1 : V2C, Buffer.from(community, 'latin1'), pdu);

const envelope = (version: number, community: Uint8Array, pdu: Buffer): Buffer =>
  encodeGroup(berTags.sequence, [encodeInteger(berTags.integer, version), encodeTlv(berTags.octets, community), pdu]);

const refused = (why: 'malformed' | 'version' | 'pdu-type'): Incoming => ({ kind: 'refused', why });

/** Reads one datagram. Whatever stands in it, this returns. */
export function decodeMessage(bytes: Uint8Array): Incoming {
  const outer = decodeAll(bytes, 1)?.[0];
  const parts = outer?.tag === berTags.sequence ? decodeAll(outer.content, 4) : null;
  const version = parts?.[0]?.tag === berTags.integer ? decodeInteger(parts[0].content) : null;
  if (!parts || version === null) return refused('malformed');
  if (version === V3) {
    const message = readV3(bytes, parts);
    return message ? { kind: 'v3', message } : refused('malformed');
  }
  if (version !== BigInt(V1) && version !== BigInt(V2C)) return refused('version');
  const [, community, pdu] = parts;
  if (parts.length !== 3 || community?.tag !== berTags.octets || !pdu) return refused('malformed');
  if (version === BigInt(V1)) {
    if (pdu.tag !== TRAP_V1) return refused('pdu-type');
    const varbinds = readTrapV1(pdu);
    return varbinds ? { kind: 'notification', varbinds, answer: null } : refused('malformed');
  }
  if (isQuestion(pdu.tag)) {
    const question = readQuestion(pdu, community.content);
    return question ? { kind: 'question', question } : refused('malformed');
  }
  const read = readPdu(pdu);
  if (read === 'malformed' || read === 'pdu-type') return refused(read);
  // Reports are of version 3.
  if (read.kind === 'report') return refused('pdu-type');
  if (read.kind === 'response') return read;
  return { ...read, answer: read.answer && envelope(V2C, community.content, read.answer) };
}
