/**
 * Carries out what the machine orders, each effect by its own room, and gives results back as inputs. Called by coordinator.ts
 * through app.ts. Nothing here decides; nothing here throws.
 */

import type { Effect } from '../../shared/coordinate/effect.ts';
import { findIncident } from '../../shared/coordinate/move.ts';
import type { Rules } from '../../shared/coordinate/rules.ts';
import { judgeOutcome } from '../../shared/coordinate/sealing.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import { type Flow, formatSpi } from '../../shared/model/flow.ts';
import { after, type Monotonic } from '../../shared/model/time.ts';
import type { IncidentId } from '../../shared/model/ulid.ts';
import type { Config } from '../config/config.ts';
import type { Coordinator, Perform } from '../coordinator.ts';
import type { Device } from '../device/device.ts';
import type { Bundle } from '../evidence/bundle.ts';
import type { Bundles } from '../evidence/bundles.ts';
import type { IncidentFacts } from '../evidence/incident-file.ts';
import type { Ring } from '../evidence/ring.ts';
import { momentNow, shifted } from '../evidence/window.ts';
import type { Journal } from '../journal/journal.ts';
import type { Logger } from '../log.ts';
import type { World } from '../ports.ts';
import { capture } from './capture.ts';
import { corroborate } from './corroborate.ts';
import type { PendingDones } from './pending-dones.ts';
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
  readonly journal: Journal;
  readonly version: string;
}

/** Captures may run so long after the stop; then the bundle must be closed. */
const CAPTURE_AFTER_STOP_MS = 90_000;

export class Performer {
  readonly #room: PerformRoom;
  readonly #bundles = new Map<IncidentId, Promise<Bundle>>();
  readonly #planned = new Map<IncidentId, IncidentFacts['planned']>();

  constructor(room: PerformRoom) {
    this.#room = room;
  }

  perform: Perform = (effect) => {
    const { coordinator, delivery, device, log, ring, world } = this.#room;
    switch (effect.kind) {
      case 'open-bundle':
        this.#bundle(effect.incident).catch((error: unknown) =>
          log.error(
            { incident: effect.incident, error: asSpitrapError(error).message },
            'bundle: its folder could not be made; tried again at the seal',
          ),
        );
        return;
      case 'flush-ring':
        void ring.flush();
        return;
      case 'corroborate':
        void corroborate(device, world.clock, effect).then(({ result, detail }) =>
          coordinator.input({ kind: 'corroborated', incident: effect.incident, flow: effect.flow, result, detail }),
        );
        return;
      case 'read-debugs':
        void readDebugs(device, 'control').then(({ flags, detail }) =>
          coordinator.input({ kind: 'debugs-read', incident: effect.incident, flags, detail }),
        );
        return;
      case 'attempt-stop':
        void attemptStop(device, world.clock, effect).then((outcome) =>
          coordinator.input({ kind: 'stop-attempted', incident: effect.incident, attempt: effect.attempt, outcome }),
        );
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

  #alert(effect: Extract<Effect, { kind: 'alert' }>): void {
    const { coordinator, delivery, world } = this.#room;
    const { incident, flow, act } = effect;
    const seenAt = world.clock.wall();
    for (const peer of effect.peers) {
      delivery.start(
        {
          phase: 'alert',
          peer,
          incident,
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
    for (const peer of effect.peers) {
      delivery.cancel('alert', peer, incident);
      delivery.start({ phase: 'stop', peer, incident, content: () => ({ intData2: 0, keys: flowKeys(flow) }) }, (result) =>
        coordinator.input({ kind: 'delivery', incident, peer, phase: 'stop', ...result }),
      );
    }
  }

  async #capture(effect: Extract<Effect, { kind: 'capture' }>): Promise<void> {
    const { config, coordinator, device, world, log } = this.#room;
    const { incident, round } = effect;
    const stopAt = findIncident(coordinator.book, incident)?.stopAt ?? world.clock.monotonic();
    const plan = (command: string): void => {
      const planned = this.#planned.get(incident) ?? [];
      this.#planned.set(incident, [...planned, { round, command }]);
    };
    try {
      const summary = await capture(
        { device, config: config.capture, clock: world.clock, plan },
        effect,
        after(stopAt, CAPTURE_AFTER_STOP_MS),
        async (result, peer) => {
          const bundle = await this.#bundle(incident).catch(() => null);
          await bundle?.saveOutput({ result, round, peer, session: 'capture', late: round === 'late' });
        },
      );
      coordinator.input({ kind: 'capture-ended', incident, ...summary });
    } catch (error) {
      // Only our own fault can land here (a plan outside the grammar): the incident must not wait for it.
      log.error({ incident, round, error: asSpitrapError(error).message }, 'capture failed');
      coordinator.input({ kind: 'capture-ended', incident, round, withOutput: 0, planned: 0, whole: false, spiSeen: 'unknown' });
    }
  }

  async #seal(id: IncidentId): Promise<void> {
    const { bundles, config, coordinator, device, journal, ring, rules, version, world } = this.#room;
    const incident = findIncident(coordinator.book, id);
    if (incident === undefined) return;
    const records = coordinator.recordsOf(id);
    const degraded = journal.degraded;
    const judged = judgeOutcome(rules, incident);
    const outcome =
      degraded === null
        ? judged
        : {
            kind: judged.kind === 'complete' || judged.kind === 'complete-one-ended' ? ('partial' as const) : judged.kind,
            reasons: [...judged.reasons, 'journal=degraded'],
          };
    try {
      const bundle = await this.#bundle(id);
      const now = momentNow(world.clock);
      const facts = incidentFacts({
        config,
        incident,
        outcome,
        records,
        planned: this.#planned.get(id) ?? [],
        device: device.status(),
        alarms: coordinator.book.alarms,
        journalDegraded: degraded,
        bootId: world.clock.bootId,
        version,
      });
      const opened = { wall: incident.openedAtWall, monotonic: incident.openedAt, bootId: world.clock.bootId };
      const sealed = await bundle.seal({
        incident: facts,
        logWindow: { from: shifted(opened, -config.evidence.beforeMs), to: now },
        ring,
        journalRecords: records,
      });
      this.#bundles.delete(id);
      this.#planned.delete(id);
      coordinator.input({ kind: 'sealed', incident: id, outcome: sealed.outcome });
      await bundles.expire();
    } catch (error) {
      coordinator.input({ kind: 'seal-failed', incident: id, detail: asSpitrapError(error).message });
    }
  }

  /** Opened once; a folder that could not be made is tried again the next time. */
  #bundle(id: IncidentId): Promise<Bundle> {
    const known = this.#bundles.get(id);
    if (known !== undefined) return known;
    const opening = this.#room.bundles.open(id);
    this.#bundles.set(id, opening);
    opening.catch(() => this.#bundles.delete(id));
    return opening;
  }
}

const flowKeys = (flow: Flow | null): Record<string, string> =>
  flow === null ? {} : { spi: formatSpi(flow.spi), src: flow.src, dst: flow.dst };
