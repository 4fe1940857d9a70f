/**
 * Carries out what the machine orders, each effect by its own room, and gives results back as inputs. Called by coordinator.ts
 * through app.ts. Nothing here decides; nothing here throws.
 */

import type { CaptureEntry } from '../../shared/bundle/incident-file.ts';
import type { Incident, Outcome } from '../../shared/coordinate/book.ts';
import type { Effect } from '../../shared/coordinate/effect.ts';
import type { PeerLink } from '../../shared/coordinate/hello.ts';
import { findIncident } from '../../shared/coordinate/move.ts';
import type { Rules } from '../../shared/coordinate/rules.ts';
import { judgeOutcome } from '../../shared/coordinate/sealing.ts';
import { timing } from '../../shared/coordinate/timing.ts';
import { asSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { type Flow, formatSpi } from '../../shared/model/flow.ts';
import { after, type DurationMs, type Monotonic } from '../../shared/model/time.ts';
import type { IncidentId } from '../../shared/model/ulid.ts';
import type { Config } from '../config/config.ts';
import type { Coordinator, Perform } from '../coordinator.ts';
import type { Device } from '../device/device.ts';
import type { SavedOutput, Sealed } from '../evidence/bundle.ts';
import type { Bundles } from '../evidence/bundles.ts';
import type { Ring } from '../evidence/ring.ts';
import { momentNow, shifted } from '../evidence/window.ts';
import { bounded } from '../lifecycle.ts';
import type { Logger } from '../log.ts';
import type { World } from '../ports.ts';
import { BundleFeed } from './bundle-feed.ts';
import { capture } from './capture.ts';
import { Corroborator } from './corroborate.ts';
import { DeviceDrops } from './device-drops.ts';
import type { PendingDones } from './pending-dones.ts';
import { performArming } from './perform-arming.ts';
import { incidentFacts } from './seal-bundle.ts';
import type { Delivery } from './send-signal.ts';
import { attemptStop, readDebugs } from './stop-debugs.ts';

export interface PerformRoom {
  readonly config: Config;
  readonly rules: Rules;
  readonly world: Pick<World, 'clock'>;
  readonly log: Logger;
  readonly coordinator: Coordinator;
  readonly device: Device;
  readonly delivery: Delivery;
  readonly dones: PendingDones;
  readonly bundles: Bundles;
  readonly ring: Ring;
  readonly version: string;
  /** A peer's clock against ours, by its hellos. */
  readonly clockOf: (peer: string) => PeerLink['samples'][number] | null;
  /** What the peer said of its own lease; null: none. */
  readonly peerLeaseLeftMs: (peer: string) => DurationMs | null;
  /** By its own word its debugs are on, or were and nobody knows better. */
  readonly peerMayBeOn: (peer: string) => boolean;
  /** The journal reaches the disk: an arm that it does not hold is nobody's after a crash. */
  readonly journalIsWell: () => boolean;
}

/** Captures may run so long after the stop; then the bundle must be closed. */
const CAPTURE_AFTER_STOP_MS = 90_000;
/** After a line that hangs a session is hung up and logged in to again. */
const SESSION_AGAIN_MS = 3_000;
/** A disk that is well takes the last outputs of a capture in a fraction of it. */
const SAVED_WITHIN_MS = 2_000;
/** A seal copies and redacts up to 256 MiB of log. One that takes longer is told as failed, and looked at again at its retry. */
const SEAL_WITHIN_MS = 45_000;

export class Performer {
  readonly #room: PerformRoom;
  readonly #corroborator: Corroborator;
  readonly #feed: BundleFeed;
  readonly #drops: DeviceDrops;

  constructor(room: PerformRoom) {
    this.#room = room;
    this.#corroborator = new Corroborator(room.device, room.world.clock);
    this.#feed = new BundleFeed(room.bundles, room.log);
    this.#drops = new DeviceDrops(room.device.platform, room.world.clock, (hole) => room.ring.note(hole));
  }

  perform: Perform = (effect) => {
    const { coordinator, delivery, log, ring } = this.#room;
    switch (effect.kind) {
      case 'open-bundle':
        this.#feed.keepOnly(coordinator.book.incidents.map((incident) => incident.id));
        this.#feed.open(effect.incident);
        return;
      case 'flush-ring':
        void ring.flush();
        return;
      case 'corroborate':
        this.#corroborate(effect);
        return;
      case 'read-debugs':
        this.#readDebugs(effect.incident);
        return;
      case 'attempt-stop':
        this.#attemptStop(effect);
        return;
      case 'capture':
        void this.#capture(effect);
        return;
      case 'alert':
        this.#alert(effect);
        return;
      case 'signal-stop':
        this.#signalStop(effect);
        return;
      case 'cancel-signals':
        delivery.cancel('alert', effect.peer, effect.incident);
        delivery.cancel('stop', effect.peer, effect.incident);
        return;
      case 'signal-done':
        this.#room.dones.offer(effect);
        return;
      case 'seal':
        void this.#seal(effect.incident);
        return;
      case 'addendum':
        this.#room.bundles
          .addAddendum(effect.incident, effect.what)
          .catch((error: unknown) =>
            log.warn(
              { incident: effect.incident, error: asSpitrapError(error).message },
              'addendum not written; it stands in the journal',
            ),
          );
        return;
      case 'preflight':
      case 'arm-device':
      case 'disarm-device':
      case 'renew-dead-man':
        performArming(this.#room, effect);
        return;
      case 'would':
        log.info(
          { event: 'would', incident: effect.incident, acts: effect.acts },
          `nothing is sent; it would: ${effect.acts.join('; ')}`,
        );
        return;
      case 'alarm-raised':
      case 'alarm-cleared':
        return;
    }
  };

  #corroborate(effect: Extract<Effect, { kind: 'corroborate' }>): void {
    const { incident, flow } = effect;
    void this.#corroborator
      .ask(effect)
      .then(({ result, detail }) => this.#room.coordinator.input({ kind: 'corroborated', incident, flow, result, detail }));
  }

  /** Over in time for the stop, which is to find session B free. */
  #readDebugs(incident: IncidentId): void {
    const { coordinator, device, world } = this.#room;
    const stopAt = findIncident(coordinator.book, incident)?.stopAt ?? world.clock.monotonic();
    const leftMs = stopAt - world.clock.monotonic();
    if (leftMs < timing.readBeforeStopMs) {
      const detail = `show debugging: not asked, the stop is due in ${Math.max(0, Math.round(leftMs))} ms`;
      coordinator.input({ kind: 'debugs-read', incident, flags: null, detail });
      return;
    }
    const timeoutMs = Math.min(timing.stopAttemptMs, Math.max(leftMs - timing.stopQuietMs - SESSION_AGAIN_MS, leftMs / 4));
    readDebugs(device, 'control', { timeoutMs, urgent: false })
      .catch((error: unknown) => ({ flags: null, detail: asSpitrapError(error).message }))
      .then(({ flags, detail }) => coordinator.input({ kind: 'debugs-read', incident, flags, detail }));
  }

  #attemptStop(effect: Extract<Effect, { kind: 'attempt-stop' }>): void {
    const { coordinator, device, world } = this.#room;
    const { incident, attempt, via } = effect;
    attemptStop(device, world.clock, effect)
      .catch((error: unknown) => {
        const detail = asSpitrapError(error).message;
        return { via, sentAt: null, sentAtWall: null, result: 'not-sent' as const, detail, appeared: [] };
      })
      .then((outcome) => coordinator.input({ kind: 'stop-attempted', incident, attempt, outcome }));
  }

  #alert(effect: Extract<Effect, { kind: 'alert' }>): void {
    const { coordinator, delivery, world } = this.#room;
    const { incident, flow, act } = effect;
    const seenAt = world.clock.wall();
    const isOver = (at: Monotonic): boolean => {
      const current = findIncident(coordinator.book, incident);
      return current === undefined || current.stopPassed || at >= current.stopAt;
    };
    // While it waited for its record the stop has come, and has said all that an alert would.
    const overtaken = findIncident(coordinator.book, incident)?.stopPassed !== false;
    for (const peer of effect.peers) {
      if (overtaken) {
        const result = { result: 'given-up', attempts: 0, roundTripMs: null, detail: 'the stop came first' } as const;
        coordinator.input({ kind: 'delivery', incident, peer, phase: 'alert', ...result });
        continue;
      }
      delivery.start(
        {
          phase: 'alert',
          peer,
          incident,
          isOver,
          matters: this.#room.peerMayBeOn(peer),
          content: (at) => ({
            intData2: this.#msUntilStop(incident, effect.stopAt, at),
            keys: { ...flowKeys(flow), ...(act ? {} : { act: 'no' }), t: String(Math.round(seenAt)) },
          }),
        },
        (result) => coordinator.input({ kind: 'delivery', incident, peer, phase: 'alert', ...result }),
      );
    }
  }

  /** The plan may have moved since: each attempt says what is left now. */
  #msUntilStop(incident: IncidentId, planned: Monotonic, at: Monotonic): number {
    const current = findIncident(this.#room.coordinator.book, incident)?.stopAt ?? planned;
    return Math.max(0, Math.round(current - at));
  }

  #signalStop(effect: Extract<Effect, { kind: 'signal-stop' }>): void {
    const { coordinator, delivery } = this.#room;
    const { incident } = effect;
    const flow = findIncident(coordinator.book, incident)?.flows[0]?.flow ?? null;
    for (const peer of effect.peers) delivery.cancel('alert', peer, incident);
    // Who has debugs on is told first; of thousands the others wait for a turn (signal-turns.ts).
    const on = new Set(effect.peers.filter(this.#room.peerMayBeOn));
    for (const peer of [...on, ...effect.peers.filter((one) => !on.has(one))]) {
      delivery.start(
        {
          phase: 'stop',
          peer,
          incident,
          matters: on.has(peer),
          ...lasts(this.#room.peerLeaseLeftMs(peer)),
          content: () => ({ intData2: 0, keys: flowKeys(flow) }),
        },
        (result) => coordinator.input({ kind: 'delivery', incident, peer, phase: 'stop', ...result }),
      );
    }
  }

  async #capture(effect: Extract<Effect, { kind: 'capture' }>): Promise<void> {
    const { config, coordinator, device, world, log } = this.#room;
    const { incident, round } = effect;
    const startedAt = world.clock.monotonic();
    const plan = (command: string): void => this.#feed.plan(incident, round, command);
    // Made again after a restart it has its own time; else the stop counts, which may have moved since.
    const until = (): Monotonic => {
      const stopAt = findIncident(coordinator.book, incident)?.stopAt ?? startedAt;
      return after(round === 'late' && startedAt > stopAt ? startedAt : stopAt, CAPTURE_AFTER_STOP_MS);
    };
    try {
      const openedBy = findIncident(coordinator.book, incident)?.openedBy;
      const expected = openedBy === 'symptom' || openedBy === 'person' ? { expected: remotes(config.peers) } : {};
      const room = { device, config: config.capture, clock: world.clock, plan, ...expected };
      const summary = await capture(room, effect, until, (result, peer) =>
        this.#save(incident, { result, round, peer, session: 'capture', late: round === 'late' }),
      );
      // "Ended" is journaled after the outputs are on disk, unless that takes too long: a crash between the two makes holes.
      await bounded(this.#feed.settled(incident), SAVED_WITHIN_MS, world.clock, 'outputs saved');
      coordinator.input({ kind: 'capture-ended', incident, ...summary });
    } catch (error) {
      // Only our own fault can land here (a plan outside the grammar): the incident must not wait for it.
      log.error({ incident, round, error: asSpitrapError(error).message }, 'capture failed');
      coordinator.input({ kind: 'capture-ended', incident, round, withOutput: 0, planned: 0, whole: false, spiSeen: 'unknown' });
    }
  }

  #save(id: IncidentId, output: SavedOutput): void {
    this.#drops.read(id, output.result);
    const incident = findIncident(this.#room.coordinator.book, id);
    if (incident !== undefined && incident.sealing !== 'sealed') this.#feed.save(id, output);
    else this.#room.log.warn({ incident: id, command: output.result.command }, 'bundle: an output came after the seal');
  }

  async #seal(id: IncidentId): Promise<void> {
    const { bundles, coordinator, world } = this.#room;
    try {
      const sealed = await bounded(this.#sealNow(id), SEAL_WITHIN_MS, world.clock, 'seal');
      if (!sealed.inTime) {
        const detail = `the disk did not take it within ${SEAL_WITHIN_MS / 1_000} s`;
        coordinator.input({ kind: 'seal-failed', incident: id, detail });
        return;
      }
      this.#feed.forget(id);
      this.#drops.forget(id);
      coordinator.input({ kind: 'sealed', incident: id, outcome: sealed.value.outcome });
      await bundles.expire();
    } catch (error) {
      coordinator.input({ kind: 'seal-failed', incident: id, detail: asSpitrapError(error).message });
    }
  }

  /** One that took too long goes on: the next attempt gets its answer (evidence/bundle.ts seals once). */
  async #sealNow(id: IncidentId): Promise<Sealed> {
    const { clockOf, config, coordinator, device, ring, rules, version, world } = this.#room;
    const bundle = await this.#feed.ready(id);
    const incident = findIncident(coordinator.book, id);
    if (incident === undefined) throw new SpitrapError('INTERNAL', `incident ${id} is closed, its bundle is not sealed again`);
    const records = coordinator.recordsOf(id);
    const degraded = coordinator.degradedFor(id);
    const facts = incidentFacts({
      config,
      incident,
      outcome: outcomeOf(judgeOutcome(rules, incident), [
        ...(degraded === null ? [] : ['journal=degraded']),
        ...missingOutputs(incident, bundle.captures),
      ]),
      records,
      planned: this.#feed.plannedOf(id),
      device: device.status(),
      alarms: coordinator.book.alarms,
      recurrences: coordinator.book.recurrences,
      clockOf,
      journalDegraded: degraded,
      bootId: world.clock.bootId,
      version,
    });
    const opened = { wall: incident.openedAtWall, monotonic: incident.openedAt, bootId: world.clock.bootId };
    const logWindow = { from: shifted(opened, -config.evidence.beforeMs), to: momentNow(world.clock) };
    return await bundle.seal({ incident: facts, logWindow, ring, journalRecords: records });
  }
}

