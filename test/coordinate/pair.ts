/**
 * A pair in a box: ends that perform the machine's effects on virtual time, with a network and devices that fail as a test says.
 * Discrete events in order of time; nothing sleeps. Used by the scenario and property tests of this room.
 */
import { type Book, emptyBook, type Incident, type StopAttempt } from '../../shared/coordinate/book.ts';
import type { Effect } from '../../shared/coordinate/effect.ts';
import type { Input, InputBody } from '../../shared/coordinate/input.ts';
import type { Rules } from '../../shared/coordinate/rules.ts';
import { judgeOutcome } from '../../shared/coordinate/sealing.ts';
import { step } from '../../shared/coordinate/step.ts';
import type { DebugName, DisarmAttempt } from '../../shared/model/arming.ts';
import { monotonic, wall } from '../../shared/model/time.ts';
import type { DebugFlag } from '../../shared/platforms/platform.ts';
import { armTried, disarmTried, IPSEC, ISAKMP, preflighted } from './arming-given.ts';
import { at, CRYPTO, find, hubRules, id, sighting, spokeRules, T0 } from './given.ts';

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly key: string | null;
  readonly fire: () => void;
}

export class Pair {
  readonly ends = new Map<string, End>();
  nowMs = 0;
  #order = 0;
  #due: Due[] = [];

  /** What the network does to a signal on its way; true: it arrives. */
  delivers: (phase: 'alert' | 'stop' | 'done', from: string, to: string) => boolean = () => true;

  add(name: string, rules: Rules, book?: Book): End {
    const end = new End(this, name, rules, book);
    this.ends.set(name, end);
    return end;
  }

  /** A later one with the same key takes the place of an earlier one, as the coordinator's timers do. */
  schedule(delayMs: number, fire: () => void, key: string | null = null): void {
    if (key !== null) this.#due = this.#due.filter((due) => due.key !== key);
    this.#due.push({ atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, key, fire });
  }

  runUntil(untilMs: number): void {
    for (;;) {
      const next = this.#due.filter((due) => due.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
      if (next === undefined) break;
      this.#due = this.#due.filter((due) => due !== next);
      this.nowMs = next.atMs;
      next.fire();
    }
    this.nowMs = untilMs;
  }
}

export class End {
  readonly name: string;
  readonly rules: Rules;
  readonly inputs: Input[] = [];
  readonly performed: { readonly atMs: number; readonly effect: Effect }[] = [];
  /** What is on at this end's device. */
  debugs: DebugFlag[] = [CRYPTO];
  /** Of ours, on the device. */
  conditions: string[] = [];
  /** What an attempt to disarm gives. Null: it never comes back. */
  disarm: (order: Extract<Effect, { kind: 'disarm-device' }>) => DisarmAttempt['debugs'] | null = () => 'off';
  /** What an attempt at the stop gives; the device is changed by it. Null: it never comes back. */
  attempt: (order: Extract<Effect, { kind: 'attempt-stop' }>) => StopAttempt['result'] | null = () => 'verified';
  corroboration: 'found' | 'absent' | 'undecided' | 'never' = 'found';
  readable = true;
  sealFailures = 0;
  book: Book;
  readonly #pair: Pair;

  constructor(pair: Pair, name: string, rules: Rules, book: Book = emptyBook) {
    this.#pair = pair;
    this.name = name;
    this.rules = rules;
    this.book = book;
  }

