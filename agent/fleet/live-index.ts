/**
 * The index of a running `spitrap fleet`: fed by the stream, forgetting what is too old, telling the others of this folder that we share the work,
 * and going over to a rebuilt one as soon as that has taken its place. Opened by the command; the page asks `index()` anew each time.
 */

import type { Timer } from '../../shared/clock.ts';
import { asSpitrapError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { DurationMs } from '../../shared/model/time.ts';
import type { Engine } from '../fleet-ports.ts';
import type { Logger } from '../log.ts';
import { type Consumption, consumeInto } from './consumer.ts';
import type { FleetIndex, FleetIndexAsk } from './index/fleet-index.ts';
import { currentOf } from './index/folder.ts';
import { openNamed } from './index/open-index.ts';

/** Three of them fit into the time after which an instance is taken for gone. */
const PRESENT_EVERY_MS = limits.fleetInstanceGoneMs / 3;
/** Looks at one small file. */
const FOLLOW_EVERY_MS = 1_000;
const PRUNE_EVERY_MS = 3_600_000;

export interface LiveIndexAsk extends FleetIndexAsk {
  readonly engine: Engine;
  readonly log: Logger;
  readonly keepMs: DurationMs;
  readonly version: string;
  readonly pid: number;
  /** Where our page is; null: there is none (yet). */
  readonly page: () => string | null;
}

export interface LiveIndex {
  /** The one that is open now. */
  readonly index: () => FleetIndex;
  /** Our name among those that share the work. */
  readonly instance: string;
  /** Put into the index by this process, since it began. */
  messages(): number;
  close(): Promise<void>;
}

/** Rejects with INDEX_UNREADABLE, INDEX_FAILED. That the engine is away is no reason to: what is in the index is served. */
export async function openLiveIndex(ask: LiveIndexAsk): Promise<LiveIndex> {
  await ask.disk.makeFolder(ask.folder);
  const name = await currentOf(ask.disk, ask.folder);
  return new Live(ask, name, await openNamed(ask, name));
}

class Live implements LiveIndex {
  readonly instance: string;
  readonly #ask: LiveIndexAsk;
  readonly #startedAtMs: number;
  #name: string;
  #index: FleetIndex;
  #consumption: Consumption;
  /** Of consumptions that have ended. */
  #messagesBefore = 0;
  #timers: Timer[] = [];
  #closed = false;
  #turning: Promise<void> = Promise.resolve();

  constructor(ask: LiveIndexAsk, name: string, index: FleetIndex) {
    this.#ask = ask;
    this.#name = name;
    this.#index = index;
    this.#startedAtMs = ask.clock.wall();
    this.instance = ask.random.bytes(6).toString('hex');
    this.#consumption = consumeInto(index, ask.engine, ask.log);
    this.#warm();
    this.#every('fleet-present', PRESENT_EVERY_MS, () => this.#present());
    this.#every('fleet-follow', FOLLOW_EVERY_MS, () => this.#follow());
    this.#every('fleet-forget', PRUNE_EVERY_MS, () => this.#forget());
  }

  /** Handed on as it is. */
  readonly index = (): FleetIndex => this.#index;

  messages(): number {
    return this.#messagesBefore + this.#consumption.messages();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    await this.#turning;
    await this.#consumption.close();
    await this.#index.absent(this.instance).catch(() => {});
    await this.#index.close();
  }

  /** At once, and again after each time; one after another, so that no index is closed under a prune. */
  #every(name: string, delayMs: DurationMs, work: () => Promise<void>): void {
    const run = (): void => {
      this.#turning = this.#turning.then(async () => {
        if (this.#closed) return;
        await work().catch((error: unknown) => {
          this.#ask.log.warn({ problem: asSpitrapError(error).message }, `${name} did not work; it is tried again`);
        });
        if (this.#closed) return;
        this.#timers = this.#timers.filter((timer) => timer.name !== name);
        this.#timers.push(this.#ask.clock.timer(name, delayMs, run));
      });
    };
    run();
  }

  async #follow(): Promise<void> {
    const current = await currentOf(this.#ask.disk, this.#ask.folder);
    if (current === this.#name) return;
    await this.#goOver(current);
    await this.#present();
  }

  async #present(): Promise<void> {
    const { clock, version, pid, page } = this.#ask;
    await this.#index.present({
      name: this.instance,
      pid,
      version,
      startedAtMs: this.#startedAtMs,
      heardAtMs: clock.wall(),
      messages: this.messages(),
      behind: this.#consumption.behind(),
      page: page(),
    });
  }

  /** The old one answers until the new one is open. */
  async #goOver(name: string): Promise<void> {
    const fresh = await openNamed(this.#ask, name);
    const [old, oldConsumption] = [this.#index, this.#consumption];
    this.#index = fresh;
    this.#name = name;
    this.#consumption = consumeInto(fresh, this.#ask.engine, this.#ask.log);
    this.#warm();
    this.#ask.log.info({ index: name }, 'another index has taken the place of the one that was open');
    await oldConsumption.close();
    this.#messagesBefore += oldConsumption.messages();
    await old.close();
  }

  /** While the rest goes on: who asks first need not wait for all of it. */
  #warm(): void {
    this.#index.warm().catch((error: unknown) => {
      this.#ask.log.warn(
        { problem: asSpitrapError(error).message },
        'groups could not be made ready; they are made when they are asked for',
      );
    });
  }

  async #forget(): Promise<void> {
    const { clock, keepMs, log } = this.#ask;
    const incidents = await this.#index.prune(clock.wall(), keepMs);
    if (incidents > 0) log.info({ incidents }, 'incidents that are older than is kept were forgotten');
  }
}
