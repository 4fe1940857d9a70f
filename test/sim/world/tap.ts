/**
 * Reads what the agents tell each other, with the pair's own keys: which signal arrived, about which incident. Used by truth.ts, so that
 * what an end was told is known without asking it.
 */
import { readPolicyEvent } from '../../../shared/wire/event-manager.ts';
import { decodeSignalText, type Phase } from '../../../shared/wire/signal.ts';
import { decodeMessage } from '../../../shared/wire/snmp-message.ts';
import { openScopedPdu } from '../../../shared/wire/snmp-v3-message.ts';
import { UserKeys } from '../../../shared/wire/usm.ts';

export interface Heard {
  readonly kind: 'signal';
  readonly requestId: number;
  readonly phase: Phase;
  readonly id: string;
  /** IntData2. */
  readonly number: number | null;
  readonly keys: Readonly<Record<string, string>>;
}

// The derivation of a key from its password reads a megabyte: once for all nights.
let pair: UserKeys | null = null;
const keysOfPair = (): UserKeys => {
  pair ??= new UserKeys({
    auth: { protocol: 'sha256', key: 'auth-key-of-the-pair' },
    priv: { protocol: 'aes128', key: 'priv-key-of-the-pair' },
  });
  return pair;
};

/** An authentic and timely signal has been taken, or is a repetition of one that was. */
export interface Answered {
  readonly kind: 'response';
  readonly requestId: number;
}

/** Null: a Report, a discovery. A packet that was heard as it left is not read again as it arrives. */
export function hear(bytes: Buffer): Heard | Answered | null {
  let heard = known.get(bytes);
  if (heard === undefined) {
    heard = read(bytes);
    known.set(bytes, heard);
  }
  return heard;
}

const known = new WeakMap<Buffer, Heard | Answered | null>();

function read(bytes: Buffer): Heard | Answered | null {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok || decoded.message.version !== 3 || decoded.message.level !== 'authPriv') return null;
  const opened = openScopedPdu(decoded.message, keysOfPair().forEngine(decoded.message.engineId));
  if (opened === null) return null;
  const { type, requestId, varbinds } = opened.scoped.pdu;
  if (type === 'response') return { kind: 'response', requestId };
  if (type !== 'inform') return null;
  const oid = varbinds[1]?.value;
  const event = oid?.type === 'oid' ? readPolicyEvent(oid.value, varbinds) : null;
  if (event === null) return null;
  const text = decodeSignalText(event.strData ?? '');
  if (text.kind !== 'signal') return null;
  return {
    kind: 'signal',
    requestId,
    phase: text.text.phase,
    id: text.text.incident ?? '-',
    number: event.intData2,
    keys: text.text.keys,
  };
}
