/**
 * Lines of `debug crypto isakmp`. Their prefix differs by release: `ISAKMP:(9577):`, `ISAKMP: (1003):`, `ISAKMP (0:1):`, `ISAKMP-ERROR: (0):`,
 * `ISAKMP:`. Called by log-events.ts with one line's text; `memory` remembers which peer a connection id belongs to.
 */
import { addressOf, type Draft, detailOf, draft, spiOf } from './draft.ts';
import type { LogMemory } from './memory.ts';

// ISAKMP:(9577):deleting SA …       ISAKMP: (1003):processing …       ISAKMP-PAK: (1003):sending packet …       ISAKMP:(0:2:SW:1):peer 10.2.80.209 not responding!
const PREFIX = /^ISAKMP(?:-[A-Z]{2,8})? {0,2}:? {0,2}(?:\((?<id>[\w:]{1,24})\))? {0,2}:? {0,2}(?<text>[^\s:].*)$/s;
const ADDRESS = '[0-9A-Fa-f:.]{2,45}';

// sending packet to 11.1.1.3 my_port 500 peer_port 500 (I) QM_IDLE
// received packet from 11.1.1.3 dport 500 sport 500 Global (R) QM_IDLE
// SA has been authenticated with 103.1.1.1
const TALKS_TO = new RegExp(
  `(?:sending packet to|received packet from|SA has been authenticated with) (?<peer>${ADDRESS})(?:\\s|$)`,
);
// deleting SA reason "End of ipsec tunnel" state (I) QM_IDLE       (peer 11.1.1.3)
// deleting SA
const DELETING = new RegExp(
  `^deleting SA\\b(?: reason "(?<reason>[^"]{1,80})")?(?: state \\(\\w\\) (?<state>\\w{1,24}))?(?: {1,20}\\(peer (?<peer>${ADDRESS})\\))?`,
);
// processing DELETE payload. message ID = 1319368483
// processing DELETE_WITH_REASON payload, message ID = 1319368483, reason: DELETE_BY_USER_COMMAND
const DELETE_IN =
  /^processing DELETE(?:_WITH_REASON)? payload\b.{0,12}?message ID = (?<message>-?\d{1,12})(?:, reason: (?<reason>\w{1,40}))?/;
// Enqueued KEY_MGR_DELETE_SAS for IPSEC SA (SPI:0xF5AC7011)
const ENQUEUED = /Enqueued KEY_MGR_DELETE_SAS for IPSEC SA \(SPI: ?(?<spi>0x[0-9A-Fa-f]{1,8})\)/;
// Delete IPSec SA by ID: spi 0x68842105
// sending delete notify for SPI 0x68842105
const DELETE_OUT =
  /^(?:Delete IPSec SA by ID|[Ss]end(?:ing)? (?:an? )?(?:IPSEC |IPSec )?(?:SA )?delete(?: notif(?:y|ication))?)\b(?:.{0,60}?\bspi:? ?(?<spi>0x[0-9A-Fa-f]{1,8})(?![0-9A-Za-z]))?/i;
