/**
 * Lines of `debug crypto ikev2`: `IKEv2:(SESSION ID = 1,SA ID = 1):text`, `IKEv2:(SA ID = 1):text`, `IKEv2:text`, and the lines of a packet
 * without a prefix of the SA (`IKEv2 CREATE_CHILD_SA Exchange REQUEST`), which belong to the packet before. Called by log-events.ts.
 */
import { addressOf, type Draft, detailOf, draft, spiOf } from './draft.ts';
import type { LogMemory } from './memory.ts';

const PREFIX =
  /^IKEv2(?:-[A-Z]{2,12})?:? {0,2}(?:\((?:SESSION ID = (?<session>\d{1,10}), ?)?SA ID = (?<sa>\d{1,10})\))?:? {0,2}(?<text>\S.*)$/s;
const ADDRESS = '[0-9A-Fa-f:.]{2,45}';

// Sending Packet [To 11.1.1.3:500/From 213.163.222.7:500/VRF i0:f0]
// Received Packet [From 11.1.1.3:500/To 213.163.222.7:500/VRF i0:f0]
const PACKET = new RegExp(
  `^(?<way>Sending|Received) Packet \\[(?:To|From) (?<peer>${ADDRESS}):(?<port>\\d{1,5})/(?:From|To) (?<local>${ADDRESS}):\\d{1,5}`,
);
// IKEv2 CREATE_CHILD_SA Exchange REQUEST         IKEv2 INFORMATIONAL Exchange RESPONSE
const EXCHANGE = /\b(?<exchange>IKE_SA_INIT|IKE_AUTH|CREATE_CHILD_SA|INFORMATIONAL) Exchange (?<kind>REQUEST|RESPONSE)\b/;
// Processing DELETE INFO message for IPsec SA [SPI: 0xFC4ED0A4]
// Sending DELETE INFO message for IKEv2 SA [ISPI: 0xF7FFCF9CF569BFC2 RSPI: 0x1A2B3C4D5E6F7081]
const DELETE =
  /^(?<way>Processing|Sending) DELETE INFO message for (?<what>IPsec|IKEv2) SA(?: \[SPI: (?<spi>0x[0-9A-Fa-f]{1,8})\])?/;
// Process delete request from peer
const DELETE_IN = /^Process delete request from peer/;
// Session with IKE ID PAIR (11.1.1.3, 213.163.222.7) is UP
const UP = /^Session with IKE ID PAIR \((?<peer>[^,()]{1,128}), ?[^()]{1,128}\) is UP/;
// Deleting SA        Deleting negotiation context for my message ID: 0x2 is none
const DELETING = /^Deleting (?:IKE )?SA\b/;
// Maximum number of retransmissions reached
const GIVEN_UP = /^Maximum number of retransmissions reached/;
// Retransmitting packet
const AGAIN = /^Retransmitting packet/;
// Sending DPD/liveness query
const DPD_OUT = /^Sending DPD\/liveness query/;
// Payload contents: … NOTIFY(INVALID_SPI)
const INVALID_SPI = /\bNOTIFY\(INVALID_SPI\)/;
// Payload contents:
//  VID IDi AUTH SA TSi TSr NOTIFY(INITIAL_CONTACT) NOTIFY(SET_WINDOW_SIZE)        on a line of its own
const INITIAL_CONTACT = /\bNOTIFY\(INITIAL_CONTACT\)/;
// NAT detected float to init port 4501, resp port 4500
const FLOAT = /^NAT detected float to init port (?<port>\d{1,5})\b/;