function outcomeOf(judged: Outcome, more: readonly string[]): Outcome {
  if (more.length === 0) return judged;
  const isWhole = judged.kind === 'complete' || judged.kind === 'complete-one-ended';
  return { kind: isWhole ? 'partial' : judged.kind, reasons: [...judged.reasons, ...more] };
}

/** The machine remembers outputs across a restart; a crash, or somebody who tidied up, may have taken them. */
function missingOutputs(incident: Incident, kept: readonly CaptureEntry[]): string[] {
  const had = incident.captures.reduce((sum, capture) => sum + (capture.state === 'ended' ? capture.withOutput : 0), 0);
  const has = kept.filter((entry) => entry.bytes > 0 && entry.status !== 'skipped').length;
  return has < had ? [`outputs-missing:${had - has}`] : [];
}

const flowKeys = (flow: Flow | null): Record<string, string> =>
  flow === null ? {} : { spi: formatSpi(flow.spi), src: flow.src, dst: flow.dst };

/** A stop repeats until the peer's own lease ends its debugs. */
const lasts = (leaseLeftMs: DurationMs | null): { lastsMs?: DurationMs } =>
  leaseLeftMs === null || leaseLeftMs === 0 ? {} : { lastsMs: leaseLeftMs };

/** Crypto addresses of the other ends that are one host each: a range says nothing about who should be there. */
const remotes = (peers: Config['peers']): string[] =>
  peers.flatMap(({ cryptoAddresses }) =>
    cryptoAddresses.filter((range) => range.bits === (range.family === 6 ? 128 : 32)).map((range) => range.base),
  );
