/**
 * Carries sealed bundles into the object store, one at a time and slowly, when nothing else waits to be told; each is told of (`bundle`) once it
 * is there. Used by fleet-desk.ts. Which are wanted is known from the disk and the ledger alone: one that was begun and not finished is begun anew.
 */
import { backoffDelays } from '../../shared/backoff.ts';
import type { Timer } from '../../shared/clock.ts';
import { asSpitrapError, SpitrapError } from '../../shared/errors.ts';
import { BUNDLE_BUCKET, type FleetBody, subjectToken } from '../../shared/fleet/record.ts';
import { limits } from '../../shared/limits.ts';
import type { Engine } from '../fleet-ports.ts';
import { bounded } from '../lifecycle.ts';
import type { Logger } from '../log.ts';
import type { World } from '../ports.ts';
import { bundleTar } from './bundle-tar.ts';

export interface BundleCourierRoom {
  readonly site: string;
  readonly device: string;
  readonly world: Pick<World, 'clock' | 'random' | 'disk'>;
  readonly engine: Pick<Engine, 'state' | 'onState' | 'putObject'>;
  readonly log: Logger;
  readonly folderOf: (id: string) => string;
  /** Nothing else waits to be told. */
  readonly mayCarry: () => boolean;
  readonly told: (id: string) => boolean;
  tell(id: string, body: FleetBody<'bundle'>): void;
}

const RETRY = { firstMs: 2_000, factor: 2, mostMs: 10 * 60_000, jitter: 0.3 };
/** While something else waits to be told. */
const LATER_MS = 1_000;
const NAME_MAX = 255;

export class BundleCourier {
  readonly #room: BundleCourierRoom;
  /** Newest last; the newest is carried first: it is what somebody waits for. */
  #waiting: string[] = [];
  #carrying: string | null = null;
  #timer: Timer | null = null;
  #delays: Iterator<number> | null = null;
  #closed = false;
  #wake: (() => void) | null = null;
  carried = 0;
  lastError: string | null = null;

  constructor(room: BundleCourierRoom) {
    this.#room = room;
    room.engine.onState(({ connected }) => {
      if (!connected) return;
      this.#delays = null;
      this.#plan(0);
    });
  }

  get waiting(): number {
    return this.#waiting.length + (this.#carrying === null ? 0 : 1);
  }

  /** A sealed bundle, or one that an earlier run did not carry. More than the ledger could know of are not remembered: the oldest go. */
  want(id: string): void {
    if (this.#closed || this.#carrying === id || this.#waiting.includes(id) || this.#room.told(id)) return;
    this.#waiting.push(id);
    this.#waiting.sort();
    if (this.#waiting.length > limits.fleetLedgerMax) this.#waiting.shift();
    if (this.#timer === null) this.#plan(0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#wake?.();
  }

  #plan(delayMs: number): void {
    if (this.#closed || this.#carrying !== null) return;
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#waiting.length === 0) return;
    this.#timer = this.#room.world.clock.timer('fleet bundle', delayMs, () => {
      this.#timer = null;
      void this.#next();
    });
  }

  async #next(): Promise<void> {
    const { engine, world, mayCarry } = this.#room;
    // The next connection plans anew.
    if (this.#closed || this.#carrying !== null || !engine.state().connected) return;
    if (!mayCarry()) {
      this.#plan(LATER_MS);
      return;
    }
    const id = this.#waiting.pop();
    if (id === undefined) return;
    this.#carrying = id;
    let delayMs = 0;
    try {
      await this.#carry(id);
      this.#delays = null;
      this.lastError = null;
    } catch (error) {
      this.lastError = asSpitrapError(error, 'ENGINE_FAILED').message;
      this.#waiting.unshift(id);
      this.#delays ??= backoffDelays(RETRY, () => world.random.uniform());
      delayMs = this.#delays.next().value as number;
    }
    this.#carrying = null;
    this.#plan(delayMs);
  }

  async #carry(id: string): Promise<void> {
    const { world, engine, log, folderOf, site, device, tell } = this.#room;
    const folder = folderOf(id);
    // Its time was over before its turn came.
    if ((await world.disk.stat(folder)) === null) return;
    const object = objectName(site, device, id);
    const began = world.clock.monotonic();
    let bytes = 0;
    let moved = began;
    const pace = async (piece: number): Promise<void> => {
      if (this.#closed) throw new SpitrapError('ENGINE_FAILED', 'the agent ends', { retryable: true });
      bytes += piece;
      const due = began + (bytes / limits.fleetBundleBytesPerSecond) * 1_000;
      const waitMs = due - world.clock.monotonic();
      if (waitMs > 0) await this.#sleep(waitMs);
      moved = world.clock.monotonic();
    };
    const putting = engine.putObject(BUNDLE_BUCKET, object, bundleTar(folder, id, world.disk, pace));
    putting.catch(() => {});
    for (;;) {
      const done = await bounded(putting, limits.fleetPublishMs, world.clock, 'fleet bundle put');
      if (done.inTime) {
        tell(id, { object, ...done.value });
        this.carried++;
        log.info(
          { event: 'fleet-bundle', incident: id, bytes: done.value.bytes },
          `fleet: the bundle of ${id} is in the object store`,
        );
        return;
      }
      if (this.#closed || world.clock.monotonic() - moved > limits.fleetPublishMs)
        throw new SpitrapError('ENGINE_FAILED', `the bundle of ${id} does not get on`, { retryable: true });
    }
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        timer.cancel();
        this.#wake = null;
        resolve();
      };
      const timer = this.#room.world.clock.timer('fleet bundle pace', delayMs, go);
      this.#wake = go;
    });
  }
}

/** `<site>/<device>/<incident>.tar.gz`, as subjects spell them. */
export function objectName(site: string, device: string, id: string): string {
  const name = `${subjectToken(site)}/${subjectToken(device)}/${id}.tar.gz`;
  return name.length <= NAME_MAX ? name : name.slice(-NAME_MAX);
}
