/**
 * Keeps what is armed: renews the lease while sessions, CPU and peers are well, feeds the breaker, arms when it is due, and answers
 * `spitrap arm` and `disarm` (pair-protocol.md, "Arming"). What becomes of it shared/coordinate/arming.ts decides. Opened by app.ts.
 */
import { type ArmingBook, armIsDue, leaseLeftMs, stopIsOpen } from '../shared/coordinate/arming-state.ts';
import type { PeerLink } from '../shared/coordinate/hello.ts';
import type { Rules } from '../shared/coordinate/rules.ts';
import { timing } from '../shared/coordinate/timing.ts';
import { SpitrapError } from '../shared/errors.ts';
import type { BreakerTrip } from '../shared/model/arming.ts';
import type { DurationMs, Monotonic } from '../shared/model/time.ts';
import type { ArmWatch } from './arm-watch.ts';
import type { Config } from './config/config.ts';
import type { ArmAnswer, ArmChange, PeerAnswer } from './control/protocol.ts';
import type { Coordinator } from './coordinator.ts';
import type { Delivery } from './effects/send-signal.ts';
import type { AgentEvents } from './events.ts';
import type { World } from './ports.ts';

export interface ArmKeeperRoom {
  readonly config: Config;
  readonly rules: Rules;
  readonly world: Pick<World, 'clock'>;
  readonly coordinator: Pick<Coordinator, 'book' | 'input'>;
  readonly links: ReadonlyMap<string, PeerLink>;
  readonly delivery: Pick<Delivery, 'start'>;
  readonly events: AgentEvents;
  readonly watch: Pick<ArmWatch, 'start' | 'stop' | 'healthy'>;
}

const FOREIGN_ALARM = 'foreign-debugs';

export class ArmKeeper {
  readonly #room: ArmKeeperRoom;
  /** Heard to be off while we wait for a verdict. A stop of theirs that is later than ours is no re-arm. */
  readonly #heardOff = new Set<string>();
  /** Which arm the watch is on; null: none. */
  #watching: number | null = null;

  constructor(room: ArmKeeperRoom) {
    this.#room = room;
    room.events.on('decided', this.#follow);
    room.events.on('hello', this.#onHello);
  }

  /** At each hello of ours: the moment at which the lease is renewed, or an arm that is due begins. */
  tick(): void {
    const { coordinator } = this.#room;
    const { state, count } = coordinator.book.arming;
    this.#follow();
    if (state.kind === 'armed' && this.#isWell()) coordinator.input({ kind: 'lease-renewed', arm: count });
    this.#armIfDue();
    this.#tellOfForeignDebugs();
  }

  /** Starts and ends the samples with what is armed. */
  #follow = (): void => {
    const { coordinator, watch } = this.#room;
    const { state, count } = coordinator.book.arming;
    const wanted = state.kind === 'armed' ? count : null;
    if (wanted === this.#watching) return;
    if (this.#watching !== null) watch.stop();
    this.#watching = wanted;
    if (wanted === null) return;
    watch.start();
  };

  /** Of the watch, once for each start. */
  onTrip = (trip: BreakerTrip, detail: string): void => {
    if (this.#watching !== null) this.#room.coordinator.input({ kind: 'breaker', arm: this.#watching, trip, detail });
  };

  #onHello = (peer: string): void => {
    const { coordinator, links } = this.#room;
    const { arming } = coordinator.book;
    const link = links.get(peer);
    // The end that saw the message has judged it benign and armed again: the other end goes with it. Debugs without a lease are a
    // person's, who looks for the cause of a black hole perhaps.
    const armedAgain = link?.armed === 'yes' && link.leaseEndsAt !== null && this.#heardOff.has(peer);
    if (arming.blocked !== 'judging') this.#heardOff.clear();
    else if (link?.armed === 'no') this.#heardOff.add(peer);
    if (arming.blocked === 'judging' && armedAgain && this.#isPeerOf(peer, arming.endedBy))
      coordinator.input({ kind: 'arm', by: 'agent', who: `${peer}, which is armed again`, leaseMs: null, follows: true });
    this.#armIfDue();
  };

  /** Only after an incident that this peer signalled to us. */
  #isPeerOf(peer: string, incident: string | null): boolean {
    const { incidents, closed } = this.#room.coordinator.book;
    const known = incidents.find(({ id }) => id === incident) ?? closed.find(({ id }) => id === incident);
    return (
      known !== undefined &&
      known.openedBy !== 'message' &&
      known.openedBy !== 'symptom' &&
      known.signallers.some((signaller) => signaller.peer === peer)
    );
  }

  /** Half a pair that is armed records half of what happened: the peers must be there. */
  #armIfDue(): void {
    const { coordinator, rules, world } = this.#room;
    if (!armIsDue(rules, coordinator.book, world.clock.monotonic()) || this.#silentPeer() !== null) return;
    coordinator.input({ kind: 'arm', by: 'agent', who: `arm: ${rules.arming.when}`, leaseMs: null });
  }

  /**
   * What is on and was not turned on by this agent, which lost its dataDir perhaps, no lease ends. The pre-flight says so, or `half-armed`;
   * with a peer that is not there neither comes to it.
   */
  #tellOfForeignDebugs(): void {
    const { coordinator, rules } = this.#room;
    const { book } = coordinator;
    const silent = this.#silentPeer((link) => link.lastHelloAt ?? link.since);
    const { state, blocked } = book.arming;
    const areForeign = state.kind === 'disarmed' && blocked !== 'given-up' && book.debugsOn === true;
    const stands = areForeign && silent !== null && rules.mode === 'act' && rules.arming.when !== 'manual';
    const isTold = book.alarms.some(({ key }) => key === FOREIGN_ALARM);
    if (isTold && !stands) coordinator.input({ kind: 'clear', key: FOREIGN_ALARM });
    // A stop that is still ahead may end them.
    if (isTold || !stands || stopIsOpen(book)) return;
    const { name, address } = rules.device;
    coordinator.input({
      kind: 'raise',
      key: FOREIGN_ALARM,
      text: `${name} (${address}) has crypto debugs on that this agent did not turn on, and ${silent} is not heard: nothing here ends them`,
      remedy: `if nobody needs them, log in to ${name} (${address}) and type: ${rules.stopCommand}`,
    });
  }

  #isWell(): boolean {
    return this.#room.watch.healthy() && this.#silentPeer() === null;
  }

  /** By when it was last heard; null: never. */
  #silentPeer(heardAt: (link: PeerLink) => Monotonic | null = (link) => link.lastHelloAt): string | null {
    const { config, links, world } = this.#room;
    const heardSince = world.clock.monotonic() - config.signal.helloMs * timing.missingHellosMax;
    for (const link of links.values()) if ((heardAt(link) ?? Number.NEGATIVE_INFINITY) < heardSince) return link.peer;
    return null;
  }

  /** @throws SpitrapError ARM_REFUSED, with the reasons and what to enter on the router. */
  async arm({ leaseMs, pair, who }: ArmChange): Promise<ArmAnswer> {
    const { coordinator } = this.#room;
    const before = coordinator.book.arming;
    coordinator.input({ kind: 'arm', by: 'person', who, leaseMs });
    const { last: said } = coordinator.book.arming;
    // Refused at once: there is nothing to wait for, least of all the end of debugs that cannot be verified off.
    if (said !== before.last && said?.reason !== 'arm-renewed') throw this.#armRefused(said);
    await this.#settled(timing.preflightHungMs + timing.armHungMs);
    const { state, last } = coordinator.book.arming;
    if (state.kind !== 'armed') throw this.#armRefused(last === before.last ? null : last);
    return this.#answer(before.state.kind, pair ? await this.#tellPeers('arm', leaseMs) : []);
  }

  /** What is armed already stays so when its renewal is refused. */
  #armRefused(last: ArmingBook['last']): SpitrapError {
    const isArmed = this.#room.coordinator.book.arming.state.kind === 'armed';
    const what = `${this.#room.config.device.name} ${isArmed ? 'is armed, and not renewed' : 'is not armed'}`;
    return new SpitrapError('ARM_REFUSED', `${what}: ${last?.text ?? 'it was ended again'}`, {
      context: { reason: last?.reason ?? null },
    });
  }

