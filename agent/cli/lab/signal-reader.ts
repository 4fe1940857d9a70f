/**
 * What a datagram between the two agents says, for the lab's relay, which holds the pair's keys: it belongs to the lab command, not to
 * the simulated boxes. It reads and judges nothing; authenticity is the agents' business (agent/net).
 */
import { readNotificationHead, readPolicyEvent } from '../../../shared/wire/event-manager.ts';
import { type AgreedValues, decodeSignalText, type Phase, phases } from '../../../shared/wire/signal.ts';
import { decodeMessage } from '../../../shared/wire/snmp-message.ts';
import type { Pdu, TrapV1Pdu } from '../../../shared/wire/snmp-pdu.ts';
import { openScopedPdu } from '../../../shared/wire/snmp-v3-message.ts';
import { UserKeys } from '../../../shared/wire/usm.ts';
import type { SnmpCredentials } from '../../net/signalling.ts';

/** `id` pairs an inform with its Response: msgID in v3, request-id in v2c. `phase` null: none of the agreed values. */
export type Datagram =
  | {
      readonly kind: 'signal';
      readonly id: number;
      readonly confirmed: boolean;
      readonly phase: Phase | null;
      readonly incident: string | null;
    }
  | { readonly kind: 'response'; readonly id: number }
  | { readonly kind: 'other' };

export type SignalReader = (bytes: Buffer) => Datagram;

const OTHER: Datagram = { kind: 'other' };

export function signalReader(credentials: SnmpCredentials, values: AgreedValues): SignalReader {
  const user = credentials.version === 3 ? new UserKeys(credentials) : null;
  return (bytes) => {
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) return OTHER;
    const { message } = decoded;
    if (message.version !== 3) return describe(message.pdu, idOf(message.pdu), values);
    const opened = openScopedPdu(message, user && message.level !== 'noAuthNoPriv' ? user.forEngine(message.engineId) : null);
    return opened ? describe(opened.scoped.pdu, message.msgId, values) : OTHER;
  };
}

const idOf = (pdu: Pdu | TrapV1Pdu): number => (pdu.type === 'trap-v1' ? 0 : pdu.requestId);

function describe(pdu: Pdu | TrapV1Pdu, id: number, values: AgreedValues): Datagram {
  if (pdu.type === 'response') return { kind: 'response', id };
  if (pdu.type !== 'inform' && pdu.type !== 'trap') return OTHER;
  const head = readNotificationHead(pdu.varbinds);
  const event = head && readPolicyEvent(head.trapOid, pdu.varbinds);
  if (!event) return OTHER;
  const said = decodeSignalText(event.strData ?? '');
  return {
    kind: 'signal',
    id,
    confirmed: pdu.type === 'inform',
    phase: phases.find((phase) => values[phase] === event.intData1) ?? null,
    incident: said.kind === 'signal' ? said.text.incident : null,
  };
}
