/**
 * Folders of incidents that nobody goes on with: found open at the start, and not in the book, because the journal has lost what it had of
 * them or never had it (a full disk). What is in them is sealed as `partial`, reason `left-unsealed` (docs/bundle.md); a folder without a
 * file goes. Opened by app.ts. In no hurry: a peer may still tell of such an incident, and then the book has it and seals it itself.
 */
import type { IncidentFacts } from '../shared/bundle/incident-file.ts';
import type { Timer } from '../shared/clock.ts';
import { findIncident } from '../shared/coordinate/move.ts';
import type { Reason } from '../shared/coordinate/reason.ts';
import { timing } from '../shared/coordinate/timing.ts';
import { asSpitrapError } from '../shared/errors.ts';
import { type DurationMs, wall } from '../shared/model/time.ts';
import type { IncidentId } from '../shared/model/ulid.ts';
import type { Config } from './config/config.ts';
import type { Coordinator } from './coordinator.ts';
import type { Device } from './device/device.ts';
import { describeDevice } from './effects/seal-bundle.ts';
import { madeAtMs } from './evidence/bundle-id.ts';
import type { WindowSource } from './evidence/bundle-log.ts';
import type { Bundles } from './evidence/bundles.ts';
import { fileMoment } from './evidence/file-moment.ts';
import { type Moment, momentNow, shifted } from './evidence/window.ts';
import type { Logger } from './log.ts';
import type { World } from './ports.ts';

/** By then a peer's alerts of it are over, and its stop has been repeated many times. */
const FIRST_AFTER_MS = timing.sealAtMostMs;
/** As an incident's own seal is tried again. */
const AGAIN_AFTER_MS = 30_000;
const WORD = 'left-unsealed' satisfies Reason;
const WHY = 'found open at the start; the journal knows no incident that it is of';

export interface LeftOpenRoom {
  readonly config: Config;
  readonly world: Pick<World, 'clock'>;
  readonly coordinator: Pick<Coordinator, 'book' | 'recordsOf'>;
  readonly bundles: Pick<Bundles, 'listOpen' | 'endLeft' | 'expire'>;
  readonly device: Pick<Device, 'status'>;
  readonly ring: WindowSource;
  readonly log: Logger;
  readonly version: string;
}

export class LeftOpen {
  readonly #room: LeftOpenRoom;
  /** When this run began. */
  readonly #found: Moment;
  /** Null: the disk has not said yet. */
  #left: IncidentId[] | null = null;
  #timer: Timer | null = null;
  #problem: string | null = null;
  #closed = false;

  constructor(room: LeftOpenRoom) {
    this.#room = room;
    this.#found = momentNow(room.world.clock);
  }

  /** Before the doors open: what is opened from now on is the book's. Nobody waits for it. */
  start(): void {
    void this.#look();
    this.#plan(FIRST_AFTER_MS);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #plan(delayMs: DurationMs): void {
    if (this.#closed) return;
    this.#timer = this.#room.world.clock.timer('left open', delayMs, () => {
      void this.#turn().then((isDone) => {
        if (!isDone) this.#plan(AGAIN_AFTER_MS);
      });
    });
  }

  /** A list that came late may name what this run has opened: the book knows it, or has sealed it. */
  async #look(): Promise<void> {
    try {
      const names = await this.#room.bundles.listOpen();
      this.#left ??= names.filter((id) => !this.#isInBook(id));
    } catch (error) {
      this.#tell(error, null);
    }
  }

  /** One after the other, while no stop is ahead. True: none is left. Never rejects. */
  async #turn(): Promise<boolean> {
    const { bundles, coordinator, log } = this.#room;
    if (this.#left === null) await this.#look();
    const tried = this.#left ?? [];
    let failed = this.#left === null;
    for (const id of [...tried]) {
      if (this.#closed) return true;
      if (coordinator.book.incidents.some(({ stopPassed }) => !stopPassed)) return false;
      try {
        if (!this.#isInBook(id)) {
          const sealed = await bundles.endLeft(id, () => this.#factsOf(id));
          const became = sealed === null ? 'nothing was in it: removed' : `sealed as ${sealed.outcome.kind}`;
          log.warn({ event: WORD, incident: id }, `bundle: ${WHY}; ${became}`);
        }
        this.#left = (this.#left ?? []).filter((other) => other !== id);
      } catch (error) {
        failed = true;
        this.#tell(error, id);
      }
    }
    if (tried.length > 0 && !failed) await bundles.expire();
    return !failed;
  }

  #isInBook(id: IncidentId): boolean {
    return findIncident(this.#room.coordinator.book, id) !== undefined;
  }

  /** Once for each thing that the disk says. */
  #tell(error: unknown, id: IncidentId | null): void {
    const { message } = asSpitrapError(error, 'DISK_FAILED');
    if (message === this.#problem) return;
    this.#problem = message;
    this.#room.log.error(
      { event: WORD, incident: id, error: message },
      'bundle: a folder that was left open at the start could not be sealed; tried again every 30 s',
    );
  }

  #factsOf(id: IncidentId) {
    const { config, coordinator, ring } = this.#room;
    const ageMs = Math.max(0, this.#found.wall - madeAtMs(id));
    const opened = { ...shifted(this.#found, -ageMs), wall: wall(madeAtMs(id)) };
    // As long as one lives at most, and no longer than until nobody ran.
    const livedMs = Math.min(ageMs, config.stop.delayMs + timing.stopBoundMs + timing.sealAtMostMs);
    const logWindow = { from: shifted(opened, -config.evidence.beforeMs), to: shifted(opened, livedMs) };
    return { incident: this.#incident(id, opened), logWindow, ring, journalRecords: coordinator.recordsOf(id) };
  }

  /** What is not known is said so, and nothing is made up: its captures and its log are the evidence. */
  #incident(id: IncidentId, opened: Moment): IncidentFacts {
    const { config, device, version } = this.#room;
    return {
      id,
      aliases: [],
      role: config.role === 'spoke' ? 'spoke' : 'hub',
      mode: config.mode,
      device: describeDevice(config, device.status(), this.#found.bootId),
      peers: [],
      openedBy: 'unknown',
      opened: fileMoment(opened),
      event: null,
      flows: [],
      flowsNotKept: 0,
      verdict: 'unknown',
      plannedStop: null,
      debugsAtStart: { kind: 'unread', flags: [], detail: WHY },
      timeline: [{ phase: WORD, at: fileMoment(this.#found), detail: WHY }],
      stop: {
        sent: null,
        via: null,
        attempts: 0,
        off: 'failed',
        nothingOn: false,
        verified: null,
        appeared: [],
        detail: `${WHY}: whether and when its debugs were turned off is not known here`,
      },
      signals: [],
      planned: [],
      outcome: { kind: 'partial', reasons: [WORD] },
      done: [],
      alarms: [],
      journalDegraded: null,
      versions: { spitrap: version, node: process.version },
    };
  }
}
