/** Rules, inputs and states that the tests of this room start from. Times are milliseconds after 1,000,000 on both clocks' terms. */
import { type Book, emptyBook, type Incident, type StopAttempt } from '../../shared/coordinate/book.ts';
import type { Effect } from '../../shared/coordinate/effect.ts';
import type { Input, InputBody } from '../../shared/coordinate/input.ts';
import type { Step } from '../../shared/coordinate/move.ts';
import type { PeerRule, Rules } from '../../shared/coordinate/rules.ts';
import { step } from '../../shared/coordinate/step.ts';
import type { Flow } from '../../shared/model/flow.ts';
import { monotonic, wall } from '../../shared/model/time.ts';

export const T0 = 1_000_000;

const peers: PeerRule[] = [
  { name: 'spoke1', kind: 'spitrap', where: '11.1.1.3' },
  { name: 'spoke2', kind: 'spitrap', where: '11.1.1.4' },
  { name: 'eem1', kind: 'eem', where: '11.1.1.5' },
  { name: 'hub1', kind: 'spitrap', where: '213.163.222.7' },
  { name: 'hub2', kind: 'spitrap', where: '213.163.222.8' },
];

const common = {
  mode: 'act',
  device: { name: 'box', address: '192.0.2.1' },
  stopCommand: 'undebug all',
  delayMs: 18_000,
  maxDelayMs: 300_000,
  holdDownMs: 3_600_000,
  messageIntervalMs: 60_000,
  afterMs: 10_000,
  eemWindowMs: 60_000,
  incidentsPerHour: 12,
  maxPeersCaptured: 10,
  flowsPerIncidentMax: 10_000,
  heldFlowsMax: 10_000,
  closedIdsMax: 50_000,
  peers,
  stopMode: 'all',
  arming: {
    when: 'manual',
    plan: { conditions: ['11.1.1.3'], debugs: ['isakmp', 'ipsec'], deadManS: null },
    leaseMs: 900_000,
    maxDebugMs: 72 * 3_600_000,
    rearm: { kind: 'never' },
    ourHosts: [],
    terminalMonitor: false,
  },
} as const;

export const hubRules: Rules = { ...common, role: 'hub' };
export const spokeRules: Rules = { ...common, role: 'spoke' };

export const id = (n: number): string => `01KAM${String(n).padStart(21, '0')}`;
export const flowOf = (n: number, src = '11.1.1.3'): Flow => ({ src, dst: '213.163.222.7', spi: 0x68842105 + n });
export const flow = flowOf(0);
export const CRYPTO = { text: 'Crypto ISAKMP debugging', crypto: true };

/** `ms` after T0. */
export const at = (ms: number, body: InputBody): Input => ({
  ...body,
  at: monotonic(T0 + ms),
  wall: wall(1_773_339_730_706 + ms),
});

export const sighting = (over: Partial<Extract<InputBody, { kind: 'sighting' }>> = {}): InputBody => ({
  kind: 'sighting',
  id: id(1),
  flow,
  peers: ['spoke1'],
  interface: 'Ethernet0/0',
  source: 'syslog-tcp',
  spoofable: false,
  spiAsReceived: '0x68842105',
  line: '%CRYPTO-4-RECVD_PKT_INV_SPI: …',
  ...over,
});
export const capture = (over: Partial<Extract<InputBody, { kind: 'capture' }>> = {}): InputBody => ({
  kind: 'capture',
  id: id(2),
  who: 'jo',
  pair: true,
  ...over,
});