  input(body: InputBody): void {
    const input = at(this.#pair.nowMs, body);
    this.inputs.push(input);
    const moved = step(this.rules, this.book, input);
    this.book = moved.book;
    for (const effect of moved.effects) {
      this.performed.push({ atMs: this.#pair.nowMs, effect });
      this.#perform(effect);
    }
  }

  of<K extends Effect['kind']>(kind: K): Extract<Effect, { kind: K }>[] {
    return find(
      this.performed.map(({ effect }) => effect),
      kind,
    );
  }

  whenDid(kind: Effect['kind']): number[] {
    return this.performed.filter(({ effect }) => effect.kind === kind).map(({ atMs }) => atMs);
  }

  /** A new process after a crash: what was under way is lost, the book is what the journal gives. */
  restart(resumable: boolean): void {
    this.input({ kind: 'restarted', resumable });
    for (const incident of this.book.incidents) this.input({ kind: 'recovered', incident: incident.id, resumable });
  }

  #later(delayMs: number, body: () => InputBody): void {
    this.#pair.schedule(delayMs, () => this.input(body()));
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case 'wake': {
        const { incident, name } = effect;
        const wake = () => this.input({ kind: 'timer', incident, name });
        this.#pair.schedule(effect.at - T0 - this.#pair.nowMs, wake, `${this.name} ${name} ${incident}`);
        break;
      }
      case 'corroborate': {
        const { incident, flow } = effect;
        const result = this.corroboration;
        if (result !== 'never') this.#later(100, () => ({ kind: 'corroborated', incident, flow, result, detail: '' }));
        break;
      }
      case 'alert':
      case 'signal-stop':
        for (const peer of effect.peers) this.#signal(effect, peer);
        break;
      case 'signal-done': {
        const { peer, bits, keys } = effect;
        if (!this.#pair.delivers('done', this.name, peer)) break;
        const arrive = () => this.#pair.ends.get(peer)?.input({ kind: 'done', id: effect.id, peer: this.name, bits, keys });
        this.#pair.schedule(20, arrive);
        break;
      }
      case 'capture': {
        const { incident, round } = effect;
        this.#later(2_000, () => ({
          kind: 'capture-ended',
          incident,
          round,
          withOutput: 4,
          planned: 4,
          whole: true,
          spiSeen: 'unknown',
        }));
        break;
      }
      case 'read-debugs':
        this.#later(300, () => ({
          kind: 'debugs-read',
          incident: effect.incident,
          flags: this.readable ? this.debugs : null,
          detail: this.readable ? '' : 'timeout',
        }));
        break;
      case 'attempt-stop':
        this.#attempt(effect);
        break;
      case 'arm-wake': {
        const { arm, name } = effect;
        const wake = () => this.input({ kind: 'arm-timer', arm, name });
        this.#pair.schedule(effect.at - T0 - this.#pair.nowMs, wake, `${this.name} arm ${name}`);
        break;
      }
      case 'preflight':
        this.#later(500, () => preflighted({ flags: this.debugs }, effect.arm));
        break;
      case 'arm-device': {
        const { arm, plan } = effect;
        this.conditions = [...plan.conditions];
        this.#pair.schedule(1_000, () => {
          this.debugs = [...this.debugs, ...flagsOf(plan.debugs)];
        });
        this.#later(2_000, () => armTried('armed', arm));
        break;
      }
      case 'disarm-device':
        this.#disarm(effect);
        break;
      case 'seal': {
        const { incident } = effect;
        const fails = this.sealFailures > 0;
        if (fails) this.sealFailures--;
        this.#later(50, () =>
          fails
            ? { kind: 'seal-failed', incident, detail: 'ENOSPC' }
            : { kind: 'sealed', incident, outcome: judgeOutcome(this.rules, this.incident(incident)) },
        );
        break;
      }
      default:
        break;
    }
  }

  incident(incidentId: string): Incident {
    const known = this.book.incidents.find((incident) => incident.id === incidentId);
    if (known === undefined) throw new Error(`${this.name} has no open incident ${incidentId}`);
    return known;
  }

  #signal(effect: Extract<Effect, { kind: 'alert' | 'signal-stop' }>, peer: string): void {
    const phase = effect.kind === 'alert' ? 'alert' : 'stop';
    const { incident } = effect;
    const reply = (result: 'acknowledged' | 'given-up', delayMs: number) =>
      this.#later(delayMs, () => ({
        kind: 'delivery',
        incident,
        peer,
        phase,
        result,
        attempts: 1,
        roundTripMs: result === 'acknowledged' ? 40 : null,
        detail: 'no answer',
      }));
    if (!this.#pair.delivers(phase, this.name, peer)) {
      if (phase === 'stop') reply('given-up', 15 * 60_000);
      return;
    }
    reply('acknowledged', 40);
    const common = { id: incident, peer: this.name, scope: ['213.163.222.7'] };
    this.#pair.schedule(20, () =>
      this.#pair.ends
        .get(peer)
        ?.input(
          effect.kind === 'alert'
            ? { kind: 'alert', ...common, delayMs: effect.stopAt - T0 - this.#pair.nowMs, act: effect.act, flow: effect.flow }
            : { kind: 'stop', ...common, newId: id(90) },
        ),
    );
  }

  #disarm(order: Extract<Effect, { kind: 'disarm-device' }>): void {
    const result = this.disarm(order);
    if (result === null) return;
    if (result === 'off') {
      const off = flagsOf(order.debugs);
      this.debugs = this.debugs.filter((flag) => !off.some(({ text }) => text === flag.text));
      this.conditions = this.conditions.filter((address) => !order.conditions.includes(address));
    }
    const gone = order.conditions.length === 0 ? 'none' : result === 'off' ? 'removed' : 'failed';
    this.#later(200, () => disarmTried(order.attempt, result, { conditions: gone }, order.arm));
  }

  #attempt(order: Extract<Effect, { kind: 'attempt-stop' }>): void {
    const sentAtMs = this.#pair.nowMs;
    const result = this.attempt(order);
    if (result === null) return;
    if (result === 'verified') {
      const named = order.only ?? (order.own === null ? null : flagsOf(order.own));
      const off = (flag: DebugFlag) => named === null || named.some((known) => known.text === flag.text);
      this.debugs = this.debugs.filter((flag) => !off(flag));
    }
    const sent = result !== 'not-sent';
    const outcome: StopAttempt = {
      via: order.via,
      sentAt: sent ? monotonic(T0 + sentAtMs) : null,
      sentAtWall: sent ? wall(1_773_339_730_706 + sentAtMs) : null,
      result,
      detail: result,
      appeared: [],
    };
    const { incident, attempt } = order;
    this.#later(result === 'unreadable' ? 8_000 : 200, () => ({ kind: 'stop-attempted', incident, attempt, outcome }));
  }
}

const flagsOf = (names: readonly DebugName[]): DebugFlag[] =>
  names.map((name) => (name === 'isakmp' ? ISAKMP : name === 'ipsec' ? IPSEC : { text: name, crypto: true }));

/** A hub with one spoke, and the sightings that the hub will have. */
export function pairOf(over: { readonly hub?: Partial<typeof hubRules>; readonly spoke?: Partial<typeof spokeRules> } = {}) {
  const world = new Pair();
  const hub = world.add('hub1', { ...hubRules, ...over.hub });
  const spoke = world.add('spoke1', { ...spokeRules, ...over.spoke });
  const see = (atMs: number, how: Parameters<typeof sighting>[0] = {}) => world.schedule(atMs, () => hub.input(sighting(how)));
  return { world, hub, spoke, see };
}

/** What an end has closed; says what is open instead when it has not. */
export const closedAt = (end: End, n = 0) => {
  const closed = end.book.closed[n];
  if (closed === undefined) throw new Error(`${end.name} closed nothing; open: ${JSON.stringify(end.book.incidents)}`);
  return closed;
};
