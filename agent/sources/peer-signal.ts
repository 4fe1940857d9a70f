/**
 * The other agent as a source: turns an authentic notification into an input of the machine, a hello, or a counted refusal
 * (pair-protocol.md, "Signals" and "Trust"). Called by app.ts with what net/snmp-receiver.ts lets through; decides nothing.
 */
import type { InputBody } from '../../shared/coordinate/input.ts';
import { canonicalAddress, rangeContains } from '../../shared/model/address.ts';
import { type Flow, parseSpi } from '../../shared/model/flow.ts';
import { peerNamed } from '../../shared/model/peer-lookup.ts';
import { printable } from '../../shared/model/printable.ts';
import type { Monotonic, Wall } from '../../shared/model/time.ts';
import type { IncidentId } from '../../shared/model/ulid.ts';
import { type AgreedValues, decodeSignalText, type Phase, phases, type SignalText } from '../../shared/wire/signal.ts';
import type { PeerConfig, StopOperator } from '../config/config.ts';
import type { Notification } from '../net/signalling.ts';

export type Heard =
  | { readonly kind: 'input'; readonly input: InputBody }
  | {
      readonly kind: 'hello';
      readonly peer: string;
      readonly keys: Readonly<Record<string, string>>;
      readonly leaseS: number;
      readonly at: Monotonic;
      readonly wall: Wall;
    }
  /** Authenticated, and not for us: answered, counted under `reason`, logged once a source. */
  | { readonly kind: 'refused'; readonly reason: RefusedSignal; readonly detail: string };

export type RefusedSignal =
  | 'not-a-signal'
  | 'value'
  | 'strdata-malformed'
  | 'strdata-missing'
  | 'phase-differs'
  | 'eem-phase'
  | 'remote-arm';

/** `newId`: for an incident that a stop without id opens. */
export function hear(
  notification: Notification,
  peers: readonly PeerConfig[],
  values: AgreedValues,
  newId: () => IncidentId,
  allowRemoteArm = false,
): Heard {
  const peer = peerNamed(peers, notification.peer);
  if (peer === undefined || notification.root === null)
    return refuse('not-a-signal', `notification ${printable(notification.trapOid, 120)}`);
  const phase = phases.find((known) => values[known] === notification.intData1);
  if (peer.kind === 'eem' && peer.op !== 'eq') return hearCompared(peer, notification, values.stop, newId);
  if (phase === undefined) return refuse('value', `IntData1 ${notification.intData1 ?? 'unset'} is none of the agreed values`);
  if (peer.kind === 'eem') return hearEem(peer, phase, newId);
  const decoded = decodeSignalText(notification.strData);
  if (decoded.kind === 'malformed') return refuse('strdata-malformed', decoded.why);
  if (decoded.kind === 'foreign')
    return refuse('strdata-missing', `a ${phase} of a spitrap peer without its text: is ${peer.name} of kind eem?`);
  if (decoded.text.phase !== phase) return refuse('phase-differs', `value of ${phase}, text of ${decoded.text.phase}`);
  return hearSpitrap(peer, decoded.text, notification, newId, allowRemoteArm);
}

const refuse = (reason: RefusedSignal, detail: string): Heard => ({ kind: 'refused', reason, detail });

/** Note A's applet sends one value and no text: only the stop exists for it. */
function hearEem(peer: PeerConfig, phase: Phase, newId: () => IncidentId): Heard {
  if (phase !== 'stop') return refuse('eem-phase', `${phase} from ${peer.name}, which is of kind eem and may only stop`);
  return bareStop(peer, newId);
}

const bareStop = (peer: PeerConfig, newId: () => IncidentId): Heard => ({
  kind: 'input',
  input: { kind: 'stop', id: null, newId: newId(), peer: peer.name, scope: scopeOf(peer, null) },
});

const compare: Readonly<Record<StopOperator, (value: number, agreed: number) => boolean>> = {
  eq: (value, agreed) => value === agreed,
  ne: (value, agreed) => value !== agreed,
  gt: (value, agreed) => value > agreed,
  ge: (value, agreed) => value >= agreed,
  lt: (value, agreed) => value < agreed,
  le: (value, agreed) => value <= agreed,
};

/** `event snmp-notification … op` other than eq: for a bare notification alone, or an agent's done would match `ge` of the stop. */
function hearCompared(peer: PeerConfig, { intData1, strData }: Notification, agreed: number, newId: () => IncidentId): Heard {
  if (decodeSignalText(strData).kind !== 'foreign')
    return refuse('eem-phase', `a text of an agent from ${peer.name}, which is of kind eem and may only stop`);
  if (intData1 !== null && compare[peer.op](intData1, agreed)) return bareStop(peer, newId);
  return refuse('value', `IntData1 ${intData1 ?? 'unset'} is not ${peer.op} ${agreed}`);
}

function hearSpitrap(
  peer: PeerConfig,
  text: SignalText,
  notification: Notification,
  newId: () => IncidentId,
  allowRemoteArm: boolean,
): Heard {
  const { keys } = text;
  switch (text.phase) {
    case 'hello':
      return {
        kind: 'hello',
        peer: peer.name,
        keys,
        leaseS: notification.intData2 ?? 0,
        at: notification.at,
        wall: notification.wall,
      };
    case 'alert': {
      const flow = readFlow(keys);
      return {
        kind: 'input',
        input: {
          kind: 'alert',
          id: text.incident!,
          peer: peer.name,
          delayMs: notification.intData2,
          act: keys['act'] !== 'no',
          flow,
          scope: scopeOf(peer, flow),
        },
      };
    }
    case 'stop': {
      const flow = readFlow(keys);
      return {
        kind: 'input',
        input: { kind: 'stop', id: text.incident, newId: newId(), peer: peer.name, flow, scope: scopeOf(peer, flow) },
      };
    }
    case 'done':
      return {
        kind: 'input',
        input: { kind: 'done', id: text.incident!, peer: peer.name, bits: notification.intData2 ?? 0, keys },
      };
    case 'arm':
    case 'disarm':
      return hearArm(peer, text.phase, notification, allowRemoteArm);
  }
}

/** A person at the other end wants both armed, or neither. Who may, this end decides. */
function hearArm(peer: PeerConfig, phase: 'arm' | 'disarm', { intData2 }: Notification, allowed: boolean): Heard {
  if (!allowed) return refuse('remote-arm', `${phase} from ${peer.name}: arming.allowRemoteArm is not set`);
  if (phase === 'disarm') return { kind: 'input', input: { kind: 'disarm', by: 'peer', who: peer.name } };
  const leaseMs = intData2 !== null && intData2 > 0 ? intData2 * 1_000 : null;
  return { kind: 'input', input: { kind: 'arm', by: 'peer', who: peer.name, leaseMs } };
}

/** Addresses and SPI parsed anew: nothing of a peer's text reaches a command. */
function readFlow(keys: Readonly<Record<string, string>>): Flow | null {
  const src = canonicalAddress(keys['src'] ?? '');
  const dst = canonicalAddress(keys['dst'] ?? '');
  const spi = parseSpi(keys['spi'] ?? '');
  return src === null || dst === null || spi === null ? null : { src, dst, spi };
}

/** The other end as it stands on this device: what the flow says if it is one of the peer's addresses, else the configured ones. */
function scopeOf(peer: PeerConfig, flow: Flow | null): string[] {
  if (flow !== null && peer.cryptoAddresses.some((range) => rangeContains(range, flow.dst))) return [flow.dst];
  return peer.cryptoAddresses.filter((range) => range.bits === (range.family === 6 ? 128 : 32)).map((range) => range.base);
}