export const symptom = (over: Partial<Extract<InputBody, { kind: 'symptom' }>> = {}): InputBody => ({
  kind: 'symptom',
  id: id(2),
  cause: 'qfp-drops',
  source: 'qfp-drops',
  opens: true,
  peers: [],
  scope: [],
  detail: 'QFP drops of packets without an SA: 500 packets since the last look',
  ...over,
});
export const alert = (over: Partial<Extract<InputBody, { kind: 'alert' }>> = {}): InputBody => ({
  kind: 'alert',
  id: id(1),
  peer: 'hub1',
  delayMs: 18_000,
  act: true,
  flow,
  scope: ['213.163.222.7'],
  ...over,
});
export const stop = (over: Partial<Extract<InputBody, { kind: 'stop' }>> = {}): InputBody => ({
  kind: 'stop',
  id: id(1),
  newId: id(99),
  peer: 'hub1',
  scope: ['213.163.222.7'],
  ...over,
});
export const done = (over: Partial<Extract<InputBody, { kind: 'done' }>> = {}): InputBody => ({
  kind: 'done',
  id: id(1),
  peer: 'spoke1',
  bits: 15,
  keys: { off: 'verified', cap: '4/4' },
  ...over,
});
export const attempted = (attempt: number, result: StopAttempt['result'], over: Partial<StopAttempt> = {}): InputBody => ({
  kind: 'stop-attempted',
  incident: id(1),
  attempt,
  outcome: {
    via: 'control',
    sentAt: result === 'not-sent' ? null : monotonic(T0 + 18_000),
    sentAtWall: result === 'not-sent' ? null : wall(1_773_339_748_706),
    result,
    detail: result,
    appeared: [],
    ...over,
  },
});
export const timer = (name: Extract<InputBody, { kind: 'timer' }>['name']): InputBody => ({
  kind: 'timer',
  incident: id(1),
  name,
});
export const debugsRead = (...flags: (typeof CRYPTO)[]): InputBody => ({
  kind: 'debugs-read',
  incident: id(1),
  flags,
  detail: '',
});
export const captured = (round: 'first' | 'stop' | 'late'): InputBody => ({
  kind: 'capture-ended',
  incident: id(1),
  round,
  withOutput: 4,
  planned: 4,
  whole: true,
  spiSeen: 'none',
});
export const corroborated = (result: 'found' | 'absent' | 'undecided'): InputBody => ({
  kind: 'corroborated',
  incident: id(1),
  flow,
  result,
  detail: '',
});
export const delivery = (phase: 'alert' | 'stop', result: 'acknowledged' | 'sent' | 'given-up', peer = 'spoke1'): InputBody => ({
  kind: 'delivery',
  incident: id(1),
  peer,
  phase,
  result,
  attempts: 1,
  roundTripMs: 3,
  detail: 'no answer',
});
export const sealedAs = (kind: 'complete' | 'partial', ...reasons: string[]): InputBody => ({
  kind: 'sealed',
  incident: id(1),
  outcome: { kind, reasons },
});
export const recovered = (resumable = true): InputBody => ({ kind: 'recovered', incident: id(1), resumable });

/** Runs inputs one after the other and keeps each step. */
export function run(rules: Rules, inputs: readonly Input[], from: Book = emptyBook): { book: Book; steps: Step[]; last: Step } {
  let book = from;
  const steps: Step[] = [];
  for (const input of inputs) {
    const moved = step(rules, book, input);
    book = moved.book;
    steps.push(moved);
  }
  return { book, steps, last: steps.at(-1)! };
}

export const kinds = (effects: readonly Effect[]): string => effects.map(short).join(' ');
const short = (effect: Effect): string => {
  switch (effect.kind) {
    case 'wake':
      return `wake:${effect.name}`;
    case 'capture':
      return `capture:${effect.round}`;
    case 'attempt-stop':
      return `attempt-stop:${effect.via}${effect.only === null ? '' : ':only'}`;
    case 'alert':
    case 'signal-stop':
      return `${effect.kind}:${effect.peers.join('+')}`;
    case 'signal-done':
      return `signal-done:${effect.peer}`;
    default:
      return effect.kind;
  }
};

export const only = (book: Book): Incident => {
  if (book.incidents.length !== 1) throw new Error(`expected one incident, there are ${book.incidents.length}`);
  return book.incidents[0]!;
};
export const find = <K extends Effect['kind']>(effects: readonly Effect[], kind: K): Extract<Effect, { kind: K }>[] =>
  effects.filter((effect): effect is Extract<Effect, { kind: K }> => effect.kind === kind);