// ignoring request to send delete notify (no ISAKMP sa) src 61.128.1.1 dst 103.1.1.1 for SPI 0x3EA71AED
const NOT_SENT = /ignoring request to send delete notify \(no ISAKMP sa\)/;
const ENDS = new RegExp(`\\bsrc (?<src>${ADDRESS}) dst (?<dst>${ADDRESS}) for\\b`);
// Not `SPI 0xA6BD53Eing`: a console spliced what was typed into the number.
const FOR_SPI = /\bfor SPI (?<spi>0x[0-9A-Fa-f]{1,8})(?![0-9A-Za-z])/;
// Old State = IKE_R_MM5  New State = IKE_P1_COMPLETE
// Old State = IKE_QM_READY  New State = IKE_QM_SPI_STARVE                       the responder of a quick mode
const STATE = /^Old State = (?<old>\w{1,40})\s{1,4}New State = (?<new>\w{1,40})/;
// beginning Quick Mode exchange, M-ID of 1025971884
const QUICK_MODE = /^beginning Quick Mode exchange, M-ID of (?<message>-?\d{1,12})/;
// Successfully installed IPSEC SA (SPI:0xF5AC7011) on GigabitEthernet1
const INSTALLED = /Successfully installed IPSEC SA \(SPI: ?(?<spi>0x[0-9A-Fa-f]{1,8})\)(?: on (?<interface>\S{1,64}))?/;
// retransmitting phase 2 QM_IDLE       1234567 …        retransmitting phase 1 MM_KEY_EXCH...
const RETRANSMIT = /^retransmitting phase (?<phase>[12])(?: (?<state>[A-Z_]{2,24}))?/;
// Sending NOTIFY DPD/R_U_THERE protocol 1           DPD/R_U_THERE sent to 11.1.1.3 on sequence 0x1
const DPD_OUT = new RegExp(`(?:^[Ss]ending NOTIFY DPD/R_U_THERE protocol|^DPD/R_U_THERE sent to (?<peer>${ADDRESS}))`);
// processing NOTIFY DPD/R_U_THERE_ACK protocol 1    DPD/R_U_THERE_ACK received from peer 11.1.1.3, sequence 0x1
const DPD_IN = new RegExp(
  `(?:^processing NOTIFY DPD/R_U_THERE_ACK protocol|^DPD/R_U_THERE_ACK received from peer (?<peer>${ADDRESS}))`,
);
// peer 10.2.80.209 not responding!
const DEAD = new RegExp(`^peer (?<peer>${ADDRESS}) not responding`);
// Process initial contact,
// bring down existing phase 1 and 2 SA's with local 61.128.1.1 remote 103.1.1.1 remote port 4501         on the next line
const INITIAL_CONTACT = /^(?:Process initial contact,|bring down existing phase 1 and 2 SA'?s)/;
const BROUGHT_DOWN = new RegExp(
  `bring down existing phase 1 and 2 SA'?s with local (?<dst>${ADDRESS}) remote (?<src>${ADDRESS})(?: remote port (?<port>\\d{1,5}))?`,
);
// Detected port floating to port = 4501
// port float 500 to 4500
const FLOAT = /^(?:Detected port floating to port =|port float \d{1,5} to) (?<port>\d{1,5})/;
// processing NOTIFY INVALID_SPI protocol 3          Sending NOTIFY INVALID_SPI protocol 3
const INVALID_SPI = /^(?<way>processing|[Ss]ending) NOTIFY INVALID_SPI\b/;

/** Null: not a line of this debug. */
export function isakmpDrafts(body: string, memory: LogMemory): Draft[] | null {
  const named = PREFIX.exec(body)?.groups;
  if (!named) return null;
  // 0: no connection yet.
  const ike = named['id'] === undefined || named['id'] === '0' ? null : named['id'];
  const text = named['text']!;
  const talks = addressOf(TALKS_TO.exec(text)?.groups?.['peer']);
  if (talks !== null) memory.remember(ike, talks);
  const peer = memory.peerOf(ike);
  return textDrafts(text).map((one) => ({ ...one, ike, peer: one.peer ?? peer }));
}

function textDrafts(text: string): Draft[] {
  const deleting = DELETING.exec(text)?.groups;
  if (deleting) return deletedDrafts(deleting);
  if (NOT_SENT.test(text)) {
    const ends = ENDS.exec(text)?.groups;
    const [src, dst] = [addressOf(ends?.['src']), addressOf(ends?.['dst'])];
    return [draft('delete-not-sent', { spis: spiOf(FOR_SPI.exec(text)?.groups?.['spi']), src, dst, peer: dst })];
  }
  return exchangeDrafts(text) ?? peerDrafts(text) ?? [];
}

// deleting SA reason "BY user command" state (I) QM_IDLE (peer 11.1.1.3): a person cleared it here
function deletedDrafts({ reason, state, peer }: Readonly<Record<string, string | undefined>>): Draft[] {
  const found = { peer: addressOf(peer), detail: detailOf({ reason, state }) };
  const gone = draft('ike-deleted', found);
  return /user command|clear/i.test(reason ?? '') ? [gone, draft('cleared', found)] : [gone];
}

function exchangeDrafts(text: string): Draft[] | null {
  const deleteIn = DELETE_IN.exec(text)?.groups;
  if (deleteIn)
    return [draft('delete-received', { detail: detailOf({ message: deleteIn['message'], reason: deleteIn['reason'] }) })];
  const enqueued = ENQUEUED.exec(text)?.groups;
  if (enqueued) return [draft('delete-enqueued', { spis: spiOf(enqueued['spi']) })];
  const out = DELETE_OUT.exec(text);
  if (out) return [draft('delete-sent', { spis: spiOf(out.groups?.['spi']) })];
  const quick = QUICK_MODE.exec(text)?.groups;
  if (quick)
    return [
      draft('rekey-started', { detail: detailOf({ exchange: 'quick mode', message: quick['message'], role: 'initiator' }) }),
    ];
  const installed = INSTALLED.exec(text)?.groups;
  if (installed)
    return [draft('sa-created', { spis: spiOf(installed['spi']), detail: detailOf({ interface: installed['interface'] }) })];
  const state = STATE.exec(text)?.groups;
  if (!state) return null;
  if (state['new'] === 'IKE_P1_COMPLETE' && state['old'] !== 'IKE_P1_COMPLETE')
    return [draft('ike-established', { detail: { exchange: 'phase 1' } })];
  if (state['new'] === 'IKE_QM_SPI_STARVE')
    return [draft('rekey-started', { detail: { exchange: 'quick mode', role: 'responder' } })];
  return [];
}

function peerDrafts(text: string): Draft[] | null {
  const again = RETRANSMIT.exec(text)?.groups;
  if (again) return [draft('retransmit', { detail: detailOf({ phase: again['phase'], state: again['state'] }) })];
  const asked = DPD_OUT.exec(text);
  if (asked) return [draft('dpd-sent', { peer: addressOf(asked.groups?.['peer']) })];
  const answered = DPD_IN.exec(text);
  if (answered) return [draft('dpd-answered', { peer: addressOf(answered.groups?.['peer']) })];
  const dead = DEAD.exec(text)?.groups;
  if (dead) return [draft('dpd-failed', { peer: addressOf(dead['peer']) })];
  if (INITIAL_CONTACT.test(text)) {
    const down = BROUGHT_DOWN.exec(text)?.groups;
    const [src, dst] = [addressOf(down?.['src']), addressOf(down?.['dst'])];
    return [draft('initial-contact', { src, dst, peer: src, detail: detailOf({ port: down?.['port'] }) })];
  }
  const float = FLOAT.exec(text)?.groups;
  if (float) return [draft('port-float', { detail: detailOf({ port: float['port'] }) })];
  const notify = INVALID_SPI.exec(text)?.groups;
  if (!notify) return null;
  return [draft(notify['way'] === 'processing' ? 'invalid-spi-notify-received' : 'invalid-spi-notify-sent')];
}