/** Null: not a line of this debug. */
export function ikev2Drafts(body: string, memory: LogMemory): Draft[] | null {
  const named = PREFIX.exec(body)?.groups;
  if (!named) return null;
  const ike = named['sa'] ?? memory.lastIkev2;
  if (named['sa'] !== undefined) memory.lastIkev2 = named['sa'];
  const text = named['text']!;
  const packet = PACKET.exec(text)?.groups;
  if (packet) {
    const peer = addressOf(packet['peer']);
    memory.packetWay = packet['way'] === 'Sending' ? 'out' : 'in';
    if (peer !== null && ike !== null) memory.remember(`v2 ${ike}`, peer);
  }
  const peer = ike === null ? null : memory.peerOf(`v2 ${ike}`);
  // A packet's own lines may follow in the same message.
  const drafts = [...textDrafts(text, memory), ...exchangeDrafts(text, memory, ike)];
  return drafts.map((one) => ({ ...one, ike, peer: one.peer ?? peer }));
}

function textDrafts(text: string, memory: LogMemory): Draft[] {
  const deletes = DELETE.exec(text)?.groups;
  if (deletes) {
    const kind = deletes['way'] === 'Sending' ? 'delete-sent' : 'delete-received';
    return [draft(kind, { spis: spiOf(deletes['spi']), detail: detailOf({ of: deletes['what'] }) })];
  }
  if (DELETE_IN.test(text)) return [draft('delete-received')];
  const up = UP.exec(text)?.groups;
  if (up) return [draft('ike-established', { peer: addressOf(up['peer']), detail: { exchange: 'IKE_AUTH' } })];
  if (DELETING.test(text)) return [draft('ike-deleted')];
  if (GIVEN_UP.test(text)) return [draft('dpd-failed', { detail: { reason: 'retransmissions' } })];
  if (AGAIN.test(text)) return [draft('retransmit')];
  const float = FLOAT.exec(text)?.groups;
  return float ? [draft('port-float', { detail: detailOf({ port: float['port'] }) })] : notifyDrafts(text, memory);
}

/** What stands among the payloads of the last packet; which way that one went decides. */
function notifyDrafts(text: string, memory: LogMemory): Draft[] {
  if (memory.packetWay === null) return [];
  const isIn = memory.packetWay === 'in';
  if (INVALID_SPI.test(text)) return [draft(isIn ? 'invalid-spi-notify-received' : 'invalid-spi-notify-sent')];
  // The peer begins anew: what it had with us before is over. Our own says nothing of our SAs.
  return isIn && INITIAL_CONTACT.test(text) ? [draft('initial-contact', { detail: { exchange: 'IKE_AUTH' } })] : [];
}

// VID IDi AUTH SA TSi TSr NOTIFY(INITIAL_CONTACT) NOTIFY(SET_WINDOW_SIZE)
const PAYLOAD = /^[A-Za-z][A-Za-z0-9]{1,11}(?:\([A-Z0-9_]{1,40}\))?$/;

/** A line of payloads without any prefix, and nothing else: of the packet before. */
export function payloadDrafts(body: string, memory: LogMemory): Draft[] {
  const words = body.replace('Payload contents:', '').trim().split(/\s+/);
  if (!words.every((word) => PAYLOAD.test(word))) return [];
  const ike = memory.lastIkev2;
  const peer = ike === null ? null : memory.peerOf(`v2 ${ike}`);
  return notifyDrafts(body, memory).map((one) => ({ ...one, ike, peer }));
}

function exchangeDrafts(text: string, memory: LogMemory, ike: string | null): Draft[] {
  if (DPD_OUT.test(text)) {
    memory.asked.add(ike ?? '');
    return [draft('dpd-sent')];
  }
  const found = EXCHANGE.exec(text)?.groups;
  if (!found) return [];
  if (found['exchange'] === 'CREATE_CHILD_SA' && found['kind'] === 'REQUEST') {
    const role = memory.packetWay === 'in' ? 'responder' : 'initiator';
    return [draft('rekey-started', { detail: { exchange: 'CREATE_CHILD_SA', role } })];
  }
  const isAnswer = found['exchange'] === 'INFORMATIONAL' && found['kind'] === 'RESPONSE' && memory.packetWay === 'in';
  return isAnswer && memory.asked.delete(ike ?? '') ? [draft('dpd-answered')] : [];
}