  async disarm({ pair, who }: ArmChange): Promise<ArmAnswer> {
    const { coordinator } = this.#room;
    const before = coordinator.book.arming.state.kind;
    coordinator.input({ kind: 'disarm', by: 'person', who });
    const told = pair ? this.#tellPeers('disarm', null) : Promise.resolve([]);
    await this.#settled(timing.stopBoundMs + timing.disarmConditionsHungMs);
    return this.#answer(before, await told);
  }

  #answer(was: ArmAnswer['was'], peers: readonly PeerAnswer[]): ArmAnswer {
    const { coordinator, world } = this.#room;
    const { book } = coordinator;
    const { state, last, leftConditions } = book.arming;
    return {
      state: state.kind,
      was,
      debugs: state.kind === 'armed' ? state.flags.map((flag) => flag.text) : [],
      conditions: state.kind === 'armed' ? state.plan.conditions : leftConditions,
      warnings: state.kind === 'armed' ? state.warnings : [],
      leaseLeftMs: leaseLeftMs(book, world.clock.monotonic()),
      deadManS: state.kind === 'armed' ? state.plan.deadManS : null,
      said: last?.text ?? '',
      peers,
    };
  }

  /** Resolves when neither a pre-flight nor an arming nor a disarming is under way, or after so long. */
  #settled(withinMs: DurationMs): Promise<void> {
    const { coordinator, events, world } = this.#room;
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel();
        events.off('decided', look);
        resolve();
      };
      const look = () => {
        const { kind } = coordinator.book.arming.state;
        if (kind === 'armed' || kind === 'disarmed') end();
      };
      const timer = world.clock.timer('arm answer', withinMs, end);
      events.on('decided', look);
      look();
    });
  }

  #tellPeers(phase: 'arm' | 'disarm', leaseMs: DurationMs | null): Promise<PeerAnswer[]> {
    const { config, delivery } = this.#room;
    const seconds = Math.round((leaseMs ?? config.arming.leaseMs) / 1_000);
    const content = () => ({ intData2: phase === 'arm' ? seconds : 0, keys: {} });
    return Promise.all(
      config.peers.map(
        ({ name, kind }) =>
          new Promise<PeerAnswer>((resolve) => {
            if (kind === 'eem') return resolve({ peer: name, told: false, detail: 'of kind eem: it can not be armed from here' });
            delivery.start({ phase, peer: name, incident: null, content }, ({ result, detail }) =>
              resolve({ peer: name, told: result === 'acknowledged', detail }),
            );
          }),
      ),
    );
  }

  close(): void {
    this.#room.events.off('decided', this.#follow);
    this.#room.events.off('hello', this.#onHello);
    this.#room.watch.stop();
  }
}
